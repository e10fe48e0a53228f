"""A gateway with a server behind it and the official client in front, in one folder per test."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, ElicitResult

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
NOON_S = 1_800_000_000


class Bench:
    """Files of one gateway: `files` is the server's folder."""

    def __init__(self, folder: Path) -> None:
        self.files = folder / "files"
        self.files.mkdir()
        self.policy, self.state, self.audit, self.clock = (
            folder / n for n in ("policy.json", "s.db", "audit", "clock")
        )
        self.set_clock(NOON_S)
        self.command = [sys.executable, str(HERE / "servers" / "plain.py"), str(self.files)]

    def set_clock(self, now_s: float) -> None:
        self.clock.write_text(str(now_s))

    def set_policy(self, hide: list[str] | None = None, **tools: object) -> None:
        self.policy.write_text(json.dumps({"version": "1", "default": "deny", "hide": hide or [], "tools": tools}))

    def parameters(self) -> StdioServerParameters:
        launcher = str(HERE / "servers" / "gateway_with_clock.py")
        args = [launcher, *map(str, (self.clock, self.policy, self.state, self.audit)), *self.command]
        return StdioServerParameters(command=sys.executable, args=args, env={"PYTHONPATH": str(ROOT)})

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.audit.read_text().splitlines()]

    @asynccontextmanager
    async def client(self, answer: str | None = None, **options: Any) -> AsyncIterator[Client]:
        """A connected client. `answer` is what its user says to every question; None: it cannot be asked."""

        async def say(context: object, params: object) -> ElicitResult:
            return ElicitResult(action=answer, content={} if answer == "accept" else None)  # type: ignore[arg-type]

        if answer:
            options["elicitation_callback"] = say
        with anyio.fail_after(60):
            async with Client(self.parameters(), **options) as client:
                yield client

    def run(self, scenario: Callable[[Client], Awaitable[Any]], answer: str | None = None, **options: Any) -> Any:
        """Runs one scenario with a client of its own and returns what it returns."""

        async def main() -> Any:
            async with self.client(answer, **options) as client:
                return await scenario(client)

        return anyio.run(main)

    def call(self, name: str, answer: str | None = None, **arguments: object) -> CallToolResult:
        return self.run(lambda client: client.call_tool(name, arguments), answer)


def text_of(result: CallToolResult) -> str:
    return "".join(getattr(part, "text", "") for part in result.content)


def is_denied(result: CallToolResult) -> bool:
    return bool(result.is_error) and text_of(result).startswith("[POLICY DENIED]")
