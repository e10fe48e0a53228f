"""What an expression of the source stands for, as far as reading can tell.

Plain Python strings, numbers, booleans, None, lists, tuples and dicts stand for themselves (a set is read as a list).
Everything else is one of the classes below; `Unknown` is what could not be told. Nothing here runs foreign code.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catalog.extract.python.project import Module

Value = object
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(eq=False, slots=True)
class Unknown:
    """Something that depends on the running program. `reason` is the text of what was met, for gaps.

    `known` is what is known of a text, with an ellipsis for each part that is not.
    """

    reason: str = ""
    known: str | None = None


UNKNOWN = Unknown()
ENVIRONMENT = Unknown("environment")  # a setting without a default: what stands for it where it is not set counts


class _Open:
    """The key under which a dict keeps that parts of it are unknown."""


OPEN = _Open()


@dataclass(frozen=True, slots=True)
class External:
    """A name that another distribution or the language defines: `mcp.types.Tool`, `builtins.str`."""

    dotted: str

    @property
    def last(self) -> str:
        return self.dotted.rsplit(".", 1)[-1]

    @property
    def first(self) -> str:
        return self.dotted.split(".", 1)[0]


@dataclass(eq=False, slots=True)
class Scope:
    """Names of one function, class or module body, with the scope around it."""

    module: Module
    parent: Scope | None = None
    names: dict[str, Value] = field(default_factory=dict)
    owner: Class | None = None


@dataclass(eq=False, slots=True)
class Thunk:
    """An expression that is evaluated when somebody asks for it."""

    node: ast.expr
    scope: Scope
    running: bool = False


@dataclass(eq=False, slots=True)
class Decorated:
    """A function whose decorators are applied when somebody asks for it."""

    function: Function
    decorators: list[ast.expr]
    scope: Scope


@dataclass(eq=False, slots=True)
class Imported:
    """`from module import name`, followed when somebody asks. `otherwise` is the import in the except branch."""

    importer: Module
    dotted: str
    level: int
    name: str | None
    otherwise: Imported | None = None


@dataclass(eq=False, slots=True)
class Invocation:
    """A call of something external, kept with its arguments: `Field(...)`, `Tool(name=...)`, `ToolAnnotations(...)`."""

    callee: Value
    args: list[Value]
    kwargs: dict[str, Value]
    module: Module
    line: int

    @property
    def name(self) -> str:
        return self.callee.last if isinstance(self.callee, External) else ""


@dataclass(eq=False, slots=True)
class Generic:
    """A subscripted type: `list[str]`, `Annotated[int, Field(ge=1)]`."""

    base: Value
    args: list[Value]


@dataclass(eq=False, slots=True)
class Alternatives:
    """A union of types, `A | B`."""

    members: list[Value]


@dataclass(eq=False, slots=True)
class Parameter:
    """One parameter of a signature. `kind` is inspect's name for it; `default` is None where `has_default` is False."""

    name: str
    kind: str
    annotation: ast.expr | Value
    default: Value
    has_default: bool
    scope: Scope | None = None


@dataclass(eq=False, slots=True)
class Signature:
    """What `inspect.signature` gives."""

    parameters: list[Parameter]


@dataclass(eq=False, slots=True)
class Function:
    """A function of the source, with what the code later sets on it (`__name__`, `__doc__`, `__signature__`)."""

    node: FunctionNode
    scope: Scope
    owner: Class | None = None
    wraps: Function | None = None
    attributes: dict[str, Value] = field(default_factory=dict)
    is_static: bool = False

    @property
    def module(self) -> Module:
        return self.scope.module

    @property
    def name(self) -> str:
        given = self.attributes.get("__name__")
        if isinstance(given, str):
            return given
        if self.wraps is not None:
            return self.wraps.name
        return "<lambda>" if isinstance(self.node, ast.Lambda) else self.node.name

    @property
    def is_renamed_unknown(self) -> bool:
        """Whether the code gives it another name that is not known: the one it was written with is a placeholder."""
        given = self.attributes.get("__name__")
        return given is not None and not isinstance(given, str) and self.wraps is None

    @property
    def origin(self) -> Function:
        """The function below all `functools.wraps`."""
        inner = self
        for _ in range(20):
            if inner.wraps is None:
                break
            inner = inner.wraps
        return inner


@dataclass(eq=False, slots=True)
class Bound:
    """A method of an instance or class."""

    function: Function
    receiver: Value


@dataclass(eq=False, slots=True)
class Partial:
    """`functools.partial(callee, ...)`."""

    callee: Value
    args: list[Value]
    kwargs: dict[str, Value]


@dataclass(eq=False, slots=True)
class Class:
    """A class of the source. `names` holds its body's bindings, `bases` its evaluated bases."""

    node: ast.ClassDef
    scope: Scope
    bases: list[Value] | None = None
    names: dict[str, Value] | None = None
    solo: Instance | None = None

    @property
    def module(self) -> Module:
        return self.scope.module

    @property
    def name(self) -> str:
        return self.node.name


@dataclass(eq=False, slots=True)
class Instance:
    """An object of a class of the source."""

    cls: Class
    attributes: dict[str, Value] = field(default_factory=dict)
    args: list[Value] = field(default_factory=list)
    kwargs: dict[str, Value] = field(default_factory=dict)
    server: Server | None = None  # what it is to MCP, for classes that derive from a server


@dataclass(eq=False, slots=True)
class ModuleRef:
    """A module or package folder of the tree. `path` is a file, or a folder without `__init__.py`."""

    module: Module | None
    folder: str = ""


@dataclass(eq=False, slots=True)
class Member:
    """One member of an enum class."""

    cls: Class
    name: str
    value: Value


@dataclass(eq=False, slots=True)
class Server:
    """An MCP server object and what is mounted on it: pairs of child server and prefix ("" for none)."""

    dotted: str
    line: int = 0
    mounted: list[tuple[Server, str]] = field(default_factory=list)
    arguments: dict[str, Value] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Registrar:
    """A method of a server that registers: `verb` is what it does, `called` whether its options were given already."""

    verb: str
    server: Value
    args: list[Value] = field(default_factory=list)
    kwargs: dict[str, Value] = field(default_factory=dict)
    called: bool = False


@dataclass(eq=False, slots=True)
class ToolObject:
    """`Tool.from_function(fn, name=...)` before it is added to a server."""

    function: Value
    kwargs: dict[str, Value]
    dotted: str


@dataclass(eq=False, slots=True)
class Setting:
    """A value that the environment can change, with its default: `os.getenv("NAME", "default")`."""

    default: Value


@dataclass(eq=False, slots=True)
class Super:
    """`super()` inside a method."""

    owner: Class
    receiver: Value


@dataclass(eq=False, slots=True)
class BuiltinMethod:
    """A method of a plain value: `"a".join`, `tools.append`."""

    receiver: Value
    name: str


def is_known(value: Value) -> bool:
    return not isinstance(value, Unknown)


def is_function(value: Value) -> bool:
    return isinstance(value, (Function, Bound, Partial))
