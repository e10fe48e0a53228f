"""A running server at a URL: Streamable HTTP, or SSE where it offers only that."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx2
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

from catalog.errors import SourceError, UsageError
from catalog.records import Server, Source
from catalog.sources.gated import Gated
from catalog.sources.interface import Fetched
from catalog.sources.reference import Reference
from catalog.sources.session import Listed, list_tools

HEADERS_VARIABLE = "CATALOG_HEADERS"
TIMEOUT_S = 60.0
MAX_RESPONSE_BYTES = 64_000_000
USER_AGENT = "mcp-tool-catalog (reads tools/list, calls no tool)"
_OFFERS_NO_POST = frozenset({404, 405, 406, 415})


def fetch(reference: Reference, work_dir: Path, slug: str) -> Fetched:
    """The tools that the server lists. Nothing is written to `work_dir`.

    Headers come from CATALOG_HEADERS, a JSON object of hosts to headers, and go to that host alone. Raises Gated on 401
    and 403, SourceError otherwise.
    """
    url = reference.name
    listed = _listed(url, headers_for(url, os.environ))
    name = listed.name or urlsplit(url).hostname or slug
    source = Source("http", reference.identity, listed.protocol, None, without_secrets(url))
    return Fetched(Server(slug, name, source, listed.version, homepage=None), None, listed.tools, listed.gaps)


def headers_for(url: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The headers that the environment holds for the URL's host; UsageError when the variable cannot be read."""
    text = environment.get(HEADERS_VARIABLE)
    if not text:
        return {}
    try:
        table = json.loads(text)
        headers = table.get(urlsplit(url).hostname or "", {})
        return {str(k): str(v) for k, v in headers.items()}
    except (ValueError, AttributeError):
        raise UsageError(
            f"{HEADERS_VARIABLE} is not a JSON object of hosts to headers",
            f'Write it like {HEADERS_VARIABLE}=\'{{"mcp.example.com": {{"Authorization": "Bearer ..."}}}}\'.',
        ) from None


def without_secrets(url: str) -> str:
    """The URL without credentials and query, fit to be stored and shown."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


@dataclass
class _Watch:
    """The HTTP statuses that the server answered with, in order."""

    statuses: list[int] = field(default_factory=list)


class _BoundedStream(httpx2.AsyncByteStream):
    """A response body that ends in an error when it grows past the limit."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > MAX_RESPONSE_BYTES:
                raise httpx2.ReadError(f"the response is larger than {MAX_RESPONSE_BYTES} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


class _BoundedTransport(httpx2.AsyncHTTPTransport):
    def __init__(self, watch: _Watch) -> None:
        super().__init__()
        self._watch = watch

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        self._watch.statuses.append(response.status_code)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _BoundedStream(response.stream)
        return response


def _listed(url: str, headers: dict[str, str]) -> Listed:
    where, watch = without_secrets(url), _Watch()
    try:
        return list_tools(lambda: _streamable(url, headers, watch), where, TIMEOUT_S)
    except SourceError as error:
        _raise_if_gated(where, watch, error)
        if not _OFFERS_NO_POST & set(watch.statuses):
            raise
        try:
            return list_tools(lambda: _sse(url, headers, watch), where, TIMEOUT_S)
        except SourceError as second:
            _raise_if_gated(where, watch, second)
            raise error from second


def _raise_if_gated(where: str, watch: _Watch, error: SourceError) -> None:
    refused = next((s for s in watch.statuses if s in (401, 403)), None)
    if refused:
        raise Gated(
            f"{where} answers {refused}: it lists its tools only to those it knows",
            f"Put its credentials into {HEADERS_VARIABLE}, or ingest its repository or package instead.",
        ) from error


def _streamable(url: str, headers: dict[str, str], watch: _Watch) -> AbstractAsyncContextManager[Any]:
    return streamable_http_client(url, http_client=_http_client(headers, watch))


def _sse(url: str, headers: dict[str, str], watch: _Watch) -> AbstractAsyncContextManager[Any]:
    def factory(
        headers: dict[str, str] | None = None, timeout: httpx2.Timeout | None = None, auth: httpx2.Auth | None = None
    ) -> httpx2.AsyncClient:
        return _http_client(headers or {}, watch)

    return sse_client(
        url, headers=dict(headers), timeout=20.0, sse_read_timeout=TIMEOUT_S, httpx_client_factory=factory
    )


def _http_client(headers: dict[str, str], watch: _Watch) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        headers={"User-Agent": USER_AGENT, **headers},
        timeout=httpx2.Timeout(20.0, read=TIMEOUT_S),
        transport=_BoundedTransport(watch),
    )
