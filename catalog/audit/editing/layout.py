"""How an item is put among others between brackets, so that it looks as if its neighbours' author had written it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from catalog.audit.editing.records import Edit

_BLANK = b" \t"


@dataclass(frozen=True, slots=True)
class Brackets:
    """A list of items in a file: byte offsets of the opening and closing bracket and [start, end) of each item."""

    path: str
    data: bytes
    open: int
    close: int
    items: tuple[tuple[int, int], ...]

    def has_trailing_comma(self) -> bool:
        return bool(self.items) and self._comma_after(len(self.items) - 1) is not None

    def is_spread(self, index: int) -> bool:
        """Whether the item begins a line of its own."""
        return not self.data[line_start(self.data, self.items[index][0]) : self.items[index][0]].strip()

    def _comma_after(self, index: int) -> int | None:
        """Where the comma behind an item is, comments skipped; None where there is none."""
        end = self.items[index][1]
        until = self.items[index + 1][0] if index + 1 < len(self.items) else self.close
        at = end
        while at < until:
            if self.data[at : at + 1] == b",":
                return at
            if self.data[at : at + 2] == b"//" or self.data[at : at + 1] == b"#":
                at = line_end(self.data, at)
            elif self.data[at : at + 2] == b"/*":
                at = max(at, self.data.find(b"*/", at)) + 2
            else:
                at += 1
        return None

    def insert(
        self, after: int, text: Callable[[bytes, bool], bytes], pad: bytes = b"", may_precede: bool = False
    ) -> list[Edit]:
        """Edits that put an item behind the item `after`; with no items, between the brackets.

        `text` gives the item for the indentation of its line; its flag says whether it has a line of its own. `pad`
        stands inside the brackets of an empty list. With `may_precede` the item is put before the last one where that
        leaves every other line as it is.
        """
        if not self.items:
            return [Edit(self.path, self.open + 1, self.close, pad + text(self.indentation(self.open), False) + pad)]
        start, end = self.items[after]
        following = self.items[after + 1][0] if after + 1 < len(self.items) else self.close
        comma = self._comma_after(after)
        behind = (end if comma is None else comma) + 1
        is_own_line = line_end(self.data, behind - 1) < following
        if not is_own_line or not self._is_block(after):
            return [Edit(self.path, end, end, b", " + text(self.indentation(start), False))]
        indent = self.indentation(start if self.is_spread(after) else following)
        new_line = newline(self.data)
        at = line_end(self.data, behind - 1)
        if comma is not None:
            return [Edit(self.path, at, at, new_line + indent + text(indent, True) + b",")]
        if may_precede and self.is_spread(after) and not self._has_comment_above(start):
            at = line_start(self.data, start)
            return [Edit(self.path, at, at, indent + text(indent, True) + b"," + new_line)]
        inserted = new_line + indent + text(indent, True)
        if at == end:
            return [Edit(self.path, end, end, b"," + inserted)]
        return [Edit(self.path, end, end, b","), Edit(self.path, at, at, inserted)]

    def _has_comment_above(self, at: int) -> bool:
        above = self.data[: line_start(self.data, at)].rstrip()
        last = above[line_start(above, len(above)) :].lstrip()
        return last.startswith((b"//", b"#", b"*", b"/*")) or last.endswith(b"*/")

    def _is_block(self, after: int) -> bool:
        """Whether items have lines of their own around here: not in `{ name: "x", nested: {` ... `} }`."""
        return self.is_spread(after) or (after + 1 < len(self.items) and self.is_spread(after + 1))

    def best_after(self, preferred: Sequence[int]) -> int:
        """Of the preferred items the first behind which no line but the new one changes; else the first."""
        settled = (i for i in preferred if self._comma_after(i) is not None or not self.is_spread(i))
        return next(settled, preferred[0])

    def indentation(self, at: int) -> bytes:
        return indentation(self.data, at)


def line_start(data: bytes, at: int) -> int:
    return data.rfind(b"\n", 0, at) + 1


def line_end(data: bytes, at: int) -> int:
    """The end of the line that holds a byte, before its line break."""
    end = data.find(b"\n", at)
    if end < 0:
        return len(data)
    return end - 1 if data[end - 1 : end] == b"\r" and end > at else end


def indentation(data: bytes, at: int) -> bytes:
    """The blanks that begin the line of a byte."""
    start = line_start(data, at)
    end = start
    while data[end : end + 1] in (b" ", b"\t"):
        end += 1
    return data[start:end]


def newline(data: bytes) -> bytes:
    """The line break of the file: that of its first line."""
    at = data.find(b"\n")
    return b"\r\n" if at > 0 and data[at - 1 : at] == b"\r" else b"\n"


def unit(data: bytes) -> bytes:
    """One level of indentation: the first that the file shows, else two spaces."""
    for line in data.split(b"\n", 2_000)[:2_000]:
        rest = line.lstrip(_BLANK)
        width = len(line) - len(rest)
        if rest.strip() and not rest.startswith((b"*", b"#")):
            if line.startswith(b"\t"):
                return b"\t"
            if width in (2, 4, 8):
                return b" " * width
    return b"  "
