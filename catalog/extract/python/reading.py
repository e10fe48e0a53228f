"""From a tree to its tools: search, follow, harvest, mount."""

from __future__ import annotations

import ast
import dataclasses
import re
import warnings
from collections.abc import Callable, Iterator
from functools import partial

from catalog.extract.python import facts, manifests, patterns, relevance, unreached
from catalog.extract.python.calls import call_function
from catalog.extract.python.execution import execute, load
from catalog.extract.python.machine import Machine
from catalog.extract.python.objects import ancestry, class_names, solo
from catalog.extract.python.project import Module, Project
from catalog.extract.python.registration import Answer, Registrations
from catalog.extract.python.values import Class, Function, Server, Unknown, Value
from catalog.extract.tree import SourceTree
from catalog.records import Found, Gap, Tool

BASE_STEPS = 150_000
CHARS_PER_STEP = 3  # steps grow with the code, so that following costs about what parsing costs
_FASTMCP = re.compile(r"\b(?:from|import) fastmcp\b")
_SDK = re.compile(r"(?<![\w.])mcp\.server\b")  # not a package of another name that ends so: ha_mcp.server
Definition = ast.FunctionDef | ast.AsyncFunctionDef


def read(tree: SourceTree) -> Found:
    """All tools that the tree's Python registers, in the order met, and what was seen but not resolved."""
    with warnings.catch_warnings():  # those of the parser about the text
        warnings.simplefilter("ignore")
        return _Reading(tree).run()


def candidate_paths(tree: SourceTree) -> list[str]:
    """The files that show a registration, or name what holds one: those that are parsed, in path order."""
    return sorted(relevance.search(Project(tree), patterns.load()).lines)


class _Reading:
    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self.project = Project(tree)
        self.patterns = patterns.load()
        self.sink = Registrations()
        self.machine = Machine(self.project, self.patterns, self.sink)
        self.steps = BASE_STEPS

    def run(self) -> Found:
        found = relevance.search(self.project, self.patterns)
        self.project.lines = found.lines
        self._styles()
        self.steps = BASE_STEPS + sum(len(self.project.text(p)) for p in found.lines) // CHARS_PER_STEP
        modules = [m for m in map(self.project.module, found.lines) if m is not None]
        for module in modules:
            self._bounded(module.path, partial(load, self.machine, module))
        for module, body in self.machine.started:  # grows with what they import
            self._bounded(module.path, partial(execute, self.machine, body, module.scope))
        self._ask()
        for module, owner, node in self._roots(modules, found):
            if node not in self.machine.entered:
                self._bounded(module.path, partial(self._enter, module, owner, node))
                self._ask()
        self._harvest()
        return self._found(modules)

    def _styles(self) -> None:
        """Which FastMCP each file imports, and the one that most do."""
        counts = {"sdk": 0, "fastmcp": 0}
        for path in self.project.lines:
            text = self.project.text(path)
            style = "fastmcp" if _FASTMCP.search(text) else "sdk" if _SDK.search(text) else None
            if style is not None:
                self.sink.styles[path] = style
                counts[style] += 1
        self.sink.styles[""] = "fastmcp" if counts["fastmcp"] > counts["sdk"] else "sdk"
        self.sink.major = manifests.fastmcp_major(self.tree)

    def _ask(self) -> None:
        if self.sink.unasked:
            self._bounded(self.sink.unasked[0].module.path, partial(self.sink.answer, self.machine))

    def _bounded(self, path: str, action: Callable[[], object]) -> None:
        machine = self.machine
        if machine.steps >= self.steps:
            return  # said once; registrations in what is left become gaps of their own
        machine.limit = min(machine.steps + self.steps // 2, self.steps)
        machine.depth, machine.loops, machine.conditions = 0, 0, []
        try:
            action()
        except RecursionError:
            self.sink.gaps.append(Gap(path, None, "the code is nested deeper than is followed"))
        if machine.exhausted:
            machine.exhausted = False
            self.sink.gaps.append(
                Gap(path, None, "the code takes more steps to follow than are taken; the rest was not followed")
            )

    # -- functions that nothing seen calls -----------------------------------------------------------------------

    def _roots(
        self, modules: list[Module], found: relevance.Relevance
    ) -> list[tuple[Module, Class | None, Definition]]:
        """Functions holding lines of interest, callers before what they call."""
        roots: list[tuple[int, int, Module, Class | None, Definition]] = []
        for module in modules:
            rounds = found.rounds.get(module.path, {})
            for owner, node in _functions(self.machine, module):
                inside = [r for line, r in rounds.items() if node.lineno < line <= (node.end_lineno or node.lineno)]
                if inside:
                    roots.append((-max(inside), len(roots), module, owner, node))
        return [(module, owner, node) for _, _, module, owner, node in sorted(roots, key=lambda r: r[:2])]

    def _enter(self, module: Module, owner: Class | None, node: Definition) -> None:
        if owner is None:
            call_function(self.machine, Function(node, module.scope), [], {})
            return
        receivers = [c for c in self.machine.classes if c is not owner and owner in ancestry(self.machine, c)] or [
            owner
        ]
        for cls in receivers[:200]:
            function = class_names(self.machine, owner).get(node.name)
            method = (
                function
                if isinstance(function, Function) and function.node is node
                else Function(node, owner.scope, owner)
            )
            call_function(self.machine, method, [solo(self.machine, cls)], {})

    # -- low-level definitions that no handler was seen to list --------------------------------------------------

    def _harvest(self) -> None:
        sink = self.sink
        recorded = {(r.tool.location.path, r.tool.location.line) for r in sink.records if r.tool.location}
        if sink.listed and not sink.open_lists:
            return
        for call, conditions in sink.seen:
            if (call.module.path, call.line) in recorded and call.kwargs.get("name") is None:
                continue
            self.machine.conditions = conditions
            sink.defined(self.machine, None, call, ast.Pass(lineno=call.line), call.module)
        self.machine.conditions = []
        if not sink.records and any("tools/list" in self.project.text(p) for p in self.project.lines):
            self._harvest_answers()
        if not sink.records:
            self._harvest_dicts()

    def _harvest_answers(self) -> None:
        """Lists that code was seen to put under `tools`, for servers that answer tools/list by hand."""
        complete = [said for said in self.sink.answers if said.has_schemas]
        self._take(complete)
        if not self.sink.records:
            bare = [said for said in self.sink.answers if not said.has_schemas]
            for said in bare:
                self.sink.gap(said.module, said.node, "the tools are those of a list that has no schemas")
            self._take(bare)

    def _take(self, answers: list[Answer]) -> None:
        for said in answers:
            self.machine.conditions = said.conditions
            for tool in said.tools:
                self.sink.defined(self.machine, None, tool, said.node, said.module)
        self.machine.conditions = []

    def _harvest_dicts(self) -> None:
        """Definitions written as dicts, for servers that answer tools/list by hand."""
        for path in self.project.lines:
            module = self.project.module(path)
            if module is None or "tools/list" not in self.project.text(path):
                continue
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Dict) and _is_definition(node):
                    self.machine.limit = self.machine.steps + BASE_STEPS
                    value = self.machine.evaluate(node, module.scope)
                    self.sink.defined(self.machine, None, value, node, module)

    # -- the result ----------------------------------------------------------------------------------------------

    def _found(self, modules: list[Module]) -> Found:
        tools: dict[str, Tool] = {}
        handlers: dict[str, Function | None] = {}
        prefixes = _prefixes([*self.sink.mounting, *(r.server for r in self.sink.records if r.server is not None)])
        for record in self.sink.records:
            for prefix in prefixes.get(id(record.server), [""]) if record.server is not None else [""]:
                tool = _prefixed(record.tool, prefix)
                held = tools.get(tool.name)
                if held is None or (held.conditional is not None and tool.conditional is None):
                    tools[tool.name] = tool
                    handlers[tool.name] = record.function
        missed = unreached.gaps(self.machine, modules)
        gaps = [*self.project.gaps, *self.sink.open_lists, *self.sink.gaps, *missed]
        named = {t.location.path + str(t.location.line) for t in tools.values() if t.location}
        kept = [g for g in dict.fromkeys(gaps) if not _is_settled(g, named)]
        return Found(tuple(self._with_facts(tool, handlers[name]) for name, tool in tools.items()), tuple(kept))

    def _with_facts(self, tool: Tool, function: Function | None) -> Tool:
        found = facts.of(self.machine, function) if function is not None else ()
        return dataclasses.replace(tool, facts=found) if found else tool


def _is_definition(node: ast.Dict) -> bool:
    keys = {k.value for k in node.keys if isinstance(k, ast.Constant)}
    return "name" in keys and bool(keys & {"inputSchema", "input_schema"})


def _is_settled(gap: Gap, named: set[str]) -> bool:
    """A definition that stayed nameless on one way through the code and was resolved on another."""
    return "could not be resolved" in gap.reason and gap.line is not None and gap.path + str(gap.line) in named


def _prefixed(tool: Tool, prefix: str) -> Tool:
    if not prefix:
        return tool
    return dataclasses.replace(tool, name=f"{prefix}_{tool.name}")


def _prefixes(servers: list[Server]) -> dict[int, list[str]]:
    """For each server the prefixes its tools get: one per way it is mounted, none at all where it is not."""
    everyone: dict[int, Server] = {}
    queue = list(servers)
    while queue:
        server = queue.pop()
        if id(server) not in everyone:
            everyone[id(server)] = server
            queue.extend(child for child, _ in server.mounted)
    parents: dict[int, list[tuple[Server, str]]] = {}
    for server in everyone.values():
        for child, prefix in server.mounted:
            parents.setdefault(id(child), []).append((server, prefix))

    def of(server: Server, depth: int) -> list[str]:
        above = parents.get(id(server), [])
        if not above or depth > 10:
            return [""]
        out: list[str] = []
        for parent, prefix in above:
            out.extend("_".join(p for p in (outer, prefix) if p) for outer in of(parent, depth + 1))
        return list(dict.fromkeys(out))[:20]

    return {key: of(server, 0) for key, server in everyone.items()}


def _functions(m: Machine, module: Module) -> Iterator[tuple[Class | None, Definition]]:
    """Functions of the module and methods of its classes, outermost only."""
    stack: list[tuple[Class | None, list[ast.stmt]]] = [(None, module.tree.body)]
    while stack:
        owner, body = stack.pop()
        for statement in body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield owner, statement
            elif isinstance(statement, ast.ClassDef):
                cls = _class_at(m, module, statement)
                if cls is not None:
                    stack.append((cls, statement.body))
            elif isinstance(statement, (ast.If, ast.Try, ast.With)):
                stack.append((owner, statement.body))
                stack.append((owner, getattr(statement, "orelse", [])))
                stack.extend((owner, h.body) for h in getattr(statement, "handlers", []))


def _class_at(m: Machine, module: Module, node: ast.ClassDef) -> Class | None:
    value: Value = module.scope.names.get(node.name, Unknown())
    if isinstance(value, Class) and value.node is node:
        return value
    return next((c for c in m.classes if c.node is node), None)
