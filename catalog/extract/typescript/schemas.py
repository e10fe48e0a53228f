"""Schema libraries as JSON Schema: what the server would send for a zod or TypeBox expression.

`build` makes a `Schema` from a factory call, `method` from a call on one, `to_json` writes the result. What differs
between zod 3 and 4 (which properties count as required) follows the version that the package asks for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tree_sitter import Node

from catalog.extract.typescript import zod
from catalog.extract.typescript.scopes import Env
from catalog.extract.typescript.sources import Module
from catalog.extract.typescript.values import (
    UNDEFINED,
    Arr,
    Cls,
    Conditional,
    Either,
    External,
    Func,
    Inst,
    Namespace,
    Native,
    Obj,
    Schema,
    Thunk,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from catalog.extract.typescript.evaluate import Evaluator

FACTORIES = zod.FACTORIES
TYPEBOX = frozenset(
    {
        "Object",
        "String",
        "Number",
        "Integer",
        "Boolean",
        "Array",
        "Optional",
        "Union",
        "Literal",
        "Enum",
        "Record",
        "Any",
        "Unknown",
        "Null",
        "Tuple",
        "Partial",
        "Required",
        "Pick",
        "Omit",
        "Intersect",
        "Composite",
        "Unsafe",
        "Ref",
        "Readonly",
    }
)
MAX_NESTING = 40

_ZOD_NAMES = frozenset({"z", "zod", "Zod", "zod_1", "z4", "z3", "zodV3"})
_TYPE_KIND = re.compile(r"type\s*:\s*[\"'](\w+)[\"']")
_CLASS_MARK = re.compile(r"[\"']\$?Zod(?:Mini)?(\w+)[\"']")
_SUFFIX = re.compile(r"(?:Type|Schema|Fn)?[\d$_]*$")


def is_schema_package(package: str) -> str:
    """Which kind of library a package is: "zod", "typebox", or "" for neither."""
    if package in (
        "zod",
        "zod/v3",
        "zod/v4",
        "zod/mini",
        "zod/v4-mini",
        "zod/v4/mini",
        "valibot",
        "@zod/mini",
    ) or package.endswith(("/zod", "zod-openapi")):
        return "zod"
    return "typebox" if package in ("@sinclair/typebox", "typebox", "@fastify/type-provider-typebox") else ""


def library(evaluator: Evaluator, receiver: Node, name: str, env: Env) -> str:
    """Which schema library a factory's receiver is; "" when it is something else."""
    text = env.module.text(receiver) if receiver.end_byte - receiver.start_byte < 60 else ""
    last = text.rpartition(".")[2]
    if name in FACTORIES and (
        last in _ZOD_NAMES or (last == "coerce" and name in ("string", "number", "boolean", "date", "bigint"))
    ):
        return "coerce" if last == "coerce" else "zod"
    if receiver.type == "member_expression" and last == "default":  # compiled default import: zod_1.default
        return "zod" if "zod" in text and name in FACTORIES else ""
    if receiver.type not in ("identifier", "member_expression"):
        return ""
    if name in TYPEBOX and last in ("Type", "TypeBox"):
        return "typebox"
    value = evaluator.settle(evaluator.eval(receiver, env))
    if isinstance(value, External):
        if value.path[-1:] == ("coerce",):
            return "coerce"
        kind = is_schema_package(value.package)
        if kind == "typebox":
            return kind if name in TYPEBOX else ""
        if kind or value.path[-1:] == ("z",):
            return "zod" if name in FACTORIES else ""
        return ""
    if isinstance(value, Namespace):
        names = set(evaluator.export_names(value.module))
    elif isinstance(value, Obj):
        names = set(value.props)
    else:
        if (
            isinstance(value, Unknown)
            and value.free is None
            and name in FACTORIES
            and name not in ("object", "record", "map", "set", "date", "function")
        ):
            return "zod" if receiver.type == "identifier" and "cyclic" not in value.reason else ""
        return ""
    if name in FACTORIES and ({"ZodType", "ZodObject"} & names or len(names & FACTORIES) > 12):
        return "zod"
    if (
        name in FACTORIES
        and {"string", "number", "boolean"} <= names
        and len(names) < 12
        and receiver.type == "member_expression"
    ):
        return "coerce"
    return "typebox" if name in TYPEBOX and len(names & TYPEBOX) > 10 else ""


def bundled_factory(evaluator: Evaluator, function: Func, name: str) -> str:
    """Which zod factory a function of a bundle is, by its name or by the marks that minifying leaves; "" for none."""
    module = function.env.module
    size = function.node.end_byte - function.node.start_byte
    if size > 900 or function.env.parent is not None:
        return ""
    key = ("factory", function.node.id)
    if key not in module.memo:
        module.memo[key] = _factory_of(evaluator, function, name)
    return str(module.memo[key])


def _factory_of(evaluator: Evaluator, function: Func, name: str) -> str:
    module = function.env.module
    text = module.text(function.node)
    if "return" not in text or not re.search(r"(?:return|,)\s*(?:/\*.*?\*/\s*)?(?:new\s+)?[\w$.]+\(", text):
        return ""
    called = re.search(r"return\s+(?:/\*.*?\*/\s*)?(new\s+)?([\w$.]+)\(\s*([\w$]*)", text)
    if called is None:
        return ""
    first = called.group(2) if called.group(1) else called.group(3)
    if not first or "." in first:
        return ""
    found = function.env.find(first)
    if found is None or found[1].kind not in ("var", "class"):
        return ""
    node = found[1].node
    head = module.data[node.start_byte : min(node.end_byte, node.start_byte + 200)].decode("utf-8", "replace")
    mark = _CLASS_MARK.search(head)
    if mark is None:
        return ""
    kind = mark.group(1)
    kind = kind[0].lower() + kind[1:]
    kind = {"discriminatedUnion": "discriminatedUnion", "transform": "transform", "uUID": "uuid", "uRL": "url"}.get(
        kind, kind
    )
    if kind == "enum" and "nativeEnum" in name:
        kind = "nativeEnum"
    return kind if kind in FACTORIES or kind in zod.WRAPPERS else ""


def build(evaluator: Evaluator, kind: str, name: str, args: list[Value], module: Module) -> Schema:
    """The schema that a factory call makes."""
    if kind == "typebox":
        return _typebox(evaluator, name, args)
    return zod.build(evaluator, name, args, zod_major(evaluator, module), kind == "coerce")


def zod_major(evaluator: Evaluator, module: Module) -> int:
    """The major version of zod that a module uses, 4 where nothing tells."""
    found = module.memo.get("zod")
    if found is None:
        head = module.data[:20_000]
        if b"zod/v4" in head:
            found = 4
        elif b"zod/v3" in head:
            found = 3
        else:
            found = _declared_major(evaluator.project.manifest_of(module.path)) or (
                3 if b"ZodFirstPartyTypeKind" in module.data else 4
            )
        module.memo["zod"] = found
    return found


def _declared_major(manifest: dict[str, Any]) -> int:
    for group in ("dependencies", "peerDependencies", "devDependencies"):
        listed = manifest.get(group)
        wanted = listed.get("zod") if isinstance(listed, dict) else None
        numbers = [int(n) for n in re.findall(r"(?:^|[^\d.])(\d+)(?:\.\d|$|\b)", str(wanted))] if wanted else []
        majors = [n for n in numbers if n in (3, 4)]
        if majors:
            return max(majors)
    return 0


def method(evaluator: Evaluator, schema: Schema, name: str, args: list[Value]) -> Value:
    """The value of a method call on a schema."""
    return zod.method(evaluator, schema, name, args)


def member(evaluator: Evaluator, schema: Schema, name: str) -> Value:
    """A property of a schema: its shape, its options, or one of its methods."""
    if name in ("shape", "_shape") and schema.shape is not None:
        return Obj(dict(schema.shape), list(schema.missing))
    if name in ("enum", "Enum", "Values", "enumValues") and "enum" in schema.body:
        return Obj({str(v): v for v in schema.body["enum"]})
    if name == "options":
        return Arr(list(schema.body["enum"])) if "enum" in schema.body else Arr(list(schema.body.get("anyOf", [])))
    if name in ("element", "_type"):
        return evaluator.force(schema.inner) if schema.inner is not None else Unknown("an element type")
    if name == "type":
        return "object" if schema.shape is not None else schema.body.get("type", UNDEFINED)
    if name == "required" and schema.shape is not None:
        found, missing = schema_json(evaluator, schema)
        return Arr(found.get("required", []), missing)
    if name == "additionalProperties":
        return UNDEFINED
    if name == "value" and "const" in schema.body:
        return schema.body["const"]
    if name == "description":
        return schema.body.get("description", UNDEFINED)
    if name in ("properties",) and schema.shape is not None:
        return Obj(dict(schema.shape), list(schema.missing))
    if name in ("_def", "def", "_zod"):
        return Obj(
            {
                "shape": Native("shape", lambda a: Obj(dict(schema.shape or {}))),
                "typeName": _type_name(schema),
                "innerType": schema,
            }
        )
    return Native(name, lambda args: method(evaluator, schema, name, args))


def _type_name(schema: Schema) -> str:
    return "Zod" + schema.kind[:1].upper() + schema.kind[1:]


# --- to JSON ----------------------------------------------------------------------------------------------------


def to_json(evaluator: Evaluator, value: Value, depth: int = 0) -> tuple[Any, list[Unknown]]:
    """A value as plain JSON, with what could not be resolved left out and listed."""
    value = evaluator.settle(value)
    missing: list[Unknown] = []
    if depth > MAX_NESTING:
        return {}, [Unknown("the schema is nested too deeply")]
    if isinstance(value, Schema):
        return schema_json(evaluator, value, depth)
    if isinstance(value, Obj):
        out: dict[str, Any] = {}
        missing += value.missing
        for key, inner in value.props.items():
            settled = evaluator.settle(inner)
            if settled is UNDEFINED or isinstance(settled, (Func, Native, Cls)):
                continue
            if (
                isinstance(settled, (Unknown, External, Namespace, Inst))
                and getattr(settled, "reason", "") != "cyclic definition"
            ):
                missing.append(
                    settled if isinstance(settled, Unknown) else Unknown(f"{key} comes from outside the tree")
                )
                continue
            out[key], more = to_json(evaluator, settled, depth + 1)
            missing += more
        return out, missing
    if isinstance(value, Arr):
        items = []
        for item in value.items:
            inner, more = to_json(evaluator, item, depth + 1)
            missing += more
            if not (more and inner is None):
                items.append(inner)
        return items, missing + value.missing
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value, missing
    if isinstance(value, dict):
        return _each_json(evaluator, value, depth)
    if isinstance(value, list):
        return to_json(evaluator, Arr(value), depth)
    if value is UNDEFINED:
        return None, missing
    if isinstance(value, Unknown) and value.reason == "cyclic definition":
        return {}, missing
    return None, [value if isinstance(value, Unknown) else Unknown("a value from outside the tree")]


def _each_json(evaluator: Evaluator, value: dict[str, Any], depth: int) -> tuple[dict[str, Any], list[Unknown]]:
    out: dict[str, Any] = {}
    missing: list[Unknown] = []
    for key, inner in value.items():
        out[key], more = to_json(evaluator, inner, depth + 1)
        missing += more
    return out, missing


def as_output(evaluator: Evaluator, schema: Schema) -> Schema:
    """The schema as a converter writes it that describes parsed values: what has a default is required."""
    evaluator.describes_output += 1
    try:
        body, missing = schema_json(evaluator, schema)
    finally:
        evaluator.describes_output -= 1
    return Schema("json", body, missing=missing)


def schema_json(evaluator: Evaluator, schema: Schema, depth: int = 0) -> tuple[dict[str, Any], list[Unknown]]:
    """A schema as a JSON Schema object."""
    missing = list(schema.missing)
    if depth > MAX_NESTING:
        return {}, [Unknown("the schema is nested too deeply")]
    if schema.shape is not None:
        return _object_json(evaluator, schema, depth)
    out: dict[str, Any] = {}
    for key, inner in schema.body.items():
        out[key], more = to_json(evaluator, inner, depth + 1)
        missing += more
    if schema.kind in ("wrapped", "lazy") and schema.inner is not None:
        inner_json, more = to_json(evaluator, schema.inner, depth + 1)
        missing += more
        if isinstance(inner_json, dict):
            out = {**inner_json, **out}
    return out, missing


def _object_json(evaluator: Evaluator, schema: Schema, depth: int) -> tuple[dict[str, Any], list[Unknown]]:
    missing = list(schema.missing)
    properties: dict[str, Any] = {}
    required: list[str] = []
    for key, inner in (schema.shape or {}).items():
        settled = evaluator.settle(inner)
        if settled is UNDEFINED or settled is None:
            continue
        properties[key], more = (
            to_json(evaluator, settled, depth + 1) if isinstance(settled, (Schema, Obj)) else ({}, [])
        )
        missing += more
        if isinstance(settled, Schema):
            if not is_optional(evaluator, settled):
                required.append(key)
        else:
            missing.append(settled if isinstance(settled, Unknown) else Unknown(f"the schema of {key}"))
    out: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        out["required"] = required
    if schema.strictness == "strict":
        out["additionalProperties"] = False
    elif schema.strictness == "loose":
        out["additionalProperties"] = True
    for key, value in schema.body.items():
        if key != "type":
            out[key], more = to_json(evaluator, value, depth + 1)
            missing += more
    return out, missing


def is_optional(evaluator: Evaluator, schema: Schema, depth: int = 0) -> bool:
    """Whether a property with this schema may be left out of the input."""
    if schema.is_defaulted and evaluator.describes_output:
        return False
    if schema.is_optional or depth > MAX_NESTING:
        return schema.is_optional
    if schema.kind in ("wrapped", "lazy") and schema.inner is not None:
        inner = evaluator.settle(schema.inner)
        return isinstance(inner, Schema) and is_optional(evaluator, inner, depth + 1)
    if "anyOf" in schema.body and isinstance(schema.body["anyOf"], list):
        options = [evaluator.settle(o) for o in schema.body["anyOf"]]
        return any(isinstance(o, Schema) and is_optional(evaluator, o, depth + 1) for o in options)
    return False


def is_shape(evaluator: Evaluator, value: Obj) -> bool:
    """Whether an object literal is a map of property names to schemas."""
    for inner in list(value.props.values())[:8]:
        settled = evaluator.settle(inner)
        if isinstance(settled, Schema):
            return True
    return False


# --- arktype ------------------------------------------------------------------------------------------------------


_ARKTYPE = {"string": "string", "number": "number", "boolean": "boolean", "integer": "integer", "object": "object"}


def arktype(evaluator: Evaluator, given: Obj) -> Schema:
    """`type({url: "string", "count?": "number"})` as an object schema; only the plain words are given a type."""
    shape: dict[str, Value] = {}
    for key, inner in given.props.items():
        text = evaluator.settle(inner)
        word = text.partition(" ")[0].partition(".")[0] if isinstance(text, str) else ""
        body: dict[str, Any] = {"type": _ARKTYPE[word]} if word in _ARKTYPE else {}
        if isinstance(text, str) and text.endswith("[]"):
            body = {"type": "array"}
        shape[key.removesuffix("?")] = Schema("any", body, is_optional=key.endswith("?"))
    return Schema("object", shape=shape, missing=list(given.missing))


# --- TypeBox ----------------------------------------------------------------------------------------------------


def _typebox(evaluator: Evaluator, name: str, args: list[Value]) -> Schema:
    first = evaluator.settle(args[0]) if args else UNDEFINED
    options = evaluator.settle(args[-1]) if args else UNDEFINED
    if name == "Object":
        shape = dict(first.props) if isinstance(first, Obj) else {}
        missing = list(first.missing) if isinstance(first, Obj) else [Unknown("the properties of an object schema")]
        return Schema("object", _options(options) if len(args) > 1 else {}, shape=shape, missing=missing)
    if name in ("Optional", "Readonly", "Partial", "Required", "Pick", "Omit"):
        schema = first if isinstance(first, Schema) else Schema("any", missing=[Unknown("a schema")])
        if name == "Optional":
            return Schema("wrapped", is_optional=True, inner=schema)
        if name == "Readonly":
            return schema
        keys = (
            [k for k in (evaluator.settle(i) for i in evaluator.iterate(args[1])[0]) if isinstance(k, str)]
            if len(args) > 1
            else []
        )
        picked = Obj(dict.fromkeys(keys, True))
        return_value = zod.method(evaluator, schema, name.lower(), [picked] if name in ("Pick", "Omit") else [])
        return return_value if isinstance(return_value, Schema) else schema
    if name in ("Intersect", "Composite"):
        parts = [evaluator.settle(p) for p in evaluator.iterate(first)[0]]
        shape = {k: v for p in parts if isinstance(p, Schema) and p.shape is not None for k, v in p.shape.items()}
        return Schema("object", shape=shape)
    body: dict[str, Any] = {
        "String": {"type": "string"},
        "Number": {"type": "number"},
        "Integer": {"type": "integer"},
        "Boolean": {"type": "boolean"},
        "Null": {"type": "null"},
    }.get(name, {})
    taken = 0
    if name == "Array":
        body, taken = {"type": "array", "items": args[0] if args else {}}, 1
    elif name == "Union":
        body, taken = {"anyOf": list(evaluator.iterate(first)[0])}, 1
    elif name == "Literal":
        body, taken = {"const": first, **zod.type_of([first])}, 1
    elif name == "Enum":
        values = zod.enum_values(evaluator, first)
        body, taken = {"anyOf": [Obj({"const": v, **zod.type_of([v])}) for v in values]}, 1
    elif name == "Record":
        body, taken = {"type": "object", "additionalProperties": args[1] if len(args) > 1 else {}}, 2
    elif name == "Tuple":
        body, taken = {"type": "array", "items": list(evaluator.iterate(first)[0])}, 1
    elif name == "Unsafe":
        return Schema("any", _options(first))
    if len(args) > taken:
        body = {**body, **_options(options)}
    return Schema(name.lower(), body)


def _options(value: Value) -> dict[str, Any]:
    return dict(value.props) if isinstance(value, Obj) else {}


__all__ = ["Arr", "Conditional", "Either", "Thunk", "build", "library", "member", "method", "schema_json", "to_json"]
