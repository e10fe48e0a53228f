"""Each way in which TypeScript and JavaScript servers announce their tools."""

from __future__ import annotations

from typing import Any

from catalog.records import Found, Tool


def by_name(found: Found) -> dict[str, Tool]:
    return {t.name: t for t in found.tools}


def only(found: Found) -> Tool:
    assert [t.name for t in found.tools] == [found.tools[0].name], found
    return found.tools[0]


def test_a_call_with_name_text_shape_and_hints_gives_all_four(read_files: Any) -> None:
    tool = only(
        read_files(
            {
                "src/index.ts": """
                import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
                import { z } from "zod";
                const server = new McpServer({ name: "s", version: "1" });
                server.tool(
                  "add_note",
                  "Adds a note",
                  { text: z.string().describe("What to write"), pinned: z.boolean().default(false) },
                  { destructiveHint: false },
                  async ({ text }) => ({ content: [] }),
                );
                """
            }
        )
    )
    assert tool.description == "Adds a note"
    assert tool.input_schema is not None
    assert set(tool.input_schema["properties"]) == {"text", "pinned"}
    assert tool.input_schema["required"] == ["text"]
    assert tool.annotations == {"destructiveHint": False}
    assert tool.location is not None and (tool.location.path, tool.location.line) == ("src/index.ts", 5)


def test_register_tool_takes_its_configuration_from_one_object(read_files: Any) -> None:
    tool = only(
        read_files(
            {
                "index.js": """
                const { McpServer } = require("@modelcontextprotocol/sdk/server/mcp.js");
                const { z } = require("zod");
                const server = new McpServer({});
                server.registerTool("ping", {
                  title: "Ping",
                  description: "Pings a host",
                  inputSchema: { host: z.string() },
                  annotations: { readOnlyHint: true },
                }, run);
                """
            }
        )
    )
    assert (tool.name, tool.title, tool.description) == ("ping", "Ping", "Pings a host")
    assert tool.annotations["readOnlyHint"] is True


def test_a_list_handler_is_followed_through_imports_spreads_and_constants(read_files: Any) -> None:
    found = read_files(
        {
            "src/server.ts": """
            import { Server } from "@modelcontextprotocol/sdk/server/index.js";
            import { ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
            import { fileTools } from "./tools";
            import extra, { NAMES } from "./tools/extra.js";
            const server = new Server({}, {});
            server.setRequestHandler(ListToolsRequestSchema, async () => ({
              tools: [...fileTools, { name: NAMES.stop, description: `Stops ${"it"}`, inputSchema: extra }],
            }));
            """,
            "src/tools/index.ts": "export * from './files';",
            "src/tools/files.ts": """
            import type { Tool } from "@modelcontextprotocol/sdk/types.js";
            const base = { type: "object", properties: { path: { type: "string" } }, required: ["path"] } as const;
            const readTool: Tool = { name: "read", description: "Reads " + "a file", inputSchema: base };
            export const fileTools = [readTool] satisfies Tool[];
            """,
            "src/tools/extra.ts": """
            export enum NAMES { stop = "stop_it" }
            export default { type: "object", properties: {} };
            """,
        }
    )
    tools = by_name(found)
    assert set(tools) == {"read", "stop_it"}
    assert tools["read"].description == "Reads a file"
    assert tools["read"].input_schema == {
        "type": "object",
        "properties": {"path": {"type": "string"}},
        "required": ["path"],
    }
    assert tools["stop_it"].description == "Stops it"
    assert found.gaps == ()


def test_a_loop_over_definitions_registers_each_of_them(read_files: Any) -> None:
    found = read_files(
        {
            "src/index.ts": """
            import { all } from "./all";
            export function register(server: McpServer, tools: Definition[]) {
              for (const { name, description, schema } of tools) server.tool(name, description, schema.shape, run);
            }
            register(server, all);
            """,
            "src/all.ts": """
            import { z } from "zod";
            const one = { name: "one", description: "First", schema: z.object({ a: z.string() }) };
            const two = { ...one, name: "two", schema: one.schema.extend({ b: z.number().optional() }) };
            export const all = [one, two];
            """,
        }
    )
    tools = by_name(found)
    assert set(tools) == {"one", "two"}
    assert tools["two"].input_schema is not None
    assert set(tools["two"].input_schema["properties"]) == {"a", "b"}
    assert tools["two"].input_schema["required"] == ["a"]


def test_a_wrapper_around_a_registration_is_followed_to_its_callers(read_files: Any) -> None:
    found = read_files(
        {
            "src/wrap.ts": """
            export function add(server: McpServer, id: string, text: string, shape: Shape) {
              server.registerTool(`acme_${id}`, { description: text, inputSchema: shape }, handler);
            }
            """,
            "src/index.ts": """
            import { add as put } from "./wrap.js";
            put(server, "list", "Lists things", {});
            put(server, "drop", "Drops things", { id: z.string() });
            """,
        }
    )
    assert set(by_name(found)) == {"acme_list", "acme_drop"}
    assert by_name(found)["acme_drop"].description == "Drops things"


def test_a_condition_is_kept_with_the_tool(read_files: Any) -> None:
    found = read_files(
        {
            "index.js": """
            import { z } from "zod";
            server.tool("always", "Always there", {}, run);
            if (process.env.ALLOW_WRITES === "1") {
              server.tool("sometimes", "There with a flag", {}, run);
            }
            """
        }
    )
    tools = by_name(found)
    assert tools["always"].conditional is None
    assert tools["sometimes"].conditional == 'process.env.ALLOW_WRITES === "1"'


def test_classes_registered_by_a_base_class_give_one_tool_each(read_files: Any) -> None:
    found = read_files(
        {
            "src/base.ts": """
            export abstract class Base {
              abstract name: string;
              abstract description: string;
              abstract schema: z.ZodObject<any>;
              register(server: McpServer) {
                server.tool(this.name, this.description, this.schema.shape, (a) => this.run(a));
              }
            }
            """,
            "src/tools.ts": """
            import { Base } from "./base";
            export class Open extends Base {
              name = "open";
              description = "Opens";
              schema = z.object({ url: z.string() });
            }
            export class Shut extends Base {
              readonly name = "shut";
              get description() { return "Shuts"; }
              schema = z.object({});
            }
            """,
            "src/index.ts": """
            import { Open, Shut } from "./tools";
            for (const tool of [new Open(), new Shut()]) tool.register(server);
            """,
        }
    )
    tools = by_name(found)
    assert set(tools) == {"open", "shut"}
    assert tools["shut"].description == "Shuts"


def test_names_may_be_the_keys_of_an_object(read_files: Any) -> None:
    found = read_files(
        {
            "src/index.ts": """
            import { createMcpServer } from "@acme/mcp-utils";
            export const server = createMcpServer({
              tools: () => ({ count: tool({ description: "Counts", parameters: z.object({ of: z.string() }) }) }),
            });
            """
        }
    )
    assert only(found).name == "count"
    assert only(found).description == "Counts"


def test_prompts_resources_and_tests_are_not_tools(read_files: Any) -> None:
    found = read_files(
        {
            "src/index.ts": """
            server.tool("real", "A tool", {}, run);
            server.prompt("ask", "A prompt", {}, run);
            server.resource("file", "file://x", run);
            """,
            "tests/server.test.ts": 'server.tool("fake", "In a test", {}, run);',
            "examples/demo.ts": 'server.tool("demo", "In an example", {}, run);',
        }
    )
    assert set(by_name(found)) == {"real"}


def test_a_name_that_cannot_be_known_is_a_gap_with_its_place(read_files: Any) -> None:
    found = read_files({"index.js": "\n\nserver.registerTool(await fetchName(), { description: 'x' }, run);"})
    assert found.tools == ()
    assert [(g.path, g.line) for g in found.gaps] == [("index.js", 3)]


def test_every_condition_on_the_way_is_told(read_files: Any) -> None:
    found = read_files(
        {
            "index.ts": """
            const all = (cfg) => {
              const list = [{ name: "look", description: "Looks", schema: {} }];
              if (!cfg.readOnly) list.push({ name: "drop", description: "Drops", schema: {} });
              return list;
            };
            export function start(cfg) {
              const on = all(cfg).filter((t) => !cfg.off.includes(t.name));
              on.forEach((t) => server.tool(t.name, t.description, {}, f));
            }
            """
        }
    )
    tools = by_name(found)
    assert tools["look"].conditional == "filter: (t) => !cfg.off.includes(t.name)"
    assert tools["drop"].conditional == "!cfg.readOnly and filter: (t) => !cfg.off.includes(t.name)"


def test_names_from_a_literal_list_are_unrolled_into_texts(read_files: Any) -> None:
    found = read_files(
        {
            "index.ts": """
            const actions = ["start", "stop"] as const;
            for (const a of actions) server.tool(`${a}_job`, `Will ${a} the job`, { id: z.string() }, f);
            """
        }
    )
    assert {n: t.description for n, t in by_name(found).items()} == {
        "start_job": "Will start the job",
        "stop_job": "Will stop the job",
    }


SHAPED = """
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
const server = new McpServer({ name: "s", version: "1" });
for (const tool of await configured()) {
  server.registerTool(tool.name, { description: tool.description, inputSchema: schemaOf(tool) }, run);
}
"""


def test_parameters_and_packages_have_not_the_shape_of_tools(read_files: Any) -> None:
    found = read_files(
        {
            "server.ts": SHAPED,
            "help.ts": """
            export const about = { parameters: [
              { name: "depth", type: "integer", description: "How deep" },
              { name: "path", kind: "text", description: "Where" },
            ] };
            """,
            "api.ts": """
            export const endpoint = make({ path: "/a", parameters: [
              { name: "page", type: "Query", schema: z.string(), description: "Which page" },
            ] });
            const shared = make([{ name: "size", type: "Query", schema: z.number(), description: "How many" }]);
            """,
            "pack.mjs": "write({ name: 'bundle', version: 1, private: true, description: 'What is packed' });",
        }
    )
    assert found.tools == ()
    assert any("not resolved" in g.reason for g in found.gaps)


def test_a_step_that_names_the_schema_of_its_input_is_no_tool(read_files: Any) -> None:
    found = read_files(
        {
            "src/flow.ts": """
                const ORDER = "order.v1";
                export const steps = [{ id: "settle", description: "Settles it", inputSchema: { id: ORDER } }];
            """,
            "src/tools.ts": """
                export const TOOLS = [
                  { id: "find", description: "Finds", inputSchema: { type: "object", properties: {} } },
                  { id: "seek", description: "Seeks", inputSchema: { id: "string" } },
                ];
            """,
            "src/index.ts": """
                import { ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
                server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: await load("TOOLS") }));
            """,
        }
    )
    assert sorted(by_name(found)) == ["find", "seek"]


def test_definitions_of_that_shape_are_still_found(read_files: Any) -> None:
    tool = only(
        read_files(
            {"server.ts": SHAPED, "all.ts": "export const list = [{ name: 'go', description: 'Goes', run() {} }];"}
        )
    )
    assert (tool.name, tool.description) == ("go", "Goes")


def test_a_part_of_a_text_that_is_not_known_is_left_open_and_never_called_undefined(read_files: Any) -> None:
    found = read_files(
        {
            "server.ts": """
            import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
            const server = new McpServer({ name: "s", version: "1" });
            const sources = new Map();
            const kind = sources.get("main").type;
            const label = {}.label;
            server.registerTool("ask", { description: `Asks the ${kind} store` }, run);
            server.registerTool("tell", { description: `Tells ${label}` }, run);
            """
        }
    )
    for tool in found.tools:
        assert "undefined" not in (tool.description or "")
    assert {g.reason.partition(":")[0] for g in found.gaps} == {"ask", "tell"}


def test_a_handler_of_all_other_requests_is_asked_for_the_list(read_files: Any) -> None:
    tool = only(
        read_files(
            {
                "index.js": """
                const { Server } = require("@modelcontextprotocol/sdk/server/index.js");
                const { noteTools } = require("./notes");
                const TOOLS = [...noteTools];
                const server = new Server({ name: "s" }, { capabilities: { tools: {} } });
                server.fallbackRequestHandler = async (request) => {
                  try {
                    const { method, params, id } = request;
                    if (method === "initialize") { return { capabilities: { tools: {} } }; }
                    if (method === "tools/list") {
                      return { tools: TOOLS.map((t) => ({ name: t.name, description: t.description })) };
                    }
                    if (method === "prompts/list") return { prompts: [{ name: "ask" }] };
                    return { error: {} };
                  } catch (error) {
                    return { error: { message: error.message } };
                  }
                };
                """,
                "notes.js": "module.exports = { noteTools: [{ name: 'add', description: 'Adds', handler: run }] };",
            }
        )
    )
    assert (tool.name, tool.description) == ("add", "Adds")


def test_a_method_of_an_own_server_that_takes_whatever_it_is_given_registers(read_files: Any) -> None:
    found = read_files(
        {
            "src/server.ts": """
                import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
                export class Guarded extends McpServer {
                  addGuardedTool(name: string, text: string, cb: Run): void;
                  addGuardedTool(...args: any[]) { return this.pass("read", ...args); }
                  private passTool(...args: any[]) { (McpServer.prototype as any).registerTool.call(this, ...args); }
                }
            """,
            "src/other.ts": "class Bag extends List { addPlainTool(...args: any[]) {} }",
            "src/index.ts": """
                import { z } from "zod";
                server.addGuardedTool("find", "Finds it", { q: z.string() }, async ({ q }) => run(q));
                bag.addPlainTool("saw", "Cuts it", { q: z.string() });
                server.passTool("hidden", "Not public", {});
            """,
        }
    )
    assert [(t.name, t.description) for t in found.tools] == [("find", "Finds it")]
    assert found.tools[0].input_schema["properties"] == {"q": {"type": "string"}}
