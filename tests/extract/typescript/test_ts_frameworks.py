"""Frameworks other than plain SDK calls: decorators, classes, files that are tools, compiled and bundled code."""

from __future__ import annotations

from typing import Any

from catalog.records import Found, Tool


def by_name(found: Found) -> dict[str, Tool]:
    return {t.name: t for t in found.tools}


def test_a_decorated_method_is_a_tool_named_by_the_decorator_or_itself(read_files: Any) -> None:
    found = read_files(
        {
            "src/greeting.ts": """
            import { Tool } from "@rekog/mcp-nest";
            export class Greeting {
              @Tool({ name: "greet", description: "Says hello", parameters: z.object({ who: z.string() }) })
              async greet({ who }) { return who; }
              @Tool({ description: "Lists them" })
              async listAll() { return []; }
            }
            """
        }
    )
    assert {n: t.description for n, t in by_name(found).items()} == {"greet": "Says hello", "listAll": "Lists them"}


def test_a_class_of_a_framework_is_a_tool_with_described_fields(read_files: Any) -> None:
    found = read_files(
        {
            "src/tools/Echo.ts": """
            import { MCPTool } from "mcp-framework";
            export default class Echo extends MCPTool<Input> {
              name = "echo";
              description = "Echoes";
              schema = { text: { type: z.string(), description: "What" }, times: { type: z.number().optional() } };
            }
            """
        }
    )
    schema = by_name(found)["echo"].input_schema
    assert schema is not None
    assert schema["required"] == ["text"]
    assert schema["properties"]["text"] == {"type": "string", "description": "What"}


def test_a_file_that_exports_metadata_and_schema_is_a_tool(read_files: Any) -> None:
    found = read_files(
        {
            "package.json": '{"name": "x", "dependencies": {"xmcp": "1"}}',
            "src/tools/hello.ts": """
            import { z } from "zod";
            export const schema = { name: z.string() };
            export const metadata = { name: "hello", description: "Greets", annotations: { readOnlyHint: true } };
            export default async function hello({ name }) { return name; }
            """,
        }
    )
    tool = by_name(found)["hello"]
    assert tool.annotations == {"readOnlyHint": True}
    assert tool.input_schema is not None and tool.input_schema["required"] == ["name"]


def test_tools_given_to_a_server_by_key_and_by_id_are_found(read_files: Any) -> None:
    found = read_files(
        {
            "src/index.ts": """
            import { createTool } from "@mastra/core/tools";
            import { MCPServer } from "@mastra/mcp";
            const weather = createTool({ id: "get-weather", description: "Weather", inputSchema: z.object({}) });
            new MCPServer({ name: "x", tools: { weather } });
            """
        }
    )
    assert list(by_name(found)) == ["get-weather"]


def test_compiled_async_handlers_and_imports_are_read(read_files: Any) -> None:
    found = read_files(
        {
            "build/server.js": """
            "use strict";
            Object.defineProperty(exports, "__esModule", { value: true });
            const types_js_1 = require("@modelcontextprotocol/sdk/types.js");
            const Charts = __importStar(require("./charts"));
            server.setRequestHandler(types_js_1.ListToolsRequestSchema, () => __awaiter(this, void 0, void 0,
             function* () {
              return ({ tools: Object.values(Charts).map((chart) => chart.tool) });
            }));
            """,
            "build/charts/index.js": """
            "use strict";
            Object.defineProperty(exports, "__esModule", { value: true });
            exports.pie = void 0;
            var pie_1 = require("./pie");
            Object.defineProperty(exports, "pie", { enumerable: true, get: function () { return pie_1.pie; } });
            """,
            "build/charts/pie.js": """
            exports.pie = void 0;
            const zod_1 = require("zod");
            const schema = { values: zod_1.z.array(zod_1.z.number()) };
            const inputSchema = (0, utils_1.zodToJsonSchema)(schema);
            exports.pie = { tool: { name: "pie", description: "Draws", inputSchema } };
            """,
        }
    )
    assert by_name(found)["pie"].description == "Draws"


def test_a_minified_bundle_is_read_without_the_sdk_that_it_holds(read_files: Any) -> None:
    found = read_files(
        {
            "dist/index.js": (
                "class S{constructor(){this._registeredTools={}}"
                "registerTool(e,t,r){return this._createRegisteredTool(e,t,r)}"
                "tool(e,...t){this._createRegisteredTool(e,t)}}"
                "var T=Object.freeze({__proto__:null,string:a,number:b,boolean:c,object:d,array:e1,ZodType:f});"
                'var q={name:"look_up",description:"Looks up",schema:T.object({key:T.string()})};'
                "function w(e,t){e.registerTool(t.name,{description:t.description,inputSchema:t.schema},()=>{})}"
                "var s=new S;w(s,q);"
            )
        }
    )
    assert list(by_name(found)) == ["look_up"]
    schema = by_name(found)["look_up"].input_schema
    assert schema is not None and schema["required"] == ["key"]


def test_definitions_filled_into_a_registry_reach_the_handler(read_files: Any) -> None:
    found = read_files(
        {
            "src/index.ts": """
            class Registry {
              private tools = new Map<string, Definition>();
              add(tool: Definition) { this.tools.set(tool.name, tool); return this; }
              list() { return [...this.tools.values()].map((t) => ({ name: t.name, description: t.description })); }
            }
            const registry = new Registry();
            registry.add({ name: "a", description: "First" }).add({ name: "b", description: "Second" });
            server.setRequestHandler("tools/list", () => ({ tools: registry.list() }));
            """
        }
    )
    assert {n: t.description for n, t in by_name(found).items()} == {"a": "First", "b": "Second"}


def test_a_cast_registration_with_a_name_from_the_class_is_read(read_files: Any) -> None:
    found = read_files(
        {
            "src/base.ts": """
            export abstract class Base {
              constructor({ name, kind }: Options) { this.name = name; this.kind = kind; }
              get annotations() {
                const hints = {};
                switch (this.kind) {
                  case "read": hints.readOnlyHint = true; break;
                  case "delete": hints.destructiveHint = true; break;
                }
                return hints;
              }
              register(server) {
                (server.mcp.registerTool as (name: string, config: object) => void)(
                  this.name, { description: this.description, inputSchema: this.shape, annotations: this.annotations });
              }
            }
            """,
            "src/drop.ts": """
            import { Base } from "./base.js";
            export class Drop extends Base {
              static toolName = "drop";
              static kind = "delete";
              description = "Drops it";
              shape = { id: z.string() };
            }
            """,
        }
    )
    tool = by_name(found)["drop"]
    assert tool.description == "Drops it"
    assert tool.annotations == {"destructiveHint": True}


def test_registrations_in_a_file_that_nothing_loads_are_left_out_and_told(read_files: Any) -> None:
    found = read_files(
        {
            "src/index.ts": "import { one } from './tools/one.js';\none(server);",
            "src/tools/one.ts": "export const one = (server) => server.tool('one', 'First', {}, run);",
            "src/tools/old.ts": "export const old = (server) => server.tool('old', 'Old', {}, run);",
        }
    )
    assert list(by_name(found)) == ["one"]
    assert [g.path for g in found.gaps] == ["src/tools/old.ts"]


def test_definitions_loaded_dynamically_are_found_by_the_fields_that_are_read(read_files: Any) -> None:
    found = read_files(
        {
            "src/index.js": """
            const tools = await loadAll("./tools");
            for (const tool of tools) {
              server.registerTool(tool.method, { description: tool.text, inputSchema: tool.input.shape }, tool.run);
            }
            """,
            "src/tools/a.js": """
            export const method = "getA";
            export const text = "Gets A";
            export const input = z.object({ id: z.string() });
            """,
        }
    )
    assert list(by_name(found)) == ["getA"]
    assert found.gaps != ()
