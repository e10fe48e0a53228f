from pathlib import Path

import pytest

from catalog.extract import rust
from catalog.extract.rust.schema import recased
from catalog.extract.tree import SourceTree
from catalog.records import Found, Tool


@pytest.fixture
def read(tmp_path: Path):
    def run(**files: str) -> Found:
        for name, text in files.items():
            path = tmp_path / "src" / (name.replace("__", "/") + ".rs")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return rust.read(SourceTree(tmp_path))

    return run


def only(found: Found) -> Tool:
    assert len(found.tools) == 1, found
    return found.tools[0]


def test_a_function_gives_its_name_its_documentation_and_the_schema_of_its_parameters(read):
    tool = only(
        read(
            lib="use rmcp::tool;\n#[derive(JsonSchema)]\npub struct Args {\n/// where to\nto: String,\n"
            "/// how many\ncount: Option<u32>,\n#[serde(default)]\nfast: bool,\nids: Vec<i64>,\n"
            "#[serde(skip)]\nhidden: bool,\n}\n"
            "#[tool_router]\nimpl Boxes {\n/// Moves a box.\n/// Slowly.\n"
            '#[tool(annotations(title = "Move", destructive_hint = false))]\n'
            "async fn move_box(&self, ctx: RequestContext<RoleServer>, Parameters(Args { to, .. }): Parameters<Args>) "
            "-> Result<CallToolResult, Error> { todo!() }\n}\n"
        )
    )
    assert (tool.name, tool.title, tool.description) == ("move_box", "Move", "Moves a box.\nSlowly.")
    assert tool.annotations == {"title": "Move", "destructiveHint": False}
    assert tool.input_schema == {
        "type": "object",
        "properties": {
            "to": {"description": "where to", "type": "string"},
            "count": {"description": "how many", "type": ["integer", "null"], "minimum": 0},
            "fast": {"type": "boolean"},
            "ids": {"type": "array", "items": {"type": "integer"}},
        },
        "required": ["to", "ids"],
    }


def test_name_and_description_of_the_attribute_win_and_may_be_constants(read):
    tool = only(
        read(
            texts='pub const NAME: &str = "open-box";\npub const TEXT: &str = concat!("Opens ", "a box.");\n',
            lib="use crate::texts;\nimpl B {\n/// unused\n#[tool(name = texts::NAME, description = texts::TEXT)]\n"
            "fn open(&self) -> String { String::new() }\n}\n",
        )
    )
    assert (tool.name, tool.description) == ("open-box", "Opens a box.")
    assert tool.input_schema == {"type": "object", "properties": {}}


def test_old_style_parameters_are_read_one_by_one_or_as_a_whole(read):
    found = read(
        lib="struct Whole { a: i32 }\n#[tool(tool_box)]\nimpl C {\n"
        '#[tool(description = "Adds.")]\nfn add(&self, #[tool(param)] #[schemars(description = "left")] a: i32, '
        "#[tool(param)] b: Option<i32>) -> i32 { a }\n"
        '#[tool(description = "All.")]\nfn all(&self, #[tool(aggr)] Whole { a }: Whole) -> i32 { a }\n}\n'
    )
    schemas = {tool.name: tool.input_schema for tool in found.tools}
    assert schemas["add"] == {
        "type": "object",
        "properties": {"a": {"description": "left", "type": "integer"}, "b": {"type": ["integer", "null"]}},
        "required": ["a"],
    }
    assert schemas["all"] == {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


def test_serde_names_enums_and_flattened_structs(read):
    tool = only(
        read(
            lib='#[serde(rename_all = "camelCase")]\nstruct Args {\nbox_size: Size,\n'
            '#[serde(rename = "the-kind")]\nkind: Kind,\n'
            "#[serde(flatten)]\npaging: Paging,\n}\n"
            '#[serde(rename_all = "snake_case")]\nenum Size { VerySmall, Big }\n'
            '#[serde(tag = "type")]\nenum Kind { Round { radius: f64 } }\nstruct Paging { page: u8 }\n'
            "impl B {\n#[tool]\nfn list(&self, Parameters(a): Parameters<Args>) {}\n}\n"
        )
    )
    assert tool.input_schema == {
        "type": "object",
        "properties": {
            "boxSize": {"type": "string", "enum": ["very_small", "big"]},
            "the-kind": {
                "oneOf": [
                    {
                        "type": "object",
                        "properties": {"type": {"const": "Round"}, "radius": {"type": "number"}},
                        "required": ["type", "radius"],
                    }
                ]
            },
            "page": {"type": "integer", "minimum": 0},
        },
        "required": ["boxSize", "the-kind", "page"],
    }


@pytest.mark.parametrize(
    ("rule", "field", "variant"),
    [
        ("camelCase", "boxSize", "verySmall"),
        ("PascalCase", "BoxSize", "VerySmall"),
        ("kebab-case", "box-size", "very-small"),
        ("SCREAMING_SNAKE_CASE", "BOX_SIZE", "VERY_SMALL"),
        ("lowercase", "box_size", "verysmall"),
    ],
)
def test_rename_all_follows_serde(rule, field, variant):
    assert (recased("box_size", rule), recased("VerySmall", rule, of_variant=True)) == (field, variant)


STRUCT = (
    '#[mcp_tool(name = "NAME", title = "T", description = concat!("One. ", "Two."), read_only_hint = true, '
    'icons = [(src = "x", sizes = ["1x1"])])]\n'
    "#[derive(JsonSchema)]\npub struct STRUCT {\n/// the path\npub path: String,\n}\n"
)


def test_a_struct_is_a_tool_when_a_box_lists_it_and_a_gap_otherwise(read):
    found = read(
        one=STRUCT.replace("NAME", "open").replace("STRUCT", "Open"),
        two=STRUCT.replace("NAME", "lost").replace("STRUCT", "Lost"),
        lib="tool_box!(All, [Open]);\n",
    )
    tool = only(found)
    assert (tool.name, tool.title, tool.description) == ("open", "T", "One. Two.")
    assert tool.annotations == {"readOnlyHint": True}
    assert tool.input_schema == {
        "type": "object",
        "properties": {"path": {"description": "the path", "type": "string"}},
        "required": ["path"],
    }
    assert [(gap.path, "Lost" in gap.reason) for gap in found.gaps] == [("src/two.rs", True)]


def test_tool_objects_are_read_also_inside_a_macro(read):
    found = read(
        lib="use rmcp::model::Tool;\nfn tools() -> Vec<Tool> {\n"
        'let schema = json!({"type": "object", "properties": '
        '{"a": {"type": "string",},}, "required": ["a"]});\n'
        'vec![Tool { name: "one".into(), description: Some("First.".into()), input_schema: Arc::new(schema), '
        "annotations: Some(ToolAnnotations { read_only_hint: Some(true), ..Default::default() }) },\n"
        'Tool::new("two", "Second.", schema_for_type::<Args>())'
        ".annotate(ToolAnnotations::new().destructive(false))]\n}\n"
        "struct Args { n: u8 }\n"
    )  # fmt: skip
    first, second = found.tools
    assert (first.name, first.description, first.annotations) == ("one", "First.", {"readOnlyHint": True})
    assert first.input_schema == {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    assert (second.name, second.description, second.annotations) == ("two", "Second.", {"destructiveHint": False})
    assert second.input_schema is not None and list(second.input_schema["properties"]) == ["n"]


def test_a_feature_gate_is_kept_as_condition_and_test_modules_are_left_out(read):
    found = read(
        lib='impl A {\n#[cfg(feature = "danger")]\n#[tool(description = "x")]\nfn wipe(&self) {}\n}\n'
        "#[cfg(test)]\nmod checks {\nimpl A {\n#[tool]\nfn fake(&self) {}\n}\n}\n"
    )
    tool = only(found)
    assert (tool.name, tool.conditional) == ("wipe", 'cfg(feature = "danger")')


def test_a_name_that_the_source_does_not_hold_is_a_gap(read):
    found = read(lib='use rmcp::model::Tool;\nfn f(n: String) -> Tool {\nTool::new(n, "text", schema())\n}\n')
    assert found.tools == ()
    assert [(gap.path, gap.line) for gap in found.gaps] == [("src/lib.rs", 3)]


@pytest.mark.parametrize(
    "body",
    [
        "const A: &str = B;\nconst B: &str = A;\nimpl X { #[tool(name = A)] fn a(&self) {} }",
        "struct L { next: Box<L> }\nimpl X { #[tool] fn a(&self, p: Parameters<L>) {} }",
        "impl X { #[tool(description = " + "(" * 4000 + ")" * 4000 + ")] fn a(&self) {} }",
        'impl X { #[tool(description = concat!("a", '
        + 'concat!("b", ' * 200
        + '"c"'
        + ")" * 200
        + "))] fn a(&self) {} }",
        "impl X { #[tool(",
        'use rmcp::model::Tool;\nfn f() -> Tool { Tool { name: "x".into(), input_schema: json!({'
        + '"a": {' * 2000
        + "}",
    ],
)
def test_hostile_source_is_survived(read, body):
    found = read(bad=body, good="impl G { #[tool] fn fine(&self) {} }\n")
    assert "fine" in {tool.name for tool in found.tools}


def test_facts_are_those_of_the_function_and_of_what_it_calls(read):
    tool = only(
        read(
            lib='impl B {\n#[tool(description = "Reads.")]\nasync fn get_box(&self) { sweep().await; }\n}\n',
            disk='pub async fn sweep() {\n    tokio::fs::remove_dir_all("x").await;\n}\n'
            'pub fn other() { fs::write("a", "b"); }\n',
        )
    )
    assert [(fact.kind, fact.detail, fact.location.path, fact.location.line) for fact in tool.facts] == [
        ("file_delete", "fs::remove_dir_all", "src/disk.rs", 2)
    ]
