"""The table of checks: complete, unique, and refused with the place of the mistake."""

import re
import tomllib
from pathlib import Path

import pytest

from catalog.errors import InvalidInput
from catalog.findings.checks import find_check, load_checks, read_checks
from catalog.severity import SEVERITIES
from classifier.resources import data_path

DOCUMENT = (Path(__file__).parents[2] / "docs" / "findings.md").read_text("utf-8")
GOOD = """
[[check]]
id = "a-check"
title = "A title"
severity = "low"
why = "It
matters."
remedy = "Do this."
""".replace('"It\nmatters."', '"""It\n   matters."""')


def written(folder: Path, text: str, name: str = "some.toml") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder


def test_every_shipped_check_says_all_that_a_reader_needs() -> None:
    checks = load_checks()
    assert len(checks) >= 20
    for id, check in checks.items():
        assert check.id == id
        assert check.severity in SEVERITIES
        assert check.why.endswith(".") and check.remedy.endswith(".")
        assert not check.title.endswith(".")


def test_a_check_that_is_asked_for_alone_is_the_one_of_the_whole_list() -> None:
    for id, check in load_checks().items():
        assert find_check(id) == check
    with pytest.raises(KeyError):
        find_check("no-such-check")


def test_a_check_is_read_with_its_text_on_one_line_and_does_not_gate_unless_told(tmp_path: Path) -> None:
    check = read_checks(written(tmp_path, GOOD))["a-check"]
    assert (check.why, check.gate, check.severity) == ("It matters.", False, "low")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[check]\n", "cannot be read as TOML"),
        ("", "only [[check]] tables"),
        ("note = 1\n" + GOOD, "only [[check]] tables"),
        ("check = [1]", "is no table"),
        (GOOD.replace('title = "A title"', ""), "(a-check): 'title' is missing"),
        (GOOD.replace('"A title"', "3"), "'title' is missing or no text"),
        (GOOD.replace('"low"', '"grave"'), "'grave' is no severity"),
        (GOOD.replace("a-check", "A check"), "an id is lower-case words"),
        (GOOD + 'gate = "yes"', "'gate' is true or false"),
        (GOOD + "color = 1", "unknown key 'color'"),
        (GOOD + GOOD, "a-check is there twice"),
    ],
)
def test_a_malformed_table_is_refused_with_the_place(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_checks(written(tmp_path, text))
    assert complaint in refused.value.message


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        read_checks(tmp_path)


def test_every_check_of_tools_is_documented_with_its_measured_precision_and_its_gate() -> None:
    mine = {id: c for id, c in load_checks().items() if f"### {id}\n" in DOCUMENT}
    assert {"hint-missing", "text-overrides-instructions", "source-contradicts-definition"} <= set(mine)
    rows = dict(re.findall(r"^\| `([a-z-]+)` \|.*\| (yes|no) \|$", DOCUMENT, re.M))
    written = {c["id"] for c in tomllib.loads(data_path("checks", "tools.toml").read_text("utf-8"))["check"]}
    assert set(rows) == set(mine) == written
    assert {id for id, gate in rows.items() if gate == "yes"} == {id for id, check in mine.items() if check.gate}
    for check in mine.values():
        assert check.why in DOCUMENT and check.remedy in DOCUMENT
