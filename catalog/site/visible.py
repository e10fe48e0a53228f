"""Text of strangers on its way into a page: escaped, and with what hides made visible."""

from __future__ import annotations

import re
import unicodedata

from markupsafe import Markup, escape

# Controls (but tab and line feed), bidirectional marks and isolates, zero-width characters, soft hyphen, variation
# selectors' supplement, tag characters and lone surrogates: everything that a reader would not see.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)


def has_hidden(text: str) -> bool:
    """Whether the text holds characters that a reader would not see."""
    return _HIDDEN.search(text) is not None


def visible(text: str | None) -> Markup:
    """The text as HTML: markup escaped, each hidden character shown by its code point with its name as a tooltip."""
    if not text:
        return Markup("")
    parts: list[Markup] = []
    last = 0
    for match in _HIDDEN.finditer(text):
        parts.append(escape(text[last : match.start()]))
        parts.append(_shown(match.group()))
        last = match.end()
    parts.append(escape(text[last:]))
    return Markup("").join(parts)


def plain(text: str | None) -> str:
    """The text on one line with hidden characters removed: for titles, attributes and feeds."""
    return " ".join(_HIDDEN.sub("", text or "").split())


def _shown(character: str) -> Markup:
    name = unicodedata.name(character, "control character")
    return Markup('<span class="hidden-character" title="{}">U+{:04X}</span>').format(name, ord(character))
