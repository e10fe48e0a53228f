"""The reader's state while it follows the source: bounds, scopes, and the doors to evaluating, calling and executing.

The source is followed, never run: names are looked up, calls of the tree's own functions are stepped through, and
whatever belongs to another distribution stays a name. Every step is counted; beyond the bounds things are `Unknown`.
"""

from __future__ import annotations

import ast
from typing import Protocol

from catalog.extract.python import calls, execution, expressions, objects
from catalog.extract.python.patterns import Patterns
from catalog.extract.python.project import Module, Project
from catalog.extract.python.values import (
    UNKNOWN,
    Class,
    Decorated,
    External,
    Function,
    Imported,
    Instance,
    Invocation,
    ModuleRef,
    Registrar,
    Scope,
    Thunk,
    Unknown,
    Value,
)
from catalog.records import Fact

MAX_STEPS = 2_000_000
MAX_DEPTH = 120


class Sink(Protocol):
    """Where registrations go."""

    def register(
        self,
        m: Machine,
        registrar: Registrar,
        args: list[Value],
        kwargs: dict[str, Value],
        node: ast.AST,
        module: Module,
    ) -> Value:
        """A registering method or function was called."""
        ...

    def serve(
        self, m: Machine, callee: External, args: list[Value], kwargs: dict[str, Value], node: ast.AST, module: Module
    ) -> Value:
        """A server object was made."""
        ...

    def count(self) -> tuple[int, int]:
        """How many registrations there were, and how many different ones."""
        ...

    def handed_over(self, callee: External, node: ast.AST, module: Module) -> None:
        """A server was given to a function of another distribution that registers on it."""
        ...

    def met(self, m: Machine, call: Invocation) -> None:
        """A `Tool(...)` of another distribution was made."""
        ...

    def said(self, m: Machine, tools: Value, node: ast.AST, module: Module) -> None:
        """A dict with `tools` was made, which may be an answer to tools/list written by hand."""
        ...

    def constructed(self, m: Machine, made: Instance, node: ast.AST) -> None:
        """An object of a class of the tree was made."""
        ...

    def initialised(self, m: Machine, made: Instance, args: list[Value], kwargs: dict[str, Value]) -> None:
        """An object called the constructor of a base that another distribution defines."""
        ...


class Machine:
    """Evaluates on demand. One per tree."""

    def __init__(self, project: Project, patterns: Patterns, sink: Sink) -> None:
        self.project = project
        self.patterns = patterns
        self.sink = sink
        self.steps = 0
        self.limit = MAX_STEPS
        self.unwanted: ast.AST | None = None  # a call whose result nobody asks for
        self.shallow = 0  # above 0, the tree's functions are not stepped into
        self.depth = 0
        self.loops = 0
        self.conditions: list[tuple[str, ast.AST | None]] = []  # words before a test, and the test
        self.entered: set[ast.AST] = set()
        self.running: dict[ast.AST, int] = {}
        self.reached: set[tuple[str, int]] = set()  # path and line of the registering calls and decorators met
        self.spent: dict[ast.AST, int] = {}  # steps by function
        self.given_up: set[ast.AST] = set()  # functions that took too many steps
        self.facts: dict[ast.AST, list[Fact]] = {}
        self.callees: dict[ast.AST, list[Function]] = {}
        self.registering: set[ast.AST] = set()
        self.settled: dict[ast.AST, tuple[Value]] = {}
        self.exhausted = False
        self.here: Scope | None = None  # where types given as text are looked up
        self.classes: list[Class] = []  # every class met, in order
        self.started: list[tuple[Module, list[ast.stmt]]] = []  # what `if __name__ == "__main__"` runs

    def step(self) -> bool:
        """Counts one step; False when there are none left."""
        self.steps += 1
        if self.steps > self.limit:
            self.exhausted = True
            return False
        return True

    # -- names ---------------------------------------------------------------------------------------------------

    def lookup(self, name: str, scope: Scope) -> Value:
        """The value a name has in a scope; Unknown when nothing binds it."""
        at: Scope | None = scope
        while at is not None:
            if name in at.names:
                return self.force(at.names, name)
            if at.parent is None:
                return self.global_name(name, at.module)
            at = at.parent
        return UNKNOWN

    def force(self, names: dict[str, Value], name: str) -> Value:
        """The binding, evaluated and followed to where it was imported from."""
        value = names[name]
        if self.shallow and isinstance(value, (Thunk, Decorated)):
            return UNKNOWN  # what a shallow look gives is not kept
        if isinstance(value, Thunk):
            if value.running:
                return UNKNOWN
            value.running = True
            try:
                result = self.evaluate(value.node, value.scope)
            finally:
                value.running = False
            if names.get(name) is value:
                names[name] = result
            return result
        if isinstance(value, Decorated):
            names[name] = value.function
            result = names[name] = execution.decorate(self, value.function, value.decorators, value.scope)
            return result
        if isinstance(value, Imported):
            result = self.follow(value)
            if names.get(name) is value and not isinstance(result, Unknown):
                names[name] = result
            return result
        return value

    def global_name(self, name: str, module: Module) -> Value:
        """A name of a module, a builtin, or Unknown."""
        execution.load(self, module)
        if name in module.scope.names:
            return self.force(module.scope.names, name)
        if name in BUILTINS:
            return External(f"builtins.{name}")
        if module.state == "running" and execution.bind_early(self, module, name):
            return self.force(module.scope.names, name)
        for star in module.stars:
            value = self.member_of_module(star, name)
            if not isinstance(value, Unknown):
                return value
        return Unknown(name)

    def follow(self, link: Imported) -> Value:
        """What an import statement binds."""
        value = self._follow(link)
        if link.otherwise is not None and (isinstance(value, (External, Unknown))):
            other = self.follow(link.otherwise)
            if not isinstance(other, (External, Unknown)):
                return other
        return value

    def _follow(self, link: Imported) -> Value:
        path = self.project.find(link.importer.path, link.dotted, link.level)
        if path is None:
            if link.level:
                return Unknown(f"import of {'.' * link.level}{link.dotted}")
            return External(f"{link.dotted}.{link.name}" if link.name else link.dotted)
        target = self.module_at(path)
        if link.name is None:
            return target
        return self.member_of_module(target, link.name)

    def module_at(self, path: str) -> Value:
        """A reference to the module at a path of the tree."""
        if path.endswith(".py"):
            module = self.project.module(path)
            return ModuleRef(module) if module is not None else Unknown(path)
        return ModuleRef(None, path)

    def member_of_module(self, target: Value, name: str) -> Value:
        """`module.name`: a binding, or a submodule."""
        if isinstance(target, External):
            return External(f"{target.dotted}.{name}")
        if not isinstance(target, ModuleRef):
            return UNKNOWN
        folder = target.folder
        if target.module is not None:
            self.depth += 1
            try:
                value: Value = UNKNOWN
                if self.depth < MAX_DEPTH:
                    value = self.global_name(name, target.module)
            finally:
                self.depth -= 1
            if not isinstance(value, Unknown) and not (isinstance(value, External) and value.first == "builtins"):
                return value
            if not target.module.path.endswith("__init__.py"):
                return value
            folder = target.module.path.rpartition("/")[0]
        for path in (f"{folder}/{name}.py".lstrip("/"), f"{folder}/{name}/__init__.py".lstrip("/")):
            if self.project.tree.exists(path):
                return self.module_at(path)
        if f"{folder}/{name}".lstrip("/") in self.project.folders:
            return ModuleRef(None, f"{folder}/{name}".lstrip("/"))
        return Unknown(name)

    # -- doors ---------------------------------------------------------------------------------------------------

    def evaluate(self, node: ast.expr, scope: Scope) -> Value:
        """What an expression stands for. Never raises for what the source holds."""
        if not self.step() or self.depth > MAX_DEPTH:
            return UNKNOWN
        self.depth += 1
        try:
            return expressions.evaluate(self, node, scope)
        finally:
            self.depth -= 1

    def attribute(self, base: Value, name: str) -> Value:
        return objects.attribute(self, base, name)

    def call(self, callee: Value, args: list[Value], kwargs: dict[str, Value], node: ast.AST, scope: Scope) -> Value:
        if not self.step() or self.depth > MAX_DEPTH:
            return UNKNOWN
        self.depth += 1
        try:
            return calls.call(self, callee, args, kwargs, node, scope)
        finally:
            self.depth -= 1


BUILTINS = frozenset(
    {
        "abs", "all", "any", "bool", "bytes", "callable", "chr", "classmethod", "complex", "delattr", "dict", "dir",
        "enumerate", "eval", "exec", "filter", "float", "format", "frozenset", "getattr", "globals", "hasattr",
        "hash", "id", "int", "isinstance", "issubclass", "iter", "len", "list", "locals", "map", "max", "min", "next",
        "object", "open", "ord", "print", "property", "range", "repr", "reversed", "round", "set", "setattr", "slice",
        "sorted", "staticmethod", "str", "sum", "super", "tuple", "type", "vars", "zip", "Exception", "ValueError",
        "TypeError", "KeyError", "RuntimeError", "ImportError", "AttributeError", "NotImplementedError",
        "BaseException", "NotImplemented", "Ellipsis", "__import__",
    }
)  # fmt: skip
