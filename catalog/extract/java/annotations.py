"""Methods that an annotation makes tools: Quarkus, Spring AI and others of the kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from catalog.extract.java.project import TYPE_DECLARATIONS, File, Project, members
from catalog.extract.java.scope import UNKNOWN, Scope
from catalog.extract.java.values import Values, supertypes
from catalog.extract.jvm import Framework, Parameter, Shape, framework_of, input_schema, is_injected, knowledge
from catalog.extract.syntax import enclosing, line, named
from catalog.records import Gap, Location, Tool

_HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")


@dataclass(frozen=True, eq=False)
class AnnotatedMethods:
    """The reading of annotated methods in one project."""

    project: Project
    values: Values
    frameworks: tuple[Framework, ...]
    registered: frozenset[str] | None = None

    def read(self, file: File) -> Iterator[Tool | Gap]:
        """The tools of one file, and a gap for each whose name or description could not be resolved."""
        for declaration in file.types.values():
            for method in members(declaration, "method_declaration"):
                for annotation in _annotations(method):
                    framework = framework_of(file.field_text(annotation, "name"), file.imports, self.frameworks)
                    if framework and self._is_left_out(file, declaration, framework):
                        name = file.field_text(method, "name")
                        reason = f"{name} is annotated as a tool, but no registration of its class was found"
                        yield Gap(file.source.path, line(method), reason)
                    elif framework:
                        yield from self._tool(file, declaration, method, annotation, framework)

    def _is_left_out(self, file: File, declaration: Node, framework: Framework) -> bool:
        """Whether the framework wants classes registered, registrations are known, and this class has none."""
        if self.registered is None or not framework.registered_through:
            return False
        return self.registered.isdisjoint({file.field_text(declaration, "name"), *supertypes(Scope(file, declaration))})

    def _tool(
        self, file: File, owner: Node, method: Node, annotation: Node, framework: Framework
    ) -> Iterator[Tool | Gap]:
        scope = Scope(file, owner)
        said = self._arguments(scope, annotation, framework.value_is)
        place = Location(file.source.path, line(method))
        name = said.get("name", "") or file.field_text(method, "name")
        if not isinstance(name, str):
            yield Gap(
                place.path, place.line, f"the name of the tool at {file.field_text(method, 'name')} is not a constant"
            )
            return
        description = said.get("description")
        if description is UNKNOWN:
            yield Gap(place.path, place.line, f"the description of {name} is not a constant")
        title = said.get("title")
        yield Tool(
            name,
            title=title if isinstance(title, str) and title else None,
            description=description
            if isinstance(description, str) and description
            else framework.blank_description(name),
            input_schema=input_schema(self._parameters(scope, method, framework), lambda n: self.shape(n, file)),
            annotations=_hints(said.get("annotations")),
            location=place,
            extractor=f"java {framework.name}",
            conditional=_condition(file, owner, method),
            handler=place,
        )

    def _arguments(self, scope: Scope, annotation: Node, value_is: str | None = None) -> dict[str, object]:
        said: dict[str, object] = {}
        for argument in named(annotation.child_by_field_name("arguments")):
            if argument.type == "element_value_pair":
                value = argument.child_by_field_name("value")
                key = scope.file.field_text(argument, "key")
            else:
                key, value = value_is or "value", argument
            if value is not None and value.type in ("annotation", "marker_annotation"):
                said[key] = self._arguments(scope, value)
            elif value is not None:
                said[key] = self.values.evaluate(value, scope)
            lines = said.get(key)
            if key == value_is and isinstance(lines, list):
                said[key] = "\n".join(part for part in lines if isinstance(part, str))
        return said

    def _parameters(self, scope: Scope, method: Node, framework: Framework) -> Iterator[Parameter]:
        for node in named(method.child_by_field_name("parameters")):
            parameter = self._parameter(scope, node, framework.parameter, framework.value_is)
            annotations = [scope.file.field_text(a, "name").rpartition(".")[2] for a in _annotations(node)]
            if parameter and not is_injected(parameter.type, annotations):
                yield parameter

    def _parameter(self, scope: Scope, node: Node, annotation_name: str, value_is: str | None) -> Parameter | None:
        """A method's parameter or a record's component."""
        if node.type not in ("formal_parameter", "spread_parameter"):
            return None
        type_node, name_node = _type_and_name(node)
        said: dict[str, object] = {}
        required: bool | None = None
        for annotation in _annotations(node):
            short = scope.file.field_text(annotation, "name").rpartition(".")[2]
            if short == "Nullable":
                required = False
            elif short in (annotation_name, *_FIELD_ANNOTATIONS):
                stated = self._arguments(scope, annotation, value_is)
                if short == "JsonProperty" and "value" in stated:
                    stated["name"] = stated.pop("value")
                said = {**stated, **{k: v for k, v in said.items() if v}}
        stated_required = said.get("required")
        description = said.get("description") or said.get("value")
        default = said.get("defaultValue") if isinstance(said.get("defaultValue"), str) else None
        name = said.get("name")
        return Parameter(
            name if isinstance(name, str) and name else scope.file.text(name_node),
            scope.file.text(type_node) + ("[]" if node.type == "spread_parameter" else ""),
            description if isinstance(description, str) and description else None,
            stated_required if isinstance(stated_required, bool) else required,
            default or None,
        )

    def shape(self, name: str, near: File) -> Shape | None:
        """A type of the project as the schema shows it: an enum's constants or an object's fields."""
        found = self.project.find_type(name, near)
        if found is None:
            return None
        file, declaration = found
        if declaration.type == "enum_declaration":
            constants = members(declaration, "enum_constant")
            return Shape(constants=tuple(file.field_text(c, "name") for c in constants))
        return Shape(fields=tuple(self._fields(file, declaration)))

    def _fields(self, file: File, declaration: Node) -> Iterator[Parameter]:
        scope = Scope(file, declaration)
        for node in named(declaration.child_by_field_name("parameters")):
            component = self._parameter(scope, node, "ToolParam", None)
            if component:
                yield component
        for node in members(declaration, "field_declaration"):
            modifiers = next((file.text(c) for c in node.children if c.type == "modifiers"), "")
            declarator = node.child_by_field_name("declarator")
            if "static" in modifiers.split() or "@JsonIgnore" in modifiers or declarator is None:
                continue
            said: dict[str, object] = {}
            for annotation in _annotations(node):
                if file.field_text(annotation, "name").rpartition(".")[2] in _FIELD_ANNOTATIONS:
                    said |= self._arguments(scope, annotation)
            description = said.get("description") or said.get("value")
            required = said.get("required") is True
            yield Parameter(
                file.field_text(declarator, "name"),
                file.field_text(node, "type"),
                description if isinstance(description, str) else None,
                required,
            )


_FIELD_ANNOTATIONS = (
    "JsonProperty",
    "JsonPropertyDescription",
    "Schema",
    "Description",
    "ToolParam",
    "McpToolParam",
    "ToolArg",
)


def _annotations(node: Node) -> Iterator[Node]:
    for child in node.children:
        if child.type == "modifiers":
            yield from (c for c in child.named_children if c.type in ("annotation", "marker_annotation"))


def _type_and_name(node: Node) -> tuple[Node | None, Node | None]:
    if node.type == "formal_parameter":
        return node.child_by_field_name("type"), node.child_by_field_name("name")
    declarator = next((c for c in named(node) if c.type == "variable_declarator"), None)
    type_node = next((c for c in named(node) if c.type not in ("modifiers", "variable_declarator")), None)
    return type_node, declarator


def _hints(said: object) -> dict[str, object]:
    """Hints as declared. The frameworks send their defaults beside them; those are the protocol's own."""
    if not isinstance(said, dict):
        return {}
    hints: dict[str, object] = {k: said[k] for k in _HINTS if isinstance(said.get(k), bool)}
    if isinstance(said.get("title"), str) and said["title"]:
        hints["title"] = said["title"]
    return hints


def _condition(file: File, owner: Node, method: Node) -> str | None:
    names = knowledge().condition_annotations
    outer = enclosing(owner, *TYPE_DECLARATIONS)
    for node in (method, owner, *([outer] if outer is not None else [])):
        for annotation in _annotations(node):
            if file.field_text(annotation, "name").rpartition(".")[2] in names:
                return " ".join(file.text(annotation).split())[:300]
    return None
