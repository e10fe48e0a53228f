"""What a written Go type means: the declaration in the tree, the package elsewhere, or the type literal itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from catalog.extract.go.source import Declaration, Project
from catalog.extract.go.values import TypeRef
from catalog.extract.syntax import named

_WRAPPERS = ("pointer_type", "parenthesized_type")


@dataclass(frozen=True, eq=False, slots=True)
class Resolved:
    """`node` is the type literal or builtin name reached; `declaration` the last name of the tree passed on the way.

    `module` and `name` say which type of another package it is, where it is one.
    """

    ref: TypeRef
    declaration: Declaration | None = None
    module: str = ""
    name: str = ""

    @property
    def kind(self) -> str:
        return "external" if self.module else self.ref.node.type


@dataclass(frozen=True, eq=False, slots=True)
class Member:
    """A struct's field. `embedded` fields take their name from their type."""

    name: str
    type: TypeRef
    tag: str
    embedded: bool


def strip(ref: TypeRef) -> TypeRef:
    """The type without pointers and parentheses."""
    node = ref.node
    while node.type in _WRAPPERS and node.named_children:
        node = node.named_children[0]
    return TypeRef(node, ref.file, ref.bindings)


def resolve(project: Project, ref: TypeRef) -> Resolved:
    """Follows pointers, names, aliases and type parameters to what the type is."""
    declaration: Declaration | None = None
    for _ in range(20):
        ref = strip(ref)
        node = ref.node
        if node.type == "qualified_type":
            package, name = node.child_by_field_name("package"), node.child_by_field_name("name")
            module = ref.file.imports.get(ref.file.text(package) if package else "", "?")
            type_name = ref.file.text(name) if name else ""
            folder = project.folder_of(module)
            found = _declared(project, folder, type_name) if folder is not None else None
            if found is None:
                return Resolved(ref, declaration, module, type_name)
        elif node.type == "type_identifier":
            text = ref.file.text(node)
            if text in ref.bindings:
                bound = ref.bindings[text]
                if bound.node == node:
                    return Resolved(ref, declaration)
                ref = bound
                continue
            found = _declared(project, ref.file.folder, text)
            if found is None:
                return Resolved(ref, declaration)
        elif node.type == "generic_type":
            ref = _instantiated(project, ref)
            continue
        else:
            return Resolved(ref, declaration)
        declaration = found
        underlying = found.node.child_by_field_name("type")
        if underlying is None:
            return Resolved(ref, declaration)
        ref = TypeRef(underlying, found.file, ref.bindings)
    return Resolved(ref, declaration)


def _declared(project: Project, folder: str, name: str) -> Declaration | None:
    package = project.package(folder)
    found = package.names.get(name) if package else None
    return found if found and found.kind == "type" else None


def type_arguments(ref: TypeRef, node: Node | None) -> tuple[TypeRef, ...]:
    """The types in square brackets."""
    found = []
    for each in named(node):
        inner = each.named_children[0] if each.type == "type_elem" and each.named_children else each
        found.append(TypeRef(inner, ref.file, ref.bindings))
    return tuple(found)


def _instantiated(project: Project, ref: TypeRef) -> TypeRef:
    """A generic type's name with its parameters bound to the arguments given."""
    base = ref.node.child_by_field_name("type") or ref.node.named_children[0]
    arguments = type_arguments(ref, ref.node.child_by_field_name("type_arguments"))
    target = TypeRef(base, ref.file, ref.bindings)
    found: Declaration | None = None
    if base.type == "type_identifier":
        found = _declared(project, ref.file.folder, ref.file.text(base))
    elif base.type == "qualified_type":
        package, name = base.child_by_field_name("package"), base.child_by_field_name("name")
        folder = project.folder_of(ref.file.imports.get(ref.file.text(package) if package else "", "?"))
        found = _declared(project, folder, ref.file.text(name)) if folder is not None and name else None
    if found is None:
        return target
    names = parameter_names(found.file.text, found.node.child_by_field_name("type_parameters"))
    return TypeRef(base, ref.file, {**ref.bindings, **dict(zip(names, arguments, strict=False))})


def parameter_names(text: object, parameters: Node | None) -> list[str]:
    """The names a type parameter list declares, in order."""
    assert callable(text)
    return [str(text(name)) for each in named(parameters) for name in each.children_by_field_name("name")]


def members(ref: TypeRef) -> Iterator[Member]:
    """The fields of a struct type literal, in order."""
    for listed in named(ref.node):
        for declaration in named(listed):
            if declaration.type != "field_declaration":
                continue
            type_node, tag = declaration.child_by_field_name("type"), declaration.child_by_field_name("tag")
            if type_node is None:
                continue
            of = TypeRef(type_node, ref.file, ref.bindings)
            tag_text = ref.file.text(tag).strip("`") if tag else ""
            names = declaration.children_by_field_name("name")
            if not names:
                yield Member(base_name(of), of, tag_text, True)
            for name in names:
                yield Member(ref.file.text(name), of, tag_text, False)


def base_name(ref: TypeRef) -> str:
    """The bare name of a named type: `T` for `*pkg.T[int]`."""
    node = strip(ref).node
    while node.type == "generic_type":
        node = node.named_children[0]
    return ref.file.text(node).rpartition(".")[2]
