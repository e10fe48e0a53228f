"""The gateway over Streamable HTTP: the official SDK's server behind it, its client in front."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import httpx
import pytest
import uvicorn
from mcp import Client
from mcp.server.mcpserver import MCPServer
from mcp.types import ElicitResult

from catalog.policy.gateway.http import HttpGateway
from catalog.policy.gateway.run import Settings, open_desk
from tests.policy.gateway_bench import is_denied, text_of


class Running:
    """An ASGI application on a free port of this machine."""

    def __init__(self, app: object) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def url(tmp_path: Path, notes: list[str]) -> Iterator[str]:
    server = MCPServer("notes")

    @server.tool()
    def read_notes() -> str:
        return "\n".join(notes)

    @server.tool()
    def add_note(text: str) -> str:
        notes.append(text)
        return "added"

    @server.tool()
    def drop_notes() -> str:
        notes.clear()
        return "dropped"

    policy = tmp_path / "policy.json"
    tools = {
        "read_notes": {"limits": [{"counter": "r", "window": "day", "max": 3}]},
        "add_note": {"approve": [{"conditions": []}]},
    }
    policy.write_text(json.dumps({"version": "1", "default": "deny", "hide": ["drop_notes"], "tools": tools}))
    behind = Running(server.streamable_http_app())
    with open_desk(Settings(policy, tmp_path / "s", tmp_path / "a"), time.time, lambda text: None) as desk:
        front = Running(HttpGateway(f"http://127.0.0.1:{behind.port}/mcp", desk, 20).app())
        yield f"http://127.0.0.1:{front.port}/mcp"
        front.stop()
    behind.stop()


def run(url: str, scenario, answer: str | None, mode: str):
    async def say(context: object, params: object) -> ElicitResult:
        return ElicitResult(action=answer)

    async def main():
        with anyio.fail_after(60):
            async with Client(url, mode=mode, elicitation_callback=say if answer else None) as client:
                return await scenario(client)

    return anyio.run(main)


@pytest.mark.parametrize("mode", ["legacy", "auto"])
@pytest.mark.parametrize(("answer", "kept"), [("accept", ["one"]), ("decline", []), (None, [])])
def test_a_call_waits_for_a_person_in_both_eras(
    url: str, notes: list[str], mode: str, answer: str | None, kept: list[str]
):
    result = run(url, lambda client: client.call_tool("add_note", {"text": "one"}), answer, mode)
    assert is_denied(result) == (not kept)
    assert notes == kept


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_reads_pass_until_their_limit_and_a_hidden_tool_is_gone(url: str, notes: list[str], mode: str):
    notes.append("one")

    async def scenario(client: Client):
        names = [tool.name for tool in (await client.list_tools()).tools]
        reads = [await client.call_tool("read_notes", {}) for _ in range(4)]
        return (
            names,
            [text_of(r) for r in reads[:3]],
            is_denied(reads[3]),
            is_denied(await client.call_tool("drop_notes", {})),
        )

    assert run(url, scenario, None, mode) == (["read_notes", "add_note"], ["one"] * 3, True, True)
    assert notes == ["one"]


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"host": "evil.example"}])
def test_a_page_from_elsewhere_is_turned_away(url: str, headers: dict[str, str]):
    assert httpx.post(url, json={"jsonrpc": "2.0", "id": 1, "method": "ping"}, headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b'{"jsonrpc":"2.0","id":1,"method":"ping"}', {"mcp-method": "tools/call"}),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_notes"}}', {"mcp-name": "drop_notes"}),
        (b'[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"drop_notes"}}]', {}),
        (b'{"id":1,"method":"ping","method":"tools/call"}', {}),
        (b"\x1f\x8b", {"content-encoding": "gzip"}),
    ],
)
def test_a_message_that_says_two_things_is_turned_away(url: str, body: bytes, headers: dict[str, str]):
    assert httpx.post(url, content=body, headers={"content-type": "application/json", **headers}).status_code == 400


def test_a_server_that_is_gone_is_an_error_and_no_permission(tmp_path: Path):
    policy = tmp_path / "p.json"
    policy.write_text('{"version": "1", "default": "allow"}')
    with open_desk(Settings(policy, tmp_path / "s", tmp_path / "a"), time.time, lambda text: None) as desk:
        front = Running(HttpGateway("http://127.0.0.1:1/mcp", desk, 5).app())
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "x"}}
        reply = httpx.post(f"http://127.0.0.1:{front.port}/mcp", json=call)
        front.stop()
    assert reply.status_code == 502
