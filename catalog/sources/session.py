"""What a running server lists, over any transport of the official SDK. No tool is ever called."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from mcp import Client

from catalog.errors import InvalidInput, SourceError
from catalog.records import Gap, Tool
from catalog.sources.definitions import tool_from_json

MAX_PAGES = 500
MAX_TOOLS = 20_000
_SDK_LOGGERS = ("mcp", "httpx", "httpx2", "httpcore")


@dataclass(frozen=True, slots=True)
class Listed:
    """A server's answer: what it calls itself, its version and protocol revision, its tools over all pages."""

    name: str | None
    version: str | None
    protocol: str
    tools: tuple[Tool, ...]
    gaps: tuple[Gap, ...]


def list_tools(open_transport: Callable[[], AbstractAsyncContextManager[Any]], where: str, timeout_s: float) -> Listed:
    """Connects, negotiates the protocol revision, and pages through `tools/list`.

    `where` names the server in gaps and errors. Raises SourceError when nothing is listed within `timeout_s` seconds in
    all, or when the connection or the handshake fails; the cause is its `__cause__`.
    """
    for name in _SDK_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)

    async def listed() -> Listed:
        async with asyncio.timeout(timeout_s):
            async with Client(open_transport(), cache=None, read_timeout_seconds=timeout_s) as client:
                return await _pages(client, where)

    try:
        return asyncio.run(listed())
    except TimeoutError as error:
        raise SourceError(f"{where} did not list its tools within {timeout_s:g} seconds") from error
    except Exception as error:
        raise SourceError(f"{where} could not be listed: {root_cause(error)}") from error


def root_cause(error: BaseException) -> str:
    """The first line of the first real error inside nested groups, without what could be hostile length."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__


async def _pages(client: Client, where: str) -> Listed:
    tools: dict[str, Tool] = {}
    gaps: list[Gap] = []
    cursor: str | None = None
    seen: set[str] = set()
    for _ in range(MAX_PAGES):
        page = await client.list_tools(cursor=cursor)
        for raw in page.tools:
            _take(raw.model_dump(mode="json", by_alias=True, exclude_none=True), where, tools, gaps)
        cursor = page.next_cursor
        if not cursor:
            break
        if cursor in seen or len(tools) >= MAX_TOOLS:
            gaps.append(Gap(where, None, "the list of tools does not end: its cursor repeats or it holds too many"))
            break
        seen.add(cursor)
    else:
        gaps.append(Gap(where, None, f"the list has more than {MAX_PAGES} pages; the rest was not read"))
    info = client.server_info
    return Listed(
        info.name if info else None,
        info.version if info else None,
        client.protocol_version,
        tuple(tools.values()),
        tuple(gaps),
    )


def _take(raw: dict[str, Any], where: str, tools: dict[str, Tool], gaps: list[Gap]) -> None:
    try:
        tool = tool_from_json({**raw, "extractor": "tools/list"}, where)
    except InvalidInput as error:
        gaps.append(Gap(where, None, f"a listed tool could not be read: {error.message}"))
        return
    tools.setdefault(tool.name, tool)
