"""A server on the official SDK, which speaks revision 2026-07-28: one tool that adds a line to a file."""

import sys
from pathlib import Path

from mcp.server.mcpserver import MCPServer

server = MCPServer("modern")
NOTES = Path(sys.argv[1])


@server.tool()
def add_note(text: str) -> str:
    """Adds a line."""
    NOTES.write_text((NOTES.read_text() if NOTES.exists() else "") + text + "\n")
    return "added"


@server.tool()
def read_notes() -> str:
    """Reads all lines."""
    return NOTES.read_text() if NOTES.exists() else ""


if __name__ == "__main__":
    server.run("stdio")
