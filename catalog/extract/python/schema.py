"""Types as JSON Schema, the way pydantic renders them for validation."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from catalog.extract.python.expressions import literal, plain
from catalog.extract.python.objects import ancestry, class_names, enum_members, external_bases, is_enum
from catalog.extract.python.values import (
    Alternatives,
    Class,
    External,
    Generic,
    Invocation,
    Member,
    Scope,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from catalog.extract.python.machine import Machine

MAX_DEPTH = 25
MAX_DEFINITIONS = 300
_FIELDS = frozenset({"Field", "Query", "Body", "Path", "Header", "Param", "Form", "Cookie"})
_BOUNDS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "pattern",
    "minLength",
    "maxLength",
)
_ARRAYS = frozenset(
    {
        "list",
        "List",
        "Sequence",
        "Iterable",
        "Collection",
        "MutableSequence",
        "deque",
        "Deque",
        "AbstractSet",
        "Iterator",
    }
)
_SETS = frozenset({"set", "Set", "frozenset", "FrozenSet", "MutableSet"})
_DICTS = frozenset(
    {"dict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict", "DefaultDict", "Counter"}
)
_THROUGH = frozenset({"Required", "NotRequired", "ReadOnly", "Final", "ClassVar", "SkipValidation", "InitVar"})


@dataclass(slots=True)
class Rendered:
    """A field: its name on the wire, its schema, and whether callers must give it."""

    name: str
    schema: dict[str, Any]
    required: bool


@dataclass
class Schemas:
    """Renders types; classes met on the way are kept in `definitions` by name."""

    m: Machine
    plain_texts: bool = False  # whether `Annotated[T, "text"]` is a description
    definitions: dict[str, Any] = field(default_factory=dict)
    depth: int = 0

    def of(self, value: Value) -> dict[str, Any]:
        """The schema of a type; empty for what is not known."""
        if self.depth > MAX_DEPTH:
            return {}
        self.depth += 1
        try:
            return self._of(value)
        finally:
            self.depth -= 1

    def _of(self, value: Value) -> dict[str, Any]:
        if value is None:
            return {"type": "null"}
        if isinstance(value, str):
            return self.of(_forward(self.m, value, None))
        if isinstance(value, External):
            return dict(self.m.patterns.types.get(value.last, {}))
        if isinstance(value, Unknown):
            return dict(self.m.patterns.types.get(value.reason, {})) if value.reason.isidentifier() else {}
        if isinstance(value, Alternatives):
            return self._union(value.members)
        if isinstance(value, Generic):
            return self._generic(value)
        if isinstance(value, Class):
            return self._reference(value)
        if isinstance(value, Invocation):
            return self._constrained(value)
        return {}

    def _union(self, members: list[Value]) -> dict[str, Any]:
        flat: list[Value] = []
        for member in members:
            flat.extend(member.members if isinstance(member, Alternatives) else [member])
        schemas: list[dict[str, Any]] = []
        for member in flat:
            schema = self.of(member)
            nested = schema.get("anyOf") if set(schema) == {"anyOf"} else None
            for one in nested or [schema]:
                if one not in schemas:
                    schemas.append(one)
        return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}

    def _generic(self, value: Generic) -> dict[str, Any]:
        base, args = value.base, value.args
        if isinstance(base, Class):
            return self._reference(base)
        name = base.last if isinstance(base, External) else base.reason if isinstance(base, Unknown) else ""
        first = args[0] if args else External("typing.Any")
        if name == "Optional":
            return self._union([first, None])
        if name == "Union":
            return self._union(args)
        if name == "Annotated":
            return self._annotated(args)
        if name == "Literal":
            return _literal(args)
        if name in _ARRAYS:
            return {"items": self.of(first), "type": "array"}
        if name in _SETS:
            return {"items": self.of(first), "type": "array", "uniqueItems": True}
        if name in _DICTS:
            inner = self.of(args[1]) if len(args) > 1 else {}
            return {"additionalProperties": inner or True, "type": "object"}
        if name in ("tuple", "Tuple"):
            return self._tuple(args)
        if name in _THROUGH:
            return self.of(first)
        if name in ("type", "Type", "Callable"):
            return {}
        return dict(self.m.patterns.types.get(name, {}))

    def _tuple(self, args: list[Value]) -> dict[str, Any]:
        if len(args) == 2 and args[1] is Ellipsis:
            return {"items": self.of(args[0]), "type": "array"}
        return {
            "maxItems": len(args),
            "minItems": len(args),
            "prefixItems": [self.of(a) for a in args],
            "type": "array",
        }

    def _annotated(self, args: list[Value]) -> dict[str, Any]:
        schema = self.of(args[0])
        for extra in args[1:]:
            if isinstance(extra, str) and self.plain_texts:
                schema = {**schema, "description": extra}
            elif isinstance(extra, Invocation):
                schema = apply(self.m, schema, extra)
        return schema

    def _constrained(self, value: Invocation) -> dict[str, Any]:
        """`conint(ge=1)` and the like."""
        kinds = {
            "conint": "int",
            "confloat": "float",
            "constr": "str",
            "conlist": "list",
            "conset": "set",
            "condecimal": "Decimal",
        }
        kind = kinds.get(value.name)
        if kind is None:
            return {}
        schema = dict(self.m.patterns.types[kind])
        if kind in ("list", "set") and value.args:
            schema["items"] = self.of(value.args[0])
        return apply(self.m, schema, value)

    def _reference(self, cls: Class) -> dict[str, Any]:
        if not self.definitions.get(cls.name) and len(self.definitions) < MAX_DEFINITIONS:
            self.definitions[cls.name] = {}
            rendered = self.body(cls)
            if rendered is None:
                del self.definitions[cls.name]
                return self._newtype(cls)
            self.definitions[cls.name] = rendered
        return {"$ref": f"#/$defs/{cls.name}"}

    def _newtype(self, cls: Class) -> dict[str, Any]:
        """A class that subclasses a plain type, such as `class Name(str)`."""
        for base in external_bases(self.m, cls):
            found = self.m.patterns.types.get(base.rsplit(".", 1)[-1])
            if found:
                return dict(found)
        return {}

    def body(self, cls: Class) -> dict[str, Any] | None:
        """The schema of a class itself; None for classes that have none of their own."""
        if is_enum(self.m, cls):
            return _enum(self.m, cls)
        bases = {b.rsplit(".", 1)[-1] for b in external_bases(self.m, cls)}
        decorators = {_decorator_name(d) for owner in ancestry(self.m, cls) for d in owner.node.decorator_list}
        if bases & {"BaseModel", "RootModel", "BaseSettings", "SQLModel", "ArgModelBase"}:
            return self._model(cls, "model", bases)
        if "dataclass" in decorators:
            return self._model(cls, "dataclass", bases)
        if "TypedDict" in bases:
            return self._model(cls, "typeddict", bases)
        if "NamedTuple" in bases:
            return {"type": "array"}
        return None

    def _model(self, cls: Class, kind: str, bases: set[str]) -> dict[str, Any]:
        config = _config(self.m, cls)
        properties: dict[str, Any] = {}
        required: list[str] = []
        for name, annotation, scope, value in _fields(self.m, cls):
            if name.startswith("_") or _is_class_variable(annotation):
                continue
            evaluated = self.m.evaluate(annotation, scope)
            default, has_default = _default(self.m, value, scope)
            rendered = field_schema(self, name, evaluated, default, has_default)
            if kind == "typeddict":
                rendered.required = _is_required_key(evaluated, cls)
            if rendered.name == name and isinstance(config.get("alias_generator"), External):
                rendered.name = _alias(config["alias_generator"], name)
            properties[rendered.name] = rendered.schema
            if rendered.required:
                required.append(rendered.name)
        out: dict[str, Any] = {"properties": properties, "title": config.get("title") or cls.name, "type": "object"}
        if required:
            out["required"] = required
        text = ast.get_docstring(cls.node)
        if text and kind != "dataclass":
            out["description"] = text
        extra = config.get("extra")
        if extra == "forbid" or _last_part(extra) == "forbid":
            out["additionalProperties"] = False
        elif extra == "allow":
            out["additionalProperties"] = True
        more = literal(config.get("json_schema_extra"))
        return {**out, **more} if isinstance(more, dict) else out


def field_schema(schemas: Schemas, name: str, annotation: Value, default: Value, has_default: bool) -> Rendered:
    """One parameter or model field. `default` may be a `Field(...)` that says more than a default."""
    if isinstance(annotation, str):
        annotation = _forward(schemas.m, annotation, None)
    schema = schemas.of(annotation)
    described = [a for a in _metadata(annotation) if isinstance(a, Invocation) and a.name in _FIELDS]
    for extra in described:  # a default inside Annotated
        if not has_default:
            default, has_default = _of_field(schemas.m, extra)
    if isinstance(default, Invocation) and default.name in _FIELDS:
        described.append(default)
        schema = apply(schemas.m, schema, default)
        default, has_default = _of_field(schemas.m, default)
    elif isinstance(default, Invocation) and default.name == "field":
        default, has_default = _of_field(schemas.m, default)
    if default is Ellipsis or (
        isinstance(default, External) and default.last in ("Ellipsis", "PydanticUndefined", "empty")
    ):
        has_default = False
    if has_default:
        shown = default.value if isinstance(default, Member) else literal(default)
        if isinstance(shown, bytes):
            shown = shown.decode(errors="replace")
        if shown is not NotImplemented and not isinstance(shown, Unknown):
            schema = {**schema, "default": list(shown) if isinstance(shown, tuple) else shown}
    wire = _wire_name(described, name)
    if "title" not in schema and not _is_reference(schema):
        schema = {**schema, "title": wire.replace("_", " ").title()}
    return Rendered(wire, schema, not has_default)


def _is_reference(schema: dict[str, Any]) -> bool:
    """Whether the schema refers to a class, or to a class or null: those get no title of the field."""
    options = schema.get("anyOf", [])
    nullable = len(options) == 2 and options[1] == {"type": "null"} and "$ref" in options[0]
    return "$ref" in schema or nullable


def _metadata(annotation: Value) -> list[Value]:
    if (
        isinstance(annotation, Generic)
        and isinstance(annotation.base, External)
        and annotation.base.last == "Annotated"
    ):
        return annotation.args[1:]
    return []


def _of_field(m: Machine, call: Invocation) -> tuple[Value, bool]:
    if "default" in call.kwargs:
        return call.kwargs["default"], True
    if call.args:
        return call.args[0], True
    if "default_factory" in call.kwargs:
        return Unknown("default_factory"), True
    return None, False


def _wire_name(described: list[Invocation], name: str) -> str:
    for call in described:
        for key in ("validation_alias", "alias"):
            alias = call.kwargs.get(key)
            if isinstance(alias, str):
                return alias
            if isinstance(alias, Invocation) and alias.args and isinstance(alias.args[0], str):
                return alias.args[0]
    return name


def apply(m: Machine, schema: dict[str, Any], call: Invocation) -> dict[str, Any]:
    """The schema with what a `Field(...)`, `Gt(0)` or `StringConstraints(...)` says. Bounds go to what they bound."""
    outer: dict[str, Any] = {}
    bounds: dict[str, Any] = {}
    given = dict(call.kwargs)
    single = {
        "Ge": "ge",
        "Gt": "gt",
        "Le": "le",
        "Lt": "lt",
        "MultipleOf": "multiple_of",
        "MinLen": "min_length",
        "MaxLen": "max_length",
    }
    if call.name in single and call.args:
        given[single[call.name]] = call.args[0]
    if call.name == "Doc" and call.args:
        given["description"] = call.args[0]
    for key, value in given.items():
        keyword = m.patterns.constraints.get(key)
        shown = literal(value)
        if keyword is None or shown is NotImplemented or shown is None:
            continue
        (bounds if keyword in _BOUNDS else outer)[keyword] = shown
    extra = literal(call.kwargs.get("json_schema_extra"))
    if isinstance(extra, dict):
        outer.update(extra)
    with_json = call.args[0] if call.name == "WithJsonSchema" and call.args else None
    if isinstance(with_json, dict) and isinstance(literal(with_json), dict):
        schema = dict(literal(with_json))  # type: ignore[call-overload]
    return {**_bounded(schema, bounds), **outer}


def _bounded(schema: dict[str, Any], bounds: dict[str, Any]) -> dict[str, Any]:
    if not bounds:
        return schema
    if "anyOf" in schema:
        inner = [s if s.get("type") == "null" else _bounded(s, bounds) for s in schema["anyOf"]]
        return {**schema, "anyOf": inner}
    names = {
        "array": {"minLength": "minItems", "maxLength": "maxItems"},
        "object": {"minLength": "minProperties", "maxLength": "maxProperties"},
    }
    renamed = names.get(str(schema.get("type")), {})
    return {**schema, **{renamed.get(k, k): v for k, v in bounds.items()}}


def _literal(args: list[Value]) -> dict[str, Any]:
    values: list[Any] = []
    for arg in args:
        if isinstance(arg, Generic):
            values.extend(_literal(arg.args).get("enum", []))
        else:
            values.append(arg.value if isinstance(arg, Member) else plain(arg))
    values = [v for v in values if isinstance(v, (str, int, bool, type(None)))]
    kinds = {type(v) for v in values}
    names = {str: "string", int: "integer", bool: "boolean", type(None): "null"}
    out: dict[str, Any] = {"const": values[0]} if len(values) == 1 else {"enum": values}
    if len(kinds) == 1:
        out["type"] = names[next(iter(kinds))]
    return out


def _enum(m: Machine, cls: Class) -> dict[str, Any]:
    values = [v for v in (literal(member.value) for member in enum_members(m, cls)) if v is not NotImplemented]
    out: dict[str, Any] = {"enum": values, "title": cls.name}
    kinds = {type(v) for v in values}
    if kinds == {str}:
        out["type"] = "string"
    elif kinds == {int}:
        out["type"] = "integer"
    text = ast.get_docstring(cls.node)
    if text:
        out["description"] = text
    return out


def _fields(m: Machine, cls: Class) -> list[tuple[str, ast.expr, Scope, ast.expr | None]]:
    """Annotated names of the class bodies, bases first; a later one takes an earlier one's place."""
    found: dict[str, tuple[str, ast.expr, Scope, ast.expr | None]] = {}
    for owner in reversed(ancestry(m, cls)):
        scope = Scope(owner.module, owner.scope, class_names(m, owner), owner)
        for statement in owner.node.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                name = statement.target.id
                if name != "model_config":
                    found[name] = (name, statement.annotation, scope, statement.value)
    return list(found.values())


def _default(m: Machine, value: ast.expr | None, scope: Scope) -> tuple[Value, bool]:
    return (m.evaluate(value, scope), True) if value is not None else (None, False)


def _is_class_variable(annotation: ast.expr) -> bool:
    target = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    name = target.attr if isinstance(target, ast.Attribute) else target.id if isinstance(target, ast.Name) else ""
    return name in ("ClassVar", "PrivateAttr")


def _is_required_key(annotation: Value, cls: Class) -> bool:
    name = annotation.base.last if isinstance(annotation, Generic) and isinstance(annotation.base, External) else ""
    if name in ("NotRequired", "Required"):
        return name == "Required"
    total = [k.value for k in cls.node.keywords if k.arg == "total"]
    return not (total and isinstance(total[0], ast.Constant) and total[0].value is False)


def _config(m: Machine, cls: Class) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for owner in reversed(ancestry(m, cls)):
        names = class_names(m, owner)
        if "model_config" in names:
            value = m.force(names, "model_config")
            given = value.kwargs if isinstance(value, Invocation) else value if isinstance(value, dict) else {}
            out.update({k: v for k, v in given.items() if isinstance(k, str)})
        inner = names.get("Config")
        if isinstance(inner, Class):
            out.update({k: m.force(class_names(m, inner), k) for k in list(class_names(m, inner))})
    return out


def _alias(generator: External, name: str) -> str:
    head, *rest = name.split("_")
    if generator.last == "to_camel":
        return head + "".join(p.capitalize() for p in rest)
    if generator.last == "to_pascal":
        return "".join(p.capitalize() for p in (head, *rest))
    return name


def _last_part(value: Value) -> str:
    return value.last if isinstance(value, External) else ""


def _decorator_name(node: ast.expr) -> str:
    target = node.func if isinstance(node, ast.Call) else node
    return target.attr if isinstance(target, ast.Attribute) else target.id if isinstance(target, ast.Name) else ""


def _forward(m: Machine, text: str, scope: Scope | None) -> Value:
    """A type given as text, evaluated where names are those of the last module seen."""
    where = scope or m.here
    if where is None or len(text) > 2_000:
        return Unknown(text)
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Unknown(text)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return Unknown(text)
    return m.evaluate(node, where)


def class_json_schema(m: Machine, cls: Class) -> Value:
    """`Model.model_json_schema()`."""
    schemas = Schemas(m)
    held, m.here = m.here, cls.scope
    try:
        body = schemas.body(cls)
    finally:
        m.here = held
    if body is None:
        return Unknown(f"{cls.name}.model_json_schema()")
    schemas.definitions.pop(cls.name, None) if cls.name in schemas.definitions and not schemas.definitions[
        cls.name
    ] else None
    if schemas.definitions:
        body = {"$defs": schemas.definitions, **body}
    return body


def type_json_schema(m: Machine, value: Value) -> Value:
    """`TypeAdapter(T).json_schema()`."""
    if isinstance(value, Class):
        return class_json_schema(m, value)
    schemas = Schemas(m)
    body = schemas.of(value)
    return {"$defs": schemas.definitions, **body} if schemas.definitions else body
