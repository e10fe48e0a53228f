"""One function makes text harmless for terminals, one for spreadsheets; both hold for any text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalog.cli.terminal import csv_cell, harmless, width_of


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words, naïve café 日本 🙂", "plain words, naïve café 日本 🙂"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\x9bb\x7f", "a\\x9bb\\x7f"),
        ("abc\u202edef", "abc\\u202edef"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("two\nlines\tand\rmore", "two lines and more"),
        ("lone \udc80", "lone \\udc80"),
        ("heart ❤\ufe0f", "heart ❤\ufe0f"),
    ],
)
def test_controls_are_shown_and_words_left_alone(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_line_breaks_are_kept_when_asked_for() -> None:
    assert harmless("a\x1b\nb\r\nc", newlines=True) == "a\\x1b\nb\nc"


@given(st.text())
@example("\x00\x1b\x9d\u061c\u2069\ufeff")
def test_no_text_carries_a_control_or_direction_out(text: str) -> None:
    for character in harmless(text):
        assert unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.bidirectional(character) not in (
            "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"
        )  # fmt: skip


@given(st.text())
@example("=1+1")
@example(" \t=1")
@example("\u200b=1")
def test_no_text_becomes_a_formula(text: str) -> None:
    assert not csv_cell(text).lstrip().startswith(("=", "+", "-", "@", "|", "%"))


def test_numbers_stay_numbers_in_csv() -> None:
    assert (csv_cell(-1.5), csv_cell(3), csv_cell(None)) == ("-1.5", "3", "")


def test_wide_characters_take_two_columns() -> None:
    assert (width_of("abc"), width_of("日本"), width_of("e\u0301")) == (3, 4, 1)
