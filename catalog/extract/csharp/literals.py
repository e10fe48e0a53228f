"""Tools built by hand: `new Tool { Name = ..., InputSchema = ... }` and `McpServerTool.Create(method, options)`."""

from __future__ import annotations

import json
import re
from typing import Any

from tree_sitter import Node

from catalog.extract import syntax
from catalog.extract.csharp.methods import Methods, derived_name
from catalog.extract.csharp.patterns import patterns
from catalog.extract.csharp.schema import description
from catalog.extract.csharp.source import CsFile, Project, TypeDeclaration, owner
from catalog.extract.csharp.values import Evaluator, New, Place, Unknown, Value
from catalog.extract.syntax import named
from catalog.records import Gap, Location, Tool

_REFLECTED = re.compile(r"\btypeof\(\w+\)\s*\.GetMethod\(|\bMethodInfo\b")
_CREATIONS = "[(object_creation_expression) (implicit_object_creation_expression)] @n (invocation_expression) @c"
_HINTS = {"ReadOnlyHint": "readOnlyHint", "DestructiveHint": "destructiveHint", "IdempotentHint": "idempotentHint",
          "OpenWorldHint": "openWorldHint", "Title": "title"}  # fmt: skip


class Literals:
    """Reads tool objects of one project."""

    def __init__(self, project: Project, evaluator: Evaluator) -> None:
        self.project, self.evaluator = project, evaluator
        self.methods = Methods(project, evaluator)
        self.tools: list[Tool] = []
        self.gaps: list[Gap] = []

    def read(self, path: str) -> None:
        file = self.project.file(path)
        if file is None:
            return
        found = syntax.captures(file.source.root, _CREATIONS, "tree_sitter_c_sharp")
        for node in found.get("n", []):
            self._object(node, file)
        for node in found.get("c", []):
            self._created(node, file)

    def _object(self, node: Node, file: CsFile) -> None:
        kind = node.child_by_field_name("type")
        initial = node.child_by_field_name("initializer")
        if initial is None or (kind is not None and file.text(kind).rpartition(".")[2] != "Tool"):
            return
        place = Place(file, owner(node, file, self.project))
        made = self.evaluator.eval(node, place)
        if (
            not isinstance(made, New)
            or "Name" not in made.fields
            or not {"InputSchema", "Description"} & set(made.fields)
        ):
            return
        if kind is None and "InputSchema" not in made.fields:
            return
        if kind is not None and self.project.resolve(file.text(kind), file) is not None:
            return  # a class of the tree's own
        location = Location(file.path, syntax.line(node))
        name = self.evaluator.eval(made.fields["Name"], place)
        if not isinstance(name, str):
            reason = name.reason if isinstance(name, Unknown) else "it is no text"
            self.gaps.append(Gap(file.path, location.line, f"a tool whose name is not known from the source: {reason}"))
            return
        text, title = (self._text(made, key, place) for key in ("Description", "Title"))
        schema = self._schema(made, place)
        if schema is None:
            self.gaps.append(Gap(file.path, location.line, f"the input schema of {name} is not known"))
        self.tools.append(Tool(name, title, text, schema, self._annotations(made, place), location, "csharp"))

    def _text(self, made: New, key: str, place: Place) -> str | None:
        value = self.evaluator.eval(made.fields[key], place) if key in made.fields else None
        return value if isinstance(value, str) else None

    def _schema(self, made: New, place: Place) -> dict[str, Any] | None:
        node = made.fields.get("InputSchema")
        if node is None:
            return None
        strings = [node, *syntax.captures(node, "[(string_literal) (raw_string_literal) (verbatim_string_literal)] @s",
                                          "tree_sitter_c_sharp").get("s", [])]  # fmt: skip
        for each in strings:
            value = self.evaluator.eval(each, place)
            if isinstance(value, str):
                try:
                    parsed = json.loads(value)
                except (ValueError, RecursionError):
                    continue
                if isinstance(parsed, dict):
                    return parsed
        for argument in syntax.captures(node, "(argument (identifier) @i)", "tree_sitter_c_sharp").get("i", []):
            value = self.evaluator.eval(argument, place)
            if isinstance(value, str) and value.lstrip().startswith("{"):
                try:
                    return dict(json.loads(value))
                except (ValueError, RecursionError):
                    continue
        return None

    def _annotations(self, made: New, place: Place) -> dict[str, Any]:
        held = self.evaluator.eval(made.fields["Annotations"], place) if "Annotations" in made.fields else None
        found: dict[str, Any] = {}
        for key, hint in _HINTS.items():
            if isinstance(held, New) and key in held.fields:
                value = self.evaluator.eval(held.fields[key], place)
                if isinstance(value, (bool, str)):
                    found[hint] = value
        return found

    def _created(self, node: Node, file: CsFile) -> None:
        function = node.child_by_field_name("function")
        if function is None or not file.text(function).endswith("McpServerTool.Create"):
            return
        listed = named(node.child_by_field_name("arguments"))
        arguments = [named(each)[-1] for each in listed if each.type == "argument" and named(each)]
        place = Place(file, owner(node, file, self.project))
        location = Location(file.path, syntax.line(node))
        if not arguments:
            return
        target, options = arguments[0], self._options(arguments[1:], place)
        if _REFLECTED.search(file.text(target)):
            return  # the method bears the attribute and is read there
        name: Value = (
            self.evaluator.eval(options.fields["Name"], place) if options and "Name" in options.fields else None
        )
        text: Value = self._text(options, "Description", place) if options else None
        schema, described, own = self._callable(target, file, place.type)
        if name is None:
            name = own
        if not isinstance(name, str):
            self.gaps.append(
                Gap(file.path, location.line, "a tool made by McpServerTool.Create whose name is not known")
            )
            return
        hints: dict[str, Any] = {
            hint: value
            for key, hint in patterns()["attributes"]["hints"].items()
            if options
            and key in options.fields
            and isinstance(value := self.evaluator.eval(options.fields[key], place), bool)
        }
        title = self._text(options, "Title", place) if options else None
        if title is not None:
            hints["title"] = title
        shown = text if isinstance(text, str) else described
        self.tools.append(Tool(name, title, shown, schema, hints, location, "csharp", None, location))

    def _options(self, arguments: list[Node], place: Place) -> New | None:
        for each in arguments:
            value = self.evaluator.eval(each, place)
            if isinstance(value, New) and value.fields:
                return value
        return None

    def _callable(
        self, target: Node, file: CsFile, declared: TypeDeclaration | None
    ) -> tuple[dict[str, Any] | None, str | None, str | None]:
        """Schema, description and derived name of a lambda or method group."""
        while target.type in ("cast_expression", "parenthesized_expression") and named(target):
            target = named(target)[-1]
        if target.type == "lambda_expression":
            listed = target.child_by_field_name("parameters")
            return self.methods.schema(listed, file, declared), _text_of(self.evaluator, target, file, declared), None
        name = file.text(target).rpartition(".")[2]
        prefix = file.text(target).rpartition(".")[0]
        holder = self.project.resolve(prefix, file) if prefix else declared
        found = holder.members.get(name) if holder else None
        if found is None or found[0].type not in ("method_declaration", "local_function_statement"):
            return None, None, None
        method, home = found
        returns = method.child_by_field_name("returns") or method.child_by_field_name("type")
        derived = derived_name(name, returns is not None and "Task" in home.text(returns))
        schema = self.methods.schema(method.child_by_field_name("parameters"), home, holder)
        return schema, _text_of(self.evaluator, method, home, holder), derived


def _text_of(evaluator: Evaluator, node: Node, file: CsFile, declared: TypeDeclaration | None) -> str | None:
    value = description(evaluator, node, Place(file, declared))
    return value if isinstance(value, str) else None
