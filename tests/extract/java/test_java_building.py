from __future__ import annotations

from catalog.extract.java import read
from tests.extract.conftest import MakeTree

IMPORT = "import io.modelcontextprotocol.spec.McpSchema;\nimport io.modelcontextprotocol.spec.McpSchema.*;\n"


def test_tools_built_with_schemas_of_every_kind(make_tree: MakeTree) -> None:
    source = (
        IMPORT
        + """
class Server {
    static final String PREFIX = "note_";
    void start() {
        Map<String, Object> text = Map.of("type", "string", "description", "What" + " to keep");
        Map<String, Object> props = new LinkedHashMap<>();
        props.put("text", text);
        props.put("n", number(3));
        var schema = new McpSchema.JsonSchema("object", props, List.of("text"), null, null, null);
        add(new McpSchema.Tool(PREFIX + "add", "Adds", schema));
        add(McpSchema.Tool.builder().name(PREFIX + "list").title("List").description(String.format("Lists %d", 5))
            .inputSchema(MAPPER, \"\"\"
                {"type": "object", "properties": {"q": {"type": "string"}}}
                \"\"\")
            .annotations(new ToolAnnotations("List", true, null, null, null, null)).build());
        ObjectNode root = MAPPER.createObjectNode();
        root.put("type", "object");
        ObjectNode inner = root.putObject("properties");
        inner.putObject("id").put("type", "integer").put("description", "Which");
        root.putArray("required").add("id");
        if (config.canDrop()) {
            add(Tool.builder("note_drop", root).description("Drops").build());
        }
    }
    static Map<String, Object> number(int least) { return Map.of("type", "integer", "minimum", least); }
}
"""
    )
    found = read(make_tree({"Server.java": source}))
    assert found.gaps == ()
    tools = {t.name: t for t in found.tools}
    assert set(tools) == {"note_add", "note_list", "note_drop"}
    assert tools["note_add"].input_schema == {
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "What to keep"},
            "n": {"type": "integer", "minimum": 3},
        },
        "required": ["text"],
    }
    assert (tools["note_list"].title, tools["note_list"].description) == ("List", "Lists 5")
    assert dict(tools["note_list"].annotations) == {"title": "List", "readOnlyHint": True}
    assert tools["note_list"].input_schema == {"type": "object", "properties": {"q": {"type": "string"}}}
    assert tools["note_drop"].input_schema == {
        "type": "object",
        "properties": {"id": {"type": "integer", "description": "Which"}},
        "required": ["id"],
    }
    assert tools["note_drop"].conditional == "config.canDrop()"


def test_a_method_around_a_tool_is_followed_to_its_calls(make_tree: MakeTree) -> None:
    source = (
        IMPORT
        + """
class Server {
    void start() { reg(tool("one", "First")); reg(tool("two", describe("Second"))); reg(tool(pick(), "x")); }
    static String describe(String what) { return what.toLowerCase() + " of two"; }
    static Tool tool(String name, String text) { return Tool.builder().name(name).description(text).build(); }
}
"""
    )
    found = read(make_tree({"Server.java": source}))
    assert [(t.name, t.description) for t in found.tools] == [("one", "First"), ("two", "second of two")]
    assert len(found.gaps) == 1


def test_classes_behind_an_interface_are_each_a_tool(make_tree: MakeTree) -> None:
    files: dict[str, str | bytes] = {
        "NoteTool.java": "interface NoteTool { String getName(); String getDescription(); String schema(); }\n",
        "Add.java": 'class Add implements NoteTool { public String getName() { return "add"; }\n'
        'public String getDescription() { return "Adds"; }\n'
        'public String schema() { return "{\\"type\\": \\"object\\"}"; } }\n',
        "Drop.java": "class Drop extends Add {\n"
        'static final String N = "drop"; public String getName() { return N; } }\n',
        "Server.java": IMPORT + "class Server { void start(List<NoteTool> tools) { for (NoteTool tool : tools) {\n"
        "reg(new McpSchema.Tool(tool.getName(), tool.getDescription(), tool.schema())); } } }\n",
    }
    found = read(make_tree(files))
    assert [(t.name, t.description) for t in found.tools] == [("add", "Adds"), ("drop", "Adds")]
    assert {str(t.input_schema) for t in found.tools} == {"{'type': 'object'}"}


def test_an_abstract_class_builds_the_tools_of_those_that_extend_it(make_tree: MakeTree) -> None:
    files: dict[str, str | bytes] = {
        "Base.java": IMPORT + "abstract class Base { abstract String name(); String text() { return NAME + name(); }\n"
        'static final String NAME = "The ";\n'
        'Tool spec() { return new Tool(name(), text(), Map.of("type", "object")); } }\n',
        "One.java": 'class One extends Base { String name() { return "one"; } }\n',
        "Two.java": 'class Two extends Base { String name() { return "two"; } }\n',
    }
    found = read(make_tree(files))
    assert [(t.name, t.description) for t in found.tools] == [("one", "The one"), ("two", "The two")]


def test_a_name_that_is_not_known_is_a_gap(make_tree: MakeTree) -> None:
    source = IMPORT + 'class A { Tool t(Config c) { return new McpSchema.Tool(c.read(), "x", SCHEMA); } }\n'
    found = read(make_tree({"A.java": source}))
    assert found.tools == ()
    assert [g.path for g in found.gaps] == ["A.java"]


def test_a_tool_of_something_else_is_none(make_tree: MakeTree) -> None:
    assert (
        read(make_tree({"A.java": 'import shop.Tool;\nclass A { Tool t = new Tool("hammer", "x"); } // mcp\n'})).tools
        == ()
    )
