"""What a handler visibly does: calls of the network, files, processes, databases and the like in its own code.

Only statements on lines that hold a telling word are looked at, and functions of the tree that the handler calls are
followed to a small depth. A fact is what the code says, not what it means.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from catalog.extract.python.values import Class, External, Function, Imported, Thunk
from catalog.records import Fact, Location

if TYPE_CHECKING:
    from catalog.extract.python.machine import Machine
    from catalog.extract.python.project import Module

MAX_DEPTH = 2
MAX_FUNCTIONS = 25
MAX_FACTS = 30
MAX_DETAIL = 160
# A statement that makes a fact holds one of these.
_TELLING = (
    "subprocess", ".run(", ".Popen(", "check_output(", "check_call(", "run_process", "open_process", "os.re", "os.un",
    "os.rm", "os.sy", "os.po", "os.ex", "os.sp", "os.mk", "os.ma", "os.li", "os.wa", "os.sc", "os.ki", "shutil.",
    "open(", "eval(", "exec(", ".execute", ".fetch", "requests.", "httpx.", "aiohttp", "urllib3.", "client.",
    "session.", "http.", ".unlink(", ".rmdir(", "smtp", ".send", "stripe.", "transaction(", ".write_", ".read_text",
    ".read_bytes", "pty.", "runpy.",
)  # fmt: skip
_CALLED = re.compile(r"(self\.)?\b([A-Za-z_]\w*)\s*\(")
_SQL = re.compile(
    r"\s*(?:select|insert|update|delete|drop|create|alter|truncate|merge|grant|revoke|with|call)\b", re.IGNORECASE
)


def of(m: Machine, function: Function) -> tuple[Fact, ...]:
    """Facts about a handler in the order met, each once, those of the functions it calls after its own."""
    found: dict[tuple[str, str], Fact] = {}
    queue: list[tuple[Function, int]] = [(function.origin, 0)]
    seen: set[ast.AST] = set()
    while queue and len(seen) < MAX_FUNCTIONS and len(found) < MAX_FACTS:
        at, depth = queue.pop(0)
        if at.node in seen or isinstance(at.node, ast.Lambda):
            continue
        seen.add(at.node)
        for fact in _own(m, at):
            found.setdefault((fact.kind, fact.detail), fact)
        if depth < MAX_DEPTH:
            queue.extend((callee, depth + 1) for callee in _callees(m, at))
    return tuple(found.values())[:MAX_FACTS]


def _text_of(m: Machine, function: Function) -> str:
    node = function.node
    return m.project.excerpt(function.module.path, node.lineno, node.end_lineno or node.lineno)


def _own(m: Machine, function: Function) -> list[Fact]:
    known = m.facts.get(function.node)
    if known is None:
        text = _text_of(m, function)
        words = [word for word in _TELLING if word in text]
        telling: set[int] = set()
        if words:
            lines = enumerate(text.split("\n"), function.node.lineno)
            telling = {number for number, line in lines if any(word in line for word in words)}
        known = m.facts[function.node] = _gathered(list(_facts(m, function, telling))) if telling else []
    return known


def _gathered(found: list[Fact]) -> list[Fact]:
    """One fact for a helper that offers every HTTP method: which one a tool uses is not in its code."""
    requests = [f for f in found if f.kind == "http"]
    if len({f.detail.partition(" ")[0] for f in requests}) < 3:
        return found
    return [Fact("http", "any method", requests[0].location), *(f for f in found if f.kind != "http")]


def _facts(m: Machine, function: Function, telling: set[int]) -> Iterator[Fact]:
    assert not isinstance(function.node, ast.Lambda)
    stack: list[ast.AST] = list(reversed(function.node.body))
    while stack:
        node = stack.pop()
        first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0) or 0
        if first and not any(line in telling for line in range(first, min(last, first + 2_000) + 1)):
            continue
        if isinstance(node, ast.Call):
            fact = _fact(m, node, function)
            if fact is not None:
                yield Fact(fact[0], " ".join(fact[1].split())[:MAX_DETAIL], Location(function.module.path, node.lineno))
        stack.extend(reversed(list(ast.iter_child_nodes(node))))


def _fact(m: Machine, call: ast.Call, function: Function) -> tuple[str, str] | None:
    parts = _dotted(call.func, function.module)
    if not parts:
        return None
    name = ".".join(parts)
    kind = m.patterns.facts.get(name) or (m.patterns.facts.get(f".{parts[-1]}") if len(parts) > 1 else None)
    if kind is not None:
        return kind, _with_argument(name, call, m, function) if kind in ("process", "file_delete") else name
    if name == "open" or name == "builtins.open" or parts[-2:] == ["Path", "open"]:
        return _opened(call)
    if parts[-1] in m.patterns.http_verbs and len(parts) > 1:
        return _requested(m, parts, call, function)
    if parts[-1] in m.patterns.sql_methods and len(parts) > 1 and call.args:
        text = _text(m, call.args[0], function)
        if text and _SQL.match(text):
            return "sql", text
        return ("sql", name) if parts[-1].startswith("execute") and parts[-2] in _CURSORS else None
    return None


_CURSORS = frozenset({"cursor", "cur", "conn", "connection", "db", "engine"})


def _dotted(node: ast.expr, module: Module) -> list[str]:
    """The dotted name of what is called, its first part replaced by what it was imported as."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Call):
        return [*_dotted(node.func, module), *reversed(parts)] if len(parts) < 6 else []
    if not isinstance(node, ast.Name):
        return ["?", *reversed(parts)] if parts else []
    bound = module.scope.names.get(node.id)
    if isinstance(bound, Imported) and not bound.level:
        first = f"{bound.dotted}.{bound.name}" if bound.name else bound.dotted
    else:
        first = bound.dotted if isinstance(bound, External) else node.id
    return [*first.split("."), *reversed(parts)]


def _with_argument(name: str, call: ast.Call, m: Machine, function: Function) -> str:
    argument = call.args[0] if call.args else None
    if isinstance(argument, ast.List) and argument.elts:
        argument = argument.elts[0]
    text = _text(m, argument, function) if argument is not None else None
    return f"{name} {text}" if text else name


def _opened(call: ast.Call) -> tuple[str, str]:
    modes = [call.args[1]] if len(call.args) > 1 else [k.value for k in call.keywords if k.arg == "mode"]
    mode = modes[0].value if modes and isinstance(modes[0], ast.Constant) else "r"
    if not isinstance(mode, str):
        mode = "r"
    writes = any(c in mode for c in "wax+")
    return ("file_write" if writes else "file_read"), f"open {mode}"


def _requested(m: Machine, parts: list[str], call: ast.Call, function: Function) -> tuple[str, str] | None:
    patterns = m.patterns
    if parts[0] not in patterns.http_libraries and parts[-2] not in patterns.http_clients:
        return None
    arguments = list(call.args) or [k.value for k in call.keywords if k.arg == "url"]
    method = parts[-1].upper()
    if method == "REQUEST":
        given = arguments[:1] or [k.value for k in call.keywords if k.arg == "method"]
        text = _text(m, given[0], function) if given else None
        method, arguments = text.upper() if text else "any method", arguments[1:]
    url = _text(m, arguments[0], function) if arguments else None
    host = urlsplit(url).netloc if url and "://" in url and "[" not in url else ""
    if not host and parts[0] not in patterns.http_libraries and parts[-1] in ("get", "delete") and len(call.args) > 1:
        return None  # a mapping or cache with a default
    return "http", f"{method} {host}".strip()


def _text(m: Machine, node: ast.expr, function: Function) -> str | None:
    """The known beginning of a text: constants of the module are resolved, arguments are not."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        out = ""
        for piece in node.values:
            inner = piece.value if isinstance(piece, ast.FormattedValue) else piece
            text = _text(m, inner, function)
            if text is None:
                return f"{out}…" if out else None
            out += text
        return out
    if isinstance(node, ast.BinOp):
        return _text(m, node.left, function)
    if isinstance(node, ast.Name) and node.id in function.module.scope.names:
        m.shallow += 1
        try:
            bound = function.module.scope.names[node.id]
            value = m.evaluate(bound.node, function.module.scope) if isinstance(bound, Thunk) else bound
        finally:
            m.shallow -= 1
        return value if isinstance(value, str) else None
    return None


def _callees(m: Machine, function: Function) -> list[Function]:
    """Functions of the tree that the function's text calls by name, in files that were read anyway."""
    known = m.callees.get(function.node)
    if known is not None:
        return known
    out: list[Function] = []
    names = dict.fromkeys(_CALLED.findall(_text_of(m, function)))
    for receiver, name in names:
        bound: object = None
        if receiver:
            bound = _method(function.owner, name)
        elif name in function.module.scope.names:
            bound = function.module.scope.names[name]
            if isinstance(bound, Imported):
                path = m.project.find(bound.importer.path, bound.dotted, bound.level)
                bound = m.follow(bound) if path in m.project.modules else None
        if isinstance(bound, Function):
            out.append(bound.origin)
    m.callees[function.node] = out[:MAX_FUNCTIONS]
    return m.callees[function.node]


def _method(owner: Class | None, name: str) -> Function | None:
    for statement in owner.node.body if owner is not None else ():
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)) and statement.name == name:
            assert owner is not None
            return Function(statement, owner.scope, owner)
    return None
