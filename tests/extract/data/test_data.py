from __future__ import annotations

import json

import pytest

from catalog.extract import read_tree
from catalog.extract.data import read
from tests.extract.conftest import MakeTree

TOOL = {
    "name": "find",
    "description": "Finds",
    "inputSchema": {"type": "object", "properties": {"q": {"type": "string"}}},
}
OPENAPI = {
    "openapi": "3.0.0",
    "paths": {
        "/things/{id}": {
            "parameters": [{"$ref": "#/components/parameters/Id"}],
            "put": {
                "operationId": "putThing",
                "summary": "Replace it",
                "description": "Replaces the thing.",
                "parameters": [{"name": "X-Trace", "in": "header", "schema": {"type": "string"}}],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                },
            },
            "get": {"summary": "No name"},
        }
    },
    "components": {
        "parameters": {"Id": {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}},
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["title"],
                "properties": {"title": {"type": "string"}, "part": {"$ref": "#/components/schemas/Thing"}},
            }
        },
    },
}
SERVER = "import { Server } from '@modelcontextprotocol/sdk';\nconst spec = read('api.json');\n"


def test_operations_of_a_document_that_code_reads(make_tree: MakeTree) -> None:
    found = read(make_tree({"api.json": json.dumps(OPENAPI), "index.ts": SERVER}))
    (tool,) = found.tools
    assert (tool.name, tool.description, tool.extractor) == ("putThing", "Replaces the thing.", "openapi:named")
    assert tool.input_schema is not None
    assert set(tool.input_schema["properties"]) == {"id", "title", "part"}
    assert tool.input_schema["required"] == ["id", "title"]
    assert {g.path for g in found.gaps} == {"api.json"}
    assert any("no operationId" in g.reason for g in found.gaps)


def test_the_summary_comes_first_where_code_takes_it_first(make_tree: MakeTree) -> None:
    code = SERVER + "const text = operation.summary || operation.description;\n"
    (tool,) = read(make_tree({"api.json": json.dumps(OPENAPI), "index.ts": code})).tools
    assert tool.description == "Replace it"


def test_an_openapi_document_that_code_does_not_read_is_no_tool(make_tree: MakeTree) -> None:
    assert read(make_tree({"other.json": json.dumps(OPENAPI), "index.ts": SERVER})).tools == ()


def test_one_of_many_documents_of_a_name_is_meant_only_with_its_folder(make_tree: MakeTree) -> None:
    documents = {f"apis/area{n}/api.json": json.dumps(OPENAPI) for n in range(5)}
    assert read(make_tree({**documents, "index.ts": SERVER})).tools == ()
    code = SERVER.replace("api.json", "apis/area2/api.json")
    (tool,) = read(make_tree({**documents, "index.ts": code})).tools
    assert tool.location is not None and tool.location.path == "apis/area2/api.json"


def test_a_schema_that_holds_itself_ends(make_tree: MakeTree) -> None:
    (tool,) = read(make_tree({"api.json": json.dumps(OPENAPI), "index.ts": SERVER})).tools
    assert len(json.dumps(tool.input_schema)) < 5_000


@pytest.mark.parametrize(
    "document",
    [[TOOL], {"tools": [TOOL]}, {"jsonrpc": "2.0", "id": 1, "result": {"tools": [TOOL]}}, TOOL],
)
def test_lists_of_tools_stand_in_only_when_code_shows_none(make_tree: MakeTree, document: object) -> None:
    found = read_tree(make_tree({"snapshot.json": json.dumps(document)}))
    assert [(t.name, t.description) for t in found.tools] == [("find", "Finds")]
    assert found.tools[0].input_schema == TOOL["inputSchema"]
    assert found.completeness is not None
    assert found.completeness < 1.0


def test_the_tools_of_a_bundle_manifest(make_tree: MakeTree) -> None:
    manifest = {
        "manifest_version": "0.3",
        "name": "x",
        "server": {"type": "binary"},
        "tools": [{"name": "go", "description": "Goes"}],
    }
    found = read_tree(make_tree({"manifest.json": json.dumps(manifest)}))
    assert [(t.name, t.description, t.input_schema) for t in found.tools] == [("go", "Goes", None)]


def test_other_lists_are_no_tools(make_tree: MakeTree) -> None:
    people = [{"name": "ann", "description": "A person"}]
    assert read(make_tree({"people.json": json.dumps(people), "tools.json": json.dumps({"tools": people})})).tools == ()


MANIFEST = """
notes_add:
  type: tool
  description: Adds a note
  parameters:
    text:
      description: What to keep
      type_hint: str
    times: {type_hint: int, default: 2}
  sql: INSERT
notes_prompt:
  type: prompt
  description: Not a tool
  prompt: x
"""
LOADER = "import yaml\nfrom fastmcp import FastMCP\nfor f in folder.glob('*_objects.yml'):\n    yaml.safe_load(f)\n"


def test_a_manifest_that_code_loads(make_tree: MakeTree) -> None:
    found = read(make_tree({"pkg/tools/notes_objects.yml": MANIFEST, "pkg/app.py": LOADER}))
    (tool,) = found.tools
    assert ["makes 1 tools" in g.reason for g in found.gaps] == [True]
    assert (tool.name, tool.description) == ("notes_add", "Adds a note")
    assert tool.location is not None
    assert tool.location.line == 2
    assert tool.input_schema == {
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "What to keep"},
            "times": {"type": "integer", "default": 2},
        },
        "required": ["text"],
    }


def test_a_manifest_that_no_code_loads_is_no_tool(make_tree: MakeTree) -> None:
    assert read(make_tree({"pkg/tools/notes_objects.yml": MANIFEST, "pkg/app.py": "print('mcp')"})).tools == ()


def test_tools_in_a_map_with_parameter_lists(make_tree: MakeTree) -> None:
    text = """
sources: {db: {kind: sqlite}}
tools:
  find-hotel:
    kind: sqlite-sql
    description: Finds hotels
    parameters:
      - {name: city, type: string, description: Where}
      - {name: stars, type: integer, required: false}
"""
    code = 'package main // mcp\nvar f = "tools.yaml"\nfunc load() { yaml.Unmarshal(b, &v) }\n'
    (tool,) = read(make_tree({"tools.yaml": text, "main.go": code})).tools
    assert tool.name == "find-hotel"
    assert tool.input_schema is not None
    assert tool.input_schema["required"] == ["city"]


def test_endpoint_lists_that_code_reads(make_tree: MakeTree) -> None:
    endpoints = [
        {"toolName": "get-thing", "method": "get", "pathPattern": "/things/{id}", "description": "Gets it"},
        {"toolName": "list-things", "method": "get", "pathPattern": "/things"},
    ]
    code = "import { McpServer } from 'x';\nimport endpoints from './endpoints.json';\n"
    found = read(make_tree({"src/endpoints.json": json.dumps(endpoints), "src/index.ts": code}))
    assert [t.name for t in found.tools] == ["get-thing", "list-things"]
    assert found.tools[0].input_schema == {
        "type": "object",
        "properties": {"id": {"type": "string"}},
        "required": ["id"],
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("api.json", '{"operationId": ' * 100_000),
        ("api.json", '{"operationId": "x", "paths": {"/a": {"get": {}}}'),
        ("api.yaml", "description: a long enough document\nother: " + "[" * 200_000),
        ("api.yaml", "description: [\nother: a long enough document\n"),
        ("api.yaml", "a: &a [x]\ndescription: [" + "*a, " * 500 + "]\n"),
    ],
)
def test_a_document_that_cannot_be_read_is_a_gap(make_tree: MakeTree, name: str, text: str) -> None:
    code = f"import yaml  # mcp\nopen('{name}')\n"
    found = read(make_tree({name: text, "server.py": code}))
    assert found.tools == ()
    assert [g.path for g in found.gaps] == [name]


def test_the_description_of_a_web_application_beside_a_server_is_no_tool(make_tree: MakeTree) -> None:
    files = {
        "apps/web/pyproject.toml": "[project]\nname = 'web'",
        "apps/web/openapi.json": json.dumps(OPENAPI),
        "apps/web/src/app.py": "app = FastAPI(openapi_url='/v1/openapi.json')  # the mcp server has its own\n",
        "apps/server/pyproject.toml": "[project]\nname = 'server'",
        "apps/server/src/server.py": "from mcp.server.fastmcp import FastMCP\nOPENAPI = 1\n",
    }
    assert read(make_tree(files)).tools == ()


def test_a_document_is_followed_across_the_files_of_its_package(make_tree: MakeTree) -> None:
    files = {
        "package.json": "{}",
        "src/config.ts": "export const SPEC = resolve('openapi.json');\n",
        "src/tools.ts": "for (const o of operations) server.registerTool(o.operationId, o);\n",
        "openapi.json": json.dumps(OPENAPI),
    }
    assert [t.name for t in read(make_tree(files)).tools] == ["putThing"]


@pytest.mark.parametrize(("folder", "names"), [("apps/server", ["putThing"]), ("apps/web", [])])
def test_a_library_makes_tools_of_the_documents_of_its_own_package(
    make_tree: MakeTree, folder: str, names: list[str]
) -> None:
    files = {
        "apps/web/package.json": "{}",
        "apps/server/package.json": "{}",
        "apps/server/main.py": "mcp = FastMCP.from_openapi(load())\n",
        f"{folder}/spec.json": json.dumps(OPENAPI),
    }
    assert [t.name for t in read(make_tree(files)).tools] == names


@pytest.mark.parametrize(
    ("registered", "names"),
    [
        (
            "server.tool('call', 'Calls', {}, run);",
            ["call"],
        ),  # all registrations followed: the operations are not tools
        ("server.tool('call', 'Calls', {}, run);\nfor (const o of load()) server.tool(o.id, o);", ["call", "putThing"]),
    ],
)
def test_operations_that_code_only_names_give_way_to_registrations_that_were_all_followed(
    make_tree: MakeTree, registered: str, names: list[str]
) -> None:
    code = f"import {{ McpServer }} from '@modelcontextprotocol/sdk/server/mcp.js';\n{registered}\n"
    code = (
        code.replace("\nserver", "\nconst server = new McpServer({});\nserver", 1) + "const spec = read('api.json');\n"
    )
    found = read_tree(make_tree({"api.json": json.dumps(OPENAPI), "index.ts": code}))
    assert [t.name for t in found.tools] == names
    assert any("may make tools" in g.reason for g in found.gaps)


def test_a_description_served_to_a_web_page_is_no_tool(make_tree: MakeTree) -> None:
    code = "app.get('/api/tools/list', list);\napp.get('/api.json', (q, r) => r.send(read('api.json'))); // mcp\n"
    assert read(make_tree({"api.json": json.dumps(OPENAPI), "server.js": code})).tools == ()


def test_a_chart_is_no_tool(make_tree: MakeTree) -> None:
    chart = "name: notes\ndescription: Runs the server\ntype: application\n"
    files = {"deploy/Chart.yaml": chart, "deploy/other.yaml": chart, "pkg/app.py": f"{LOADER}# Chart.yaml\n"}
    assert read(make_tree(files)).tools == ()
