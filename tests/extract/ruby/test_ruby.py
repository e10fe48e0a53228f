from __future__ import annotations

import pytest

from catalog.extract.ruby import read
from tests.extract.conftest import MakeTree

TOOLS = """
module Notes
  class Base < FastMcp::Tool
  end
  class AddNote < Base
    LIMIT = 5
    KINDS = %w[a b].freeze
    tool_name "add_note"
    description <<~TEXT.strip
      Adds a note,
        at most #{LIMIT}.
    TEXT
    annotations(read_only_hint: false, title: "Add")
    arguments do
      required(:text).filled(:string).description("What " \\
        "to keep")
      optional(:kind).filled(:string, included_in?: KINDS)
      optional(:count).maybe(:integer, gteq?: 1)
      optional(:tags).array(:string).description("Tags")
      required(:where).hash do
        required(:x).filled(:float)
      end
    end
    def call(text:, **)
    end
  end
  class ListNotes < Base
    description "Lists notes"
  end
end
"""


def test_a_class_per_tool(make_tree: MakeTree) -> None:
    files: dict[str, str | bytes] = {
        "lib/tools.rb": TOOLS,
        "exe/notes": "#!/usr/bin/env ruby\nserver.register_tools(\n  Notes::AddNote\n)\n",
    }
    found = read(make_tree(files))
    (tool,) = found.tools
    assert (tool.name, tool.description) == ("add_note", "Adds a note,\n  at most 5.")
    assert dict(tool.annotations) == {"readOnlyHint": False, "title": "Add"}
    assert tool.input_schema == {
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "What to keep"},
            "kind": {"type": "string", "enum": ["a", "b"]},
            "count": {"type": "integer", "minimum": 1},
            "tags": {"type": "array", "items": {"type": "string"}, "description": "Tags"},
            "where": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]},
        },
        "required": ["text", "where"],
    }
    assert ["ListNotes" in g.reason for g in found.gaps] == [True]


def test_classes_registered_by_discovery_all_count(make_tree: MakeTree) -> None:
    files: dict[str, str | bytes] = {
        "tools.rb": TOOLS,
        "config.rb": "server.register_tools(*Notes::Base.descendants)\n",
    }
    assert {t.name for t in read(make_tree(files)).tools} == {"add_note", "NotesListNotes"}


@pytest.mark.parametrize(
    ("superclass", "name"),
    [("MCP::Tool", "get_http_page_tool"), ("FastMcp::Tool", "GetHTTPPageTool"), ("ActionMCP::Tool", "get_http_page")],
)
def test_names_made_from_the_class(make_tree: MakeTree, superclass: str, name: str) -> None:
    found = read(make_tree({"a.rb": f"class GetHTTPPageTool < {superclass}\n  description 'x'\nend\n"}))
    assert [t.name for t in found.tools] == [name]


SDK = """
class Find < MCP::Tool
  tool_name "find"
  description "Finds"
  input_schema(properties: { q: { type: "string" }, deep: COMMON }, required: ["q"])
  annotations(read_only_hint: true)
end
COMMON = { type: "boolean" }.freeze
server.define_tool(name: "ping", description: "Pings", input_schema: { properties: {} }) { |a| a }
MCP::Tool.define(name: compute, description: "x")
"""


def test_the_official_sdk(make_tree: MakeTree) -> None:
    found = read(make_tree({"a.rb": SDK}))
    find, ping = found.tools
    assert (find.name, find.description, dict(find.annotations)) == ("find", "Finds", {"readOnlyHint": True})
    assert find.input_schema == {
        "type": "object",
        "properties": {"q": {"type": "string"}, "deep": {"type": "boolean"}},
        "required": ["q"],
    }
    assert (ping.name, ping.description) == ("ping", "Pings")
    assert [g.line for g in found.gaps] == [10]
