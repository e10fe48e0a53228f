"""What a text in another language does, by its main verb; and the words in it that are no commands."""

import tomllib
from pathlib import Path

import pytest

from classifier.foreign.languages import load_languages
from classifier.reading import Reading, read_definition
from classifier.records import Definition

SENTENCES = tomllib.loads((Path(__file__).parent / "sentences.toml").read_text(encoding="utf-8"))
EFFECTS = ("read", "write", "destructive")


def read(text: str, name: str = "x") -> Reading:
    return read_definition(Definition(server="depot", name=name, description=text))


def effect(text: str) -> str:
    main = read(text).main
    return main.verb.effect if main else "none"


def test_every_language_has_its_sentences_and_enough_words() -> None:
    assert set(SENTENCES) == set(load_languages())
    assert all(set(kinds) == {*EFFECTS, "traps"} for kinds in SENTENCES.values())
    assert sum(len(one.forms) + len(one.stems) for one in load_languages().values()) > 3000


@pytest.mark.parametrize("kind", EFFECTS)
@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_the_main_verb_tells_what_a_text_does(code: str, kind: str) -> None:
    said = {text: effect(text) for text in SENTENCES[code][kind]}
    assert len(said) >= 5
    assert said == dict.fromkeys(said, kind)


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_what_was_done_or_is_denied_is_no_command(code: str) -> None:
    commands = {
        text: {v.verb.effect for v in read(text).foreign if v.zone in ("main", "first", "later")}
        for text in SENTENCES[code]["traps"]
    }
    assert commands == {text: {"read"} for text in commands}
