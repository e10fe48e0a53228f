"""Cutting a list into static pages: `list.html`, `list-2.html`, ..."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slice:
    """One page of a list: its path, which rows it shows, and its neighbours' file names."""

    path: str
    offset: int
    size: int
    number: int
    count: int
    previous: str | None
    next: str | None


def slices(stem: str, total: int, size: int) -> list[Slice]:
    """All pages of a list of `total` rows; at least one. `stem` is the path without `.html`."""
    count = max(1, -(-total // size))
    names = [f"{stem}{'' if n == 1 else f'-{n}'}.html" for n in range(1, count + 1)]
    local = [name.rpartition("/")[2] for name in names]
    return [
        Slice(
            names[n], n * size, size, n + 1, count, local[n - 1] if n else None, local[n + 1] if n + 1 < count else None
        )
        for n in range(count)
    ]
