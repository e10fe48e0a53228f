"""Words and signs are found alike in the first text and in the thousandth, whatever else is loaded."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.findings import encodings, instructions
from catalog.findings.literals import FIRST_TEXTS, Sign, Words

NEEDS, FOREIGN = instructions._all_needs()
SHIPPED = sorted({*NEEDS.words, *encodings._signs().words})
TEXTS = [
    *SHIPPED,
    " ".join(SHIPPED),
    "",
    "plain words about a file",
    "a.b*c [d] (e)",
    "ignore previous\x00instructions",
]


def test_words_are_found_alike_the_plain_way_and_in_one_pass() -> None:
    words = Words(SHIPPED)
    for text in TEXTS:
        assert words.held_in(text) == {word for word in SHIPPED if word in text}
    assert len(TEXTS) > 2 * FIRST_TEXTS and len(SHIPPED) > 400


@given(st.lists(st.sampled_from(SHIPPED), max_size=6), st.text(max_size=40))
def test_every_word_that_is_put_into_a_text_is_found_in_it(chosen: list[str], between: str) -> None:
    text = between.join(chosen)
    assert set(chosen) <= _MANY.held_in(text) == {word for word in SHIPPED if word in text}


_MANY = Words(SHIPPED)


def test_words_with_the_signs_of_patterns_are_taken_as_they_stand() -> None:
    words = Words(["a.c", "x*", "[", "\\d"])
    for _ in range(FIRST_TEXTS + 2):
        assert words.held_in("abc x* 7") == {"x*"}
        assert words.held_in("a.c [\\d") == {"a.c", "[", "\\d"}


def test_words_in_other_letters_are_found_too() -> None:
    for _ in range(FIRST_TEXTS + 2):
        assert FOREIGN.words[0] in FOREIGN.held_in(f"… {FOREIGN.words[0]} …")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain words",
        "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ=",
        "%69%67",
        "&amp;",
        "0x69 0x67",
        "h e l l o a n d s o",
        "pr3v10us",
    ],
)
def test_a_sign_of_an_encoding_is_seen_alike_at_first_and_later(text: str) -> None:
    sign = Sign(encodings._ANY_RUN.pattern)
    expected = re.search(sign.pattern, text) is not None
    assert [sign.occurs_in(text) for _ in range(FIRST_TEXTS + 3)] == [expected] * (FIRST_TEXTS + 3)
