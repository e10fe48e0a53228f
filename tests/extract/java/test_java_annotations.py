from __future__ import annotations

import pytest

from catalog.extract.java import read
from tests.extract.conftest import MakeTree

QUARKUS = """
package demo;
import io.quarkiverse.mcp.server.Tool;
import io.quarkiverse.mcp.server.ToolArg;
import demo.Texts;

public class Notes {
    static final String PREFIX = "Adds a note. ";
    enum Color { RED, GREEN }
    record Part(String title, int weight) {}

    @Tool(name = "add-note", title = "Add", description = PREFIX + Texts.MORE,
          annotations = @Tool.Annotations(readOnlyHint = false, destructiveHint = false))
    String add(@ToolArg(description = "The text") String text,
               @ToolArg(name = "tone", required = false) Color color,
               @ToolArg(defaultValue = "3") int times,
               java.util.List<Part> parts, Optional<Boolean> loud, McpLog log) { return text; }

    @Tool
    String listNotes() { return ""; }
}
"""
TEXTS = 'package demo;\nclass Texts {\n  static final String MORE = """\n      It is \\\n      kept.\n      """;\n}\n'


def test_a_method_with_every_part(make_tree: MakeTree) -> None:
    found = read(make_tree({"src/main/java/demo/Notes.java": QUARKUS, "src/main/java/demo/Texts.java": TEXTS}))
    add, plain = found.tools
    assert found.gaps == ()
    assert (add.name, add.title, add.description) == ("add-note", "Add", "Adds a note. It is kept.\n")
    assert dict(add.annotations) == {"readOnlyHint": False, "destructiveHint": False}
    part = {"type": "object", "properties": {"title": {"type": "string"}, "weight": {"type": "integer"}}}
    assert add.input_schema == {
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "The text"},
            "tone": {"type": "string", "enum": ["RED", "GREEN"]},
            "times": {"type": "integer", "default": 3},
            "parts": {"type": "array", "items": {**part, "required": ["title", "weight"]}},
            "loud": {"type": "boolean"},
        },
        "required": ["text", "parts"],
    }
    assert add.location is not None
    assert (add.location.path, add.location.line) == ("src/main/java/demo/Notes.java", 12)
    assert (plain.name, plain.description, plain.input_schema) == (
        "listNotes",
        None,
        {"type": "object", "properties": {}},
    )


def test_a_description_that_is_computed_is_a_gap(make_tree: MakeTree) -> None:
    source = "import io.quarkiverse.mcp.server.*;\nclass A {\n@Tool(description = Other.TEXT)\nvoid go() {}\n}"
    found = read(make_tree({"A.java": source}))
    assert [(t.name, t.description) for t in found.tools] == [("go", None)]
    assert [(g.path, g.line) for g in found.gaps] == [("A.java", 3)]


def test_an_annotation_of_another_package_is_no_tool(make_tree: MakeTree) -> None:
    assert read(make_tree({"A.java": "import build.Tool;\nclass A { @Tool void go() {} }"})).tools == ()


SPRING = """
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.ai.tool.annotation.ToolParam;
class {name} {{
    @Tool(description = "Looks it up")
    public String {method}(@ToolParam(description = "Where", required = false) String where, @Nullable Long id,
                           ToolContext context) {{ return ""; }}
    @Tool String bare() {{ return ""; }}
}}
"""


def test_spring_parameters(make_tree: MakeTree) -> None:
    found = read(make_tree({"Search.java": SPRING.format(name="Search", method="find")}))
    find, bare = found.tools
    assert find.input_schema == {
        "type": "object",
        "properties": {"where": {"type": "string", "description": "Where"}, "id": {"type": "integer"}},
    }
    assert bare.description == "bare"


def test_spring_methods_count_only_beside_a_server(make_tree: MakeTree) -> None:
    pom = "<project><artifactId>chat</artifactId><artifactId>spring-ai-starter-model</artifactId></project>"
    assert read(make_tree({"pom.xml": pom, "Search.java": SPRING.format(name="Search", method="find")})).tools == ()


@pytest.mark.parametrize("expression", ["new Search()", "search", "field", "make()"])
def test_a_class_that_is_not_registered_is_a_gap(make_tree: MakeTree, expression: str) -> None:
    config = (
        "class Config { Search field; Search make() { return null; }\n  Object tools(Search search) {"
        f" return MethodToolCallbackProvider.builder().toolObjects({expression}).build(); }} }}"
    )
    files: dict[str, str | bytes] = {
        "Search.java": SPRING.format(name="Search", method="find"),
        "Other.java": SPRING.format(name="Other", method="lose"),
        "Config.java": config,
    }
    found = read(make_tree(files))
    assert {t.name for t in found.tools} == {"find", "bare"}
    assert {g.path for g in found.gaps} == {"Other.java"}


def test_a_condition_is_kept(make_tree: MakeTree) -> None:
    source = 'import io.quarkiverse.mcp.server.Tool;\n@IfBuildProfile("prod")\nclass A { @Tool void go() {} }'
    assert read(make_tree({"A.java": source})).tools[0].conditional == '@IfBuildProfile("prod")'


def test_a_type_that_holds_itself_ends(make_tree: MakeTree) -> None:
    source = "import io.quarkiverse.mcp.server.Tool;\nclass A { record N(N next) {} @Tool void go(N n) {} }"
    assert read(make_tree({"A.java": source})).tools[0].input_schema is not None
