"""What a tool's handler visibly does: requests, files, processes, SQL, e-mail, payments, `eval`. Facts, not judgement.

Calls in the handler are looked at, then those in the functions of the tree that it calls, with the arguments that it
gives them, a few levels deep. Which calls count is data: the `sink` tables of data/extract/typescript.toml.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from tree_sitter import Node

from catalog.extract.typescript.builtins import arguments_of
from catalog.extract.typescript.evaluate import Evaluator, js_text
from catalog.extract.typescript.mutation import below
from catalog.extract.typescript.patterns import Sink, patterns
from catalog.extract.typescript.scopes import Env
from catalog.extract.typescript.sources import CLASSES, Module, path_to, short
from catalog.extract.typescript.values import External, Func, Inst, Obj, Unknown, Value
from catalog.records import Fact, Location

MAX_DEPTH = 4
MAX_VISITS_PER_TOOL = 40
MAX_REPEATS = 4  # the same helper with other arguments
MAX_VISITS = 6_000
MAX_STEPS = 400_000
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


class FactFinder:
    """Collects facts for one tree; work is bounded per tool and over the tree."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.visits = 0
        self.first_step = evaluator.steps

    def of(self, handler: Func) -> tuple[Fact, ...]:
        """Facts of a handler, each once, in the order in which they are met."""
        found: _Found = {}
        seen: Counter[int] = Counter()
        if self.visits < MAX_VISITS and self.evaluator.steps - self.first_step < MAX_STEPS:
            self.evaluator.step_limit = self.evaluator.steps + MAX_STEPS // 8
            self._visit(handler, None, 0, found, seen)
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
                callee = self._own_function(call, name, scope)
                if callee is not None:
                    self._visit(callee, arguments_of(self.evaluator, call, scope), depth + 1, found, seen)

    def _calls(self, module: Module, node: Node, env: Env) -> Iterator[tuple[Node, str, Env]]:
        for count, match in enumerate(_CALL.finditer(module.data, node.start_byte, node.end_byte)):
            raw = re.sub(rb"[\s?#]", b"", match.group(2) or b"$")
            if raw.partition(b".")[0] in _IGNORED or count > 400:
                continue
            start = match.start(2) if match.group(2) else match.start(3)
            chain = path_to(module, start, match.end())
            call = next((n for n in reversed(chain) if n.type in ("call_expression", "new_expression")), None)
            if call is not None and call.start_byte >= node.start_byte:
                yield call, raw.decode(), below(env, chain)[0]

    def _own_function(self, call: Node, name: str, env: Env) -> Func | None:
        function = call.child_by_field_name("function")
        if function is None:
            return None
        if name.startswith("this.") and name.count(".") == 1:
            return _method(env, name[5:])
        value = self.evaluator.settle(self.evaluator.eval(function, env))
        return value if isinstance(value, Func) else None

    # --- judging one call ---------------------------------------------------------------------------------------

    def _fact(self, module: Module, call: Node, name: str, env: Env) -> Fact | None:
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
        value = self.evaluator.settle(self.evaluator.lookup(root, env))
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
        return value if isinstance(value, str) else js_text(self.evaluator, value) or "" if value is not None else ""

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


__all__ = ["FactFinder", "short"]
