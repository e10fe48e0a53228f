"""What editing is made of: a replaced stretch of bytes, the edits that one tool needs, and why a tool has none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from catalog.audit.records import HintName
from catalog.records import Tool


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """The bytes [start, end) of a file, replaced by `text`. With start == end, an insertion."""

    path: str
    start: int
    end: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Wish:
    """A tool and the hints to declare at it, in the order they are to be written.

    `is_alone`: whether no other tool is registered at its location.
    """

    tool: Tool
    hints: Mapping[HintName, bool]
    is_alone: bool = True


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a tool is left as it is, for its author to read."""

    reason: str


SHARED = Refused("its annotations are a variable or an expression that other tools may share; edit them by hand")
ELSEWHERE = Refused("its hints are declared somewhere else than at its registration; edit them there by hand")
COMPUTED = Refused("the registration is made in a loop, a wrapper or from data, and its definition was not found")


class Places(Protocol):
    """A language: the ways to declare a tool's hints in its source, the likeliest first."""

    def ways(self, wish: Wish) -> Iterable[tuple[Edit, ...] | Refused]: ...


class Overlap(Exception):
    """Two edits want to change the same bytes in different ways."""


def apply(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The bytes of one file with all edits made; equal edits count once. Overlap where two of them collide."""
    out: list[bytes] = []
    at = 0
    last: Edit | None = None
    for edit in sorted(set(edits)):
        if edit.start < at or (last is not None and last.start == edit.start):
            raise Overlap
        out += [data[at : edit.start], edit.text]
        at, last = edit.end, edit
    return b"".join([*out, data[at:]])
