"""What stands beside a definition: its handler, what that does, the condition, and code that nobody uses."""

from pathlib import Path

import pytest

from catalog.extract import go
from catalog.extract.tree import SourceTree
from catalog.records import Found

OPTIONS = 'import (\n"context"\n"os"\n"github.com/mark3labs/mcp-go/mcp"\n"github.com/mark3labs/mcp-go/server"\n)\n'
HANDLER = "(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error)"


@pytest.fixture
def read(tmp_path: Path):
    def run(**files: str) -> Found:
        for name, text in files.items():
            (tmp_path / f"{name}.go").write_text("package main\n" + text)
        return go.read(SourceTree(tmp_path))

    return run


def test_facts_are_those_of_the_handler_and_of_what_it_calls(read):
    found = read(
        main=OPTIONS + 'func reg(s *server.MCPServer) { s.AddTool(mcp.NewTool("get_box"), getBox) }\n'
        f"func getBox{HANDLER} {{ return nil, wipe() }}\nfunc wipe() error {{\n\treturn os.RemoveAll(dir)\n}}\n"
        "func other() { os.Remove(dir) }\n"
    )
    (tool,) = found.tools
    assert [(fact.kind, fact.detail, fact.location.line) for fact in tool.facts] == [
        ("file_delete", "os.RemoveAll", 11)
    ]


def test_a_tool_made_in_one_function_meets_its_handler_where_it_is_registered(read):
    found = read(
        tools=OPTIONS + 'func boxTool() mcp.Tool { return mcp.NewTool("box") }\n',
        main=OPTIONS + "func reg(s *server.MCPServer, c Config) {\nif c.Write {\ns.AddTool(boxTool(), box)\n}\n}\n"
        f"func box{HANDLER} {{ return nil, nil }}\n",
    )
    (tool,) = found.tools
    assert tool.conditional == "c.Write"
    assert tool.handler is not None and (tool.handler.path, tool.handler.line) == ("main.go", 13)


def test_a_default_that_switches_a_tool_off_leaves_it_conditional(read):
    found = read(
        main=OPTIONS + "func reg(s *server.MCPServer) {\nenabled := false\nif enabled {\n"
        's.AddTool(mcp.NewTool("drop"), nil)\n}\n}\n'
    )
    assert [(tool.name, tool.conditional) for tool in found.tools] == [("drop", "enabled")]


def test_the_condition_around_every_call_of_the_defining_function_is_the_tool_s(read):
    found = read(
        main=OPTIONS + 'func main() {\nif runtime.GOOS == "windows" {\naddShot(s)\n}\naddList(s)\n}\n'
        'func addShot(s *server.MCPServer) { s.AddTool(mcp.NewTool("shot"), h) }\n'
        'func addList(s *server.MCPServer) { s.AddTool(mcp.NewTool("list"), h) }\n'
        f"func h{HANDLER} {{ return nil, nil }}\n"
    )
    assert {tool.name: tool.conditional for tool in found.tools} == {"shot": 'runtime.GOOS == "windows"', "list": None}


def test_a_definition_that_nothing_uses_is_a_gap_among_used_ones(read):
    used = "".join(f'func add{n}(s *server.MCPServer) {{ s.AddTool(mcp.NewTool("t{n}"), nil) }}\n' for n in range(5))
    calls = "".join(f"add{n}(s)\n" for n in range(5))
    found = read(
        main=OPTIONS + f"func main() {{\n{calls}}}\n{used}"
        'func Old(s *server.MCPServer) { s.AddTool(mcp.NewTool("old"), nil) }\n'
    )
    assert "old" not in {tool.name for tool in found.tools} and len(found.tools) == 5
    assert [gap.reason for gap in found.gaps] == ["old is defined in Old, which nothing in the tree uses"]


def test_a_builder_of_another_package_keeps_its_parameters(read):
    found = read(
        main='import (\n"github.com/strowk/foxy-contexts/pkg/toolinput"\n"github.com/strowk/foxy-contexts/pkg/mcp"\n)\n'
        "func tool() any {\nschema := toolinput.NewToolInputSchema(\n"
        'toolinput.WithRequiredString("kind", "what kind"), toolinput.WithNumber("limit", "how many"))\n'
        'return fx(&mcp.Tool{Name: "get", InputSchema: schema.GetMcpToolInputSchema()})\n}\n'
    )
    (tool,) = found.tools
    assert tool.input_schema == {
        "type": "object",
        "properties": {
            "kind": {"type": "string", "description": "what kind"},
            "limit": {"type": "number", "description": "how many"},
        },
        "required": ["kind"],
    }


def test_a_library_that_takes_name_text_and_handler_reflects_the_handler_s_struct(read):
    found = read(
        main='import mcp "github.com/metoro-io/mcp-golang"\n'
        'type Args struct {\nName string `json:"name" jsonschema:"required,description=whose"`\n}\n'
        "func hello(a Args) (*mcp.ToolResponse, error) { return nil, nil }\n"
        'func main() {\nerr := server.RegisterTool("hello", "Says hello.", hello)\nif err != nil {\npanic(err)\n}\n'
        'err = server.RegisterTool("again", "Says it again.", hello)\n}\n'
    )
    assert [(tool.name, tool.description) for tool in found.tools] == [
        ("hello", "Says hello."),
        ("again", "Says it again."),
    ]
    assert found.tools[1].input_schema == {
        "type": "object",
        "properties": {"name": {"type": "string", "description": "whose"}},
        "required": ["name"],
    }


def test_an_endless_number_of_definitions_is_cut_with_a_gap(read, monkeypatch):
    monkeypatch.setattr("catalog.extract.go.collect.MAX_SIGHTINGS", 5)
    found = read(main=OPTIONS + "var all = []mcp.Tool{" + "".join(f'{{Name: "t{n}"}}, ' for n in range(9)) + "}\n")
    assert len(found.tools) == 5
    assert any("more than 5 definitions" in gap.reason for gap in found.gaps)


def test_work_beyond_the_bound_ends_with_a_gap_and_keeps_the_rest(read, monkeypatch):
    monkeypatch.setattr("catalog.extract.go.collect.STEPS_PER_RUN", 400)
    found = read(
        main=OPTIONS
        + 'func small() { mcp.NewTool("small") }\n'
        + "func big() {\n"
        + "x := 1 + 1\n" * 500
        + 'mcp.NewTool("big")\n}\n'
    )
    assert [tool.name for tool in found.tools] == ["small"]
    assert any("takes too many steps" in gap.reason for gap in found.gaps)


LATE = (
    OPTIONS
    + 'func text(words []string) string {\nout := "Finds"\nfor _, w := range words { out += " " + w }\nreturn out\n}\n'
    + 'func all() { mcp.NewTool("find", mcp.WithDescription(text([]string{"all", "notes"}))) }\n'
)


def test_what_is_computed_only_when_the_list_is_made_has_steps_of_its_own(read, monkeypatch):
    monkeypatch.setattr("catalog.extract.go.collect.STEPS_PER_RUN", 15)
    (tool,) = read(main=LATE).tools
    assert tool.description == "Finds all notes"


def test_a_text_that_takes_too_many_steps_costs_no_more_than_itself(read, monkeypatch):
    monkeypatch.setattr("catalog.extract.go.interpret.LATE_STEPS_IN_ALL", 3)
    found = read(main=LATE)
    assert [(tool.name, tool.description) for tool in found.tools] == [("find", None)]
    assert "too many steps" in found.gaps[0].reason
