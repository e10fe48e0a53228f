"""F-strings as Python 3.12 allows them, written so that an older parser reads them too.

Since 3.12 a field may use the quotes of the string around it, backslashes, comments and line breaks. An older
parser stops at such a file's first one, and the tool around it would be lost for the sake of a log message.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r"#[^\n]*|(?<!\w)(?P<prefix>[rbufRBUF]{0,2})(?P<quote>'''|\"\"\"|'|\")|(?P<bare>'''|\"\"\"|'|\")")
_INSIDE = re.compile(r"[^{}\\\n'\"]+")
_CODE = re.compile(r"[^#'\"(){}\[\]:!]+")
_DEPTH = 12  # strings within fields within strings
UNREAD = "_"  # stands for a field that cannot be carried over


class _Open(ValueError):
    """A string or field that does not end, or ends too deep: the text is left alone."""


def older(text: str) -> str | None:
    """The text with such fields rewritten, every line under its old number; None where a string never ends."""
    out: list[str] = []
    at = 0
    try:
        while (token := _TOKEN.search(text, at)) is not None:
            out.append(text[at : token.start()])
            at, written = _token(text, token, _DEPTH)
            out.append(written)
    except _Open:
        return None
    out.append(text[at:])
    return "".join(out)


def _token(text: str, token: re.Match[str], depth: int) -> tuple[int, str]:
    """Where a comment or string ends, and what is written for it."""
    if token.group().startswith("#"):
        return token.end(), token.group()
    quote = token["quote"] or token["bare"]
    if "f" in (token["prefix"] or "").lower():
        return _formatted(text, token, quote, depth)
    at = token.end()
    while not text.startswith(quote, at):
        if at >= len(text) or (text[at] == "\n" and len(quote) == 1):
            raise _Open
        at += 2 if text[at] == "\\" else 1
    return at + len(quote), text[token.start() : at + len(quote)]


def _formatted(text: str, token: re.Match[str], quote: str, depth: int) -> tuple[int, str]:
    if not depth:
        raise _Open
    at = token.end()
    out = [token.group()]
    moved = 0  # line breaks that the string itself can no longer hold
    while not text.startswith(quote, at):
        if at >= len(text) or (text[at] == "\n" and len(quote) == 1):
            raise _Open
        if text[at] in "{}" and text[at : at + 2] != text[at] * 2:
            end = _field_end(text, at + 1, depth) if text[at] == "{" else at
            field = text[at + 1 : end]
            written = _field(field, quote) if text[at] == "{" else ""
            lines = field.count("\n") - written.count("\n")
            out.append(f"{{{written}}}" if text[at] == "{" else "}")
            moved += lines
            at = end + 1
            continue
        plain = _INSIDE.match(text, at)
        end = plain.end() if plain else at + (2 if text[at] in "\\{}" else 1)
        out.append(text[at:end])
        at = end
    return at + len(quote), "".join(out) + quote + "\\\n" * moved


def _field_end(text: str, at: int, depth: int) -> int:
    """Where the field's closing brace is."""
    open_brackets = 0
    while at < len(text):
        mark = text[at]
        if mark == "}" and not open_brackets:
            return at
        if mark == ":" and not open_brackets:
            return _specification_end(text, at + 1, depth)
        if mark in "'\"#":
            token = _TOKEN.search(text, _prefix_start(text, at))
            assert token is not None
            at, _ = _token(text, token, depth - 1)
            continue
        open_brackets += (mark in "([{") - (mark in ")]}")
        code = _CODE.match(text, at)
        at = code.end() if code else at + 1
    raise _Open


def _prefix_start(text: str, at: int) -> int:
    """Where the string whose quote is at this place begins, its prefix included."""
    start = at
    while at - start < 2 and text[start - 1] in "rbufRBUF":
        start -= 1
    return at if text[start - 1].isalnum() or text[start - 1] == "_" else start


def _specification_end(text: str, at: int, depth: int) -> int:
    while at < len(text) and text[at] != "}":
        if text[at] == "{":
            if depth <= 0:
                raise _Open
            at = _field_end(text, at + 1, depth - 1)
        at += 1
    if at >= len(text):
        raise _Open
    return at


def _field(field: str, quote: str) -> str:
    """The field as an older parser takes it within these quotes: unchanged, with other quotes, or unread."""
    mark = quote[0]
    other = "'" if mark == '"' else '"'
    nested = "{" in field and field.count(other) + field.count(mark) > 2  # may hold such a string itself
    if not (nested or "\\" in field or "#" in field or (len(quote) == 1 and "\n" in field)):
        if (quote if len(quote) == 3 else mark) not in field:
            return field
        if other not in field and len(quote) == 1:
            return field.replace(mark, other)
    return UNREAD + "\n" * (field.count("\n") if len(quote) == 3 else 0)
