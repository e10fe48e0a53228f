"""Hidden characters are found where nothing needs them, and left alone where a writing or an emoji does."""

import pytest

from catalog.findings.hidden import find_hidden


def kinds(text: str) -> list[str]:
    return [run.kind for run in find_hidden(text)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a\u200bb", "hidden"),
        ("end.\u2066\u2067x", "hidden"),
        ("x \u202eyz\u202c", "hidden"),
        ("a" + "\U000e0041\U000e0042", "hidden"),
        ("🙂\ufe0f\ufe01\ufe02", "hidden"),
        ("one\x1b[31m", "escape"),
        ("one\x9b31m", "escape"),
        ("a \u200b b", "stray"),
        ("soft\u00adhyphen", "stray"),
        ("bell\x07", "stray"),
    ],
)
def test_what_hides_is_found(text: str, kind: str) -> None:
    assert kinds(text)[0] == kind


@pytest.mark.parametrize(
    "text",
    [
        "plain\ttext\r\nwith lines",
        "\ufeffa byte order mark",
        "👩‍💻 👨‍👩‍👧 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "می\u200cخواهم",
        "क्\u200dष",
        "שלום\u200f (x)",
        "العربية\u200e abc",
        "葛\U000e0100城",
    ],
)
def test_what_a_writing_or_an_emoji_needs_is_left_alone(text: str) -> None:
    assert kinds(text) == []


def test_many_single_ones_are_no_accident() -> None:
    assert set(kinds(" \u200b a" * 8)) == {"hidden"}
    assert set(kinds(" \u200b a" * 7)) == {"stray"}
