"""Keeps the start of a command fast: plain values need no validation library.

Typer 0.29 builds a pydantic adapter for every parameter of a command, also for text that is taken as it is and for
options that were not given; importing pydantic takes longer than a whole query. Where a value is already what its
parameter declares it is taken as it is; everything else, and every other version of Typer, goes Typer's own way.
"""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

import typer.core


def skip_needless_validation() -> None:
    """From now on Typer takes values directly where that changes nothing. Does nothing for a Typer built otherwise."""
    parameter: Any = getattr(typer.core, "_TyperParameter", None)
    if parameter is not None and hasattr(parameter, "get_runtime_param"):
        parameter.get_runtime_param = lambda self: _Direct(self.type_descriptor)


class _Direct:
    """Stands in for Typer's coercion of one parameter and calls it when there is something to coerce."""

    def __init__(self, descriptor: Any) -> None:
        self._descriptor = descriptor

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        annotation = self._descriptor.annotation
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        if annotation is str and isinstance(value, str) and self._descriptor.parameter_info.parser is None:
            return value
        if annotation == list[str] and isinstance(value, tuple | list):
            return list(value)
        if annotation in (int, float) and isinstance(value, int | float):  # a default; what was typed is text
            return value
        if get_origin(annotation) is Literal and value in get_args(annotation):
            return value
        from typer._coercion import build_runtime_param

        return build_runtime_param(self._descriptor).coerce(value, param, ctx)
