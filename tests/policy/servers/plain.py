"""A small MCP server over stdio, handshake revisions, standard library only. Tools act on one folder and a database."""

import json
import sqlite3
import sys
from pathlib import Path

FOLDER = Path(sys.argv[1])
TEXT = {"type": "string"}
TOOLS = [
    {"name": "read_file", "inputSchema": {"type": "object", "properties": {"path": TEXT}, "required": ["path"]}},
    {"name": "write_file", "inputSchema": {"type": "object", "properties": {"path": TEXT, "content": TEXT}}},
    {"name": "delete_all", "inputSchema": {"type": "object", "properties": {}}},
    {"name": "query", "inputSchema": {"type": "object", "properties": {"sql": TEXT}, "required": ["sql"]}},
]


def call(name: str, arguments: dict) -> str:
    if name == "read_file":
        return (FOLDER / arguments["path"]).read_text()
    if name == "write_file":
        (FOLDER / arguments["path"]).write_text(arguments["content"])
        return "written"
    if name == "delete_all":
        for path in FOLDER.iterdir():
            path.unlink()
        return "deleted"
    with sqlite3.connect(FOLDER / "data.db") as db:
        return json.dumps(db.execute(arguments["sql"]).fetchall())


def answer(request: dict) -> dict:
    method, params = request["method"], request.get("params", {})
    if method == "initialize":
        capabilities = {"tools": {}, "prompts": {}, "experimental": {"x": {}}}
        return {
            "protocolVersion": params["protocolVersion"],
            "capabilities": capabilities,
            "serverInfo": {"name": "plain", "version": "1"},
        }
    if method == "tools/list":
        return {"tools": TOOLS}
    if method == "tools/call":
        try:
            return {"content": [{"type": "text", "text": call(params["name"], params.get("arguments") or {})}]}
        except (OSError, KeyError, sqlite3.Error) as error:
            return {"content": [{"type": "text", "text": repr(error)}], "isError": True}
    if method in ("prompts/list", "ping"):
        return {"prompts": []} if method == "prompts/list" else {}
    raise LookupError(method)


for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message or "method" not in message:
        continue
    reply = {"jsonrpc": "2.0", "id": message["id"]}
    try:
        reply["result"] = answer(message)
    except LookupError:
        reply["error"] = {"code": -32601, "message": "Method not found"}
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()
