"""Where tools are registered: sites are found by cheap text search, then read through the evaluator."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from tree_sitter import Node

from catalog.extract.typescript.builtins import arguments_of
from catalog.extract.typescript.definitions import Draft, Reader
from catalog.extract.typescript.evaluate import MAX_CANDIDATE_STEPS, MAX_STEPS, Evaluator
from catalog.extract.typescript.mutation import rebuild
from catalog.extract.typescript.opening import Opener, conditions_at
from catalog.extract.typescript.patterns import patterns
from catalog.extract.typescript.scopes import Env, env_at, module_env
from catalog.extract.typescript.sources import CLASSES, FUNCTIONS, Module, key_name, named, path_to, string_value
from catalog.extract.typescript.values import Cls, External, Func, Inst, Obj, Schema, Unknown, Value
from catalog.extract.typescript.words import followed

MAX_DEPTH = 9
MAX_DRAFTS = 4_000


@dataclass(slots=True)
class Site:
    """A place that registers tools. `read` gives its drafts in a scope."""

    kind: str
    module: Module
    node: Node
    read: Callable[[Env], list[Draft]]
    env: Env


@cache
def _method_names() -> tuple[bytes, ...]:
    return tuple(sorted({m.rpartition(".")[2].encode() for m in patterns().methods}, key=lambda n: (-len(n), n)))


# Methods of a subclass of the SDK's server that take whatever they are given: `addGuardedTool(...args: any[])`.
_SUBCLASS = re.compile(rb"\bclass\s+\w+\s+extends\s+(?:\w+\.)?McpServer\b")
_PASSING = re.compile(
    rb"^[ \t]*(?:public[ \t]+|async[ \t]+|override[ \t]+)*([a-z]\w{0,60}Tool\w{0,60}|tool\w{1,60})\s*\(\s*\.\.\.\w+",
    re.MULTILINE,
)
_OPENS = re.compile(rb"\s*(?:<[^()\n]{0,120}>)?\(")
_CAST = re.compile(rb"\s+as\b|\s*!?\)|!\(")
_RENAMED = re.compile(rb"(?:\s+as\s+|\s*:\s*)([\w$]+)\s*[,}]")
_NEW = re.compile(rb"(?<![\w$.])new\s+(?:[\w$]+\.)?\Z")


def _function_names(data: bytes) -> dict[bytes, str]:
    """Names under which a file calls the patterns' functions and factories, import aliases included."""
    found: dict[bytes, str] = {}
    for name in (*patterns().functions, *patterns().factories):
        raw = name.encode()
        if raw in data:
            found[raw] = name
            for _, match in followed(data, raw, _RENAMED):
                found[match.group(1)] = name
    return found


def _calls_of(data: bytes, name: bytes) -> Iterator[tuple[int, re.Match[bytes]]]:
    """Calls of a function by its bare name; of a factory also through the namespace that it was imported with."""
    yield from followed(data, name, _OPENS)
    if name.decode("utf-8", "replace") in patterns().factories:
        for at, match in followed(data, name, _OPENS, is_member=True):
            if data[at - 1 : at] == b".":
                yield at, match


_LIST = re.compile(rb"\.setRequestHandler\s*\(\s*([^,]{1,80}?)\s*,")
_FALLBACK = re.compile(rb"\.fallbackRequestHandler\s*=(?![=>])")
_DECORATOR = re.compile(rb"@(\w+)\s*\(")
_EXTENDS = re.compile(rb"extends\s+(?:[\w$]+\.)*([\w$]+)")


@cache
def _hints() -> tuple[bytes, ...]:
    words = [m.rpartition(".")[2] for m in patterns().methods]
    words += [*patterns().functions, *patterns().factories, "setRequestHandler", *patterns().base_classes]
    decorated = [f"@{d}(" for d in patterns().decorators]
    return tuple(w.encode() for w in sorted({*(w for w in words if w != "tool"), ".tool(", *decorated}))


def is_worth_reading(data: bytes) -> bool:
    """Whether a file holds any of the words that registrations are made of."""
    return any(word in data for word in _hints())


class Finder:
    """Finds and reads the registration sites of a set of files."""

    def __init__(self, evaluator: Evaluator, paths: list[str]) -> None:
        self.evaluator = evaluator
        self.project = evaluator.project
        self.opener = Opener(evaluator, paths)
        evaluator.opener = self.opener.open
        self.reader = Reader(evaluator)
        self.paths = paths
        self._names = tuple(dict.fromkeys((*_method_names(), *self._passing_methods())))
        own = self._names[len(_method_names()) :]
        self._worth_reading = [
            p for p in paths if is_worth_reading(data := self.project.data(p)) or any(n in data for n in own)
        ]
        self.has_searched_shapes = False
        self.has_searched_classes = False
        self._list_names: dict[str, set[str]] = {}

    def _passing_methods(self) -> Iterator[bytes]:
        """Methods by which subclasses of the SDK's server take a registration and pass it on, in path order."""
        for path in self.paths:
            data = self.project.data(path)
            if b"McpServer" in data and b"..." in data and _SUBCLASS.search(data):
                yield from _PASSING.findall(data)

    def sites(self) -> Iterator[Site]:
        """Every registration site, handlers of the list request first."""
        for finder in (
            self._list_handlers,
            self._fallback_handlers,
            self._factories,
            self._methods,
            self._decorators,
            self._classes,
        ):
            for path in self._worth_reading:
                yield from finder(path)
        for path in self.paths:
            yield from self._metadata_exports(path)

    # --- finding ------------------------------------------------------------------------------------------------

    def _node_at(self, module: Module, start: int, end: int, kinds: tuple[str, ...]) -> Node | None:
        """The smallest call whose argument list opens just before `end`."""
        for node in reversed(path_to(module, start, min(start + 2, end))):
            if node.type in kinds:
                arguments = node.child_by_field_name("arguments")
                if arguments is not None and arguments.start_byte == end - 1:
                    return node
        return None

    def _list_handlers(self, path: str) -> Iterator[Site]:
        data = self.project.data(path)
        if b"setRequestHandler" not in data:
            return
        for match in _LIST.finditer(data):
            request = match.group(1).decode("utf-8", "replace").strip("'\"`")
            if not self._lists_tools(path, request, match.start()):
                continue
            module = self.project.module(path)
            paren = data.index(b"(", match.start())
            node = self._node_at(module, match.start() + 1, paren + 1, ("call_expression",))
            if node is None or self.is_internal(module, node):
                continue
            yield self._site("handler", module, node, self._read_handler(module, node))

    def _fallback_handlers(self, path: str) -> Iterator[Site]:
        """Handlers of every request that has none of its own: asked for the list of tools."""
        for match in _FALLBACK.finditer(self.project.data(path)):
            module = self.project.module(path)
            chain = path_to(module, match.start(), match.end())
            node = next((n for n in reversed(chain) if n.type == "assignment_expression"), None)
            right = node.child_by_field_name("right") if node is not None else None
            if node is not None and right is not None and not self.is_internal(module, node):
                yield self._site("handler", module, node, self._read_fallback(module, node, right))

    def _lists_tools(self, path: str, request: str, at: int) -> bool:
        last = request.rpartition(".")[2]
        if request in patterns().list_requests or re.sub(r"\d+$", "", last) in patterns().list_requests:
            return True
        return last in self._minified_list_names(path)

    def _minified_list_names(self, path: str) -> set[str]:
        """Names that stand for the list request in this file: imported under another name, or made of its method."""
        if path not in self._list_names:
            data = self.project.data(path)
            names: set[str] = set()
            at = data.find(b"tools/list")
            while at >= 0 and len(names) < 50:
                before = data[max(0, at - 200) : at]
                assigned = re.findall(rb"([\w$]+)\s*=(?![=>])", before)
                names |= {n.decode() for n in assigned[-1:]}
                at = data.find(b"tools/list", at + 1)
            for request in patterns().list_requests:
                if request.isidentifier() and request.encode() in data:
                    renamed = re.finditer(request.encode() + rb"\s+as\s+([\w$]+)", data)
                    names |= {m.group(1).decode() for m in renamed}
            self._list_names[path] = names
        return self._list_names[path]

    def _methods(self, path: str) -> Iterator[Site]:
        data = self.project.data(path)
        places = [(at, m.end(), n) for n in self._names for at, m in followed(data, n, _OPENS, is_member=True)]
        places += [(at, 0, n) for n in self._names for at, _ in followed(data, n, _CAST, is_member=True)]
        for start, end, raw in sorted(places):
            name = raw.decode()
            module = self.project.module(path)
            node = self._node_at(module, start, end, ("call_expression",)) if end else _cast_call(module, start)
            if node is None or self.is_internal(module, node):
                continue
            arguments = node.child_by_field_name("arguments")
            minimum = patterns().methods.get(name, {}).get("minimum", 1)
            if arguments is None or len(named(arguments)) < minimum:
                continue
            yield self._site("call", module, node, self._read_call(module, node, 0))

    def _factories(self, path: str) -> Iterator[Site]:
        data = self.project.data(path)
        names = _function_names(data)
        places = [(at, m.end(), n) for n in names for at, m in _calls_of(data, n)]
        for start, end, raw in sorted(places):
            name = names[raw]
            module = self.project.module(path)
            node = self._node_at(module, start, end, ("call_expression", "new_expression"))
            if node is None or self.is_internal(module, node):
                continue
            keys = patterns().factories.get(name)
            if keys is not None:
                yield from self._factory(module, node, keys)
            elif not _NEW.search(data, max(0, start - 80), start) and self._is_external(module, node):
                yield self._site(
                    "call", module, node, self._read_call(module, node, int(patterns().functions[name]["skip"]))
                )

    def _factory(self, module: Module, node: Node, keys: tuple[str, ...]) -> Iterator[Site]:
        arguments = node.child_by_field_name("arguments")
        text = module.data[node.start_byte : node.end_byte]
        if arguments is None or not any(k.encode() in text for k in keys):
            return
        if not self._is_external(module, node):
            return
        yield self._site("factory", module, node, self._read_factory(module, node, keys))

    def _is_external(self, module: Module, node: Node) -> bool:
        function = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        value = (
            self.evaluator.settle(self.evaluator.eval(function, env_at(module, node))) if function is not None else None
        )
        if isinstance(value, (Func, Cls)):
            # inside a bundle the SDK itself stands in the tree
            text = value.env.module.data[value.node.start_byte : value.node.end_byte]
            return value.env.module is module and len(module.data) > 60_000 and b"setRequestHandler" in text
        return isinstance(value, External) or (isinstance(value, Unknown) and value.free is None)

    def _decorators(self, path: str) -> Iterator[Site]:
        data = self.project.data(path)
        for match in _DECORATOR.finditer(data):
            if match.group(1).decode() not in patterns().decorators:
                continue
            module = self.project.module(path)
            node = self._node_at(module, match.start(1), match.end(), ("call_expression",))
            if node is not None:
                yield self._site("decorator", module, node, self._read_decorator(module, node))

    def _classes(self, path: str) -> Iterator[Site]:
        data = self.project.data(path)
        for match in _EXTENDS.finditer(data):
            if match.group(1).decode() not in patterns().base_classes:
                continue
            module = self.project.module(path)
            node = next((n for n in reversed(path_to(module, match.start(), match.end())) if n.type in CLASSES), None)
            if node is None or node.type == "abstract_class_declaration":
                continue
            env = env_at(module, node)
            base = self.evaluator.settle(self.evaluator.lookup(match.group(1).decode(), env))
            if not isinstance(base, External):
                continue
            cls = Cls(node, env)
            yield self._site("class", module, node, self._read_class(cls, node, module))

    def _metadata_exports(self, path: str) -> Iterator[Site]:
        """Files that are a tool by what they export, in packages of a framework that loads files so."""
        data = self.project.data(path)
        for pattern in patterns().metadata_exports:
            if pattern["metadata"].encode() not in data or b"export" not in data:
                continue
            manifest = self.project.manifest_of(path)
            listed = {**(manifest.get("dependencies") or {}), **(manifest.get("devDependencies") or {})}
            used = any(
                p in listed or f'"{p}"'.encode() in data or f"'{p}'".encode() in data for p in pattern["packages"]
            )
            module = self.project.module(path) if used else None
            if module is not None and pattern["metadata"] in self.project.exports(module):
                yield self._site("export", module, module.root, self._read_export(module, pattern))

    def is_internal(self, module: Module, node: Node) -> bool:
        """Whether the place belongs to an SDK's own code in a bundle."""
        marks = patterns().sdk_internals
        if not any(m.encode() in module.data for m in marks):
            return False
        for step in path_to(module, node.start_byte, node.end_byte):
            if step.type in CLASSES:
                text = module.data[step.start_byte : step.end_byte]
                if any(m.encode() in text for m in marks):
                    return True
        return False

    def _site(self, kind: str, module: Module, node: Node, read: Callable[[Env], list[Draft]]) -> Site:
        return Site(kind, module, node, read, env_at(module, node))

    # --- reading ------------------------------------------------------------------------------------------------

    def _read_call(self, module: Module, node: Node, skip: int) -> Callable[[Env], list[Draft]]:
        def read(env: Env) -> list[Draft]:
            return self.reader.from_arguments(arguments_of(self.evaluator, node, env)[skip:], node, module)

        return read

    def _read_handler(self, module: Module, node: Node) -> Callable[[Env], list[Draft]]:
        def read(env: Env) -> list[Draft]:
            args = arguments_of(self.evaluator, node, env)
            handler = self.evaluator.settle(args[1]) if len(args) > 1 else None
            if not isinstance(handler, Func):
                inner = _inner_function(node)
                handler = (
                    Func(inner, _env_between(env, inner, module))
                    if inner is not None and not (isinstance(handler, Unknown) and handler.free)
                    else handler
                )
            return self._listed_by(handler, Unknown("the request"), module, node)

        return read

    def _read_fallback(self, module: Module, node: Node, right: Node) -> Callable[[Env], list[Draft]]:
        def read(env: Env) -> list[Draft]:
            request = Obj(props={"method": "tools/list", "params": Unknown("the request")})
            return self._listed_by(self.evaluator.settle(self.evaluator.eval(right, env)), request, module, node)

        return read

    def _listed_by(self, handler: Value, request: Value, module: Module, node: Node) -> list[Draft]:
        """The tools in a handler's answer to the request."""
        if not isinstance(handler, Func):
            unknown = (
                handler if isinstance(handler, Unknown) else Unknown("the handler of the list request is not known")
            )
            return [Draft(name=unknown, node=node, module=module, open=[("name", unknown)])]
        answer = self.evaluator.call(handler, [request, Unknown("the request")])
        tools = self.evaluator.member(answer, "tools")
        settled = self.evaluator.settle(tools)
        if isinstance(settled, (Obj, type(None))) or not _is_list(settled):
            unknown = settled if isinstance(settled, Unknown) else Unknown("the list of tools is not known")
            return [Draft(name=unknown, node=node, module=module, open=[("name", unknown)])]
        return self.reader.from_list(tools, node, module)

    def _read_factory(self, module: Module, node: Node, keys: tuple[str, ...]) -> Callable[[Env], list[Draft]]:
        def read(env: Env) -> list[Draft]:
            drafts: list[Draft] = []
            for arg in arguments_of(self.evaluator, node, env):
                value = self.evaluator.settle(arg)
                if not isinstance(value, Obj):
                    continue
                for key in keys:
                    tools = self.evaluator.force(self.evaluator.member(value, key))
                    if isinstance(tools, Func):
                        tools = self.evaluator.call(tools, [])
                    if tools is not None and not isinstance(self.evaluator.settle(tools), (str, bool)):
                        drafts += self.reader.from_list(tools, node, module)
            return [d for d in drafts if d.name is not None]

        return read

    def _read_export(self, module: Module, pattern: dict[str, Any]) -> Callable[[Env], list[Draft]]:
        def read(env: Env) -> list[Draft]:
            metadata = self.evaluator.settle(self.evaluator.export(module, pattern["metadata"]))
            stem = module.path.rpartition("/")[2].partition(".")[0]
            draft = self.reader.from_object(metadata, stem, module.root, module)
            for name in pattern["schema"]:
                schema = self.evaluator.settle(self.evaluator.export(module, name))
                if draft.schema is None and isinstance(schema, (Obj, Schema)):
                    self.reader.set_schema(draft, schema)
            handler = self.evaluator.settle(self.evaluator.export(module, "default"))
            draft.handler = handler if isinstance(handler, Func) else None
            draft.schema = draft.schema or {"type": "object", "properties": {}}
            return [draft]

        return read

    def _read_class(self, cls: Cls, node: Node, module: Module) -> Callable[[Env], list[Draft]]:
        def read(env: Env) -> list[Draft]:
            return [self.reader.from_object(Inst(cls, []), None, node, module)]

        return read

    def _read_decorator(self, module: Module, node: Node) -> Callable[[Env], list[Draft]]:
        def read(env: Env) -> list[Draft]:
            args = arguments_of(self.evaluator, node, env)
            method = _decorated(module, node)
            name = method.child_by_field_name("name") if method is not None else None
            key = key_name(module, name) if name is not None else None
            if args and isinstance(self.evaluator.settle(args[0]), str):
                drafts = self.reader.from_arguments(args, node, module)
            elif args:
                drafts = [self.reader.from_object(args[0], key, node, module)]
            else:
                drafts = [Draft(name=key, node=node, module=module)]
            for draft in drafts:
                if method is not None:
                    draft.handler = Func(method, env)
                if draft.schema is None and not draft.open:
                    draft.schema = {"type": "object", "properties": {}}
            return drafts

        return read

    # --- solving ------------------------------------------------------------------------------------------------

    def solve(self, site: Site) -> list[Draft]:
        """The drafts of a site with waiting scopes opened as far as the tree shows."""
        self.evaluator.step_limit = min(self.evaluator.steps + MAX_CANDIDATE_STEPS, MAX_STEPS)
        out: list[Draft] = []
        self._solve(site, site.env, conditions_at(site.module, site.node), 0, out)
        return out

    def _solve(self, site: Site, env: Env, condition: str | None, depth: int, out: list[Draft]) -> None:
        drafts = site.read(env)
        waiting = next((w for d in drafts if (w := d.waits_for()) is not None), None)
        is_bounded = depth < MAX_DEPTH and len(out) < MAX_DRAFTS and self.evaluator.steps <= self.evaluator.step_limit
        if waiting is not None and is_bounded:
            opened = self.opener.open(waiting)
            advanced = False
            for scope, extra in opened:
                rebuilt = rebuild(env, waiting, scope)
                if rebuilt is env:
                    continue
                advanced = True
                text = " and ".join(dict.fromkeys(t for t in (condition, extra) if t)) or None
                self._solve(site, rebuilt, text, depth + 1, out)
                if len(out) >= MAX_DRAFTS:
                    return
            if advanced:
                return
        for draft in drafts:
            draft.condition = " and ".join(dict.fromkeys(t for t in (condition, draft.condition) if t)) or None
            out.append(draft)


def _cast_call(module: Module, start: int) -> Node | None:
    """The call in `(server.registerTool as Cast)(...)`."""
    below: Node | None = None
    for node in reversed(path_to(module, start, start + 2)):
        if node.type == "call_expression":
            return node if node.child_by_field_name("function") == below else None
        if node.type not in _CASTS:
            return None
        below = node
    return None


_CASTS = frozenset(
    {"property_identifier", "member_expression", "as_expression", "parenthesized_expression", "non_null_expression"}
)


def _is_list(value: Value) -> bool:
    from catalog.extract.typescript.values import Arr, Either

    return isinstance(value, (Arr, Either)) or (isinstance(value, Obj) and value.kind == "map")


def _inner_function(node: Node) -> Node | None:
    """The first function among the arguments of nested wrapper calls."""
    stack = [node.child_by_field_name("arguments")]
    seen = 0
    while stack and seen < 40:
        current = stack.pop(0)
        seen += 1
        if current is None:
            continue
        if current.type in FUNCTIONS:
            return current
        if current.type in ("arguments", "call_expression", "await_expression", "parenthesized_expression"):
            stack += current.named_children
    return None


def _env_between(env: Env, node: Node | None, module: Module) -> Env:
    return env


def _decorated(module: Module, node: Node) -> Node | None:
    """The method below a decorator."""
    decorator = next(
        (n for n in reversed(path_to(module, node.start_byte, node.end_byte)) if n.type == "decorator"), None
    )
    following = decorator.next_named_sibling if decorator is not None else None
    while following is not None and following.type in ("decorator", "comment"):
        following = following.next_named_sibling
    return following if following is not None and following.type == "method_definition" else None


__all__ = ["External", "Finder", "Site", "module_env", "string_value"]
