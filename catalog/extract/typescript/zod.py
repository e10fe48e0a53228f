"""zod 3 and 4: factories and methods as JSON Schema, in the form that the SDK's converters give for input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from catalog.extract.typescript.values import UNDEFINED, Arr, External, Func, Obj, Schema, Unknown, Value

if TYPE_CHECKING:
    from catalog.extract.typescript.evaluate import Evaluator

_PLAIN: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "int": {"type": "integer"},
    "int32": {"type": "integer"},
    "float32": {"type": "number"},
    "float64": {"type": "number"},
    "bigint": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "stringbool": {"type": "string"},
    "date": {"type": "string", "format": "date-time"},
    "null": {"type": "null"},
    "never": {"not": {}},
    "any": {},
    "unknown": {},
    "custom": {},
    "instanceof": {},
    "json": {},
    "function": {},
    "symbol": {},
    "file": {"type": "string", "format": "binary"},
    "templateLiteral": {"type": "string"},
}
_FORMATS = {
    "email": "email",
    "url": "uri",
    "uuid": "uuid",
    "guid": "uuid",
    "uuidv4": "uuid",
    "datetime": "date-time",
    "ip": "ipv4",
    "ipv4": "ipv4",
    "ipv6": "ipv6",
    "cuid": "cuid",
    "cuid2": "cuid2",
    "ulid": "ulid",
    "nanoid": "nanoid",
    "base64": "base64",
    "emoji": "emoji",
    "jwt": "jwt",
    "httpUrl": "uri",
    "base64url": "base64url",
    "cidrv4": "cidrv4",
    "e164": "e164",
    "time": "time",
    "duration": "duration",
}
_COMPOSED = frozenset(
    {
        "object",
        "strictObject",
        "looseObject",
        "interface",
        "array",
        "tuple",
        "record",
        "partialRecord",
        "looseRecord",
        "map",
        "set",
        "union",
        "discriminatedUnion",
        "xor",
        "intersection",
        "optional",
        "nullable",
        "nullish",
        "lazy",
        "preprocess",
        "effect",
        "pipe",
        "transform",
        "literal",
        "enum",
        "nativeEnum",
        "undefined",
        "void",
        "catch",
        "prefault",
        "readonly",
        "_default",
        "exactOptional",
        "picklist",
        "variant",
        "looseobject",
    }
)
FACTORIES = frozenset(_PLAIN) | (frozenset(_FORMATS) - {"time", "duration", "ip"}) | _COMPOSED
WRAPPERS = frozenset({"default", "optional", "nullable"})

_SAME = frozenset(
    {
        "refine",
        "superRefine",
        "check",
        "transform",
        "brand",
        "overwrite",
        "readonly",
        "trim",
        "toLowerCase",
        "toUpperCase",
        "normalize",
        "register",
        "clone",
        "safe",
        "isOptional",
        "openapi",
        "superrefine",
        "with",
        "finite",
        "slugify",
    }
)
_BOUNDS = {
    "string": {"min": "minLength", "max": "maxLength", "nonempty": "minLength"},
    "array": {"min": "minItems", "max": "maxItems", "nonempty": "minItems"},
    "number": {
        "min": "minimum",
        "max": "maximum",
        "gte": "minimum",
        "lte": "maximum",
        "gt": "exclusiveMinimum",
        "lt": "exclusiveMaximum",
        "multipleOf": "multipleOf",
        "step": "multipleOf",
    },
}


def type_of(values: list[Any]) -> dict[str, Any]:
    """The JSON Schema `type` of literals; {} when they are mixed."""
    names = {
        "boolean"
        if isinstance(v, bool)
        else "string"
        if isinstance(v, str)
        else "number"
        if isinstance(v, (int, float))
        else "null"
        if v is None
        else ""
        for v in values
    }
    return {"type": names.pop()} if len(names) == 1 and "" not in names else {}


def enum_values(evaluator: Evaluator, value: Value) -> list[Any]:
    """The values that an array or enum object allows."""
    value = evaluator.settle(value)
    if isinstance(value, Arr):
        found = [evaluator.settle(i) for i in value.items]
    elif isinstance(value, Obj):
        found = [evaluator.settle(i) for i in value.props.values()]
        if value.kind == "enum":
            found = [v for v in found if not isinstance(v, Unknown)]
    else:
        return []
    return list(dict.fromkeys(v for v in found if isinstance(v, (str, int, float))))


def build(evaluator: Evaluator, name: str, args: list[Value], major: int, is_coerced: bool) -> Schema:
    """The schema of `z.name(args)`."""
    if name in _PLAIN:
        permissive = name in ("any", "unknown", "custom", "instanceof", "json") or (
            is_coerced and name in ("string", "boolean")
        )
        schema = Schema(name if name not in ("int", "int32", "float32", "float64") else "number", dict(_PLAIN[name]))
        schema.is_optional = major == 3 and permissive
        return _described(evaluator, schema, args)
    if name in _FORMATS and name not in _COMPOSED:
        return Schema("string", {"type": "string", "format": _FORMATS[name]})
    if name in ("undefined", "void"):
        return Schema("undefined", {"not": {}}, is_optional=True)
    maker = _MAKERS.get(name)
    if maker is not None:
        return maker(evaluator, args, major)
    return Schema("any")


def _described(evaluator: Evaluator, schema: Schema, args: list[Value]) -> Schema:
    options = evaluator.settle(args[-1]) if args else UNDEFINED
    if isinstance(options, Obj) and "description" in options.props:
        schema.body["description"] = options.props["description"]
    return schema


def _object(evaluator: Evaluator, args: list[Value], strictness: str = "") -> Schema:
    given = evaluator.settle(args[0]) if args else Obj()
    if isinstance(given, Func):  # zod 4 also takes a function
        given = evaluator.settle(evaluator.call(given, []))
    if not isinstance(given, Obj):
        reason = given if isinstance(given, Unknown) else Unknown("the properties of an object schema")
        return Schema("object", shape={}, missing=[reason], strictness=strictness)
    schema = Schema("object", shape=dict(given.props), missing=list(given.missing), strictness=strictness)
    return _described(evaluator, schema, args[1:])


def _enum(evaluator: Evaluator, args: list[Value], major: int) -> Schema:
    given = evaluator.settle(args[0]) if args else UNDEFINED
    values = enum_values(evaluator, given)
    if not values:
        return Schema(
            "string",
            {"type": "string"},
            missing=[given if isinstance(given, Unknown) else Unknown("the values of an enum")],
        )
    schema = Schema("enum", {**type_of(values), "enum": values})
    if isinstance(given, Arr):
        schema.missing += list(given.missing)
    return _described(evaluator, schema, args[1:])


def _literal(evaluator: Evaluator, args: list[Value], major: int) -> Schema:
    value = evaluator.settle(args[0]) if args else UNDEFINED
    if isinstance(value, Arr):
        return _enum(evaluator, args, major)
    if isinstance(value, (str, int, float, bool)) or value is None:
        return Schema("literal", {**type_of([value]), "const": value})
    return Schema(
        "literal",
        missing=[value if isinstance(value, Unknown) else Unknown("a literal")],
        is_optional=value is UNDEFINED,
    )


def _union(evaluator: Evaluator, args: list[Value], major: int) -> Schema:
    items, missing = evaluator.iterate(evaluator.settle(args[0])) if args else ([], [])
    return _described(evaluator, Schema("union", {"anyOf": list(items)}, missing=list(missing)), args[1:])


def _discriminated(evaluator: Evaluator, args: list[Value], major: int) -> Schema:
    schema = _union(evaluator, args[1:], major)
    if major == 4:
        schema.body["oneOf"] = schema.body.pop("anyOf")
    return schema


def _record(evaluator: Evaluator, args: list[Value], major: int) -> Schema:
    value = (
        args[1]
        if len(args) > 1 and not isinstance(evaluator.settle(args[1]), Obj)
        else args[0]
        if args
        else Schema("any")
    )
    return Schema("record", {"type": "object", "additionalProperties": value})


def _wrapped(**changes: Any) -> Callable[[Evaluator, list[Value], int], Schema]:
    def make(evaluator: Evaluator, args: list[Value], major: int) -> Schema:
        return Schema("wrapped", inner=args[0] if args else Schema("any"), **changes)

    return make


def _nullable(evaluator: Evaluator, args: list[Value], major: int) -> Schema:
    return nullable(evaluator, evaluator.settle(args[0]) if args else Schema("any"))


def _lazy(evaluator: Evaluator, args: list[Value], major: int) -> Schema:
    function = evaluator.settle(args[0]) if args else UNDEFINED
    if not isinstance(function, Func):
        return Schema("any", missing=[Unknown("a lazy schema")])
    marks = evaluator.lazy_open
    if function.node.id in marks:
        return Schema("any")
    marks.add(function.node.id)
    try:
        value = evaluator.settle(evaluator.call(function, []))
        if isinstance(value, Schema):
            from catalog.extract.typescript.schemas import schema_json

            body, missing = schema_json(evaluator, value)
            return Schema("any", body, missing=missing)
        return Schema("any")
    finally:
        marks.discard(function.node.id)


def _preprocess(evaluator: Evaluator, args: list[Value], major: int) -> Schema:
    inner = evaluator.settle(args[1]) if len(args) > 1 else UNDEFINED
    if not isinstance(inner, Schema):
        return Schema("any", missing=[inner if isinstance(inner, Unknown) else Unknown("a schema")])
    return _required(evaluator, inner, []) if major == 4 else inner


def _intersection(evaluator: Evaluator, args: list[Value], major: int) -> Schema:
    return Schema("intersection", {"allOf": list(args[:2])})


def _tuple(evaluator: Evaluator, args: list[Value], major: int) -> Schema:
    items, missing = evaluator.iterate(evaluator.settle(args[0])) if args else ([], [])
    key = "prefixItems" if major == 4 else "items"
    return Schema("tuple", {"type": "array", key: list(items)}, missing=list(missing))


_MAKERS: dict[str, Callable[[Evaluator, list[Value], int], Schema]] = {
    "object": lambda ev, a, m: _object(ev, a),
    "interface": lambda ev, a, m: _object(ev, a),
    "strictObject": lambda ev, a, m: _object(ev, a, "strict"),
    "looseObject": lambda ev, a, m: _object(ev, a, "loose"),
    "array": lambda ev, a, m: _described(
        ev, Schema("array", {"type": "array", "items": a[0] if a else {}}, inner=a[0] if a else None), a[1:]
    ),
    "set": lambda ev, a, m: Schema(
        "array", {"type": "array", "uniqueItems": True, "items": a[0] if a else {}}, inner=a[0] if a else None
    ),
    "map": _record,
    "record": _record,
    "partialRecord": _record,
    "looseRecord": _record,
    "tuple": _tuple,
    "union": _union,
    "xor": _union,
    "variant": _discriminated,
    "discriminatedUnion": _discriminated,
    "intersection": _intersection,
    "literal": _literal,
    "enum": _enum,
    "picklist": _enum,
    "nativeEnum": _enum,
    "optional": _wrapped(is_optional=True),
    "exactOptional": _wrapped(is_optional=True),
    "nullish": lambda ev, a, m: Schema("wrapped", inner=_nullable(ev, a, m), is_optional=True),
    "nullable": _nullable,
    "readonly": _wrapped(),
    "catch": _wrapped(is_optional=True),
    "default": lambda ev, a, m: Schema(
        "wrapped", {"default": a[1]} if len(a) > 1 else {}, inner=a[0] if a else None, is_optional=True
    ),
    "_default": lambda ev, a, m: Schema(
        "wrapped", {"default": a[1]} if len(a) > 1 else {}, inner=a[0] if a else None, is_optional=True
    ),
    "prefault": lambda ev, a, m: Schema(
        "wrapped", {"default": a[1]} if len(a) > 1 else {}, inner=a[0] if a else None, is_optional=True
    ),
    "lazy": _lazy,
    "preprocess": _preprocess,
    "effect": _wrapped(),
    "pipe": _wrapped(),
    "transform": lambda ev, a, m: Schema("any"),
}


def _copy(schema: Schema) -> Schema:
    shape = dict(schema.shape) if schema.shape is not None else None
    return replace(schema, body=dict(schema.body), shape=shape, missing=list(schema.missing))


def nullable(evaluator: Evaluator, inner: Value) -> Schema:
    """`inner | null`, written as the converters write it."""
    if (
        isinstance(inner, Schema)
        and inner.shape is None
        and set(inner.body) - {"description"} == {"type"}
        and isinstance(inner.body["type"], str)
    ):
        out = _copy(inner)
        out.body["type"] = [inner.body["type"], "null"]
        return out
    body: dict[str, Any] = {"anyOf": [inner, Schema("null", {"type": "null"})]}
    optional = isinstance(inner, Schema) and inner.is_optional
    return Schema("union", body, is_optional=optional, inner=inner)


def _target(evaluator: Evaluator, schema: Schema) -> Schema:
    """The object schema inside wrappers."""
    for _ in range(20):
        if schema.kind != "wrapped" or schema.shape is not None:
            return schema
        inner = evaluator.settle(schema.inner)
        if not isinstance(inner, Schema):
            return schema
        schema = inner
    return schema


def method(evaluator: Evaluator, schema: Schema, name: str, args: list[Value]) -> Value:
    """The value of `schema.name(args)`."""
    if name in _SAME:
        return schema
    if name in _METHODS:
        return _METHODS[name](evaluator, schema, args)
    if name in _OBJECT_METHODS:
        return _OBJECT_METHODS[name](evaluator, _target(evaluator, schema), args)
    if name in _FORMATS and schema.kind == "string":
        out = _copy(schema)
        out.body["format"] = _FORMATS[name]
        return out
    bounded = _bounded(evaluator, schema, name, args)
    if bounded is not None:
        return bounded
    if name in ("parse", "safeParse", "parseAsync", "safeParseAsync"):
        return Unknown("a parsed value")
    return schema


def _bounded(evaluator: Evaluator, schema: Schema, name: str, args: list[Value]) -> Schema | None:
    value = evaluator.settle(args[0]) if args else UNDEFINED
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    out = _copy(schema)
    key = _BOUNDS.get(schema.kind, {}).get(name)
    if name == "nonempty" and key is not None:
        out.body[key] = 1
    elif key is not None and number is not None:
        out.body[key] = number
    elif name == "length" and schema.kind in ("string", "array") and number is not None:
        low, high = ("minLength", "maxLength") if schema.kind == "string" else ("minItems", "maxItems")
        out.body[low] = out.body[high] = number
    elif name in ("int", "safe") and schema.kind == "number":
        out.body["type"] = "integer"
    elif name in ("positive", "negative", "nonnegative", "nonpositive") and schema.kind == "number":
        out.body[
            {
                "positive": "exclusiveMinimum",
                "negative": "exclusiveMaximum",
                "nonnegative": "minimum",
                "nonpositive": "maximum",
            }[name]
        ] = 0
    elif name == "regex" and schema.kind == "string":
        source = _pattern(args)
        if source is not None:
            out.body["pattern"] = source
    else:
        return None
    return out


def _pattern(args: list[Value]) -> str | None:
    node = getattr(args[0], "node", None) if args else None
    if node is None or node.type != "regex":
        return None
    pattern = node.child_by_field_name("pattern")
    return args[0].env.module.text(pattern) if pattern is not None else None


def _optional(evaluator: Evaluator, schema: Schema, args: list[Value]) -> Value:
    out = _copy(schema)
    out.is_optional = True
    out.is_defaulted = False
    return out


def _caught(evaluator: Evaluator, schema: Schema, args: list[Value]) -> Value:
    out = _copy(schema)
    out.is_optional = out.is_defaulted = True
    return out


def _required(evaluator: Evaluator, schema: Schema, args: list[Value]) -> Value:
    out = _copy(schema)
    out.is_optional = out.is_defaulted = False
    return out


def _default(evaluator: Evaluator, schema: Schema, args: list[Value]) -> Value:
    out = _copy(schema)
    out.is_optional = out.is_defaulted = True
    value = evaluator.settle(args[0]) if args else UNDEFINED
    if isinstance(value, Func):
        value = evaluator.settle(evaluator.call(value, []))
    if not isinstance(value, (Unknown, External)) and value is not UNDEFINED:
        out.body["default"] = value
    return out


def _describe(evaluator: Evaluator, schema: Schema, args: list[Value]) -> Value:
    out = _copy(schema)
    value = evaluator.settle(args[0]) if args else UNDEFINED
    if isinstance(value, str):
        out.body["description"] = value
    elif isinstance(value, Unknown):
        out.missing.append(value)
    return out


def _meta(evaluator: Evaluator, schema: Schema, args: list[Value]) -> Value:
    out = _copy(schema)
    value = evaluator.settle(args[0]) if args else UNDEFINED
    if isinstance(value, Obj):
        out.body.update(value.props)
    elif isinstance(value, str):
        out.body["description"] = value
    return out


def _or(evaluator: Evaluator, schema: Schema, args: list[Value]) -> Value:
    return Schema("union", {"anyOf": [schema, *args[:1]]})


def _and(evaluator: Evaluator, schema: Schema, args: list[Value]) -> Value:
    other = evaluator.settle(args[0]) if args else UNDEFINED
    return Schema("intersection", {"allOf": [schema, other]})


def _nullish(evaluator: Evaluator, schema: Schema, args: list[Value]) -> Value:
    out = nullable(evaluator, schema)
    out.is_optional = True
    return out


def _array_of(evaluator: Evaluator, schema: Schema, args: list[Value]) -> Value:
    return Schema("array", {"type": "array", "items": schema}, inner=schema)


def _keyof(evaluator: Evaluator, schema: Schema, args: list[Value]) -> Value:
    return Schema("enum", {"type": "string", "enum": list(_target(evaluator, schema).shape or {})})


def _unwrap(evaluator: Evaluator, schema: Schema, args: list[Value]) -> Value:
    if schema.kind == "array" and schema.inner is not None:
        return evaluator.settle(schema.inner)
    return _required(evaluator, schema, args)


_METHODS: dict[str, Callable[[Evaluator, Schema, list[Value]], Value]] = {
    "optional": _optional,
    "exactOptional": _optional,
    "catch": _caught,
    "nonoptional": _required,
    "nullish": _nullish,
    "nullable": lambda ev, s, a: nullable(ev, s),
    "default": _default,
    "prefault": _default,
    "describe": _describe,
    "meta": _meta,
    "or": _or,
    "and": _and,
    "array": _array_of,
    "keyof": _keyof,
    "pipe": lambda ev, s, a: s,
    "unwrap": _unwrap,
    "removeDefault": _unwrap,
    "innerType": _unwrap,
    "sourceType": _unwrap,
}


def _shape_of(evaluator: Evaluator, value: Value) -> tuple[dict[str, Value], list[Unknown]]:
    value = evaluator.settle(value)
    if isinstance(value, Schema):
        value = _target(evaluator, value)
        return dict(value.shape or {}), list(value.missing)
    if isinstance(value, Obj):
        return dict(value.props), list(value.missing)
    return {}, [value if isinstance(value, Unknown) else Unknown("an extension of a schema")]


def _extend(evaluator: Evaluator, schema: Schema, args: list[Value]) -> Value:
    out = _copy(schema)
    added, missing = _shape_of(evaluator, args[0]) if args else ({}, [])
    out.shape = {**(out.shape or {}), **added}
    out.missing += missing
    out.body.pop("description", None)
    return out


def _keys(evaluator: Evaluator, args: list[Value]) -> set[str] | None:
    value = evaluator.settle(args[0]) if args else UNDEFINED
    return set(value.props) if isinstance(value, Obj) else None


def _pick(evaluator: Evaluator, schema: Schema, args: list[Value]) -> Value:
    out, keys = _copy(schema), _keys(evaluator, args)
    out.shape = {k: v for k, v in (out.shape or {}).items() if keys is None or k in keys}
    return out


def _omit(evaluator: Evaluator, schema: Schema, args: list[Value]) -> Value:
    out, keys = _copy(schema), _keys(evaluator, args)
    out.shape = {k: v for k, v in (out.shape or {}).items() if keys is None or k not in keys}
    return out


def _each(
    change: Callable[[Evaluator, Schema, list[Value]], Value],
) -> Callable[[Evaluator, Schema, list[Value]], Value]:
    def apply(evaluator: Evaluator, schema: Schema, args: list[Value]) -> Value:
        out, keys = _copy(schema), _keys(evaluator, args)
        shape: dict[str, Value] = {}
        for key, inner in (out.shape or {}).items():
            settled = evaluator.settle(inner)
            touched = isinstance(settled, Schema) and (keys is None or key in keys)
            shape[key] = change(evaluator, settled, []) if touched else inner
        out.shape = shape
        return out

    return apply


def _strictness(which: str) -> Callable[[Evaluator, Schema, list[Value]], Value]:
    def apply(evaluator: Evaluator, schema: Schema, args: list[Value]) -> Value:
        out = _copy(schema)
        out.strictness = which
        return out

    return apply


_OBJECT_METHODS: dict[str, Callable[[Evaluator, Schema, list[Value]], Value]] = {
    "extend": _extend,
    "safeExtend": _extend,
    "augment": _extend,
    "merge": _extend,
    "setKey": lambda ev, s, a: s,
    "pick": _pick,
    "omit": _omit,
    "partial": _each(_optional),
    "deepPartial": _each(_optional),
    "required": _each(_required),
    "strict": _strictness("strict"),
    "passthrough": _strictness("loose"),
    "loose": _strictness("loose"),
    "catchall": _strictness("loose"),
    "strip": _strictness(""),
}
