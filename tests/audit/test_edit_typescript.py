"""Hints put into TypeScript and JavaScript registrations look as if their author had written them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.audit.editor import edited, refusals

IMPORTS = """import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";

const server = new McpServer({ name: "notes", version: "1.0.0" });

"""
READ = "{ readOnlyHint: true }"
ADD = "{ readOnlyHint: false, destructiveHint: false }"
DROP = "{ readOnlyHint: false, destructiveHint: true }"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('server.tool("list_notes", async () => ({ content: [] }));', f'server.tool("list_notes", {READ}, async'),
        ('server.tool("list_notes", "Lists notes", async () => x());', f'"Lists notes", {READ}, async'),
        ('server.tool("list_notes", { tag: z.string() }, async (a) => x(a));', f"z.string() }}, {READ}, async"),
        ('server.tool("list_notes", "Lists", { tag: z.string() }, async (a) => x(a));', f"}}, {READ}, async"),
        ('server.tool("create_note", "Creates", { tag: z.string() }, handler);', f"}}, {ADD}, handler"),
        ('server.tool("delete_note", "Deletes", { id: z.string() }, async (a) => x(a));', f"}}, {DROP}, async"),
    ],
)
def test_a_call_takes_the_hints_before_its_callback(tmp_path: Path, before: str, after: str) -> None:
    assert after in edited(tmp_path, "src/index.ts", IMPORTS + before + "\n")


def test_arguments_on_lines_of_their_own_stay_so(tmp_path: Path) -> None:
    call = """server.tool(
    "list_notes",
    "Lists notes",  // for people
    { tag: z.string() },
    async ({ tag }) => ({ content: [{ type: "text", text: tag }] })
);
"""
    assert f"    {{ tag: z.string() }},\n    {READ},\n    async" in edited(tmp_path, "src/index.ts", IMPORTS + call)


def test_a_second_edit_of_the_same_server_finds_nothing_to_do(tmp_path: Path) -> None:
    call = 'server.tool("list_notes", "Lists notes", async () => ({ content: [] }));\n'
    first = edited(tmp_path, "src/index.ts", IMPORTS + call)
    assert edited(tmp_path, "src/index.ts", first) == first


def test_a_configuration_gets_its_annotations_behind_the_schema(tmp_path: Path) -> None:
    call = """server.registerTool(
  "delete_note",
  {
    title: "Delete",
    description: "Deletes a note",
    inputSchema: { id: z.string() }, // the note's
    _meta: { a: 1 },
  },
  async ({ id }) => ({ content: [] }),
);
"""
    text = edited(tmp_path, "src/index.ts", IMPORTS + call)
    assert f"// the note's\n    annotations: {DROP},\n    _meta" in text


def test_what_does_not_fit_on_a_line_is_spread_over_several(tmp_path: Path) -> None:
    call = """      server.registerTool("create_note", {
        description: "Creates a note",
        inputSchema: { text: z.string() },
      }, async () => ({ content: [] }));
"""
    text = edited(
        tmp_path, "src/index.ts", IMPORTS + "function set(server: McpServer) {\n" + call + "}\nset(server);\n"
    )
    assert "annotations: { readOnlyHint: false, destructiveHint: false },\n      }, async" in text
    deep = call.replace("        ", "                          ")
    other = edited(tmp_path / "deep", "src/index.ts", IMPORTS + "{\n" + deep + "}\n")
    pad = " " * 26
    assert f"{pad}annotations: {{\n{pad}  readOnlyHint: false,\n{pad}  destructiveHint: false,\n{pad}}},\n" in other


def test_a_configuration_without_a_last_comma_keeps_its_lines(tmp_path: Path) -> None:
    call = """server.registerTool("list_notes", {
  description: "Lists notes"
}, async () => ({ content: [] }));
"""
    text = edited(tmp_path, "src/index.ts", IMPORTS + call)
    assert f'{{\n  annotations: {READ},\n  description: "Lists notes"\n}}' in text


def test_a_one_line_object_stays_on_its_line(tmp_path: Path) -> None:
    call = "server.registerTool('list_notes', { description: 'Lists notes' }, async () => ({ content: [] }))\n"
    assert f"{{ description: 'Lists notes', annotations: {READ} }}" in edited(tmp_path, "src/index.ts", IMPORTS + call)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_indentation_and_line_ends_are_those_of_the_file(tmp_path: Path, ending: str) -> None:
    call = 'server.registerTool("list_notes", {\n\tdescription: "Lists",\n\tinputSchema: {},\n}, async () => x());\n'
    text = edited(tmp_path, "src/index.ts", (IMPORTS + call).replace("\n", ending))
    assert f"\tinputSchema: {{}},{ending}\tannotations: {READ},{ending}}}" in text
    assert text.count("\n") == text.count(ending)


def test_a_byte_order_mark_stays(tmp_path: Path) -> None:
    call = 'server.tool("list_notes", "Lists", async () => x());\n'
    assert edited(tmp_path, "src/index.ts", "\ufeff" + IMPORTS + call).startswith("\ufeffimport")


def test_hints_join_those_that_are_declared(tmp_path: Path) -> None:
    call = """server.registerTool("delete_note", {
  description: "Deletes a note",
  annotations: {
    title: "Delete note",
    readOnlyHint: true,
  },
}, async () => ({ content: [] }));
"""
    text = edited(tmp_path, "src/index.ts", IMPORTS + call)
    assert 'title: "Delete note",\n    readOnlyHint: false,\n    destructiveHint: true,\n  },' in text


def test_an_over_broad_hint_is_narrowed_only_when_asked(tmp_path: Path) -> None:
    call = 'server.tool("list_notes", "Lists", { readOnlyHint: false }, async () => x());\n'
    assert edited(tmp_path / "a", "src/index.ts", IMPORTS + call) == IMPORTS + call
    assert f'"Lists", {READ}, async' in edited(tmp_path / "b", "src/index.ts", IMPORTS + call, loosen=True)


def test_objects_of_a_tools_list_are_edited_where_they_stand(tmp_path: Path) -> None:
    source = """import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
const server = new Server({ name: "notes", version: "1" }, { capabilities: { tools: {} } });
server.setRequestHandler(ListToolsRequestSchema, async () => ({
  tools: [
    { "name": "list_notes", "description": "Lists", "inputSchema": { type: "object", properties: {} } },
    {
      name: 'delete_note',
      description: 'Deletes',
      inputSchema: { type: 'object', properties: { id: { type: 'string' } } }
    }
  ]
}));
"""
    text = edited(tmp_path, "src/index.ts", source)
    assert 'properties: {} }, "annotations": { "readOnlyHint": true } }' in text
    assert f"description: 'Deletes',\n      annotations: {DROP},\n      inputSchema" in text


def test_definitions_that_a_loop_registers_are_edited_where_they_are_written(tmp_path: Path) -> None:
    source = (
        IMPORTS
        + """const listNotes = {
  name: "list_notes",
  description: "Lists",
  schema: { tag: z.string() },
};
const deleteNote = {
  name: "delete_note",
  description: "Deletes",
  schema: { id: z.string() },
};
for (const tool of [listNotes, deleteNote]) {
  server.registerTool(
    tool.name,
    { description: tool.description, inputSchema: tool.schema, annotations: tool.annotations },
    async () => ({ content: [] }),
  );
}
"""
    )
    text = edited(tmp_path, "src/index.js", source)
    assert f"schema: {{ tag: z.string() }},\n  annotations: {READ},\n}};" in text
    assert f"schema: {{ id: z.string() }},\n  annotations: {DROP},\n}};" in text


def test_a_loop_that_drops_annotations_is_said_to(tmp_path: Path) -> None:
    source = (
        IMPORTS
        + """const tools = [{ name: "list_notes", description: "Lists", schema: { tag: z.string() } },
               { name: "list_tags", description: "Lists", schema: { tag: z.string() } }];
for (const tool of tools) {
  server.registerTool(tool.name, { description: tool.description, inputSchema: tool.schema }, async () => x());
}
"""
    )
    reasons = refusals(tmp_path, {"src/index.js": source})
    assert set(reasons) == {"list_notes", "list_tags"}
    assert all("do not reach the list of tools" in reason for reason in reasons.values())


def test_an_object_of_fastmcp_and_a_table_by_name(tmp_path: Path) -> None:
    source = """import { FastMCP } from "fastmcp";
import { z } from "zod";
const server = new FastMCP({ name: "notes", version: "1.0.0" });
server.addTool({
  name: "create_note",
  description: "Creates",
  parameters: z.object({ text: z.string() }),
  execute: async (args) => args.text,
});
"""
    text = edited(tmp_path, "src/index.ts", source)
    assert f"parameters: z.object({{ text: z.string() }}),\n  annotations: {ADD},\n  execute" in text


def test_a_class_gets_a_field_like_its_others(tmp_path: Path) -> None:
    source = """import { MCPTool } from "mcp-framework";
import { z } from "zod";

class DeleteNote extends MCPTool<{ id: string }> {
  public readonly name = "delete_note";
  public readonly description = "Deletes a note";
  schema = { id: { type: z.string(), description: "The note" } };

  async execute({ id }: { id: string }) {
    return id;
  }
}

export default DeleteNote;
"""
    text = edited(tmp_path, "src/tools/DeleteNote.ts", source)
    assert f'description = "Deletes a note";\n  public readonly annotations = {DROP};\n  schema' in text


def test_a_configuration_held_by_a_constant_is_edited_there(tmp_path: Path) -> None:
    source = (
        IMPORTS
        + """const settings = {
  description: "Lists notes",
  inputSchema: { tag: z.string() },
};

server.registerTool("list_notes", settings, async () => ({ content: [] }));
"""
    )
    assert f"tag: z.string() }},\n  annotations: {READ},\n}};" in edited(tmp_path, "src/index.ts", source)


@pytest.mark.parametrize(
    ("path", "mark", "reason"),
    [
        ("dist/index.js", "", "product of a build"),
        ("src/index.ts", "// @generated by a program\n", "a program made it"),
        ("src/index.ts", "// " + "x" * 3_000 + "\n", "minified"),
    ],
)
def test_what_a_program_made_is_left_alone(tmp_path: Path, path: str, mark: str, reason: str) -> None:
    call = 'server.tool("list_notes", "Lists", async () => x());\n'
    assert reason in refusals(tmp_path, {path: mark + IMPORTS + call})["list_notes"]


def test_annotations_in_a_shared_variable_are_left_alone(tmp_path: Path) -> None:
    source = (
        IMPORTS
        + """const SHARED = { readOnlyHint: true };
server.registerTool("delete_note", { description: "Deletes", annotations: SHARED }, async () => x());
server.registerTool("list_notes", { description: "Lists", annotations: SHARED }, async () => x());
"""
    )
    assert "variable" in refusals(tmp_path, {"src/index.ts": source})["delete_note"]


def test_a_function_of_the_servers_own_is_not_given_an_argument(tmp_path: Path) -> None:
    source = (
        IMPORTS
        + """function add(name: string, description: string, run: () => Promise<any>) {
  server.tool(name, description, run);
}
add("list_notes", "Lists notes", async () => ({ content: [] }));
add("list_tags", "Lists tags", async () => ({ content: [] }));
"""
    )
    assert set(refusals(tmp_path, {"src/index.ts": source})) == {"list_notes", "list_tags"}
