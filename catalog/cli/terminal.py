"""Text from the outside made harmless at its exit: for a terminal and for a spreadsheet."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

# C0 and then C1 controls, DEL, bidirectional and invisible formatting, line and paragraph separators, tag characters,
# variation selectors beyond the emoji one, lone surrogates.
_BEYOND_C0 = (
    "\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_UNSAFE = re.compile(f"[\x00-\x1f{_BEYOND_C0}]")
_UNSAFE_IN_JSON = re.compile(f"[{_BEYOND_C0}]")  # JSON escapes C0 itself
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def harmless(text: str, newlines: bool = False) -> str:
    """The text with everything that could move a cursor, reorder or hide characters shown as an escape like \\x1b.

    Runs of whitespace become one space, unless `newlines` keeps line breaks (each line is still made harmless).
    """
    if newlines:
        return "\n".join(harmless(line) for line in text.splitlines())
    return _UNSAFE.sub(_shown, re.sub(r"[ \t\r\n\f\v]+", " ", text))


def harmless_source(text: str) -> str:
    """Source text to look at on a terminal: line breaks and indentation stay, what could act there is escaped."""
    lines = (line.removesuffix("\r").split("\t") for line in text.split("\n"))
    return "\n".join("\t".join(_UNSAFE.sub(_shown, part) for part in line) for line in lines)


def json_text(value: Any, indent: int | None = None) -> str:
    """The value as JSON in UTF-8 that is harmless on a terminal: what could act there is escaped, the value stays."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _UNSAFE_IN_JSON.sub(lambda match: json.dumps(match[0])[1:-1], text)


def csv_cell(value: object) -> str:
    """One CSV cell: harmless text that no spreadsheet takes for a formula (a leading quote marks it as text)."""
    text = "" if value is None else harmless(str(value))
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"'{text}" if text.lstrip().startswith(_FORMULA_STARTS) and not is_number else text


def width_of(text: str) -> int:
    """Columns that harmless text takes on a terminal: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
