"""Finds where tools are defined, evaluates the functions around them and follows wrappers to their callers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tree_sitter import Node

from catalog.extract import syntax
from catalog.extract.go import inference, types
from catalog.extract.go.expressions import Evaluator
from catalog.extract.go.interpret import Exhausted, Frame, Interpreter
from catalog.extract.go.patterns import is_library, patterns
from catalog.extract.go.source import Declaration, GoFile, Project
from catalog.extract.go.values import (
    Array,
    Function,
    Lazy,
    Origin,
    Struct,
    TypeRef,
    Unknown,
    Value,
    force,
)
from catalog.records import Gap, Location

STEPS_PER_RUN = 100_000
SHARE_PER_RUN = 6  # no run takes more of what is left of all: the functions after it have their turn
STEPS_IN_ALL = 400_000
MAX_SIGHTINGS = 10_000
MAX_ROOTS = 4_000
MAX_ROUNDS = 5
_OWN_TYPE = re.compile(rb"type (\w+) struct \{[^}]*?json:\"input_?[sS]chema")

_NAMED = re.compile(rb"\s*(?:\"([\w.-]+)\"\s*,|Name:\s*\"([\w.-]+)\")")


@dataclass(eq=False)
class Sighting:
    """A tool struct that was made while some function ran."""

    tool: Struct
    node: Node
    file: GoFile
    frames: tuple[Frame, ...]
    conditional: str | None
    root: Declaration | None = None
    handlers: list[Value] = field(default_factory=list)
    style: str | None = None

    @property
    def site(self) -> tuple[str, int]:
        return self.file.path, self.node.start_byte

    def holds(self, name: str) -> bool:
        """Whether the place reads the name: a definition in a loop or a conversion does not."""
        outer = next((frame for frame in self.frames if frame.node != frame.function.node), None)
        file, node = (outer.file, outer.node) if outer is not None else (self.file, self.node)
        return f'"{name}"' in file.text(node)

    @property
    def place(self) -> Location:
        """Where a reader sees the definition: the outermost call that leads to it."""
        outer = next((frame for frame in self.frames if frame.node != frame.function.node), None)
        if outer is not None:
            return Location(outer.file.path, syntax.line(outer.node))
        return Location(self.file.path, syntax.line(self.node))


class Collector:
    """Watches evaluations; `sightings` is what they met."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.sightings: list[Sighting] = []
        self.gaps: list[Gap] = []
        self.instances: list[Struct] = []
        self.named: dict[str, Location] = {}  # where a literal with that name stands
        self._by_tool: dict[int, Sighting] = {}
        self._literals: dict[tuple[str, int], tuple[Function, list[str]]] = {}
        self._sites: dict[str, list[tuple[int, int]]] = {}
        self._entered: set[tuple[str, int]] = set()
        self._budget = STEPS_IN_ALL
        self._root: Declaration | None = None
        self._definitions: dict[str, list[tuple[int, int]]] = {}
        self._own_types: dict[str, bool] = {}
        self._wanted: set[str] = set()
        self.interpreter = Interpreter(project, self, STEPS_PER_RUN)
        self._site = self._site_pattern()

    def _site_pattern(self) -> re.Pattern[bytes]:
        """Where definitions can start: constructors, direct registrations, literals of tool types."""
        calls = [*patterns()["constructors"], *(m for direct in patterns()["direct"] for m in direct["methods"])]
        kinds = {kind.encode() for kind in patterns()["tool_types"]}
        for path in self.project.paths:
            kinds.update(_OWN_TYPE.findall(self.project.raw(path)))
        called, literal = "|".join(calls).encode(), b"|".join(sorted(kinds))
        return re.compile(rb"\.(?:" + called + rb")\s*[\[(]|\b(?:" + literal + rb")\s*\{")

    # What the evaluation tells

    def created(self, struct: Struct, node: Node, file: GoFile, by: Evaluator) -> None:
        name = struct.fields.get("Name", struct.fields.get("name"))
        if isinstance(name, str):
            self.named.setdefault(name, Location(file.path, syntax.line(node)))
        if not struct.module and struct.name in self._wanted:
            self.instances.append(struct)
        if not self._is_tool(struct):
            return
        if len(self.sightings) >= MAX_SIGHTINGS:
            self._refuse(file, node)
            return
        interpreter = self.interpreter
        frames = tuple(interpreter.frames)
        condition = " && ".join(interpreter.conditions) or None
        sighting = Sighting(struct, node, file, frames, condition, self._root)
        self.sightings.append(sighting)
        self._by_tool[id(struct)] = sighting

    def _refuse(self, file: GoFile, node: Node) -> None:
        gap = Gap(file.path, syntax.line(node), f"more than {MAX_SIGHTINGS} definitions were met; the rest is not read")
        if gap not in self.gaps[-1:]:
            self.gaps.append(gap)

    def _is_tool(self, struct: Struct) -> bool:
        if struct.module:
            return is_library(struct.module) and struct.name in patterns()["tool_types"]
        if struct.type is None or not struct.name.endswith("Tool"):
            return False
        if struct.name not in self._own_types:
            tags = " ".join(m.tag for m in types.members(types.resolve(self.project, struct.type).ref))
            self._own_types[struct.name] = bool(re.search(r'json:"input_?[sS]chema', tags))
        return self._own_types[struct.name]

    def together(self, values: Sequence[Value], by: Evaluator) -> None:
        if len(values) < 2:
            return
        found: list[Sighting] = []
        rest: list[Value] = []
        for value in values:
            if isinstance(value, Lazy) and not value.done and value.type is not None and "Tool" in value.type.text:
                force(value)
            known = force(value) if isinstance(value, Lazy) and value.done else value
            sighting = self._by_tool.get(id(known)) if isinstance(known, Struct) else None
            if sighting is not None:
                found.append(sighting)
            else:
                rest.append(value)
        for sighting in found:
            sighting.handlers.extend(
                each for each in rest if isinstance(each, (Function, Lazy, Unknown)) or _holds_function(each)
            )
            if sighting.conditional is None and self.interpreter.conditions:
                sighting.conditional = " && ".join(self.interpreter.conditions)

    def used(self, receiver: Struct, by: Evaluator) -> None:
        """A method of a struct that holds a tool is called: what registers it says under which condition."""
        if not self.interpreter.conditions:
            return
        for held in receiver.fields.values():
            sighting = self._by_tool.get(id(held)) if isinstance(held, Struct) else None
            if sighting is not None and sighting.conditional is None:
                sighting.conditional = " && ".join(self.interpreter.conditions)

    def holds_site(self, file: GoFile, start: int, end: int) -> bool:
        """Whether definitions, or uses of them, lie in a part of a file."""
        return any(start <= at < end for at, _ in self._sites.get(file.path, ()))

    def called(self, name: str, arguments: Sequence[Value], node: Node, file: GoFile, by: Evaluator) -> Value:
        """Libraries whose server takes name, description and handler directly; None where it is another call."""
        for direct in patterns()["direct"]:
            if (
                name in direct["methods"]
                and len(arguments) >= 3
                and any(direct["module"] in m for m in file.imports.values())
            ):
                tool = Struct(direct["module"] + "/mcp", "Tool", {"Name": arguments[0], "Description": arguments[1]})
                self.created(tool, node, file, by)
                sighting = self._by_tool.get(id(tool))
                if sighting is not None:
                    sighting.handlers.extend(arguments[2:])
                    sighting.style = direct["style"]
                return Unknown("the result of a registration")
        return None

    def literal(self, function: Function, by: Evaluator) -> None:
        start, end = function.node.byte_range
        if any(start <= at < end for at, _ in self._sites.get(function.file.path, ())):
            key = (function.file.path, start)
            self._literals.setdefault(key, (function, list(self.interpreter.conditions)))

    # What is evaluated

    def collect(self, paths: Sequence[str]) -> None:
        """Evaluates every function of the files that may define tools, then the callers of those that wrap."""
        roots: list[Declaration | Node] = []
        for path in paths:
            roots.extend(self._roots(path))
        self._evaluate(roots)
        for _ in range(MAX_ROUNDS):
            callers = self._callers()
            if not callers:
                break
            self._evaluate(callers)
        self._by_type()

    def _roots(self, path: str) -> Iterator[Declaration]:
        file = self.project.file(path)
        if file is None:
            self.gaps.append(Gap(path, None, "the file is too large to be parsed and may hold tool definitions"))
            return
        spots = [match.span() for match in self._site.finditer(file.source.raw)]
        seen: set[int] = set()
        self._definitions[path] = spots
        for start, end in spots:
            top = _top_level(file.source.root, start)
            if top is None or top.type in ("comment", "type_declaration", "import_declaration"):
                continue
            name = top.child_by_field_name("name")
            if name is not None and name.start_byte <= start < name.end_byte:
                continue
            self._sites.setdefault(path, []).append((start, end))
            if top.start_byte not in seen:
                seen.add(top.start_byte)
                yield from self._declarations(file, top)

    def _declarations(self, file: GoFile, top: Node) -> Iterator[Declaration]:
        name = top.child_by_field_name("name")
        if top.type in ("function_declaration", "method_declaration") and name is not None:
            yield Declaration("func", file.text(name), top, file)
        elif top.type in ("var_declaration", "const_declaration"):
            package = self.project.package(file.folder)
            for declaration in package.names.values() if package else ():
                if declaration.file is file and top.start_byte <= declaration.node.start_byte < top.end_byte:
                    yield declaration

    def _evaluate(self, roots: Sequence[Declaration | Node]) -> None:
        for root in roots[:MAX_ROOTS]:
            if isinstance(root, Declaration):
                self.run(root)

    def run(self, root: Declaration) -> None:
        """Evaluates one function or variable with a bounded number of steps."""
        interpreter = self.interpreter
        interpreter.steps = given = min(STEPS_PER_RUN, self._budget // SHARE_PER_RUN)
        self._literals.clear()
        self._root = root
        interpreter.is_running = True
        try:
            if root.kind == "func":
                interpreter.run(self._function(root))
            else:
                force(interpreter.global_value(root))
            for function, conditions in list(self._literals.values()):
                if not self._visited(function):
                    interpreter.conditions[:] = conditions
                    interpreter.call_function(function, (), function.node, function.file)
        except (Exhausted, RecursionError):
            self.gaps.append(
                Gap(root.file.path, syntax.line(root.node), f"{root.name} takes too many steps to evaluate")
            )
        finally:
            interpreter.is_running = False
            self._budget -= given - max(0, interpreter.steps)
            interpreter.frames.clear()
            interpreter.conditions.clear()
            del interpreter._activations[1:]
            interpreter._depth = 0

    def _visited(self, function: Function) -> bool:
        start, end = function.node.byte_range
        return any(s.file.path == function.file.path and start <= s.node.start_byte < end for s in self.sightings)

    def _function(self, declaration: Declaration) -> Function:
        return Function(declaration.node, declaration.file)

    def unseen(self, names: set[str]) -> list[Gap]:
        """Places that read like a definition under another name than those found: the evaluation did not get there."""
        found = []
        for path, spots in self._definitions.items():
            raw = self.project.raw(path)
            for start, end in spots:
                match = _NAMED.match(raw[end : end + 160])
                name = (match.group(1) or match.group(2)).decode("utf-8", "replace") if match is not None else ""
                if name and name not in names:
                    line = raw.count(b"\n", 0, start) + 1
                    found.append(Gap(path, line, f"the definition of {name} was not reached"))
        return found

    # Wrappers

    def _callers(self) -> list[Declaration]:
        """The functions that call the wrappers seen so far and were not evaluated for it."""
        found: dict[tuple[str, int], Declaration] = {}
        users: dict[tuple[str, int], Declaration] = {}
        for sighting in self.sightings:
            wrapper = self._wrapper(sighting)
            file, node = wrapper or (None, None)
            if wrapper is None and sighting.root is not None and sighting.root.kind == "var":
                file, node = sighting.root.file, sighting.root.node
            if file is None or node is None or (file.path, node.start_byte) in self._entered:
                continue
            key = (file.path, node.start_byte)
            self._entered.add(key)
            if wrapper is not None:
                self.interpreter.eager.add(key)
            for caller in self._callers_of(file, node):
                at = (caller.file.path, caller.node.start_byte)
                if wrapper is not None:
                    found[at] = caller
                elif caller.kind == "func":
                    users[at] = caller
        self._forget(found)
        found = {**{at: user for at, user in users.items() if at not in self._entered}, **found}
        self._entered.update(users)
        return [found[key] for key in sorted(found)]

    def _forget(self, again: dict[tuple[str, int], Declaration]) -> None:
        """Variables that will be computed again must not keep their first value."""
        kept = self.interpreter._globals
        for path, start in again:
            for key in [key for key in kept if key[:2] == (path, start)]:
                del kept[key]

    def _wrapper(self, sighting: Sighting) -> tuple[GoFile, Node] | None:
        """The function whose parameters decide what the tool is, None where nothing depends on a caller."""
        if not sighting.frames:
            return None
        outermost = sighting.frames[0].function
        if outermost.node.type == "func_literal":
            return None
        for name in ("Name", "Description", "?", "InputSchema", "RawInputSchema"):
            value = force(sighting.tool.fields.get(name))
            if isinstance(value, Unknown) and value.origin is not None and value.origin.function == outermost.node:
                return outermost.file, outermost.node
        if not isinstance(force(sighting.tool.fields.get("Name")), str):
            return None
        missing = sighting.tool.fields.get("InputSchema") is None and sighting.tool.fields.get("RawInputSchema") is None
        if not sighting.handlers or (missing and not self.arguments_type(sighting)):
            return outermost.file, outermost.node
        return None

    def _callers_of(self, file: GoFile, node: Node) -> Iterator[Declaration]:
        name_node = node.child_by_field_name("name")
        if name_node is None:
            return
        name = file.text(name_node)
        encoded = name.encode()
        pattern = re.compile(rb"\b" + re.escape(encoded) + rb"\b")
        for path in self.project.paths:
            if not name[:1].isupper() and path.rpartition("/")[0] != file.folder:
                continue
            raw = self.project.raw(path)
            if raw.find(encoded) < 0 or pattern.search(raw) is None:
                continue
            other = self.project.file(path)
            if other is None:
                continue
            seen: set[int] = set()
            for match in pattern.finditer(raw):
                top = _top_level(other.source.root, match.start())
                if top is None or top.start_byte in seen or top.type in ("comment", "type_declaration"):
                    continue
                if top.start_byte == node.start_byte and path == file.path:
                    continue
                seen.add(top.start_byte)
                self._sites.setdefault(path, []).append(match.span())
                yield from self._declarations(other, top)

    def arguments_type(self, sighting: Sighting) -> TypeRef | None:
        """The type whose fields are the tool's arguments, from the handler beside the tool or a caller's handler."""
        found = None
        for handler in sighting.handlers:
            found = found or inference.input_type(self.project, handler)
        if found is not None and not _is_parameter(self.project, found):
            return found
        for frame in sighting.frames:
            for argument in frame.arguments:
                if isinstance(argument, (Function, Lazy)):
                    inner = inference.input_type(self.project, argument)
                    if inner is not None and not _is_parameter(self.project, inner):
                        return inner
        return None

    # Definitions held in the tree's own structs

    def _by_type(self) -> None:
        """Where a tool is made from an element of an unknown list, all literals of the element's type are tried."""
        tried: set[tuple[str, int]] = set()
        for sighting in list(self.sightings):
            name = force(sighting.tool.fields.get("Name"))
            origin = name.origin if isinstance(name, Unknown) else None
            if origin is None or origin.type is None or not sighting.frames:
                continue
            key = (origin.file.path, origin.node.start_byte)
            if key in tried:
                continue
            tried.add(key)
            instances = self._instances(origin.type)
            if instances:
                self._replay(sighting, origin, instances)

    def _instances(self, of: TypeRef) -> list[Struct]:
        resolved = types.resolve(self.project, of)
        if resolved.declaration is None:
            return []
        names = [resolved.declaration.name]
        if resolved.kind == "interface_type":
            names = self._implementations(resolved)
        self.instances, self._wanted = [], set(names)
        roots: dict[tuple[str, int], Declaration] = {}
        pattern = (
            re.compile(rb"\b(?:" + b"|".join(re.escape(n.encode()) for n in names) + rb")\s*\{") if names else None
        )
        for path in self.project.paths if pattern else ():
            raw = self.project.raw(path)
            for match in pattern.finditer(raw) if pattern else ():
                file = self.project.file(path)
                top = _top_level(file.source.root, match.start()) if file else None
                if file is None or top is None or top.type == "type_declaration":
                    continue
                for root in self._declarations(file, top):
                    roots[(path, root.node.start_byte)] = root
        self._forget(roots)
        for key in sorted(roots)[:MAX_ROOTS]:
            self.run(roots[key])
        made = self.instances
        self._wanted = set()
        if resolved.kind == "interface_type":
            first: dict[str, Struct] = {}
            for struct in made:
                first.setdefault(struct.name, struct)
            return list(first.values())
        return made

    def _implementations(self, interface: types.Resolved) -> list[str]:
        wanted = [
            interface.ref.file.text(name)
            for each in syntax.named(interface.ref.node)
            if (name := each.child_by_field_name("name")) is not None
        ]
        counts: dict[tuple[str, str], int] = {}
        if not wanted:
            return []
        pattern = re.compile(
            rb"^func \(\s*(?:\w+\s+)?\*?(\w+)\s*\) (" + b"|".join(re.escape(w.encode()) for w in wanted) + rb")\(",
            re.MULTILINE,
        )
        for path in self.project.paths:
            for receiver, _ in pattern.findall(self.project.raw(path)):
                key = (path.rpartition("/")[0], receiver.decode("utf-8", "replace"))
                counts[key] = counts.get(key, 0) + 1
        return sorted({name for (_, name), count in counts.items() if count >= len(wanted)})

    def _replay(self, sighting: Sighting, origin: Origin, instances: list[Struct]) -> None:
        """Runs the sighting's outermost function again for each instance in the unknown's place."""
        interpreter, function = self.interpreter, sighting.frames[0].function
        key = (origin.file.path, origin.node.start_byte)
        in_loop = origin.node.parent is not None and origin.node.parent.type == "range_clause"
        values: list[Value] = [Array(list(instances))] if in_loop else list(instances)
        for value in values[:MAX_ROOTS]:
            interpreter.overrides[key] = value
            name = function.node.child_by_field_name("name")
            self.run(Declaration("func", function.file.text(name) if name else "", function.node, function.file))
        interpreter.overrides.pop(key, None)


def _holds_function(value: Value) -> bool:
    return isinstance(value, Struct) and any(isinstance(each, Function) for each in value.fields.values())


def _is_parameter(project: Project, ref: TypeRef) -> bool:
    """Whether the type is still a type parameter without a binding."""
    resolved = types.resolve(project, ref)
    text = resolved.ref.text
    return (
        resolved.kind == "type_identifier" and text not in ("any", "string") and len(text) < 12 and text[:1].isupper()
    )


def _top_level(root: Node, at: int) -> Node | None:
    child = root.first_child_for_byte(at)
    return child if child is not None and child.start_byte <= at < child.end_byte else None
