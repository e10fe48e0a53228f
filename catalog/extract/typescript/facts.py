"""What a tool's handler visibly does: requests, files, processes, SQL, e-mail, payments, `eval`. Facts, not judgement.

Calls in the handler are looked at, then those in the functions of the tree that it calls, with the arguments that it
gives them, a few levels deep. Which calls count is data: the `sink` tables of data/extract/typescript.toml.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from tree_sitter import Node

from catalog.extract.typescript.builtins import arguments_of
from catalog.extract.typescript.evaluate import Evaluator
from catalog.extract.typescript.mutation import below
from catalog.extract.typescript.patterns import Sink, patterns
from catalog.extract.typescript.scopes import Declaration, Env, module_env
from catalog.extract.typescript.sources import CLASSES, FUNCTIONS, SUFFIXES, Module, path_to
from catalog.extract.typescript.values import External, Func, Inst, Obj, Unknown, Value
from catalog.records import Fact, Location

MAX_DEPTH = 4
MAX_VISITS_PER_TOOL = 40
MAX_REPEATS = 4  # the same helper with other arguments
MAX_VISITS = 6_000
MAX_CALLS = 400
MAX_STEPS = 150_000
MAX_STEPS_PER_CALL = 600
MAX_DETAIL = 200
_MAX_BODY = 60_000

_CALL = re.compile(
    rb"(?<![\w$.])(new\s+)?((?:this|super|[A-Za-z_$][\w$]*)(?:\s*\??\.\s*#?[A-Za-z_$][\w$]*){0,6})\s*"
    rb"(?:<[^()\n]{0,80}>)?\(|(?<![\w$.])(\$)`"
)
_IGNORED = frozenset(
    b"if for while switch catch return function await typeof console JSON Math Object Array Promise String Number Date "
    b"Boolean parseInt parseFloat isNaN RegExp Error Map Set Symbol z setTimeout clearTimeout encodeURIComponent URL "
    b"URLSearchParams Buffer process logger log".split()
)
_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "del"})
_HOST = re.compile(r"https?://([^/\s?#\"'`$]+)")
_SQL = re.compile(
    r"\s*(?:--[^\n]*\n\s*)*(SELECT|INSERT|UPDATE|DELETE|DROP|CREATE|ALTER|TRUNCATE|MERGE|REPLACE|GRANT|REVOKE|WITH|PRAGMA"
    r"|EXPLAIN|SHOW|DESCRIBE|CALL|EXEC|VACUUM|BEGIN|COMMIT)\b",
    re.IGNORECASE,
)
_Found = dict[tuple[str, str], Fact]


@cache
def _sink_names() -> frozenset[str]:
    return frozenset(name for sink in patterns().sinks for name in sink.names)


class FactFinder:
    """Collects facts for one tree; work is bounded per tool and over the tree."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.visits = 0
        self._texts: dict[tuple[str, int, int], list[tuple[int, int, str]]] = {}
        self.first_step = evaluator.steps

    def of(self, handler: Func) -> tuple[Fact, ...]:
        """Facts of a handler, each once, in the order in which they are met."""
        found: _Found = {}
        seen: Counter[int] = Counter()
        opener, self.evaluator.opener = self.evaluator.opener, None
        try:
            if self.visits < MAX_VISITS and self.evaluator.steps - self.first_step < MAX_STEPS:
                self._visit(handler, None, 0, found, seen)
        finally:
            self.evaluator.opener = opener
        return tuple(found.values())

    def _visit(self, function: Func, args: list[Value] | None, depth: int, found: _Found, seen: Counter[int]) -> None:
        node, module = function.node, function.env.module
        too_large = node.end_byte - node.start_byte > _MAX_BODY
        if too_large or seen[node.id] >= MAX_REPEATS or seen.total() >= MAX_VISITS_PER_TOOL:
            return
        seen[node.id] += 1
        self.visits += 1
        env = Env(module, node, function.env)
        env.args, env.this = args, function.this
        for call, name, scope in self._calls(module, node, env):
            fact = self._fact(module, call, name, scope)
            if fact is not None:
                found.setdefault((fact.kind, fact.detail), fact)
            elif depth < MAX_DEPTH and call.type == "call_expression":
                callee = self._own_function(name, scope)
                if callee is not None:
                    self._visit(callee, arguments_of(self.evaluator, call, scope), depth + 1, found, seen)

    def _calls(self, module: Module, node: Node, env: Env) -> Iterator[tuple[Node, str, Env]]:
        for start, end, name in self._call_texts(module, node):
            if not self._may_matter(name, name.partition(".")[0], env):
                continue
            chain = path_to(module, start, end)
            call = next((n for n in reversed(chain) if n.type in ("call_expression", "new_expression")), None)
            if call is not None and call.start_byte >= node.start_byte:
                yield call, name, below(env, chain)[0]

    def _call_texts(self, module: Module, node: Node) -> list[tuple[int, int, str]]:
        """Where the function's text calls something: start and end of the call's head, and what is called."""
        key = (module.path, node.start_byte, node.end_byte)
        found = self._texts.get(key)
        if found is None:
            found = self._texts[key] = []
            for match in _CALL.finditer(module.data, node.start_byte, node.end_byte):
                raw = re.sub(rb"[\s?#]", b"", match.group(2) or b"$")
                if raw.partition(b".")[0] not in _IGNORED:
                    start = match.start(2) if match.group(2) else match.start(3)
                    found.append((start, match.end(), raw.decode("utf-8", "replace")))
                if len(found) >= MAX_CALLS:
                    break
        return found

    def _may_matter(self, name: str, root: str, env: Env) -> bool:
        """Whether a call can be a sink or lead to a function of the tree; cheap, before the call's node is sought."""
        if name.rpartition(".")[2] in _sink_names():
            return True
        if root == "this":
            return name.count(".") == 1
        found = env.find(root)
        return found is not None and found[1].kind in ("function", "import", "var") and name.count(".") < 2

    def _own_function(self, name: str, env: Env) -> Func | None:
        """The function of the tree that a call names, looked up by declarations alone: nothing is evaluated for it."""
        root, _, rest = name.partition(".")
        if root == "this":
            return _method(env, rest) if rest and "." not in rest else None
        found = env.find(root)
        if found is None or "." in rest:
            return None
        scope, declaration = found
        if not rest:
            return self._declared_function(scope, declaration)
        if declaration.kind == "import" and declaration.imported == "*":
            path = self.evaluator.project.resolve(scope.module.path, declaration.source)
            return self._exported(path, rest) if path else None
        return self._member_of(scope, declaration, rest)

    def _declared_function(self, scope: Env, declaration: Declaration) -> Func | None:
        node = declaration.node
        if declaration.kind == "function":
            return Func(node, scope)
        if declaration.kind == "import":
            path = self.evaluator.project.resolve(scope.module.path, declaration.source)
            return self._exported(path, declaration.imported) if path else None
        value = node.child_by_field_name("value") if declaration.kind == "var" and not declaration.steps else None
        return Func(value, scope) if value is not None and value.type in FUNCTIONS else None

    def _exported(self, path: str, name: str, depth: int = 0) -> Func | None:
        found = self._export_of(path, name, depth)
        if found is None:
            return None
        scope, what = found
        if isinstance(what, Declaration):
            return self._declared_function(scope, what)
        return Func(what, scope) if what.type in FUNCTIONS else None

    def _export_of(self, path: str, name: str, depth: int = 0) -> tuple[Env, Declaration | Node] | None:
        """The scope and declaration (or expression) behind an export, through re-exports."""
        if depth > 6 or not path.endswith(SUFFIXES):
            return None
        project = self.evaluator.project
        module = project.module(path)
        table = project.exports(module)
        entry = table.get(name)
        if entry is None:
            stars = [what for key, (kind, what, _) in table.items() if key.startswith("*") and kind == "from"]
            targets = [t for s in stars if (t := project.resolve(path, s)) is not None]
            return next((f for t in targets if (f := self._export_of(t, name, depth + 1)) is not None), None)
        kind, what, inner = entry
        if kind == "from":
            target = project.resolve(path, what)
            return self._export_of(target, inner, depth + 1) if target else None
        scope = module_env(module)
        if kind == "node":
            if what.type != "identifier":
                return scope, what
            what = module.text(what)
        return scope.find(what) if isinstance(what, str) else None

    def _member_of(self, scope: Env, declaration: Declaration, name: str) -> Func | None:
        """A method of an object literal or of an instance that a name is declared as."""
        if declaration.kind == "import":
            path = self.evaluator.project.resolve(scope.module.path, declaration.source)
            found = self._export_of(path, declaration.imported) if path else None
            if found is None or not isinstance(found[1], Declaration):
                return None
            scope, declaration = found[0], found[1]
        value = declaration.node.child_by_field_name("value") if declaration.kind == "var" else None
        if value is not None and value.type == "object":
            for part in value.named_children:
                key = part.child_by_field_name("key") or part.child_by_field_name("name")
                body = part if part.type == "method_definition" else part.child_by_field_name("value")
                if key is not None and scope.module.text(key) == name and body is not None and body.type in FUNCTIONS:
                    return Func(body, scope)
        if value is not None and value.type == "new_expression":
            constructor = value.child_by_field_name("constructor")
            cls = self._class_of(scope, scope.module.text(constructor)) if constructor is not None else None
            return _method(Env(cls[0].module, cls[1], cls[0]), name) if cls is not None else None
        return None

    def _class_of(self, scope: Env, name: str) -> tuple[Env, Node] | None:
        found = scope.find(name)
        if found is not None and found[1].kind == "import":
            path = self.evaluator.project.resolve(found[0].module.path, found[1].source)
            exported = self._export_of(path, found[1].imported) if path else None
            if exported is None or not isinstance(exported[1], Declaration):
                return None
            found = exported[0], exported[1]
        return (found[0], found[1].node) if found is not None and found[1].kind == "class" else None

    # --- judging one call ---------------------------------------------------------------------------------------

    def _fact(self, module: Module, call: Node, name: str, env: Env) -> Fact | None:
        self.evaluator.step_limit = self.evaluator.steps + MAX_STEPS_PER_CALL
        root, _, _ = name.partition(".")
        last = name.rpartition(".")[2]
        where = Location(module.path, module.line(call))
        for sink in patterns().sinks:
            if not (last in sink.names or "*" in sink.names) or not self._is_of(sink, name, root, env):
                continue
            detail = self._detail(sink, call, name, last, env)
            if detail is not None:
                return Fact(sink.kind, detail[:MAX_DETAIL], where)
        return None

    def _is_of(self, sink: Sink, name: str, root: str, env: Env) -> bool:
        if sink.receiver is not None:
            return bool(re.search(sink.receiver, name.rpartition(".")[0], re.IGNORECASE))
        if root in ("this", "super"):
            return False
        found = env.find(root)
        if found is None:
            return "" in sink.packages and "." not in name
        scope, declaration = found
        if declaration.kind == "import":
            return declaration.source.removeprefix("node:") in sink.packages
        if declaration.kind != "var":
            return False
        value = self.evaluator.settle(self.evaluator.declared(root, scope, declaration))
        return isinstance(value, External) and value.package.removeprefix("node:") in sink.packages

    def _detail(self, sink: Sink, call: Node, name: str, last: str, env: Env) -> str | None:
        if sink.kind == "http":
            return self._request(call, last, env, sink)
        if sink.kind == "sql":
            text = self._text(call, 0, env)
            return " ".join(text.split()) if text and _SQL.match(text) else None
        return name

    def _request(self, call: Node, last: str, env: Env, sink: Sink) -> str | None:
        args = arguments_of(self.evaluator, call, env)
        method = last.upper().replace("DEL", "DELETE") if last == "del" else last.upper() if last in _METHODS else ""
        target = ""
        for arg in args[:3]:
            value = self.evaluator.settle(arg)
            if isinstance(value, Obj):
                given = self.evaluator.settle(self.evaluator.member(value, "method"))
                method = given.upper() if isinstance(given, str) and given.lower() in _METHODS else method
                target = target or self._known(self.evaluator.member(value, "url"))
            elif isinstance(value, str) and value.lower() in _METHODS and not method:
                method = value.upper()
            else:
                target = target or self._known(value)
        if sink.receiver is not None and not (target.startswith(("/", "http")) or "/" in target):
            return None
        host = _HOST.search(target)
        place = host.group(1) if host else target.partition("?")[0].replace("…", "")
        return f"{method or 'GET'} {place}".strip()

    def _known(self, value: Value) -> str:
        value = self.evaluator.settle(value)
        if isinstance(value, Unknown):
            return value.partial or ""
        return value if isinstance(value, str) else ""

    def _text(self, call: Node, position: int, env: Env) -> str:
        args = arguments_of(self.evaluator, call, env)
        return self._known(args[position]) if len(args) > position else ""


def _method(env: Env, name: str) -> Func | None:
    """A method of the class around a scope."""
    scope: Env | None = env
    while scope is not None and scope.node.type not in CLASSES:
        scope = scope.parent
    body = scope.node.child_by_field_name("body") if scope is not None else None
    if scope is None or body is None:
        return None
    for member in body.named_children:
        key = member.child_by_field_name("name") or member.child_by_field_name("property")
        if key is None or scope.module.text(key).lstrip("#") != name:
            continue
        value = member if member.type == "method_definition" else member.child_by_field_name("value")
        if value is not None and value.child_by_field_name("body") is not None:
            this = scope.this if isinstance(scope.this, Inst) else None
            return Func(value, scope, this)
    return None
