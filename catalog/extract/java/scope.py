"""Where a Java expression stands, and the value that stands for what reading cannot give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tree_sitter import Node

from catalog.extract.java.project import File


class Unknown:
    """A value that reading cannot give."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, eq=False)
class Scope:
    """Where an expression stands: its file, the type around it, and the values that names are known to have there."""

    file: File
    owner: Node | None
    bindings: Mapping[str, object] = field(default_factory=dict)
