"""Streamable HTTP in and out: a small reverse proxy for one MCP endpoint that judges tool calls.

A question to a client of the handshake revisions is sent on the event stream that answers its call; the client posts
the answer, and the call then goes to the server, whose reply ends the stream.
"""

from __future__ import annotations

import asyncio
import base64
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from catalog.policy.gateway.desk import Answer, Ask, Desk, Pass, Step
from catalog.policy.gateway.messages import (
    INVALID_REQUEST,
    PARSE_ERROR,
    BadMessage,
    Message,
    batch_refusals,
    consents,
    failed,
    own_capabilities,
    params_of,
    read_message,
    write_message,
)
from catalog.policy.gateway.relay import screened

MAX_BODY = 64_000_000
MAX_SESSIONS = 10_000
_SESSION = "mcp-session-id"
_NOT_FORWARDED = frozenset(
    {"host", "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "upgrade"}
    | {"transfer-encoding", "content-length", "accept-encoding", "content-encoding", "cookie", "origin", "forwarded"}
)
_NOT_RETURNED = _NOT_FORWARDED | {"set-cookie", "server", "date"}
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_EVENT_END = (b"\r\n\r\n", b"\n\n", b"\r\r")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question on its way: whose it is, about which request, and where the answer is awaited."""

    session: str
    request_id: object
    agreed: asyncio.Future[bool]

    def settle(self, agreed: bool) -> None:
        if not self.agreed.done():
            self.agreed.set_result(agreed)


class HttpGateway:
    """One endpoint. `headers` are added to what goes to the server; `hosts` may stand in a request's Host or Origin."""

    def __init__(
        self,
        url: str,
        desk: Desk,
        patience_s: float,
        headers: Mapping[str, str] | None = None,
        hosts: frozenset[str] = _LOCAL,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        self._url = url
        self._desk = desk
        self._patience_s = patience_s
        self._headers = {k.lower(): v for k, v in (headers or {}).items()}
        self._hosts = hosts | _LOCAL
        self._client = client or httpx.AsyncClient(timeout=httpx.Timeout(30, read=None), follow_redirects=False)
        self._capabilities: OrderedDict[str, object] = OrderedDict()
        self._asked_for: dict[str, _Asked] = {}

    def app(self) -> Starlette:
        """The ASGI application: `/mcp` and `/`."""
        methods = ["POST", "GET", "DELETE"]
        return Starlette(routes=[Route(path, self.handle, methods=methods) for path in ("/mcp", "/")])

    async def handle(self, request: Request) -> Response:
        if not self._is_local(request.headers.get("host"), request.headers.get("origin")):
            return JSONResponse(failed(None, INVALID_REQUEST, "Host or Origin is not allowed."), 403)
        if request.method != "POST":
            return await self._forward(request, b"", None)
        try:
            body = await _read(request)
            message = read_message(body)
        except (BadMessage, ClientDisconnect) as error:
            return JSONResponse(failed(None, PARSE_ERROR, f"The gateway cannot read this message: {error}"), 400)
        try:
            if isinstance(message, list):
                refusals = batch_refusals(message)
                return JSONResponse(refusals, 400) if refusals else await self._forward(request, body, None)
            return await self._message(request, message, body)
        except RecursionError:
            return JSONResponse(failed(None, INVALID_REQUEST, "nested too deeply"), 400)

    def _is_local(self, host: str | None, origin: str | None) -> bool:
        """Guards against pages that reach this machine under another name (DNS rebinding)."""
        names = [urlsplit(f"//{host or ''}").hostname]
        if origin is not None:
            names.append(urlsplit(origin).hostname)
        return all(name in self._hosts for name in names)

    async def _message(self, request: Request, message: Message, body: bytes) -> Response:
        session = request.headers.get(_SESSION, "")
        method = message.get("method")
        if told := _contradiction(request, message):
            return JSONResponse(failed(message.get("id"), INVALID_REQUEST, told), 400)
        if method == "tools/call":
            return await self._do(self._desk.call(session, message, body, self._capabilities.get(session)), request)
        if method is None:
            return await self._response(request, session, message, body)
        if method == "notifications/cancelled" and (held := self._desk.cancelled(session, message)):
            self._settle(session, held.message.get("id"))
            return Response(status_code=202)
        return await self._forward(request, body, message)

    async def _response(self, request: Request, session: str, message: Message, body: bytes) -> Response:
        identity = message.get("id")
        asked = self._asked_for.get(identity) if isinstance(identity, str) else None
        if asked is None or asked.session != session:
            return await self._forward(request, body, None)
        asked.settle(consents(message.get("result")))
        return Response(status_code=202)

    def _settle(self, session: str, request_id: object) -> None:
        for asked in self._asked_for.values():
            if asked.session == session and asked.request_id == request_id:
                asked.settle(False)

    async def _do(self, step: Step, request: Request) -> Response:
        if isinstance(step, Pass):
            return await self._forward(request, step.raw, None)
        if isinstance(step, Answer):
            return Response(write_message(step.message), media_type="application/json")
        if "text/event-stream" not in request.headers.get("accept", ""):
            held = self._desk.waiting.take(step.identity)
            return (
                await self._do(self._desk.refused(held, "unsupported"), request) if held else Response(status_code=406)
            )
        return StreamingResponse(self._asked(step, request), media_type="text/event-stream", headers=_NO_CACHE)

    async def _asked(self, ask: Ask, request: Request) -> AsyncIterator[bytes]:
        """The event stream of a call that waits: the question, then the server's reply or the denial."""
        agreement: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        session = request.headers.get(_SESSION, "")
        self._asked_for[ask.identity] = _Asked(session, ask.request_id, agreement)
        try:
            yield _event(write_message(ask.message))
            why = "declined"
            try:
                agreed = await asyncio.wait_for(agreement, self._patience_s)
            except TimeoutError:
                agreed, why = False, "timeout"
            held = self._desk.waiting.take(ask.identity)
            if held is None:  # cancelled by the client
                return
            step = self._desk.consented(held) if agreed else self._desk.refused(held, why)
            if isinstance(step, Pass):
                async for part in self._carried_out(request, step.raw, held.message):
                    yield part
            else:
                yield _event(write_message(step.message))
        finally:
            self._asked_for.pop(ask.identity, None)
            self._desk.waiting.take(ask.identity)

    async def _carried_out(self, request: Request, raw: bytes, message: Message) -> AsyncIterator[bytes]:
        try:
            reply = await self._send(request, raw)
        except httpx.HTTPError as error:
            yield _event(write_message(failed(message.get("id"), -32603, f"The server cannot be reached: {error}")))
            return
        try:
            if _kind(reply) == "text/event-stream":
                async for event in self._screened_events(reply, request.headers.get(_SESSION, "")):
                    yield event
            else:
                text = screened(self._desk, request.headers.get(_SESSION, ""), await reply.aread())
                yield _event(text if reply.is_success else write_message(failed(message.get("id"), -32603, "refused")))
        finally:
            await reply.aclose()

    async def _forward(self, request: Request, body: bytes, message: Message | None) -> Response:
        try:
            reply = await self._send(request, body)
        except httpx.HTTPError as error:
            identity = message.get("id") if message else None
            return JSONResponse(failed(identity, -32603, f"The server cannot be reached: {error}"), 502)
        session = request.headers.get(_SESSION, "")
        if message is not None and message.get("method") == "initialize":
            self._remember(reply.headers.get(_SESSION, ""), own_capabilities(message))
        headers = {k: v for k, v in reply.headers.items() if k not in _NOT_RETURNED}
        if _kind(reply) == "text/event-stream":
            return StreamingResponse(self._screened_stream(reply, session), reply.status_code, headers)
        try:
            return Response(screened(self._desk, session, await reply.aread()), reply.status_code, headers)
        finally:
            await reply.aclose()

    def _remember(self, session: str, capabilities: object) -> None:
        if session:  # without a session nobody could tell whose answer it is
            self._capabilities[session] = capabilities
            if len(self._capabilities) > MAX_SESSIONS:
                self._capabilities.popitem(last=False)

    async def _send(self, request: Request, body: bytes) -> httpx.Response:
        headers = {k: v for k, v in request.headers.items() if k not in _NOT_FORWARDED}
        headers |= self._headers | {"accept-encoding": "identity"}
        built = self._client.build_request(request.method, self._url, headers=headers, content=body or None)
        return await self._client.send(built, stream=True)

    async def _screened_stream(self, reply: httpx.Response, session: str) -> AsyncIterator[bytes]:
        try:
            async for event in self._screened_events(reply, session):
                yield event
        finally:
            await reply.aclose()

    async def _screened_events(self, reply: httpx.Response, session: str) -> AsyncIterator[bytes]:
        """The server's events, whole, each without hidden tools."""
        held = b""
        async for chunk in reply.aiter_bytes():
            held += chunk
            while (end := _first_end(held)) is not None:
                yield self._screened_event(held[:end], session)
                held = held[end:]
            if len(held) > MAX_BODY:
                return
        if held:
            yield self._screened_event(held, session)

    def _screened_event(self, event: bytes, session: str) -> bytes:
        lines = event.splitlines()
        data = [line[5:].removeprefix(b" ") for line in lines if line.startswith(b"data:")]
        text = b"\n".join(data)
        shown = screened(self._desk, session, text)
        if shown == text:
            return event
        others = [line for line in lines if line and not line.startswith(b"data:")]
        return b"\n".join([*others, b"data: " + shown]) + b"\n\n"


_NO_CACHE = {"cache-control": "no-cache, no-transform"}


def _first_end(data: bytes) -> int | None:
    ends = [at + len(mark) for mark in _EVENT_END if (at := data.find(mark)) >= 0]
    return min(ends, default=None)


def _event(data: bytes) -> bytes:
    return b"event: message\ndata: " + data + b"\n\n"


def _kind(reply: httpx.Response) -> str:
    return str(reply.headers.get("content-type", "")).partition(";")[0].strip().lower()


def _contradiction(request: Request, message: Message) -> str | None:
    """Headers may repeat the method and the tool's name; a server could route by them, so they must say the same."""
    method, name = request.headers.get("mcp-method"), request.headers.get("mcp-name")
    if method is not None and method != message.get("method"):
        return "The header Mcp-Method contradicts the message."
    if name is not None and message.get("method") == "tools/call" and _decoded(name) != params_of(message).get("name"):
        return "The header Mcp-Name contradicts the message."
    if request.headers.get("content-encoding", "identity") != "identity":
        return "The gateway reads no compressed messages."
    return None


def _decoded(value: str) -> str:
    """A header's value: names that a header cannot carry come as `=?base64?...?=` (MCP 2026-07-28)."""
    if value.startswith("=?base64?") and value.endswith("?="):
        try:
            return base64.b64decode(value[9:-2], validate=True).decode("utf-8")
        except ValueError:
            return value
    return value


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise BadMessage(f"longer than {MAX_BODY} bytes")
    return bytes(body)


def serve_http(gateway: HttpGateway, host: str, port: int) -> Any:
    """Serves until interrupted."""
    import uvicorn

    config = uvicorn.Config(gateway.app(), host=host, port=port, log_level="warning", access_log=False)
    return uvicorn.Server(config).run()
