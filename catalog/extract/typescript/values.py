"""What an expression of the source can be worth, as far as it is known without running anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tree_sitter import Node

if TYPE_CHECKING:
    from catalog.extract.typescript.scopes import Env
    from catalog.extract.typescript.sources import Module

Value = Any  # str, int, float, bool, None, or one of the classes below


class Undefined:
    """JavaScript's `undefined`, which is not `null` (None)."""

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED = Undefined()


@dataclass(slots=True)
class Unknown:
    """Not resolved. `free` is the scope that waits for its arguments; `is_unset` marks absent configuration."""

    reason: str
    free: Env | None = None
    is_unset: bool = False
    partial: str | None = None  # a text with the parts that are known


@dataclass(slots=True)
class Conditional:
    """An element that is there only under a condition."""

    condition: str
    value: Value


@dataclass(slots=True)
class Either:
    """One of two values, by a condition that is not known. `prefers_then` tells what holds when nothing is set."""

    condition: str
    then: Value
    otherwise: Value
    prefers_then: bool = False


@dataclass(slots=True)
class Thunk:
    """An expression and the scope it is to be evaluated in, at most once."""

    node: Node
    env: Env
    value: Value = None
    state: int = 0  # 0 untouched, 1 being evaluated, 2 done


@dataclass(slots=True)
class Element:
    """The `index`-th element of an iterated expression; kept as an expression so that scopes can still be filled in."""

    node: Node
    env: Env
    index: int
    how: str = "values"
    value: Value = None
    state: int = 0


Lazy = Thunk | Element


@dataclass(slots=True)
class Arr:
    """An array, set, or list of map entries. `missing` says which parts could not be resolved."""

    items: list[Value] = field(default_factory=list)
    missing: list[Unknown] = field(default_factory=list)
    kind: str = "array"


@dataclass(slots=True)
class Obj:
    """An object literal (or a map). `missing` holds the spreads that could not be resolved."""

    props: dict[str, Value] = field(default_factory=dict)
    missing: list[Unknown] = field(default_factory=list)
    node: Node | None = None
    module: Module | None = None
    conditions: dict[str, str] = field(default_factory=dict)
    kind: str = "object"


@dataclass(slots=True)
class Func:
    """A function and the scope that it closes over."""

    node: Node
    env: Env
    this: Value = None


@dataclass(slots=True)
class Native:
    """A function of the language or of a library whose effect is known."""

    name: str
    call: Callable[[list[Value]], Value]


@dataclass(slots=True)
class Cls:
    """A class. `name` is empty for an anonymous one."""

    node: Node
    env: Env
    name: str = ""


@dataclass(slots=True)
class Inst:
    """An instance of a class of the tree. `args` are the constructor's arguments, None when they are not known."""

    cls: Cls
    args: list[Value] | None = None
    cache: dict[str, Value] = field(default_factory=dict)


@dataclass(slots=True)
class Namespace:
    """All exports of a module of the tree."""

    module: Module


@dataclass(slots=True)
class External:
    """Something that a package outside the tree exports; `path` are the names that lead to it."""

    package: str
    path: tuple[str, ...] = ()


@dataclass(slots=True)
class Schema:
    """A schema under construction, with what decides whether the property that holds it is required.

    `body` is JSON Schema. `shape` holds the properties of an object schema, so that they can be extended and picked.
    """

    kind: str
    body: dict[str, Any] = field(default_factory=dict)
    is_optional: bool = False
    is_defaulted: bool = False
    shape: dict[str, Value] | None = None
    inner: Value = None
    missing: list[Unknown] = field(default_factory=list)
    strictness: str = ""


def is_known(value: Value) -> bool:
    return not isinstance(value, Unknown)
