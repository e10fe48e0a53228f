"""Tools that are functions or structs with an attribute."""

from __future__ import annotations

import re
from typing import Any

from tree_sitter import Node

from catalog.extract import syntax
from catalog.extract.rust.effects import Effects
from catalog.extract.rust.patterns import patterns
from catalog.extract.rust.schema import Schemas
from catalog.extract.rust.source import (
    GRAMMAR,
    Argument,
    Attribute,
    Item,
    Marks,
    Project,
    RustFile,
    condition,
    in_tests,
    marks,
)
from catalog.extract.rust.values import Evaluator, Unknown
from catalog.extract.syntax import named
from catalog.records import Gap, Location, Tool


class Tools:
    """Reads attributed items of one project."""

    def __init__(self, project: Project, evaluator: Evaluator) -> None:
        self.project, self.evaluator = project, evaluator
        self.schemas = Schemas(project, evaluator)
        self.effects = Effects(project)
        self.tools: list[Tool] = []
        self.gaps: list[Gap] = []
        self._structs: dict[str, str] = {}

    def read(self, path: str) -> None:
        file = self.project.file(path)
        if file is None:
            return
        known = patterns()
        found = syntax.captures(file.source.root, "(function_item) @f (struct_item) @s", GRAMMAR)
        for node in found.get("f", []):
            above = marks(file, node)
            attribute = next((a for a in above.named(*known["functions"]["attributes"]) if _defines(a)), None)
            if attribute is not None and not in_tests(file, node):
                self._function(node, file, attribute, above)
        for node in found.get("s", []):
            above = marks(file, node)
            attribute = next(above.named(*known["structs"]["attributes"]), None)
            if attribute is not None and not in_tests(file, node):
                self._struct(node, file, attribute, above)

    def _function(self, node: Node, file: RustFile, attribute: Attribute, above: Marks) -> None:
        name_node = node.child_by_field_name("name")
        location = Location(file.path, syntax.line(node))
        own = file.text(name_node).removeprefix("r#") if name_node is not None else ""
        name = self._given(attribute, "name", file, own)
        if not isinstance(name, str):
            self._gap(location, "a tool whose name is not known from the source", name)
            return
        text = self._description(attribute, above, file)
        if isinstance(text, Unknown):
            self._gap(location, f"the description of {name} is not known", text)
        schema = self._function_schema(node, file, attribute)
        self._add(name, text, schema, attribute, above, file, location, (node, file))

    def _struct(self, node: Node, file: RustFile, attribute: Attribute, above: Marks) -> None:
        name_node = node.child_by_field_name("name")
        location = Location(file.path, syntax.line(node))
        name = self._given(attribute, "name", file, None)
        if not isinstance(name, str):
            self._gap(location, "a tool whose name is not known from the source", name)
            return
        text = self._description(attribute, above, file)
        if isinstance(text, Unknown):
            self._gap(location, f"the description of {name} is not known", text)
        self._structs[name] = file.text(name_node) if name_node is not None else ""
        schema = self.schemas.item(Item(node, file))
        handler = self.effects.of_struct(self._structs[name], file)
        self._add(name, text, schema, attribute, above, file, location, handler)

    def _add(
        self, name: str, text: Any, schema: dict[str, Any],
        attribute: Attribute, above: Marks, file: RustFile, at: Location, handler: tuple[Node, RustFile] | None,
    ) -> None:  # fmt: skip
        title = self._given(attribute, "title", file, None)
        hints = self._hints(attribute, file)
        self.tools.append(
            Tool(
                name=name,
                title=title if isinstance(title, str) else hints.get("title"),
                description=text if isinstance(text, str) else None,
                input_schema=schema,
                annotations=hints,
                location=at,
                extractor="rust",
                conditional=condition(above),
                handler=Location(handler[1].path, syntax.line(handler[0])) if handler is not None else at,
                facts=self.effects.facts(*handler) if handler is not None else (),
            )
        )

    def _given(self, attribute: Attribute, key: str, file: RustFile, otherwise: Any) -> Any:
        found = attribute.find(key)
        return self.evaluator.text(found.value, file) if found is not None and found.value else otherwise

    def _description(self, attribute: Attribute, above: Marks, file: RustFile) -> Any:
        found = self._given(attribute, "description", file, None)
        if found is None:
            first = next((each for each in attribute.arguments if not each.key and each.value), None)
            found = self.evaluator.text(first.value, file) if first is not None and first.value else None
        return above.text if found is None else found

    def _hints(self, attribute: Attribute, file: RustFile) -> dict[str, Any]:
        found: dict[str, Any] = {}
        nested = attribute.find("annotations")
        listed: tuple[Argument, ...] = (*attribute.arguments, *(nested.inner if nested is not None else ()))
        for argument in listed:
            hint = patterns()["hints"].get(argument.key)
            if hint is None or (hint == "title" and argument in attribute.arguments):
                continue
            value = self.evaluator.text(argument.value, file) if argument.value else True
            if isinstance(value, (bool, str)):
                found[hint] = value
        return found

    def _function_schema(self, node: Node, file: RustFile, attribute: Attribute) -> dict[str, Any]:
        given = attribute.find("input_schema")
        if given is not None and given.value:
            made = self.written_schema(given.value, file)
            if made is not None:
                return made
        known = patterns()["injected"]
        properties: dict[str, Any] = {}
        required: list[str] = []
        for parameter in named(node.child_by_field_name("parameters")):
            kind = parameter.child_by_field_name("type")
            if parameter.type != "parameter" or kind is None:
                continue
            above, base = marks(file, parameter), _base(kind, file)
            aggregate = any(a.find("aggr") is not None for a in above.named("tool"))
            if base in known["wrappers"] or aggregate:
                made = self.schemas.of(kind, file)
                return made if made.get("type") == "object" else {"type": "object", **made}
            pattern = parameter.child_by_field_name("pattern")
            if base in known["types"] or pattern is None or pattern.type != "identifier":
                continue
            name = file.text(pattern)
            properties[name] = self.schemas.described(self.schemas.of(kind, file), above, file)
            if not file.text(kind).startswith("Option<"):
                required.append(name)
        made = {"type": "object", "properties": properties}
        return {**made, "required": required} if required else made

    def written_schema(self, text: str, file: RustFile) -> dict[str, Any] | None:
        """The schema of an expression: JSON written out, or a function that reflects on its type argument."""
        functions = "|".join([*patterns()["reflection"]["functions"], r"\w*schema_from_\w*|\w*schema_of\w*"])
        named_type = re.search(
            r"\b(?:" + functions + r")!?\s*(?:::\s*<\s*([\w:<>, ]+?)\s*>\s*\(|\(\s*([\w:]+)\s*\))", text
        )
        if named_type is None:
            named_type = re.search(r"\b([\w:]+)::(?:" + functions + r")\s*\(", text)
        if named_type is not None:
            name = next(each for each in named_type.groups() if each)
            item = self.project.item(name, file, "struct", "enum", "type")
            return self.schemas.item(item) if item is not None else None
        json_text = re.search(r"\bjson!\s*([({\[])", text)
        if json_text is not None:
            value = self.evaluator.text(_macro_at(text, json_text.start()), file)
            return value if isinstance(value, dict) else None
        value = self.evaluator.text(text, file)
        return value if isinstance(value, dict) else None

    def _gap(self, at: Location, reason: str, value: Any) -> None:
        why = f": {value.reason}" if isinstance(value, Unknown) else ""
        self.gaps.append(Gap(at.path, at.line, reason + why))

    def drop_unregistered(self) -> None:
        """Leaves out structs that no box lists, where the tree boxes its tools."""
        if not self._structs:
            return
        boxes = "|".join(patterns()["structs"]["boxes"]).encode()
        listed: set[str] = set()
        everything = b"".join(self.project.raw(path) for path in self.project.paths)
        for body in re.findall(rb"\b(?:" + boxes + rb")!\s*[({\[]([^;]*?\])\s*[)}\]]", everything):
            listed.update(each.decode("utf-8", "replace") for each in re.findall(rb"\w+", body))
        if not listed:
            return
        kept = []
        for tool in self.tools:
            struct = self._structs.get(tool.name)
            called = struct is not None and re.search(rb"\b" + re.escape(struct.encode()) + rb"::tool\(", everything)
            if struct is None or struct in listed or called:
                kept.append(tool)
            elif tool.location is not None:
                reason = f"{tool.name} is defined by {struct}, which no tool box of the tree lists"
                self.gaps.append(Gap(tool.location.path, tool.location.line, reason))
        self.tools = kept


def _defines(attribute: Attribute) -> bool:
    return not any(each.key in patterns()["functions"]["not_definitions"] for each in attribute.arguments)


def _base(kind: Node, file: RustFile) -> str:
    """The bare name of a parameter's type."""
    node = kind
    while node.type in ("reference_type", "generic_type") and node.child_by_field_name("type") is not None:
        node = node.child_by_field_name("type") or node
    return file.text(node).rpartition("::")[2]


def _macro_at(text: str, start: int) -> str:
    """The macro call that starts at an offset, up to its closing bracket."""
    depth, quoted, at = 0, False, start
    while at < len(text):
        character = text[at]
        if character == '"' and text[at - 1] != "\\":
            quoted = not quoted
        elif not quoted and character in "([{":
            depth += 1
        elif not quoted and character in ")]}":
            depth -= 1
            if depth == 0:
                return text[start : at + 1]
        at += 1
    return text[start:]
