"""Statements as Python 3.12 to 3.14 allow them, written so that an older parser reads them too.

Type parameters and `type` statements (3.12) and `except A, B:` (3.14). An older parser stops at the first of a file,
and the statement around it would be lost: in a module of tools, often the class that all of them share.
"""

from __future__ import annotations

import re

_GENERIC = re.compile(r"^[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+\w+[ \t]*(?=\[)", re.MULTILINE)
_ALIAS = re.compile(r"^([ \t]*)type[ \t]+(\w+)[ \t]*(?=[\[=])", re.MULTILINE)
_EXCEPT = re.compile(r"^([ \t]*except\*?[ \t]+)([\w.]+(?:[ \t]*,[ \t]*[\w.]+)+)[ \t]*:", re.MULTILINE)
_BRACKETS = re.compile(r"[\[\]]")
_LONGEST = 4_000  # characters of type parameters


def plain(text: str) -> str:
    """The text with such statements rewritten, every line under its old number; itself where it has none."""
    text = _EXCEPT.sub(r"\1(\2):", text)
    return _without_parameters(_without_parameters(text, _GENERIC), _ALIAS)


def _without_parameters(text: str, pattern: re.Pattern[str]) -> str:
    out: list[str] = []
    at = 0
    for found in pattern.finditer(text):
        end = _end(text, found.end())
        if found.start() < at or end is None:
            continue
        is_alias = pattern is _ALIAS
        if is_alias and not re.match(r"[ \t]*=(?!=)", text[end : end + 80]):
            continue
        head = f"{found[1]}{found[2]} " if is_alias else found.group()
        out += [text[at : found.start()], head, "\\\n" * text.count("\n", found.end(), end)]
        at = end
    return "".join([*out, text[at:]])


def _end(text: str, at: int) -> int | None:
    """Behind the brackets that open here, which may be none; None where they do not close."""
    if not text.startswith("[", at):
        return at
    depth = 0
    for mark in _BRACKETS.finditer(text, at, at + _LONGEST):
        depth += 1 if mark.group() == "[" else -1
        if not depth:
            return mark.end()
    return None
