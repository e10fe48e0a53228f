"""What a handler visibly does: calls of the network, files, processes, databases and the like in its own code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.extract.python.values import Function
from catalog.records import Fact

if TYPE_CHECKING:
    from catalog.extract.python.machine import Machine


def of(m: Machine, function: Function) -> tuple[Fact, ...]:
    """Facts about a handler, in the order of its code."""
    return ()
