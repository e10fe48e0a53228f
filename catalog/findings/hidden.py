"""Characters that a reader does not see or that change what is seen; what languages and emoji need is left alone."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, NamedTuple

from catalog.findings.folding import is_blank_letter, is_variation_selector

Kind = Literal["hidden", "stray", "escape"]

_ANY = (
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e01ef]+"
)
_CONTROLS = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
_ESCAPE = "\x1b|\x9b|\x9d|\x90|\x08"
_BIDI = "[\u202a-\u202e\u2066-\u2069]"
_MARKS = frozenset("\u200e\u200f\u061c")
_JOINERS = frozenset("\u200c\u200d")
_MANY = 8  # isolated invisible characters that are no accident any more
_FLAG = "\U0001f3f4"


class Hidden(NamedTuple):
    """A run of hidden characters: `escape` steers terminals, `stray` is an isolated one as copying leaves behind."""

    kind: Kind
    start: int
    end: int


def find_hidden(text: str) -> list[Hidden]:
    """The runs in the order of the text, without those that the writing or an emoji needs."""
    if text.isascii() and (text.isprintable() or text.replace("\n", "").replace("\t", "").isprintable()):
        return []
    found = [_judged(text, m.start(), m.end()) for m in re.finditer(_ANY, text)]
    runs = [run for run in found if run]
    if sum(run.kind == "stray" for run in runs) >= _MANY:
        runs = [run._replace(kind="hidden") if run.kind == "stray" else run for run in runs]
    return runs


def describe(run: str) -> str:
    """The characters of a run by code point and name, the first three."""
    named = [f"U+{ord(c):04X} {unicodedata.name(c, 'control character')}" for c in dict.fromkeys(run)]
    return ", ".join(named[:3]) + (f" and {len(named) - 3} more kinds" if len(named) > 3 else "")


def _judged(text: str, start: int, end: int) -> Hidden | None:
    run, before, after = text[start:end], text[start - 1 : start], text[end : end + 1]
    if re.search(_ESCAPE, run):
        return Hidden("escape", start, end)
    if re.search(_CONTROLS, run):
        return Hidden("stray", start, end)
    run = run.lstrip("\ufeff") if start == 0 else run
    if not run or _is_emoji_part(run, before, after) or _is_script_part(run, before, after, text):
        return None
    if re.search(_BIDI, run) or _smuggles(run):
        return Hidden("hidden", start, end)
    splits = before.isalnum() and before.isascii() and after.isalnum() and after.isascii()
    return Hidden("hidden" if splits and "\u00ad" not in run else "stray", start, end)


def _smuggles(run: str) -> bool:
    """More than one character that shows nothing, or one from the planes that nobody types."""
    return len(run) > 2 or any(c >= "\U000e0000" for c in run) or (len(run) > 1 and run[0] != run[1])


def _is_emoji_part(run: str, before: str, after: str) -> bool:
    """One variation selector or joiner next to a symbol, or the tags of a flag."""
    if before == _FLAG and run.endswith("\U000e007f") and len(run) <= 7:
        return True
    if not run.strip("\ufe0e\ufe0f"):
        return len(run) == 1
    symbols = _is_symbol(before) or before == "\ufe0f"
    return run in ("\u200d", "\ufe0f\u200d") and symbols and (_is_symbol(after) or after in "♀♂⚕⚖✈❤")


def _is_symbol(character: str) -> bool:
    return bool(character) and (unicodedata.category(character) in ("So", "Sk") or character >= "\U0001f000")


def _is_script_part(run: str, before: str, after: str, text: str) -> bool:
    """Joiners between letters that join, direction marks in text that runs from right to left, CJK variants."""
    near = before + after
    if set(run) <= _JOINERS and len(run) == 1:
        return any((c.isalpha() and c > "\u0590") or unicodedata.category(c) in ("Mn", "Mc") for c in near)
    if set(run) <= _MARKS | set("\u202a\u202b\u202c\u2066\u2067\u2068\u2069") and len(run) <= 2:
        return _runs_right_to_left(text) and not set(run) & set("\u202d\u202e")
    if is_variation_selector(run[0]) and len(run) == 1:
        return bool(before) and before > "\u2e7f"
    return is_blank_letter(run[0]) and len(run) == 1 and bool(before) and "\u1100" <= before <= "\ud7ff"


def _runs_right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(c) in ("R", "AL") and c not in _MARKS for c in text[:20_000])
