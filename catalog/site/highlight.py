"""Where the evidence lies inside a text: the text cut into marked and unmarked pieces."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from classifier.records import Evidence


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    marked: bool


def highlighted(field: str, text: str, evidence: Iterable[Evidence]) -> tuple[Piece, ...]:
    """The pieces of `text` in order; joined they are the text. A span that does not fit the text is ignored."""
    spans = sorted(
        (e.start, e.end)
        for e in evidence
        if e.field == field and e.start is not None and e.end is not None and text[e.start : e.end] == e.text != ""
    )
    pieces: list[Piece] = []
    last = 0
    for start, end in spans:
        if end <= last:
            continue
        begin = max(start, last)
        if begin > last:
            pieces.append(Piece(text[last:begin], False))
        pieces.append(Piece(text[begin:end], True))
        last = end
    if last < len(text):
        pieces.append(Piece(text[last:], False))
    return tuple(pieces)
