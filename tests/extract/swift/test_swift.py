from __future__ import annotations

from catalog.extract.swift import read
from tests.extract.conftest import MakeTree

TOOLS = '''
import MCP
enum Name: String { case add = "add_note", list }
struct Tools {
    static let more = "Kept."
    static let add = Tool(
        name: Name.add.rawValue,
        description: """
            Adds \\(Name.list.rawValue), \\
            well.
              Indeed.
            """ + more,
        inputSchema: .object([
            "type": .string("object"),
            "properties": .object(["text": .object(["type": "string", "description": .string("What")]), "n": number()]),
            "required": .array([.string("text")]),
        ]),
        annotations: .init(title: "Add", readOnlyHint: false)
    )
}
func number(_ least: Int = 1) -> Value { return ["type": "integer", "minimum": .int(least)] }
func make(_ name: String, text: String = "Plain") -> Tool {
    Tool(name: "note_" + name, description: text, inputSchema: ["type": "object", "properties": [:]])
}
func all() -> [Tool] {
    var tools = [Tools.add, make("list"), make("drop", text: "Drops")]
    if canExport { tools.append(Tool(name: "export", description: nil, inputSchema: schema())) }
    return tools
}
'''


def test_tools_of_the_official_sdk(make_tree: MakeTree) -> None:
    found = read(make_tree({"Sources/Tools.swift": TOOLS}))
    tools = {t.name: t for t in found.tools}
    assert set(tools) == {"add_note", "note_list", "note_drop", "export"}
    add = tools["add_note"]
    assert add.description == "Adds list, well.\n  Indeed.Kept."
    assert add.input_schema == {
        "type": "object",
        "properties": {"text": {"type": "string", "description": "What"}, "n": {"type": "integer", "minimum": 1}},
        "required": ["text"],
    }
    assert dict(add.annotations) == {"title": "Add", "readOnlyHint": False}
    assert [tools[n].description for n in ("note_list", "note_drop")] == ["Plain", "Drops"]
    assert tools["export"].conditional == "canExport"
    assert ["schema of export" in g.reason for g in found.gaps] == [True]


def test_schemas_of_a_builder(make_tree: MakeTree) -> None:
    source = """import MCP
let t = Tool(name: "find", description: "Finds", inputSchema: .object(
    properties: ["q": .string(description: "Words"), "deep": .boolean(default: false),
      "tags": .array(items: .string())],
    required: ["q"]
)) { input in run(input) }
"""
    (tool,) = read(make_tree({"a.swift": source})).tools
    assert tool.input_schema == {
        "type": "object",
        "properties": {
            "q": {"type": "string", "description": "Words"},
            "deep": {"type": "boolean", "default": False},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["q"],
    }


def test_a_name_that_is_not_known_is_a_gap(make_tree: MakeTree) -> None:
    found = read(
        make_tree({"a.swift": 'import MCP\nlet t = Tool(name: fetch(), description: "x", inputSchema: [:])\n'})
    )
    assert found.tools == ()
    assert [g.line for g in found.gaps] == [2]


def test_a_tool_of_something_else_is_none(make_tree: MakeTree) -> None:
    assert read(make_tree({"a.swift": 'let t = Tool(name: "hammer")\n'})).tools == ()
