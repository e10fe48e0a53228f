"""Which classes' objects are handed to a framework as holders of tools."""

from __future__ import annotations

import re

from tree_sitter import Node

from catalog.extract.java.project import TYPE_DECLARATIONS, File, Project, members
from catalog.extract.syntax import enclosing, named

_CALL = re.compile(rb"\b(?:toolObjects|ToolCallbacks\s*\.\s*from)\s*(\()")


def registered_classes(project: Project) -> frozenset[str] | None:
    """The short names of the classes that are registered; None when there is no such call or one is not understood."""
    names: set[str] = set()
    for path in project.tree.paths(".java"):
        text = project.tree.read_text(path)
        file = project.file(path) if "toolObjects" in text or "ToolCallbacks" in text else None
        for bracket in file.source.nodes_at(_CALL, 1) if file else ():
            for argument in named(bracket if bracket.type == "argument_list" else None):
                name = _class_of(argument, file) if file else None
                if name is None:
                    return None
                names.add(name)
    return frozenset(names) or None


def _class_of(argument: Node, file: File) -> str | None:
    if argument.type == "object_creation_expression":
        return _short(file.field_text(argument, "type"))
    if argument.type == "method_invocation" and argument.child_by_field_name("object") is None:
        owner = enclosing(argument, *TYPE_DECLARATIONS)
        for method in members(owner, "method_declaration") if owner is not None else ():
            if file.field_text(method, "name") == file.field_text(argument, "name"):
                return _short(file.field_text(method, "type"))
    if argument.type == "field_access" and file.field_text(argument, "object") == "this":
        return _declared_type(file.field_text(argument, "field"), argument, file)
    return _declared_type(file.text(argument), argument, file) if argument.type == "identifier" else None


def _declared_type(name: str, place: Node, file: File) -> str | None:
    """The type of a local variable, parameter or field, as declared around the place."""
    scope: Node | None = enclosing(place, "method_declaration", "constructor_declaration", *TYPE_DECLARATIONS)
    while scope is not None:
        stack = [scope]
        while stack:
            for child in stack.pop().named_children:
                names = [child.child_by_field_name("name")]
                if child.type in ("local_variable_declaration", "field_declaration"):
                    names = [d.child_by_field_name("name") for d in named(child)]
                if child.type in _DECLARATIONS and any(n is not None and file.text(n) == name for n in names):
                    return _short(file.field_text(child, "type"))
                if child.type in ("block", "formal_parameters", "class_body", "try_statement"):
                    stack.append(child)
        scope = enclosing(scope, *TYPE_DECLARATIONS)
    return None


_DECLARATIONS = ("local_variable_declaration", "field_declaration", "formal_parameter")


def _short(type_text: str) -> str | None:
    name = type_text.partition("<")[0].rpartition(".")[2].strip()
    return name if name and name not in ("var", "Object", "List") and "[" not in name else None
