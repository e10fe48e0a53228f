"""What registering calls mean: which tool they define, on which server, under which name."""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from catalog.extract.python.definitions import annotations_of, definition_of, is_low_level_tool
from catalog.extract.python.docstrings import split
from catalog.extract.python.expressions import items, literal, plain, source
from catalog.extract.python.objects import as_server, docstring
from catalog.extract.python.signature import Options, function_of, input_schema
from catalog.extract.python.values import (
    UNKNOWN,
    Class,
    External,
    Function,
    Instance,
    Invocation,
    Registrar,
    Server,
    ToolObject,
    Unknown,
    Value,
    is_function,
)
from catalog.records import Gap, Location, Tool

if TYPE_CHECKING:
    from catalog.extract.python.machine import Machine
    from catalog.extract.python.project import Module

_TELLING = {"description", "inputSchema"}


@dataclass(eq=False, slots=True)
class Record:
    """A tool as registered, before the prefixes of mounting."""

    tool: Tool
    server: Server | None
    function: Function | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Handler:
    """A tools/list handler with the place and the conditions of its registration."""

    server: Value
    function: Value
    node: ast.AST
    module: Module
    conditions: list[tuple[str, ast.AST | None]]


@dataclass(frozen=True, eq=False, slots=True)
class Answer:
    """What code puts under `tools` into a dict, with the place and the conditions."""

    tools: list[Value]
    node: ast.AST
    module: Module
    conditions: list[tuple[str, ast.AST | None]]

    @property
    def has_schemas(self) -> bool:
        return all(isinstance(tool, dict) and "inputSchema" in tool for tool in self.tools)


@dataclass(slots=True)
class Registrations:
    """Collects what the machine meets. One per tree."""

    styles: dict[str, str] = field(default_factory=dict)  # by path: sdk or fastmcp
    major: int = 4  # of the standalone FastMCP
    records: list[Record] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    seen: list[tuple[Invocation, list[tuple[str, ast.AST | None]]]] = field(
        default_factory=list
    )  # low-level Tool objects, with conditions
    open_lists: list[Gap] = field(default_factory=list)  # tools/list handlers whose answer is not wholly known
    listed: bool = False
    mounting: list[Server] = field(default_factory=list)  # servers that others are mounted on
    calls: int = 0
    distinct: set[tuple[str, Location | None, Location | None]] = field(default_factory=set)
    unasked: list[Handler] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    # -- what the machine calls ----------------------------------------------------------------------------------

    def serve(
        self, m: Machine, callee: External, args: list[Value], kwargs: dict[str, Value], node: ast.AST, module: Module
    ) -> Value:
        server = Server(m.patterns.style_of(callee) or "sdk", getattr(node, "lineno", 0), arguments=dict(kwargs))
        for tool in items(m, kwargs.get("tools")) or []:
            self._add(m, server, tool, {}, node, module)
        handler = kwargs.get("on_list_tools")
        if handler is not None:
            self._list(m, server, handler, node, module)
        return server

    def handed_over(self, callee: External, node: ast.AST, module: Module) -> None:
        self.gap(module, node, f"tools are registered by {callee.dotted!r}, which another distribution defines")

    def constructed(self, m: Machine, made: Instance, node: ast.AST) -> None:
        return None

    def initialised(self, m: Machine, made: Instance, args: list[Value], kwargs: dict[str, Value]) -> None:
        for tool in items(m, kwargs.get("tools")) or []:
            if is_function(tool) or isinstance(tool, ToolObject):
                self._add(m, None, tool, {}, made.cls.node, made.cls.module)

    def count(self) -> tuple[int, int]:
        return self.calls, len(self.distinct)

    def _record(self, tool: Tool, server: Value, function: Function | None = None) -> None:
        self.calls += 1
        self.distinct.add((tool.name, tool.location, tool.handler))
        self.records.append(Record(tool, as_server(server), function))

    def met(self, m: Machine, call: Invocation) -> None:
        """A low-level `Tool(...)` was made."""
        if is_low_level_tool(m, call):
            self.seen.append((call, list(m.conditions)))

    def said(self, m: Machine, tools: Value, node: ast.AST, module: Module) -> None:
        held = tools if isinstance(tools, list) else []
        if held and all(_is_told(tool) for tool in held):
            self.answers.append(Answer(list(held), node, module, list(m.conditions)))

    def register(
        self,
        m: Machine,
        registrar: Registrar,
        args: list[Value],
        kwargs: dict[str, Value],
        node: ast.AST,
        module: Module,
    ) -> Value:
        handler = getattr(self, f"_do_{registrar.verb}", None)
        return handler(m, registrar, args, kwargs, node, module) if handler is not None else UNKNOWN

    # -- verbs ---------------------------------------------------------------------------------------------------

    def _do_tool(
        self,
        m: Machine,
        registrar: Registrar,
        args: list[Value],
        kwargs: dict[str, Value],
        node: ast.AST,
        module: Module,
    ) -> Value:
        """`server.tool`, used bare, with options, or with the function as first argument."""
        if isinstance(registrar.server, External) and m.patterns.is_foreign(registrar.server):
            return args[0] if len(args) == 1 and is_function(args[0]) else UNKNOWN
        first = args[0] if args else kwargs.get("name_or_fn", kwargs.get("fn"))
        taken = _callable(first)
        if taken is None and not registrar.called and not isinstance(first, (Unknown, Invocation)):
            options = {**registrar.kwargs, **kwargs}
            return Registrar(registrar.verb, registrar.server, list(args), options, called=True)
        given_later = isinstance(first, Invocation) or (isinstance(first, Unknown) and kwargs)
        if not registrar.called and taken is None and given_later:
            return Registrar(registrar.verb, registrar.server, list(args), dict(kwargs), called=True)
        options = {**registrar.kwargs, **kwargs}
        if registrar.args:
            options.setdefault("name", registrar.args[0])
            if len(registrar.args) > 1:
                options.setdefault("description", registrar.args[1])
        self.function(m, registrar.server, first if taken is None else taken, options, node, module)
        return first

    def _do_add(
        self,
        m: Machine,
        registrar: Registrar,
        args: list[Value],
        kwargs: dict[str, Value],
        node: ast.AST,
        module: Module,
    ) -> Value:
        tool = args[0] if args else kwargs.get("fn", kwargs.get("tool"))
        options = dict(kwargs)
        for key, value in zip(("name", "title", "description"), args[1:], strict=False):
            options.setdefault(key, value)
        self._add(m, registrar.server, tool, options, node, module)
        return None

    def _do_add_all(
        self,
        m: Machine,
        registrar: Registrar,
        args: list[Value],
        kwargs: dict[str, Value],
        node: ast.AST,
        module: Module,
    ) -> Value:
        tools = items(m, args[0] if args else kwargs.get("tools"))
        for tool in tools if tools is not None else [UNKNOWN]:
            self._add(m, registrar.server, tool, {}, node, module)
        return None

    def _do_register(
        self,
        m: Machine,
        registrar: Registrar,
        args: list[Value],
        kwargs: dict[str, Value],
        node: ast.AST,
        module: Module,
    ) -> Value:
        """`register_tool` of something that is not in the tree: its arguments tell what is what."""
        function = next((a for a in (*args, *kwargs.values()) if is_function(a)), None)
        name = kwargs.get("name", next((a for a in args if isinstance(a, str)), None))
        if function is not None:
            options = {k: v for k, v in kwargs.items() if not is_function(v)}
            if isinstance(name, str):
                options["name"] = name
            self.function(m, registrar.server, function, options, node, module)
        elif args and (isinstance(args[0], (ToolObject, Invocation, dict, Instance)) or is_function(args[0])):
            self._add(m, registrar.server, args[0], kwargs, node, module)
        return function if function is not None else UNKNOWN

    def _do_list(
        self,
        m: Machine,
        registrar: Registrar,
        args: list[Value],
        kwargs: dict[str, Value],
        node: ast.AST,
        module: Module,
    ) -> Value:
        """`@server.list_tools()` over the handler; a client's `session.list_tools()` does nothing here."""
        if args and (is_function(args[0])):
            self._list(m, registrar.server, args[0], node, module)
            return args[0]
        return Registrar(registrar.verb, registrar.server, called=True)

    def _do_handler(
        self,
        m: Machine,
        registrar: Registrar,
        args: list[Value],
        kwargs: dict[str, Value],
        node: ast.AST,
        module: Module,
    ) -> Value:
        method = plain(args[0]) if args else None
        named = method == "tools/list" or (isinstance(method, External) and method.last == "ListToolsRequest")
        handler = next((a for a in (*args[1:], *kwargs.values()) if is_function(a)), None)
        if named and handler is not None:
            self._list(m, registrar.server, handler, node, module)
        return None

    def _do_mount(
        self,
        m: Machine,
        registrar: Registrar,
        args: list[Value],
        kwargs: dict[str, Value],
        node: ast.AST,
        module: Module,
    ) -> Value:
        parent = as_server(registrar.server)
        child = next((s for s in map(as_server, (*args, *kwargs.values())) if s is not None), None)
        given = kwargs.get("prefix", kwargs.get("namespace", next((a for a in args if as_server(a) is None), None)))
        if child is None:
            if parent is not None:
                self.gap(module, node, f"a mounted server could not be followed: {source(node)}")
            return None
        prefix = plain(given)
        if not isinstance(prefix, (str, type(None))):
            self.gap(module, node, f"the prefix of a mounted server is computed: {source(node)}")
        if parent is not None and parent is not child:
            self.mounting.append(parent)
            parent.mounted.append((child, prefix if isinstance(prefix, str) else ""))
        return None

    def _do_provider(
        self,
        m: Machine,
        registrar: Registrar,
        args: list[Value],
        kwargs: dict[str, Value],
        node: ast.AST,
        module: Module,
    ) -> Value:
        if args and as_server(args[0]) is None:
            self.gap(module, node, f"tools come from a provider: {source(node)}")
        return None

    def _do_object(
        self,
        m: Machine,
        registrar: Registrar,
        args: list[Value],
        kwargs: dict[str, Value],
        node: ast.AST,
        module: Module,
    ) -> Value:
        function = args[0] if args else kwargs.get("fn")
        options = {k: v for k, v in kwargs.items() if k != "fn"}
        for key, value in zip(("name", "title", "description"), args[1:], strict=False):
            options.setdefault(key, value)
        dotted = registrar.server.dotted if isinstance(registrar.server, External) else ""
        return ToolObject(function, options, dotted)

    def _do_derived(
        self,
        m: Machine,
        registrar: Registrar,
        args: list[Value],
        kwargs: dict[str, Value],
        node: ast.AST,
        module: Module,
    ) -> Value:
        base = args[0] if args else kwargs.get("tool")
        function = base.function if isinstance(base, ToolObject) else base
        inherited = base.kwargs if isinstance(base, ToolObject) else {}
        return ToolObject(function, {**inherited, **{k: v for k, v in kwargs.items() if v is not None}}, "")

    def _do_openapi(
        self,
        m: Machine,
        registrar: Registrar,
        args: list[Value],
        kwargs: dict[str, Value],
        node: ast.AST,
        module: Module,
    ) -> Value:
        self.gap(module, node, f"tools are made from an OpenAPI document or a web application's routes: {source(node)}")
        return Server("fastmcp", getattr(node, "lineno", 0))

    def _do_proxy(
        self,
        m: Machine,
        registrar: Registrar,
        args: list[Value],
        kwargs: dict[str, Value],
        node: ast.AST,
        module: Module,
    ) -> Value:
        self.gap(module, node, f"tools are those of another server, passed through: {source(node)}")
        return Server("fastmcp", getattr(node, "lineno", 0))

    # -- recording -----------------------------------------------------------------------------------------------

    def gap(self, module: Module, node: ast.AST, reason: str) -> None:
        found = Gap(module.path, getattr(node, "lineno", None), reason)
        if found not in self.gaps:
            self.gaps.append(found)

    def _add(
        self, m: Machine, server: Value, tool: Value, options: dict[str, Value], node: ast.AST, module: Module
    ) -> None:
        """Adds what `add_tool` was given: a function, a tool object, a low-level definition, an object with a name."""
        if isinstance(tool, ToolObject):
            self.function(m, server, tool.function, {**tool.kwargs, **options}, node, module)
        elif is_function(tool):
            self.function(m, server, tool, options, node, module)
        elif isinstance(tool, Class):
            self._add(m, server, m.call(tool, [], {}, node, module.scope), options, node, module)
        else:
            self.defined(m, server, tool, node, module)

    def defined(self, m: Machine, server: Value, value: Value, node: ast.AST, module: Module) -> bool:
        """Records a definition given as data; a gap and False when its name is not known."""
        found = definition_of(m, value)
        if found is None or found.name is None:
            shown = value.reason if isinstance(value, Unknown) else source(node)
            line = value.line if isinstance(value, Invocation) else getattr(node, "lineno", None)
            path = value.module.path if isinstance(value, Invocation) else module.path
            gap = Gap(path, line, f"a tool definition could not be resolved: {shown or source(node)}")
            if gap not in self.gaps:
                self.gaps.append(gap)
            return False
        place = Location(value.module.path, value.line) if isinstance(value, Invocation) else _place(node, module)
        for reason in found.problems:
            self.gaps.append(Gap(place.path, place.line, f"{found.name}: {reason}"))
        tool = Tool(
            found.name,
            found.title,
            found.description,
            found.input_schema,
            found.annotations,
            place,
            "python",
            _condition(m),
        )
        self._record(tool, server)
        return True

    def function(
        self, m: Machine, server: Value, value: Value, options: dict[str, Value], node: ast.AST, module: Module
    ) -> None:
        """Records a function as a tool, with the schema that the framework derives from it."""
        target = _callable(value)
        function = function_of(target)
        name = plain(options.get("name"))
        if not isinstance(name, (str, type(None))):
            self.gap(module, node, f"the tool's name is computed: {source(node)}")
            return
        if not isinstance(name, str) and function is not None and function.is_renamed_unknown:
            self.gap(module, node, f"the name set on a registered function is computed: {source(node)}")
            return
        if not isinstance(name, str):
            name = function.name if function is not None else _name_of_object(m, target)
        if not isinstance(name, str) or name == "<lambda>":
            self.gap(module, node, f"a registered function could not be followed: {source(node)}")
            return
        made = self._options(server, options, module)
        described, parameters = self._description(m, options, target, made, node, module, name)
        made.descriptions = parameters
        schema = self._schema(m, target, function, made)
        if schema is None:
            self.gap(module, node, f"{name}: the parameters could not be read")
        annotations, problem = annotations_of(m, options.get("annotations"))
        if problem:
            self.gap(module, node, f"{name}: the annotations could not be read")
        title = plain(options.get("title"))
        if title is None and made.style == "fastmcp" and made.major >= 4:
            title = annotations.get("title") or name.replace("_", " ").replace("-", " ").title()
        handler = Location(function.module.path, function.origin.node.lineno) if function is not None else None
        tool = Tool(
            name,
            title if isinstance(title, str) else None,
            described,
            schema,
            annotations,
            _registered_at(function, node, module),
            "python",
            "enabled=False" if options.get("enabled") is False else _condition(m),
            handler,
        )
        self._record(tool, server, function)

    def _options(self, server: Value, options: dict[str, Value], module: Module) -> Options:
        known = as_server(server)
        style = known.dotted if known is not None and known.dotted != "lowlevel" else None
        if style is None and isinstance(server, External):
            style = "fastmcp" if server.first == "fastmcp" else None
        excluded = literal(options.get("exclude_args"))
        return Options(
            style or self.styles.get(module.path) or self.styles.get("", "sdk"),
            self.major,
            [e for e in excluded if isinstance(e, str)] if isinstance(excluded, (list, tuple)) else [],
        )

    def _description(
        self,
        m: Machine,
        options: dict[str, Value],
        target: Value,
        made: Options,
        node: ast.AST,
        module: Module,
        name: str,
    ) -> tuple[str | None, dict[str, str]]:
        """The description sent, and the parameters' descriptions taken from the docstring."""
        function = function_of(target)
        raw = docstring(function) if function is not None else None
        if raw is None and isinstance(target, Instance):
            raw = ast.get_docstring(target.cls.node, clean=False)
        parsed: tuple[str | None, dict[str, str]] = (raw, {})
        if made.style == "fastmcp" and raw is not None:
            cleaned = inspect.cleandoc(raw)
            parsed = split(cleaned) if made.major >= 3 else (cleaned, {})
        given = plain(options.get("description"))
        if isinstance(given, str):
            return (given or parsed[0]) if made.style == "sdk" else given, parsed[1]
        if isinstance(given, (Unknown, Invocation)):
            known = given.known if isinstance(given, Unknown) else None
            self.gap(module, node, f"{name}: the description is {'partly ' if known else ''}computed")
            return known, parsed[1]
        return parsed[0], parsed[1]

    def _schema(self, m: Machine, target: Value, function: Function | None, made: Options) -> dict[str, Any] | None:
        held = m.here
        if function is not None:
            m.here = function.origin.scope
        try:
            return input_schema(m, target, function.name if function is not None else "", made)
        finally:
            m.here = held

    def _list(self, m: Machine, server: Value, handler: Value, node: ast.AST, module: Module) -> None:
        """Keeps a tools/list handler for `answer`: it is asked when all that registers has run."""
        self.unasked.append(Handler(server, handler, node, module, list(m.conditions)))

    def answer(self, m: Machine) -> None:
        """Follows the tools/list handlers met since the last time and records what they answer."""
        while self.unasked:
            of = self.unasked.pop(0)
            m.conditions = list(of.conditions)
            self._answer(m, of.server, of.function, of.node, of.module)
        m.conditions = []

    def _answer(self, m: Machine, server: Value, handler: Value, node: ast.AST, module: Module) -> None:
        function = function_of(handler)
        where = function.module if function is not None else module
        at: ast.AST = function.node if function is not None else node
        answer = m.call(handler, [], {}, node, module.scope)
        for _ in range(3):
            if isinstance(answer, Invocation):
                answer = answer.kwargs.get("tools", answer.args[0] if answer.args else UNKNOWN)
            elif isinstance(answer, dict):
                answer = answer.get("tools", UNKNOWN)
        tools = _flat(m, answer)
        if not tools:
            reason = "the list of tools could not be resolved" if tools is None else "the list of tools was found empty"
            self.open_lists.append(Gap(where.path, getattr(at, "lineno", None), reason))
            return
        self.listed = True
        for tool in tools:
            if isinstance(tool, Unknown):
                reason = f"part of the list of tools could not be resolved: {tool.reason or 'computed'}"
                self.open_lists.append(Gap(where.path, getattr(at, "lineno", None), reason))
            else:
                self.defined(m, server, tool, at, where)


def _is_told(value: Value) -> bool:
    """Whether a dict has the names that the protocol has; `input_schema` is how models' interfaces spell it."""
    if not isinstance(value, dict):
        return False
    return "name" in value and not value.keys().isdisjoint(_TELLING) and "input_schema" not in value


def _flat(m: Machine, value: Value) -> list[Value] | None:
    if isinstance(value, dict):
        value = list(value.values())
    values = items(m, value)
    if values is None:
        return None
    out: list[Value] = []
    for one in values:
        out.extend(one if isinstance(one, (list, tuple)) else [one])
    return out


def _callable(value: Value) -> Value:
    """The function within what decorators of other distributions made of it; None when it is no function."""
    for _ in range(10):
        if is_function(value):
            return value
        if isinstance(value, Instance) and value.cls is not None and _has_call(value.cls):
            return value
        if isinstance(value, ToolObject):
            value = value.function
        elif isinstance(value, Invocation) and value.args and not isinstance(value.args[0], str):
            value = value.args[0]
        else:
            return None
    return None


def _has_call(cls: Class) -> bool:
    return any(isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef)) and s.name == "__call__" for s in cls.node.body)


def _name_of_object(m: Machine, value: Value) -> Value:
    return value.cls.name if isinstance(value, Instance) else UNKNOWN


def _registered_at(function: Function | None, node: ast.AST, module: Module) -> Location:
    """The tool's own decorator where a wrapper around the registration was used, else the registering call."""
    if function is not None and isinstance(function.origin.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        decorators = function.origin.node.decorator_list
        if decorators and node not in decorators:
            return Location(function.origin.module.path, decorators[0].lineno)
    return _place(node, module)


def _place(node: ast.AST, module: Module) -> Location:
    return Location(module.path, getattr(node, "lineno", 1))


def _condition(m: Machine) -> str | None:
    """The text of the conditions that hold here, joined; None when there are none."""
    shown: list[str] = []
    for words, test in m.conditions:
        text = source(test) if test is not None else "any error"
        shown.append(f"not ({text})" if words == "not" else f"{words} {text}".strip())
    return " and ".join(dict.fromkeys(shown))[:400] or None
