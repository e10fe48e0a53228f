"""A server's grade: one letter from published inputs, so that anybody can compute it again.

Points, from 100 down. One critical tool costs 25 at once and one high tool 12, one medium tool 4; beside that, the
share of critical tools costs up to 55, of high ones 30, of medium ones 12. Labels that need review or are missing
cost up to 10 at their share, what could not be read up to 10 at its share. A from 90, B from 75, C from 60, D from
40, E from 25, else F. No tools found: no grade. The grade says what an agent could do through the server, not how
well it is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

WEIGHTS = {"critical": 55.0, "high": 30.0, "medium": 12.0}
ONCE = {"critical": 25.0, "high": 12.0, "medium": 4.0}
UNCERTAIN = 10.0
UNREAD = 10.0
BANDS = (("A", 90), ("B", 75), ("C", 60), ("D", 40), ("E", 25), ("F", 0))


@dataclass(frozen=True, slots=True)
class Grade:
    """`letter` is None where no tool was found; `points` 0 to 100; `losses` are (cause, points) in fixed order."""

    letter: str | None
    points: int
    losses: tuple[tuple[str, float], ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "grade": self.letter,
            "points": self.points,
            "losses": [{"cause": c, "points": p} for c, p in self.losses],
        }


def grade_of(tools: int, critical: int, high: int, medium: int, uncertain: int, completeness: float | None) -> Grade:
    """`uncertain` counts tools whose label needs review or is missing; `completeness` is the snapshot's."""
    if not tools:
        return Grade(None, 0, ())
    counts = {"critical": critical, "high": high, "medium": medium}
    losses = [
        (f"{count} of {tools} tools {risk}", ONCE[risk] + WEIGHTS[risk] * count / tools)
        for risk, count in counts.items()
        if count
    ]
    if uncertain:
        losses.append((f"{uncertain} of {tools} labels uncertain or missing", UNCERTAIN * uncertain / tools))
    if completeness is not None and completeness < 1:
        losses.append(
            (f"{1 - completeness:.0%} of the registrations seen could not be read", UNREAD * (1 - completeness))
        )
    points = max(0, round(100 - sum(loss for _, loss in losses)))
    letter = next(letter for letter, floor in BANDS if points >= floor)
    return Grade(letter, points, tuple((cause, round(loss, 1)) for cause, loss in losses))
