"""A notes server on the low-level SDK, two tools on two pages: `python -m tests.servers.notes MODE [PORT]`."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import mcp_types as types
import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.sse import SseServerTransport
from mcp.server.stdio import stdio_server
from starlette.applications import Starlette
from starlette.routing import Mount, Route

TOOLS = [
    types.Tool(
        name="list_notes",
        title="List notes",
        description="List all notes",
        input_schema={"type": "object", "properties": {"limit": {"type": "integer", "minimum": 1}}},
        annotations=types.ToolAnnotations(read_only_hint=True),
    ),
    types.Tool(
        name="delete_note",
        description="Delete a note for good",
        input_schema={"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
    ),
]


async def _list(ctx: Any, params: Any) -> types.ListToolsResult:
    cursor = getattr(params, "cursor", None)
    if os.environ.get("NOTES_LOOP"):
        return types.ListToolsResult(tools=TOOLS[:1], next_cursor="again")
    if cursor is None:
        return types.ListToolsResult(tools=TOOLS[:1], next_cursor="2")
    return types.ListToolsResult(tools=TOOLS[1:])


async def _call(ctx: Any, params: Any) -> types.CallToolResult:
    raise AssertionError("a catalogue never calls a tool")


def server() -> Server[Any]:
    return Server("notes", version="1.2.3", on_list_tools=_list, on_call_tool=_call)


async def _stdio() -> None:
    instance = server()
    async with stdio_server() as (read, write):
        await instance.run(read, write, instance.create_initialization_options())


def sse_app() -> Starlette:
    transport, instance = SseServerTransport("/messages/"), server()

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        async with transport.connect_sse(scope, receive, send) as streams:
            await instance.run(streams[0], streams[1], instance.create_initialization_options())

    class Endpoint:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await serve(scope, receive, send)

    return Starlette(
        routes=[Route("/sse", Endpoint(), methods=["GET"]), Mount("/messages/", app=transport.handle_post_message)]
    )


def main() -> None:
    mode = sys.argv[1] if len(sys.argv) > 1 else "stdio"
    if os.environ.get("NOTES_REQUIRES") and not os.environ.get(os.environ["NOTES_REQUIRES"]):
        sys.exit(f"{os.environ['NOTES_REQUIRES']} is not set")
    if mode == "stdio":
        asyncio.run(_stdio())
    else:
        app = server().streamable_http_app() if mode == "http" else sse_app()
        uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="error")


if __name__ == "__main__":
    main()
