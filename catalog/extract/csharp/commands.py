"""Tools that are command classes in nested groups: the name is the path of groups and the command's own name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tree_sitter import Node

from catalog.extract import syntax
from catalog.extract.csharp.effects import Effects
from catalog.extract.csharp.patterns import patterns
from catalog.extract.csharp.schema import Schemas
from catalog.extract.csharp.source import CsFile, Project, TypeDeclaration, modifiers, owner
from catalog.extract.csharp.values import Attribute, Evaluator, New, Place, Unknown, Value, attributes
from catalog.extract.syntax import named
from catalog.records import Gap, Location, Tool

_KEBAB = re.compile(r"(?<=[^A-Z-])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_CLASS = re.compile(rb"\bclass\s+(\w+)")
MAX_GROUPS = 5_000
_HINTS = {"ReadOnly": "readOnlyHint", "Destructive": "destructiveHint", "Idempotent": "idempotentHint",
          "OpenWorld": "openWorldHint"}  # fmt: skip


@dataclass(eq=False)
class Command:
    """A command as it was added to a group. `path` is "" where the command's own name counts."""

    type: str
    path: str
    file: CsFile
    node: Node
    conditional: str | None


@dataclass(eq=False)
class Group:
    name: str
    commands: list[Command] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    is_child: bool = False


class Commands:
    """Reads command groups of one project."""

    def __init__(self, project: Project, evaluator: Evaluator) -> None:
        self.project, self.evaluator = project, evaluator
        self.schemas = Schemas(project, evaluator)
        self.effects = Effects(project)
        self.tools: list[Tool] = []
        self.gaps: list[Gap] = []
        self._groups: list[Group] = []
        self._registered_by: dict[str, str] = {}
        known = patterns()["groups"]
        self._types, self._add_group, self._add_command = (set(known[k]) for k in ("types", "add_group", "add_command"))

    def read_all(self, paths: list[str]) -> None:
        """Reads the files that build groups; where a tree holds several programs, says which one registers a group."""
        programs: dict[str, set[str]] = {}
        for path in paths:
            for name in _CLASS.findall(self.project.raw(path))[:1]:
                for program in self._mentions(name, path):
                    programs.setdefault(program, set()).add(path)
        main = max(programs, key=lambda program: (len(programs[program]), program), default=None)
        for path in paths:
            users = sorted(program for program, used in programs.items() if path in used)
            if main is not None and users and main not in users:
                self._registered_by[path] = "in the program " + users[0]
            self.read(path)

    def _mentions(self, name: bytes, own: str) -> list[str]:
        pattern = re.compile(rb"new\s+(?:[\w.]+\.)?" + re.escape(name) + rb"\s*\(")
        return [
            p
            for p in self.project.paths
            if p != own and name in self.project.raw(p) and pattern.search(self.project.raw(p))
        ]

    def read(self, path: str) -> None:
        """Builds the groups of each method of the file that makes some, then names their commands."""
        file = self.project.file(path)
        if file is None:
            return
        kinds = "|".join(sorted(self._types)).encode()
        made = re.compile(rb"\b(?:" + kinds + rb")\s+\w+\s*=\s*new\b|\bnew\s+(?:" + kinds + rb")\s*\(")
        seen: set[int] = set()
        for match in made.finditer(file.source.raw):
            node = file.source.root.named_descendant_for_byte_range(match.start(), match.start() + 1)
            method = syntax.enclosing(node, "method_declaration") if node is not None else None
            if method is None or method.start_byte in seen:
                continue
            seen.add(method.start_byte)
            self._method(method, file)

    def _method(self, method: Node, file: CsFile) -> None:
        declared = owner(method, file, self.project)
        names: dict[str, Group] = {}
        for parameter in named(method.child_by_field_name("parameters")):
            kind, name = parameter.child_by_field_name("type"), parameter.child_by_field_name("name")
            if kind is not None and name is not None and file.text(kind) in self._types:
                names[file.text(name)] = Group("")
                return_root = names[file.text(name)]
                self._groups.append(return_root)
        if names and not _makes_root(method, file):
            return  # a helper that is given its group: read where it is called
        before = len(self._groups)
        self._run(method, Place(file, declared), names, 0)
        for group in self._groups[before - len(names) :]:
            if not group.is_child:
                self._emit(group, [])

    def _run(self, method: Node, place: Place, names: dict[str, Group], depth: int) -> None:
        body = method.child_by_field_name("body")
        locals_: dict[str, Value] = dict(place.locals)
        services: dict[str, str] = {}
        place = Place(place.file, place.type, locals_)
        for node in _calls_and_variables(body):
            if len(self._groups) > MAX_GROUPS:
                return
            if node.type == "variable_declarator":
                self._variable(node, place, names, locals_, services)
            else:
                self._call(node, place, names, services, depth)

    def _variable(
        self, node: Node, place: Place, names: dict[str, Group], locals_: dict[str, Value], services: dict[str, str]
    ) -> None:
        name_node, inner = node.child_by_field_name("name"), named(node)
        if name_node is None or len(inner) < 2:
            return
        name, value = place.file.text(name_node), inner[-1]
        group = self._group_of(value, place, names, node)
        if group is not None:
            names[name] = group
            return
        service = _type_argument(value, place.file)
        if service is not None:
            services[name] = service
        elif value.type in ("string_literal", "interpolated_string_expression", "binary_expression"):
            locals_[name] = self.evaluator.eval(value, place)

    def _group_of(
        self, node: Node, place: Place, names: dict[str, Group], declarator: Node | None = None
    ) -> Group | None:
        file = place.file
        if node.type == "identifier":
            return names.get(file.text(node))
        if node.type not in ("object_creation_expression", "implicit_object_creation_expression"):
            return None
        made = self.evaluator.eval(node, place)
        if not isinstance(made, New):
            return None
        written = made.type
        if not written and declarator is not None and declarator.parent is not None:
            kind = declarator.parent.child_by_field_name("type")
            written = file.text(kind) if kind is not None else ""
        if written.rpartition(".")[2] not in self._types or not made.arguments:
            return None
        value = self.evaluator.eval(made.arguments[0], place)
        if not isinstance(value, str):
            reason = value.reason if isinstance(value, Unknown) else "it is no text"
            self.gaps.append(Gap(file.path, syntax.line(node), f"a command group whose name is not known: {reason}"))
            return None
        group = Group(value)
        self._groups.append(group)
        return group

    def _call(self, node: Node, place: Place, names: dict[str, Group], services: dict[str, str], depth: int) -> None:
        file, function = place.file, node.child_by_field_name("function")
        listed = named(node.child_by_field_name("arguments"))
        arguments = [named(each)[-1] for each in listed if each.type == "argument" and named(each)]
        if function is None:
            return
        if function.type != "member_access_expression":
            self._helper(function, arguments, place, names, depth)
            return
        target, name_node = function.child_by_field_name("expression"), function.child_by_field_name("name")
        if target is None or name_node is None:
            return
        name = file.text(name_node).partition("<")[0]
        group = self._group_of(target, place, names)
        if group is None:
            self._helper(function, arguments, place, names, depth)
        elif name in self._add_group and arguments:
            child = self._group_of(arguments[0], place, names)
            if child is not None and child is not group:
                child.is_child = True
                group.groups.append(child)
        elif name in self._add_command:
            self._command(node, name_node, arguments, group, place, services)

    def _command(
        self, node: Node, name_node: Node, arguments: list[Node], group: Group, place: Place, services: dict[str, str]
    ) -> None:
        file = place.file
        written, path = _type_argument(name_node, file), ""
        if len(arguments) > 1 or (arguments and written and _is_text(arguments[0])):
            value = self.evaluator.eval(arguments[0], place)
            path = value if isinstance(value, str) else ""
        if written is None and arguments:
            last = arguments[-1]
            made = self.evaluator.eval(last, place) if last.type.endswith("creation_expression") else None
            written = (
                made.type if isinstance(made, New) else services.get(file.text(last)) or _type_argument(last, file)
            )
        if written is None:
            self.gaps.append(Gap(file.path, syntax.line(node), "a command whose class is not known from the source"))
            return
        group.commands.append(Command(written, path, file, node, _condition(node, file)))

    def _helper(self, function: Node, arguments: list[Node], place: Place, names: dict[str, Group], depth: int) -> None:
        """A method of the same class that is given a group adds to it."""
        given = [names.get(place.file.text(each)) for each in arguments]
        if depth > 4 or place.type is None or not any(given):
            return
        name = place.file.text(function).rpartition(".")[2]
        found = place.type.members.get(name)
        if found is None or found[0].type != "method_declaration":
            return
        method, file = found
        inner: dict[str, Group] = {}
        for parameter, group in zip(named(method.child_by_field_name("parameters")), given, strict=False):
            parameter_name = parameter.child_by_field_name("name")
            if group is not None and parameter_name is not None:
                inner[file.text(parameter_name)] = group
        self._run(method, Place(file, place.type), inner, depth + 1)

    # From groups to tools

    def _emit(self, group: Group, path: list[str]) -> None:
        here = [*path, group.name] if group.name else path
        if len(here) > 12:
            return
        for command in group.commands:
            self._tool(command, here)
        for child in group.groups:
            self._emit(child, here)

    def _tool(self, command: Command, path: list[str]) -> None:
        declared = self.project.resolve(command.type, command.file)
        place, line = command.file.path, syntax.line(command.node)
        if declared is None:
            self.gaps.append(Gap(place, line, f"the command {command.type} is not in this tree"))
            return
        marks = attributes(declared.file, declared.node)
        if any(each.name in patterns()["attributes"]["hidden"] for each in marks):
            return
        metadata = next((each for each in marks if each.name in patterns()["groups"]["metadata"]), None)
        own = self._read("Name", declared, metadata)
        name = command.path or own
        if not isinstance(name, str) or not name:
            reason = own.reason if isinstance(own, Unknown) else "it is no text"
            self.gaps.append(Gap(place, line, f"the name of the command {command.type} is not known: {reason}"))
            return
        full = patterns()["groups"]["separator"].join([*path, *name.split(".")])
        text, title = (self._read(key, declared, metadata) for key in ("Description", "Title"))
        if isinstance(text, Unknown):
            at = syntax.line(declared.node)
            self.gaps.append(Gap(declared.file.path, at, f"the description of {full} is not known: {text.reason}"))
        handler = next((declared.members[m] for m in ("ExecuteAsync", "Execute") if m in declared.members), None)
        self.tools.append(
            Tool(
                name=full,
                title=title if isinstance(title, str) else None,
                description=text if isinstance(text, str) else None,
                input_schema=self._schema(declared),
                annotations=self._annotations(declared, metadata, title),
                location=Location(declared.file.path, syntax.line(declared.node)),
                extractor="csharp",
                conditional=command.conditional or self._registered_by.get(command.file.path),
                handler=Location(handler[1].path, syntax.line(handler[0])) if handler else None,
                facts=self.effects.facts(*handler) if handler else (),
            )
        )

    def _read(self, key: str, declared: TypeDeclaration, metadata: Attribute | None) -> Value:
        """One value of a command's metadata: from its attribute, else from the property of that name."""
        if metadata is not None and key in metadata.named:
            return self.evaluator.eval(metadata.named[key], Place(declared.file, declared))
        return self.evaluator.member(declared, key)

    def _annotations(self, declared: TypeDeclaration, metadata: Attribute | None, title: Value) -> dict[str, Any]:
        found: dict[str, Any] = {"title": title} if isinstance(title, str) else {}
        held = self.evaluator.member(declared, "Metadata") if metadata is None else None
        if metadata is None and not isinstance(held, New):
            return found
        for key, hint in _HINTS.items():
            value: Value = patterns()["groups"]["defaults"][key]
            if metadata is not None and key in metadata.named:
                value = self.evaluator.eval(metadata.named[key], Place(declared.file, declared))
            elif isinstance(held, New) and key in held.fields:
                value = self.evaluator.eval(held.fields[key], held.place)
            if isinstance(value, bool):
                found[hint] = value
        return found

    # Options

    def _schema(self, declared: TypeDeclaration) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        required: list[str] = []
        options = self._options_type(declared)
        if options is not None:
            self._collect(options, "", properties, required, set(), 0)
        made: dict[str, Any] = {"type": "object", "properties": properties}
        if required:
            made["required"] = required
        return {**made, "additionalProperties": False}

    def _options_type(self, declared: TypeDeclaration, depth: int = 0) -> TypeDeclaration | None:
        """The class whose properties are the command's options: a type argument of its base."""
        for base, file in declared.bases:
            arguments = [
                each for child in base.named_children if child.type == "type_argument_list" for each in named(child)
            ]
            for argument in arguments:
                found = self.project.resolve(file.text(argument), file)
                if found is not None and self._has_options(found):
                    return found
            above = self.project.resolve(file.text(base), file)
            if above is not None and above is not declared and depth < 6:
                found = self._options_type(above, depth + 1)
                if found is not None:
                    return found
        return None

    def _has_options(self, declared: TypeDeclaration) -> bool:
        known = {*patterns()["groups"]["option"], *patterns()["groups"]["option_container"]}
        for ancestor in self._lineage(declared):
            for node, file in ancestor.members.values():
                if node.type == "property_declaration" and any(a.name in known for a in attributes(file, node)):
                    return True
        return False

    def _lineage(self, declared: TypeDeclaration) -> Iterator[TypeDeclaration]:
        """The type and the classes it derives from, nearest first."""
        current: TypeDeclaration | None = declared
        for _ in range(8):
            if current is None:
                return
            yield current
            above = None
            for base, file in current.bases:
                found = self.project.resolve(file.text(base), file)
                if found is not None and found is not current and found.node.type != "interface_declaration":
                    above = found
                    break
            current = above

    def _collect(
        self, declared: TypeDeclaration, prefix: str,
        properties: dict[str, Any], required: list[str], seen: set[str], depth: int,
    ) -> None:  # fmt: skip
        known = patterns()["groups"]
        for ancestor in self._lineage(declared):
            for key, (node, file) in ancestor.members.items():
                if node.type != "property_declaration" or (not depth and key in seen):
                    continue
                place = Place(file, ancestor)
                for mark in attributes(file, node):
                    if mark.name in known["option"]:
                        seen.add(key)
                        self._option(key, node, mark, place, prefix, properties, required)
                    elif mark.name in known["option_container"] and depth < 4:
                        kind = node.child_by_field_name("type")
                        inner = self.project.resolve(file.text(kind).strip("?"), file) if kind is not None else None
                        given = self.evaluator.eval(mark.named["Prefix"], place) if "Prefix" in mark.named else None
                        part = given if isinstance(given, str) else kebab_case(key)
                        if inner is not None:
                            longer = f"{prefix}-{part}" if prefix else part
                            self._collect(inner, longer, properties, required, seen, depth + 1)

    def _option(
        self, key: str, node: Node, mark: Attribute, place: Place, prefix: str,
        properties: dict[str, Any], required: list[str],
    ) -> None:  # fmt: skip
        given = self.evaluator.eval(mark.named["Name"], place) if "Name" in mark.named else None
        name = given if isinstance(given, str) else kebab_case(key)
        name = (f"{prefix}-{name}" if prefix else name).lstrip("-")
        made = self.schemas.of(node.child_by_field_name("type"), place.file)
        kind = node.child_by_field_name("type")
        if made.get("type") == ["string", "null"] or (kind is not None and _is_reference(kind, place.file, made)):
            made = {**made, "type": made["type"][0] if isinstance(made.get("type"), list) else made.get("type")}
        text = self.evaluator.eval(mark.named["Description"], place) if "Description" in mark.named else None
        if isinstance(text, str) and text.strip():
            made = {**made, "description": text}
        properties.setdefault(name, made)
        if "required" in modifiers(place.file, node) and name not in required:
            required.append(name)


def kebab_case(name: str) -> str:
    """An option's name from its property's: `RetryPolicy` is `retry-policy`, `HTTPSOnly` is `https-only`."""
    return _KEBAB.sub("-", name).lower()


def _is_reference(kind: Node, file: CsFile, made: dict[str, Any]) -> bool:
    """Whether a nullable type is a reference: there the question mark does not reach the schema."""
    listed = made.get("type")
    reference = isinstance(listed, list) and listed[0] in ("string", "array", "object")
    return kind.type == "nullable_type" and reference and "format" not in made and "enum" not in made


def _is_text(node: Node) -> bool:
    return node.type in ("string_literal", "interpolated_string_expression", "raw_string_literal")


def _type_argument(node: Node, file: CsFile) -> str | None:
    """`T` of `AddCommand<T>` or of a call `services.GetRequiredService<T>()`."""
    for _ in range(4):
        if node.type == "generic_name":
            arguments = next((named(child) for child in node.named_children if child.type == "type_argument_list"), [])
            return file.text(arguments[0]) if arguments else None
        inner = node.child_by_field_name("function") or node.child_by_field_name("name")
        if inner is None:
            return None
        node = inner
    return None


def _calls_and_variables(body: Node | None) -> Iterator[Node]:
    """Calls and variable declarations in the order of the text; the arguments of a call before the call itself."""
    if body is None:
        return
    found = syntax.captures(body, "(invocation_expression) @c (variable_declarator) @v", "tree_sitter_c_sharp")
    nodes = [*found.get("c", []), *found.get("v", [])]
    yield from sorted(nodes, key=lambda node: (node.start_byte, node.end_byte))


def _condition(node: Node, file: CsFile) -> str | None:
    texts = []
    for above in syntax.ancestors(node, 40):
        if above.type == "method_declaration":
            break
        test = above.child_by_field_name("condition") if above.type == "if_statement" else None
        if test is not None:
            texts.append(" ".join(file.text(test).split())[:200])
    return " && ".join(reversed(texts)) or None


def _makes_root(method: Node, file: CsFile) -> bool:
    """Whether a method with a group parameter hangs a new group under it, as a setup does."""
    name = method.child_by_field_name("name")
    return name is not None and "public" in modifiers(file, method)
