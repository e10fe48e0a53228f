"""zod, TypeBox and JSON Schema as the server would send them."""

from __future__ import annotations

import json
from typing import Any

import pytest


def schema_of(read_files: Any, expression: str, before: str = "", zod: str = "^4.0.0") -> dict[str, Any]:
    found = read_files(
        {
            "package.json": json.dumps({"name": "x", "dependencies": {"zod": zod}}),
            "index.ts": f"""
            import {{ z }} from "zod";
            import {{ Type }} from "@sinclair/typebox";
            {before}
            server.registerTool("t", {{ description: "d", inputSchema: {expression} }}, run);
            """,
        }
    )
    assert found.tools[0].input_schema is not None
    return dict(found.tools[0].input_schema)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("z.string().min(1).max(9).email()", {"type": "string", "minLength": 1, "maxLength": 9, "format": "email"}),
        ("z.number().int().positive()", {"type": "integer", "exclusiveMinimum": 0}),
        ("z.enum(['a', 'b']).describe('which')", {"type": "string", "enum": ["a", "b"], "description": "which"}),
        ("z.literal('x')", {"type": "string", "const": "x"}),
        ("z.array(z.boolean()).min(2)", {"type": "array", "items": {"type": "boolean"}, "minItems": 2}),
        ("z.union([z.string(), z.number()])", {"anyOf": [{"type": "string"}, {"type": "number"}]}),
        ("z.record(z.string(), z.number())", {"type": "object", "additionalProperties": {"type": "number"}}),
        ("z.string().nullable()", {"type": ["string", "null"]}),
        ("z.coerce.number()", {"type": "number"}),
        ("z.string().transform((s) => s.trim()).refine(ok)", {"type": "string"}),
        ("z.date()", {"type": "string", "format": "date-time"}),
    ],
)
def test_a_zod_property_is_written_as_json_schema(read_files: Any, written: str, expected: dict[str, Any]) -> None:
    schema = schema_of(read_files, f"{{ p: {written} }}")
    assert schema == {"type": "object", "properties": {"p": expected}, "required": ["p"]}


@pytest.mark.parametrize("suffix", [".optional()", ".default('x')", ".nullish()", ".catch('x')"])
def test_what_may_be_left_out_is_not_required(read_files: Any, suffix: str) -> None:
    assert "required" not in schema_of(read_files, f"{{ p: z.string(){suffix} }}")


def test_any_is_required_by_zod_4_and_not_by_zod_3(read_files: Any) -> None:
    assert schema_of(read_files, "{ p: z.any() }")["required"] == ["p"]
    assert "required" not in schema_of(read_files, "{ p: z.any() }", zod="^3.23.0")


def test_object_schemas_are_extended_merged_picked_and_made_partial(read_files: Any) -> None:
    before = """
    const base = z.object({ a: z.string(), b: z.string() });
    const page = { limit: z.number().optional() };
    """
    schema = schema_of(
        read_files,
        "base.omit({ b: true }).extend(page).merge(z.object({ c: z.string() })).partial({ c: true }).shape",
        before,
    )
    assert set(schema["properties"]) == {"a", "limit", "c"}
    assert schema["required"] == ["a"]


def test_a_converter_of_parsed_values_requires_what_has_a_default(read_files: Any) -> None:
    before = "const s = z.object({ a: z.string().default('x'), b: z.string().optional() });"
    assert schema_of(read_files, "z.toJSONSchema(s)", before)["required"] == ["a"]
    assert "required" not in schema_of(read_files, "z.toJSONSchema(s, { io: 'input' })", before)


def test_native_enums_give_their_values(read_files: Any) -> None:
    before = "enum Colour { Red = 'red', Blue = 'blue' }"
    schema = schema_of(read_files, "{ c: z.nativeEnum(Colour) }", before)
    assert schema["properties"]["c"]["enum"] == ["red", "blue"]


def test_a_recursive_schema_ends(read_files: Any) -> None:
    before = "const node = z.object({ name: z.string(), children: z.array(z.lazy(() => node)).optional() });"
    schema = schema_of(read_files, "node.shape", before)
    assert set(schema["properties"]) == {"name", "children"}


def test_typebox_is_written_as_json_schema(read_files: Any) -> None:
    schema = schema_of(
        read_files, "Type.Object({ a: Type.String({ description: 'A' }), b: Type.Optional(Type.Integer()) })"
    )
    assert schema["properties"] == {"a": {"type": "string", "description": "A"}, "b": {"type": "integer"}}
    assert schema["required"] == ["a"]


def test_a_json_schema_literal_is_kept_as_it_is(read_files: Any) -> None:
    schema = schema_of(
        read_files, "{ type: 'object', properties: { a: { enum: [1, 'x', null] } }, required: ['a'] } as const"
    )
    assert schema == {"type": "object", "properties": {"a": {"enum": [1, "x", None]}}, "required": ["a"]}
