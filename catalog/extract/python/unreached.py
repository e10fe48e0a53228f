"""Registrations that following the code never came to: each is a gap, so that a miss is never silent."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from catalog.extract.python.machine import Machine
from catalog.extract.python.project import Module
from catalog.records import Gap

_LOOK = re.compile(r"\.\w*tools?\b")
_DIRECT = re.compile(r"_tool_manager\._tools\s*(?:\[.*\]\s*=[^=]|\.update\()")
_REGISTERS = frozenset({"tool", "add", "add_all", "register"})  # verbs; a client's list_tools is none


def gaps(m: Machine, modules: list[Module]) -> Iterator[Gap]:
    """A gap for each registering call or decorator of the modules that was not come to."""
    for module in modules:
        open_lines = {
            line
            for line in module.lines
            if (module.path, line) not in m.reached and _LOOK.search(m.project.excerpt(module.path, line, line))
        }
        for line in module.lines:
            if _DIRECT.search(m.project.excerpt(module.path, line, line)):
                yield Gap(
                    module.path, line, "tools are put into the server's tool manager directly; which is not followed"
                )
        if open_lines:
            yield from _in_module(m, module, open_lines)


def _in_module(m: Machine, module: Module, lines: set[int]) -> Iterator[Gap]:
    for node in ast.walk(module.tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for decorator in node.decorator_list:
                if decorator.lineno in lines and _registers(m, decorator):
                    reason = f"{node.name} is registered as a tool in code that was not followed"
                    yield Gap(module.path, decorator.lineno, reason)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _is_open(m, node.value, lines):
            yield Gap(module.path, node.lineno, "a tool is registered in code that was not followed")


def _is_open(m: Machine, call: ast.Call, lines: set[int]) -> bool:
    inner = call.func if isinstance(call.func, ast.Call) else call
    return inner.lineno in lines and (inner.end_lineno or 0) >= inner.lineno and _registers(m, inner)


def _registers(m: Machine, node: ast.expr) -> bool:
    target = node.func if isinstance(node, ast.Call) else node
    return isinstance(target, ast.Attribute) and m.patterns.methods.get(target.attr) in _REGISTERS
