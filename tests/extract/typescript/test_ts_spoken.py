"""Servers without an SDK, and list handlers that cannot be followed."""

from __future__ import annotations

from typing import Any

import pytest

TOOL = (
    "{ name: 'wipe_disk', description: 'Wipes a disk', "
    "inputSchema: { type: 'object', properties: { id: { type: 'string' } } } }"
)
ANSWERS = {
    "a case": "function on(m) { switch (m.method) { case 'ping': return {}; "
    "case 'tools/list': return { id: m.id, result: { tools: [@] } }; } }",
    "a case that falls through": "function on(m) { switch (m.method) { "
    "case 'tools/list': case 'tools': return { tools: [@] }; } }",
    "a condition": "function on(m) { const tools = [@]; if (m.method === 'tools/list') { send({ tools }); } }",
    "a key": "const answers = { 'tools/list': async () => ({ tools: [@] }), ping: () => ({}) };",
    "an argument": "rpc.addMethod('tools/list', () => ({ tools: [@] }));",
    "a function elsewhere": "const TOOLS = [@];\nfunction list() { return { tools: TOOLS }; }\n"
    "function on(m) { if (m.method == 'tools/list') return list(); }",
    "a method": "class P { on(m) { switch (m.method) { case 'tools/list': return this.list(m); } }\n"
    "list(m) { const tools = [@]; return this.reply(m.id, { tools }); } reply(id, result) { return { id, result }; } }",
    "a method that sends": "class P { on(m) { if (m.method === 'tools/list') { return this.list(m); } }\n"
    "all() { return [@]; } list(m) { const tools = this.all(); "
    "return new Response(JSON.stringify({ result: { tools } })); } }",
    "a schema of the request": "server.handle(z.object({ method: z.literal('tools/list'), params: z.object({}) }), "
    "async () => { return { tools: [@] }; });",
    "a plain schema": "server.handle({ method: 'tools/list' }, async () => ({ tools: [@] }));",
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_by_hand_is_read(read_files: Any, answer: str) -> None:
    (tool,) = read_files({"index.js": answer.replace("@", TOOL)}).tools
    assert (tool.name, tool.description) == ("wipe_disk", "Wipes a disk")
    assert set(tool.input_schema["properties"]) == {"id"}


@pytest.mark.parametrize(
    "client",
    [
        "const answer = await client.request({ method: 'tools/list', params: {} }); const tools = answer.tools;",
        "await call('tools/list', { tools: [@] });",
        "if (log.method === 'tools/list') { console.log('listed'); }",
        "client.request({ method: 'tools/list' }, (answer) => show({ tools: answer.tools }));",
    ],
)
def test_who_only_asks_for_the_list_has_no_tools(read_files: Any, client: str) -> None:
    assert read_files({"index.js": client.replace("@", TOOL)}).tools == ()


def test_a_name_made_from_an_unset_setting_is_the_name_without_it(read_files: Any) -> None:
    source = """
const prefix = process.env.PREFIX || '';
function on(m) {
  const nameOf = (base) => (prefix ? `${prefix}_${base}` : base);
  if (m.method === 'tools/list') return { tools: [{ name: nameOf('wipe_disk'), description: 'x', inputSchema: {} }] };
}
"""
    assert [t.name for t in read_files({"index.js": source}).tools] == ["wipe_disk"]


def test_a_list_that_cannot_be_followed_is_a_gap_and_its_definitions_are_found_by_shape(read_files: Any) -> None:
    found = read_files(
        {
            "server.ts": "import { manager } from './manager';\n"
            "server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: manager.names().map((name) => "
            "({ name, description: manager.get(name).description })) }));",
            "manager.ts": "export const manager = { all: new Map(), names() { return [...this.all.keys()]; }, "
            "get(n) { return this.all.get(n); } };",
            "wipe.ts": f"const tool = {TOOL};\nexport default tool;",
        }
    )
    assert [t.name for t in found.tools] == ["wipe_disk"]
    assert any(g.path == "server.ts" and g.line == 2 for g in found.gaps)


def test_an_application_of_a_framework_lists_what_it_is_given(read_files: Any) -> None:
    source = """
import { createApp, tool } from '@cyanheads/mcp-ts-core';
import { z } from 'zod';
const wipe = tool('wipe_disk', { description: 'Wipes a disk', annotations: { destructiveHint: true },
  input: z.object({ id: z.string() }), handler: run });
await createApp({ tools: [wipe] });
"""
    (tool,) = read_files({"index.ts": source}).tools
    assert (tool.name, tool.annotations) == ("wipe_disk", {"destructiveHint": True})
    assert tool.input_schema["required"] == ["id"]


REGISTRY = (
    "import { container } from './container';\n"
    "for (const tool of container.all()) { server.registerTool(tool.name, tool.definition(), tool.run); }\n"
)
SHAPE = "{ type: 'object', properties: { id: { type: 'string' } } }"


@pytest.mark.parametrize(
    "members",
    [
        f"public name = 'wipe_disk'; description = 'Wipes a disk'; inputSchema = {SHAPE};",
        f"readonly name: string = 'wipe_disk';\nget description() {{ return 'Wipes a disk'; }}\n"
        f"getInputSchema() {{ return {SHAPE}; }}",
        "name = 'wipe_disk';\ngetDescription(): string { return 'Wipes a disk'; }\n"
        "getInputSchema() { return { id: z.string() }; }",
    ],
    ids=["fields", "getters", "methods"],
)
def test_classes_that_a_container_hands_over_are_found_by_their_shape(read_files: Any, members: str) -> None:
    found = read_files(
        {
            "server.ts": REGISTRY,
            "wipe.ts": f"import {{ z }} from 'zod';\nexport class Wipe extends Base {{\n  {members}\n}}",
            "fault.ts": "export class Fault extends Error {\n  name = 'Fault';\n  description = 'It failed';\n}",
        }
    )
    assert [(t.name, t.description) for t in found.tools] == [("wipe_disk", "Wipes a disk")]
    assert set(found.tools[0].input_schema["properties"]) == {"id"}
    assert [g.path for g in found.gaps] == ["server.ts"]
