"""What an expression can be while Go source is read: Go's own values, and what stays unknown with the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tree_sitter import Node

from catalog.extract.go.source import GoFile

if TYPE_CHECKING:
    from catalog.extract.go.interpret import Scope


@dataclass(frozen=True, eq=False, slots=True)
class TypeRef:
    """A type as written somewhere, with what the type parameters in it stand for."""

    node: Node
    file: GoFile
    bindings: Mapping[str, TypeRef] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.file.text(self.node)


@dataclass(frozen=True, eq=False, slots=True)
class Origin:
    """Where something unknown entered: a parameter of `function`, or the list that a loop at `node` goes over."""

    file: GoFile
    node: Node
    function: Node | None
    type: TypeRef | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Unknown:
    """A value that the source alone does not give. `type` is its declared type where one is visible."""

    reason: str
    type: TypeRef | None = None
    origin: Origin | None = None


@dataclass(eq=False, slots=True)
class Struct:
    """A composite literal. `module` and `name` are its type's package path and name; module "" is this tree."""

    module: str
    name: str
    fields: dict[str, Value]
    type: TypeRef | None = None


@dataclass(eq=False, slots=True)
class Array:
    items: list[Value]
    element: TypeRef | None = None
    open: bool = False  # more items may exist that are not known


@dataclass(eq=False, slots=True)
class Table:
    items: dict[str | int | float | bool, Value]
    element: TypeRef | None = None
    open: bool = False  # more entries may exist that are not known


@dataclass(frozen=True, eq=False, slots=True)
class Function:
    """A function, a method bound to its receiver, or a literal with the scope around it."""

    node: Node
    file: GoFile
    scope: Scope | None = None
    receiver: Value = None
    types: Mapping[str, TypeRef] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class External:
    """A name of a package that is not in this tree."""

    module: str
    name: str
    types: tuple[TypeRef, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Call:
    """A call into a package that is not in this tree, with its arguments: an option, a builder, anything."""

    module: str
    name: str
    arguments: tuple[Value, ...]
    types: tuple[TypeRef, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Reflected:
    """A JSON Schema that a library makes from a Go type; `style` names the library's rules."""

    type: TypeRef
    style: str


@dataclass(eq=False, slots=True)
class Many:
    """The several results of one call."""

    items: list[Value]


@dataclass(eq=False, slots=True)
class Lazy:
    """A call that is made when its result is first needed; `changes` when it may change what it was given."""

    run: Callable[[], Value]
    type: TypeRef | None = None
    changes: bool = False
    given: tuple[Value, ...] = ()  # receiver and arguments
    result: Value = None
    done: bool = False


Value = (
    bool | int | float | str | None | Unknown | Struct | Array | Table | Function | External | Call | Reflected | Many
    | Lazy | TypeRef
)  # fmt: skip


def force(value: Value) -> Value:
    """The value behind a postponed call."""
    for _ in range(20):
        if not isinstance(value, Lazy):
            return value
        if not value.done:
            value.done, value.result = True, Unknown("a call that depends on itself", value.type)
            value.result = value.run()
        value = value.result
    return Unknown("a long chain of calls")


def unknown_in(value: Value, depth: int = 0) -> Unknown | None:
    """The first unknown inside a value, None when all of it is known."""
    value = force(value)
    if isinstance(value, Unknown):
        return value
    if depth > 12:
        return None
    inside: list[Value] = []
    if isinstance(value, (Array, Many)):
        inside = list(value.items)
    elif isinstance(value, Table):
        inside = list(value.items.values())
    elif isinstance(value, Struct):
        inside = list(value.fields.values())
    elif isinstance(value, Call):
        inside = list(value.arguments)
    return next((found for each in inside if (found := unknown_in(each, depth + 1))), None)
