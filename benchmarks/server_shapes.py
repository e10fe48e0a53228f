"""Packages of the shapes that real servers have, made from their number: sources, and what goes wrong with them.

A plain package has a manifest, a readme, a client for some service and a file for each group of tools. A small one has
8 to 20 files and 20 to 100 KB: on these a crawler's own costs weigh most. A typical one has some 20 files and 400 KB,
and handlers that are several times as long: reading it takes about what reading the median server on npm or PyPI takes.
One in twenty is something else: broken, huge, hostile, slow or gone.
"""

from __future__ import annotations

import io
import json
import random
import tarfile
from collections.abc import Iterator
from gzip import GzipFile
from typing import Literal

Kind = Literal["plain", "broken", "gone", "unavailable", "slow", "huge", "escaping", "bomb", "terminal", "deep"]
Weight = Literal["small", "typical"]
VARIANTS = 600  # different packages; those whose numbers differ by a multiple of it have the same bytes
SLOW_S = 1.5
_TIMES: dict[Weight, int] = {"small": 1, "typical": 5}
_ODD: dict[int, Kind] = {
    7: "broken", 57: "broken", 107: "broken", 207: "broken", 307: "broken", 407: "broken", 507: "broken",
    31: "gone", 131: "gone", 231: "gone", 331: "gone", 431: "gone", 531: "gone", 81: "unavailable", 121: "slow",
    421: "slow", 161: "huge", 361: "huge", 561: "huge", 43: "escaping", 343: "escaping", 143: "bomb", 443: "bomb",
    93: "terminal", 293: "terminal", 493: "terminal", 193: "deep", 393: "deep", 593: "deep",
}  # fmt: skip
_VERBS = {
    "list": "Lists", "get": "Gets", "search": "Searches", "create": "Creates", "update": "Updates", "delete": "Deletes",
    "send": "Sends", "run": "Runs", "archive": "Archives", "export": "Exports", "share": "Shares", "check": "Checks",
    "assign": "Assigns", "import": "Imports", "restore": "Restores", "count": "Counts",
}  # fmt: skip
_NOUNS = (
    "notes", "invoices", "builds", "tickets", "meetings", "files", "contacts", "devices", "reports", "keys", "orders",
    "branches", "messages", "dashboards", "metrics", "projects", "users", "backups", "queries", "shipments",
)  # fmt: skip
_FIELDS = ("id", "limit", "cursor", "query", "title", "body", "owner", "since", "tags", "status", "format", "dry_run")
_SENTENCES = (
    "Results come in pages of fifty, the newest first.", "The workspace is the one that the key belongs to.",
    "Needs the scope that the administrator has granted.", "Gives an error where nothing of that name exists.",
    "Times are in UTC and given as text.", "Use the search first where the exact name is not known.",
    "Large answers are cut after a hundred entries.", "Everybody who follows it is told about this.",
)  # fmt: skip
_IMPORTS = 'import { z } from "zod";\nimport { client } from "../client.js";\n'


def kind_of(number: int) -> Kind:
    """What the package of this number is like."""
    return _ODD.get(number % VARIANTS, "plain")


def files_of(number: int, weight: Weight = "small") -> dict[str, str]:
    """The files of one package by path."""
    kind, number = kind_of(number), number % VARIANTS
    if kind == "broken":
        return {"package.json": _manifest(number), "index.js": "const a = {{{\n" * 40}
    if kind == "huge":
        return _package(number, tools=150, library=9_000)
    if kind == "terminal":
        return {k: v.replace("Lists", "\\u001b[2J\\u202eLists") for k, v in _package(number).items()}
    if kind == "deep":
        return {**_package(number, tools=4), "deep.json": '{"tools":' + "[" * 50_000}
    return _package(number, times=_TIMES[weight])


def tarball(number: int, weight: Weight = "small") -> bytes:
    """The package as npm packs it; the same bytes each time."""
    kind = kind_of(number)
    if kind == "escaping":
        return _packed({"../../outside.js": "exports.x = 1;"})
    if kind == "bomb":
        return _packed({"index.js": "x" * 40_000_000})
    return _packed({f"package/{name}": text for name, text in files_of(number, weight).items()})


def _packed(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with GzipFile(fileobj=out, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as tar:
        for name, text in files.items():
            raw = text.encode()
            member = tarfile.TarInfo(name)
            member.size = len(raw)
            tar.addfile(member, io.BytesIO(raw))
    return out.getvalue()


def _manifest(number: int) -> str:
    return json.dumps(
        {
            "name": f"server-{number}", "version": "1.0.0", "license": "MIT", "type": "module", "main": "dist/index.js",
            "description": "Gives agents the service's records.", "dependencies": {"@modelcontextprotocol/sdk": "^1"},
        }
    )  # fmt: skip


def _package(number: int, tools: int | None = None, library: int | None = None, times: int = 1) -> dict[str, str]:
    pick = random.Random(number)
    names = _tool_names(pick, tools or 3 + pick.randrange(18))
    files = {"package.json": _manifest(number), "README.md": _readme(pick, names), "LICENSE": "Free to use.\n" * 60}
    if number % 5 == 4:
        files["server.py"] = _python(pick, names)
        files |= {f"service/part_{n}.py": _python_library(pick, 150) for n in range(times * pick.randrange(2, 8))}
        return files
    style = (_calls, _handler, _registrations, _calls)[number % 5]
    groups = [names[n : n + 5] for n in range(0, len(names), 5)]
    if style is _handler:
        files["dist/index.js"] = _handler(pick, names, 2 * times)
    else:
        files |= {f"dist/tools/group_{n}.js": style(pick, group, 2 * times) for n, group in enumerate(groups)}
        files["dist/index.js"] = _entry(len(groups))
    files["dist/client.js"] = _library(pick, library or times * pick.randrange(200, 900))
    files |= {
        f"dist/lib/part_{n}.js": _library(pick, 60 * times) for n in range((times + 1) // 2 * pick.randrange(2, 8))
    }
    files |= {f"dist/types_{n}.d.ts": "export interface Answer { id: string; }\n" * 40 for n in range(3)}
    return files


def _tool_names(pick: random.Random, count: int) -> list[str]:
    pairs = [f"{verb}_{noun}" for noun in _NOUNS for verb in _VERBS]
    return pick.sample(pairs, count)


def _text(pick: random.Random, tool: str) -> str:
    verb, _, noun = tool.partition("_")
    return " ".join([f"{_VERBS[verb]} {noun} of the service.", *pick.sample(_SENTENCES, pick.randrange(1, 4))])


def _fields(pick: random.Random) -> Iterator[tuple[str, str, str]]:
    """Parameters of one tool: name, JSON type, description."""
    for name in pick.sample(_FIELDS, pick.randrange(1, 6)):
        kind = {"limit": "number", "dry_run": "boolean", "tags": "array"}.get(name, "string")
        yield name, kind, f"The {name.replace('_', ' ')} to go by. {pick.choice(_SENTENCES)}"


def _body(pick: random.Random, tool: str, steps: int) -> str:
    """The handler of a tool, as long as the package's weight wants it."""
    verb, _, noun = tool.partition("_")
    method = {"delete": "DELETE", "create": "POST", "update": "PATCH", "send": "POST"}.get(verb, "GET")
    parts = "".join(
        f'    const answer{n} = await client.request("{method}", `/v{pick.randrange(4)}/{noun}/${{args.id}}`, args);\n'
        f"    if (!answer{n}.ok) {{\n      throw new Error(`The service answered ${{answer{n}.status}}`);\n    }}\n"
        f"    const rows{n} = (await answer{n}.json()).map((row) => ({{ ...row, seen: row.id === args.id }}));\n"
        for n in range(steps)
    )
    return f'{parts}    return {{ content: [{{ type: "text", text: JSON.stringify(rows0, null, 2) }}] }};\n'


def _entry(groups: int) -> str:
    imports = "".join(f'import {{ register as r{n} }} from "./tools/group_{n}.js";\n' for n in range(groups))
    return (
        'import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";\n'
        'import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";\n'
        f'{imports}const server = new McpServer({{ name: "service", version: "1.0.0" }});\n'
        + "".join(f"r{n}(server);\n" for n in range(groups))
        + "await server.connect(new StdioServerTransport());\n"
    )


def _zod(pick: random.Random) -> str:
    types = {"number": "z.number().optional()", "boolean": "z.boolean()", "array": "z.array(z.string())"}
    return ", ".join(f'{n}: {types.get(k, "z.string()")}.describe("{text}")' for n, k, text in _fields(pick))


def _calls(pick: random.Random, names: list[str], steps: int) -> str:
    calls = "".join(
        f'  server.tool("{t}", "{_text(pick, t)}", {{ {_zod(pick)} }},'
        f" async (args) => {{\n{_body(pick, t, steps)}  }});\n"
        for t in names
    )
    return f"{_IMPORTS}export function register(server) {{\n{calls}}}\n"


def _registrations(pick: random.Random, names: list[str], steps: int) -> str:
    calls = "".join(
        f'  server.registerTool("{t}", {{ title: "{t.replace("_", " ")}", description: "{_text(pick, t)}",'
        f" inputSchema: {{ {_zod(pick)} }},"
        f" annotations: {{ readOnlyHint: {str(t[:4] in ('list', 'get_')).lower()} }} }},"
        f" async (args) => {{\n{_body(pick, t, steps)}  }});\n"
        for t in names
    )
    return f"{_IMPORTS}export function register(server) {{\n{calls}}}\n"


def _handler(pick: random.Random, names: list[str], steps: int) -> str:
    listed = ",\n".join(
        f'    {{ name: "{t}", description: "{_text(pick, t)}", inputSchema: {{ type: "object", properties: {{'
        + ", ".join(f'{n}: {{ type: "{k}", description: "{text}" }}' for n, k, text in _fields(pick))
        + "} } }"
        for t in names
    )
    cases = "".join(f'    case "{t}": {{\n{_body(pick, t, steps)}    }}\n' for t in names)
    return (
        'import { Server } from "@modelcontextprotocol/sdk/server/index.js";\n'
        'import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";\n'
        'import { client } from "./client.js";\n'
        'const server = new Server({ name: "service", version: "1.0.0" }, { capabilities: { tools: {} } });\n'
        f"server.setRequestHandler(ListToolsRequestSchema, async () => ({{ tools: [\n{listed}\n  ] }}));\n"
        "server.setRequestHandler(CallToolRequestSchema, async (request) => {\n"
        "  const args = request.params.arguments;\n  switch (request.params.name) {\n" + cases + "  }\n});\n"
    )


def _library(pick: random.Random, lines: int) -> str:
    parts = []
    for n in range(lines // 6):
        noun = pick.choice(_NOUNS)
        parts.append(
            f"export async function {noun}Of{n}(base, options = {{}}) {{\n"
            f'  const url = new URL("/{noun}/{n}", base);\n'
            f"  for (const [key, value] of Object.entries(options)) url.searchParams.set(key, String(value));\n"
            f'  const answer = await fetch(url, {{ method: "GET", headers: {{ accept: "application/json" }} }});\n'
            f"  return answer.ok ? answer.json() : {{ error: answer.status, attempt: {pick.randrange(9)} }};\n}}\n"
        )
    return "".join(parts) + "export const client = { request: (m, p, a) => fetch(p, { method: m, body: a }) };\n"


def _python(pick: random.Random, names: list[str]) -> str:
    kinds = {"number": "int = 10", "boolean": "bool = False", "array": "list[str] | None = None"}
    parts = []
    for t in names:
        fields = list(_fields(pick))
        ordered = sorted(fields, key=lambda f: f[1] in kinds)
        arguments = ", ".join(f"{n}: {kinds.get(k, 'str')}" for n, k, _ in ordered)
        described = "".join(f"        {n}: {text}\n" for n, _, text in fields)
        parts.append(
            f'\n\n@mcp.tool()\nasync def {t}({arguments}) -> str:\n    """{_text(pick, t)}\n\n'
            f'    Args:\n{described}    """\n'
            f'    answer = await client.get("/{t.partition("_")[2]}", params={{"limit": 10}})\n'
            "    answer.raise_for_status()\n    return answer.text\n"
        )
    head = "import httpx\nfrom mcp.server.fastmcp import FastMCP\n\n"
    return f'{head}mcp = FastMCP("service")\nclient = httpx.AsyncClient()\n{"".join(parts)}'


def _python_library(pick: random.Random, lines: int) -> str:
    return "".join(
        f'def {pick.choice(_NOUNS)}_{n}(rows: list[dict]) -> dict:\n    """Counts rows by their state."""\n'
        f'    found = {{}}\n    for row in rows:\n        found[row["state"]] = found.get(row["state"], {n}) + 1\n'
        "    return found\n\n\n"
        for n in range(lines // 8)
    )


def _readme(pick: random.Random, names: list[str]) -> str:
    rows = "".join(f"- `{t}`: {_text(pick, t)}\n" for t in names)
    return f"# The service\n\n## Tools\n\n{rows}\n## Set up\n\n" + "Put the key into SERVICE_KEY and start it.\n" * 40
