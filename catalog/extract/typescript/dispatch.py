"""Where a tool's call is handled when its definition does not say: a `case`, a comparison, or a table of handlers."""

from __future__ import annotations

import re

from tree_sitter import Node

from catalog.extract.typescript.evaluate import Evaluator
from catalog.extract.typescript.scopes import env_at
from catalog.extract.typescript.sources import FUNCTIONS, Module, path_to
from catalog.extract.typescript.values import Func

_NAMED = re.compile(
    rb"(case\s+|={2,3}\s*)?[\"']([A-Za-z][\w.\-/:]{1,100})[\"']\s*([:)])|(?<![\w$.])([A-Za-z_]\w{1,60})\s*:\s"
)
MAX_FILE_BYTES = 2_000_000


def handlers(evaluator: Evaluator, paths: list[str], wanted: set[str]) -> dict[str, Func]:
    """The code that handles each of the wanted tools, as far as it is found by the tool's name."""
    found: dict[str, Func] = {}
    if not wanted:
        return found
    project = evaluator.project
    for path in paths:
        data = project.data(path)
        if len(data) > MAX_FILE_BYTES or (
            b"CallTool" not in data and b"tools/call" not in data and b"andler" not in data
        ):
            continue
        for match in _NAMED.finditer(data):
            name = (match.group(2) or match.group(4)).decode("utf-8", "replace")
            if name not in wanted or name in found:
                continue
            module = project.module(path)
            position = match.start(2) if match.group(2) else match.start(4)
            function = _handled_at(evaluator, module, position, match.group(1) or b"")
            if function is not None:
                found[name] = function
    return found


def _handled_at(evaluator: Evaluator, module: Module, position: int, before: bytes) -> Func | None:
    chain = path_to(module, position, position + 1)
    for node in reversed(chain[-6:]):
        if node.type == "switch_case" and before.startswith(b"case"):
            return Func(node, env_at(module, node))
        if node.type == "if_statement" and before.startswith(b"="):
            body = node.child_by_field_name("consequence")
            return Func(body, env_at(module, body)) if body is not None else None
        if node.type == "pair" and not before:
            return _function_of(evaluator, module, node.child_by_field_name("value"))
        if node.type in FUNCTIONS:
            return None
    return None


def _function_of(evaluator: Evaluator, module: Module, value: Node | None) -> Func | None:
    if value is None or value.type not in (*FUNCTIONS, "identifier", "member_expression"):
        return None
    found = evaluator.settle(evaluator.eval(value, env_at(module, value)))
    return found if isinstance(found, Func) else None
