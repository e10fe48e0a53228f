"""A registry and package host of any size on this machine: packages are made from their number when asked for."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import multiprocessing
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PAGE = 100
_VERBS = ("list", "get", "search", "create", "update", "delete", "send", "run", "archive", "export", "share", "check")
_NOUNS = ("notes", "invoices", "builds", "tickets", "meetings", "files", "contacts", "devices", "reports", "keys")


def files_of(number: int) -> dict[str, str]:
    """The files of one package, in one of the shapes that real servers have; some are broken, empty or large."""
    tools = [f"{_VERBS[(number + i) % 12]}_{_NOUNS[(number // 3 + i) % 10]}" for i in range(3 + number % 18)]
    manifest = json.dumps(
        {"name": f"server-{number}", "version": "1.0.0", "dependencies": {"@modelcontextprotocol/sdk": "^1"}}
    )
    if number % 50 == 7:
        return {"package.json": manifest, "index.js": "const a = {{{"}
    if number % 3 == 0:
        return {"package.json": manifest, "index.js": _calls(tools)}
    if number % 3 == 1:
        return {"package.json": manifest, "index.js": _handler(tools), "util.js": "exports.x = 1;\n" * (number % 400)}
    return {"package.json": manifest, "server.py": _decorated(tools)}


def _words(tool: str) -> str:
    return tool.replace("_", " ").capitalize() + " of the workspace that the user has chosen."


def _calls(tools: list[str]) -> str:
    calls = "".join(
        f'server.tool("{t}", "{_words(t)}", {{ id: z.string().describe("Which one"), limit: z.number().optional() }},'
        f" async () => ({{ content: [] }}));\n"
        for t in tools
    )
    return (
        'import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";\nimport { z } from "zod";\n'
        f'const server = new McpServer({{ name: "x", version: "1" }});\n{calls}'
    )


def _handler(tools: list[str]) -> str:
    schema = '{ type: "object", properties: { id: { type: "string" } } }'
    listed = ",\n".join(f'{{ name: "{t}", description: "{_words(t)}", inputSchema: {schema} }}' for t in tools)
    return (
        'import { Server } from "@modelcontextprotocol/sdk/server/index.js";\n'
        'import { ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";\n'
        'const server = new Server({ name: "x", version: "1" }, { capabilities: { tools: {} } });\n'
        f"server.setRequestHandler(ListToolsRequestSchema, async () => ({{ tools: [\n{listed}\n] }}));\n"
    )


def _decorated(tools: list[str]) -> str:
    functions = "".join(
        f'\n@mcp.tool()\ndef {t}(id: str, limit: int = 10) -> str:\n    """{_words(t)}"""\n'
        for t in dict.fromkeys(tools)
    )
    return f'from mcp.server.fastmcp import FastMCP\n\nmcp = FastMCP("x")\n{functions}'


@lru_cache(maxsize=64)
def tarball(number: int) -> bytes:
    """The package's tarball: the same bytes each time."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as tar:
        for name, text in files_of(number).items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


def _answer(path: str, servers: int, url: str) -> Any:
    if path.startswith("/v0.1/servers"):
        query = dict(p.split("=", 1) for p in path.partition("?")[2].split("&"))
        first = int(query.get("cursor", 0))
        last = min(first + PAGE, servers)
        listed = [
            {"server": {"name": f"bench/server-{n}", "version": "1.0.0",
                        "packages": [{"registryType": "npm", "identifier": f"server-{n}", "version": "1.0.0"}]}}
            for n in range(first, last)
        ]  # fmt: skip
        return {"servers": listed, "metadata": {"nextCursor": str(last)} if last < servers else {}}
    number = int(path.rpartition("-")[2])
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(tarball(number)).digest()).decode()
    dist = {"tarball": f"{url}/tarballs/server-{number}", "integrity": integrity}
    return {"dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {"version": "1.0.0", "dist": dist}}}


def _run(servers: int, port: Any) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            host = f"http://{self.headers['Host']}"
            if self.path.startswith("/tarballs/"):
                body = tarball(int(self.path.rpartition("-")[2]))
            else:
                body = json.dumps(_answer(self.path, servers, host)).encode()
            tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            fresh = self.headers.get("If-None-Match") == tag
            self.send_response(304 if fresh else 200)
            self.send_header("ETag", tag)
            self.send_header("Cache-Control", "no-cache")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(0 if fresh else len(body)))
            self.end_headers()
            if not fresh:
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    port.send(server.server_port)
    server.serve_forever()


@contextmanager
def serve(servers: int) -> Iterator[str]:
    """A host with that many servers, in its own process; gives its address."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=_run, args=(servers, sender), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{receiver.recv()}"
    finally:
        process.terminate()
        process.join()
