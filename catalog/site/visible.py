"""Text of strangers on its way into a page: escaped, and with what hides made visible."""

from __future__ import annotations

import html
import re
import unicodedata

from markupsafe import Markup

# Controls (but tab and line feed), bidirectional marks and isolates, zero-width characters, soft hyphen, variation
# selectors' supplement, tag characters and lone surrogates: everything that a reader would not see.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_MARKUP = re.compile("[<>&\"']")


def has_hidden(text: str) -> bool:
    """Whether the text holds characters that a reader would not see."""
    return _HIDDEN.search(text) is not None


def shown(text: str | None) -> str:
    """The text as HTML: markup escaped, each hidden character shown by its code point with its name as a tooltip."""
    if not text:
        return ""
    if text.isidentifier() and text.isascii():
        return text
    if _is_clean(text) or _HIDDEN.search(text) is None:
        return text if _MARKUP.search(text) is None else html.escape(text)
    parts: list[str] = []
    last = 0
    for match in _HIDDEN.finditer(text):
        parts += html.escape(text[last : match.start()]), _named(match.group())
        last = match.end()
    parts.append(html.escape(text[last:]))
    return "".join(parts)


def shown_block(text: str) -> str:
    """Like `shown`, quotation marks left alone: for an element's content, never for an attribute. JSON stays small."""
    if _is_clean(text):
        return html.escape(text, quote=False)
    return shown(text)


def _is_clean(text: str) -> bool:
    """Whether the text is plain ASCII lines, as nearly all are; a quick answer that may wrongly be no."""
    return text.isascii() and text.replace("\n", "").isprintable()


def shown_size(text: str) -> int:
    """About the length of `shown`, without making it."""
    hidden = 0 if _is_clean(text) else len(_HIDDEN.findall(text))
    return len(text) + 90 * hidden


def visible(text: str | None) -> Markup:
    """`shown`, as markup that templates take as it is."""
    return Markup(shown(text))


def revealed(text: str) -> str:
    """The text with each hidden character as its code point in angle brackets: for plain-text files."""
    return text if _is_clean(text) else _HIDDEN.sub(lambda match: f"<U+{ord(match.group()):04X}>", text)


def plain(text: str | None) -> str:
    """The text on one line with hidden characters removed: for titles, attributes and feeds."""
    if not text:
        return ""
    if text.isprintable() and text.isascii():
        return text if "  " not in text and text[0] != " " != text[-1] else " ".join(text.split())
    return " ".join(_HIDDEN.sub("", text).split())


def short(text: str | None, length: int = 160) -> str:
    """The beginning of the text on one line, cut between words where it can be."""
    words = plain(text[: length * 4]) if text else ""
    if len(words) <= length:
        return words
    return f"{words[:length].rsplit(' ', 1)[0][:length]}…"


def _named(character: str) -> str:
    name = html.escape(unicodedata.name(character, "control character"))
    return f'<span class="hidden-character" title="{name}">U+{ord(character):04X}</span>'
