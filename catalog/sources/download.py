"""The network, through one client: deadlines, retries with backoff, bounded sizes, credentials kept to their host."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from catalog import __version__
from catalog.errors import RateLimited, SourceError, SourceNotFound
from catalog.sources.definitions import parse_json

CACHE_VARIABLE = "CATALOG_HTTP_CACHE"  # a folder: documents are cached there, archives are not
CONTACT_VARIABLE = "CATALOG_CONTACT"  # an address for hosts that want to reach whoever crawls
_PROXY_VARIABLES = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
)
_LONGEST_VALIDATOR = 400
_SHORT_BYTES = 16_000
_KEPT_BYTES = 8 << 20  # of an archive that need not be written to a file
_RETRIED = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class DownloadLimits:
    """Bounds of one download. `patience_s` is the longest pause that a host may ask for before we give up."""

    connect_s: float = 10.0
    read_s: float = 30.0
    total_s: float = 600.0
    max_bytes: int = 250_000_000
    max_document_bytes: int = 64_000_000
    tries: int = 4
    backoff_s: float = 0.5
    patience_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its content type; `validator` is what to ask the host with whether it has changed ("": nothing)."""

    text: str
    kind: str
    validator: str = ""


class Downloader:
    """One HTTP client. `mirror_hint` is the sentence that tells which setting names another host."""

    def __init__(
        self,
        mirror_hint: str,
        ca_file: str | None = None,
        limits: DownloadLimits | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self.limits = limits or DownloadLimits()
        self._hint = mirror_hint
        self._sleep = sleep or time.sleep
        self._clients = _clients(
            ca_file, self.limits.connect_s, self.limits.read_s, os.environ.get(CONTACT_VARIABLE),
            os.environ.get(CACHE_VARIABLE), tuple(os.environ.get(name) for name in _PROXY_VARIABLES),
        )  # fmt: skip

    def __enter__(self) -> Downloader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._clients:
            client.cookies.clear()

    def document_unless(self, url: str, validator: str, headers: Mapping[str, str] | None = None) -> Document | None:
        """The document at `url`, None where it is the one that the validator came with ("": none is known).

        For callers that keep validators themselves, so that nothing but them needs to be kept: it passes by the cache.
        Raises the SourceError that fits what went wrong.
        """
        asked = {**(headers or {}), **_condition(validator)}
        with self._response(self._clients[0], url, asked) as response:
            return None if response.status_code == 304 else self._document(response)

    def json(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
        """The JSON value at `url`, through the cache where there is one; SourceError where the answer is no JSON."""
        with self._response(self._clients[1], url, headers or {}) as response:
            return self.parsed(self._document(response), url)

    def parsed(self, document: Document, url: str) -> Any:
        """The JSON value that came from `url`; SourceError where it is something else."""
        try:
            return parse_json(document.text, url)
        except Exception:
            raise SourceError(
                f"{_shown(url)} answered with {document.kind or 'something'} instead of JSON", self._hint
            ) from None

    def _document(self, response: httpx.Response) -> Document:
        raw = b"".join(self._body(response, self.limits.max_document_bytes))
        kind = response.headers.get("content-type", "")
        return Document(raw.decode("utf-8", "replace"), kind, _validator(response))

    def save(self, url: str, path: Path, headers: Mapping[str, str] | None = None) -> str:
        """Writes the body at `url` to `path` and gives the address that it came from after redirects."""
        with self._response(self._clients[0], url, headers or {}) as response, path.open("wb") as file:
            for chunk in self._body(response, self.limits.max_bytes):
                file.write(chunk)
            return str(response.url)

    def body(self, url: str, path: Path, headers: Mapping[str, str] | None = None) -> bytes | None:
        """A small body at `url`; None for a larger one, which is then written to `path`."""
        with self._response(self._clients[0], url, headers or {}) as response:
            chunks = self._body(response, self.limits.max_bytes)
            kept: list[bytes] = []
            left = _KEPT_BYTES
            for chunk in chunks:
                kept.append(chunk)
                left -= len(chunk)
                if left < 0:
                    with path.open("wb") as file:
                        file.writelines(kept)
                        file.writelines(chunks)
                    return None
            return b"".join(kept)

    @contextmanager
    def _response(self, client: httpx.Client, url: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """A successful response, still streaming. Tries again after failures that pass."""
        for attempt in range(1, self.limits.tries + 1):
            pause = self.limits.backoff_s * 2 ** (attempt - 1)
            try:
                response = client.send(_request(client, url, headers), stream=True)
            except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.TooManyRedirects) as error:
                raise SourceError(f"{_shown(url)} cannot be fetched: {error}", self._hint) from None
            except httpx.TransportError as error:
                if attempt == self.limits.tries:
                    raise self._unreachable(url, error) from None
                self._sleep(pause)
                continue
            try:
                asked = _retry_after(response)
                if (
                    response.status_code in _RETRIED
                    and attempt < self.limits.tries
                    and (asked or 0) <= self.limits.patience_s
                ):
                    self._sleep(max(pause, asked or 0))
                    continue
                self._check(url, response)
                yield response
                return
            finally:
                _finish(response)

    def _check(self, url: str, response: httpx.Response) -> None:
        if url.startswith("https:") and response.url.scheme != "https":
            raise SourceError(f"{_shown(url)} redirects to an unprotected address", self._hint)
        status = response.status_code
        if status < 400:
            return
        shown = _shown(str(response.url))
        if status in (404, 410):
            raise SourceNotFound(f"{shown} does not exist (HTTP {status})")
        if status == 429 or (status == 403 and _is_rate_limit(response)):
            raise RateLimited(f"{response.url.host} limits requests{_reset(response)} (HTTP {status})", self._hint)
        if status in (401, 403):
            raise SourceError(f"{shown} refuses access (HTTP {status})", self._hint)
        raise SourceError(f"{shown} answered HTTP {status}", self._hint)

    def _body(self, response: httpx.Response, max_bytes: int) -> Iterator[bytes]:
        """The decoded body in pieces; SourceError past the size, past the deadline or where it breaks off."""
        deadline = time.monotonic() + self.limits.total_s
        announced = response.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > max_bytes:
            raise SourceError(f"{_shown(str(response.url))} is larger than the {max_bytes} bytes accepted")
        size = 0
        try:
            for chunk in response.iter_bytes():
                size += len(chunk)
                if size > max_bytes:
                    raise SourceError(f"{_shown(str(response.url))} is larger than the {max_bytes} bytes accepted")
                if time.monotonic() > deadline:
                    raise SourceError(f"{_shown(str(response.url))} took longer than {self.limits.total_s:.0f} s")
                yield chunk
        except httpx.HTTPError as error:
            raise self._unreachable(str(response.url), error) from None

    def _unreachable(self, url: str, error: Exception) -> SourceError:
        host = httpx.URL(url).host
        why = str(error) or type(error).__name__
        return SourceError(f"{host} cannot be reached: {why}", self._hint)


@lru_cache(maxsize=8)
def _clients(
    ca_file: str | None,
    connect_s: float,
    read_s: float,
    contact: str | None,
    cache: str | None,
    proxies: tuple[str | None, ...],
) -> tuple[httpx.Client, httpx.Client]:
    """The client for archives and the one for documents, kept open: a TLS context alone takes longer than a request.

    With a cache folder, documents go through an HTTP cache on disk (RFC 9111): what is stored is asked about, not
    fetched, again. The proxies are httpx's to read; here they only tell settings apart.
    """
    settings: dict[str, Any] = {
        "timeout": httpx.Timeout(read_s, connect=connect_s),
        "follow_redirects": True,
        "max_redirects": 8,
        "verify": trust(ca_file),
        "headers": {"User-Agent": f"mcp-tool-catalog/{__version__}" + (f" (+{contact})" if contact else "")},
    }
    plain = httpx.Client(**settings)
    plain._cookies = _Cookies()
    if not cache:
        return plain, plain
    from hishel import SqliteStorage
    from hishel.httpx import CacheClient

    folder = Path(cache)
    folder.mkdir(parents=True, exist_ok=True)
    return plain, CacheClient(storage=SqliteStorage(database_path=folder / "http.db"), rfc=True, **settings)


class _Cookies(httpx.Cookies):
    """The same cookies. httpx looks for them in every response, which costs a tenth of the request, also in those
    that set none. Where httpx keeps them under another name one day, it does that again."""

    def extract_cookies(self, response: httpx.Response) -> None:
        if "set-cookie" in response.headers:
            super().extract_cookies(response)


def _request(client: httpx.Client, url: str, headers: Mapping[str, str]) -> httpx.Request:
    """What `build_request` makes, without merging again and again what never changes."""
    if len(client.cookies.jar):
        return client.build_request("GET", url, headers=dict(headers))
    named = {**client.headers, **{name.lower(): value for name, value in headers.items()}}
    return httpx.Request("GET", url, headers=named, extensions={"timeout": client.timeout.as_dict()})


@lru_cache(maxsize=8)
def trust(ca_file: str | None) -> ssl.SSLContext:
    """The certificates to believe: the usual ones, and those of the file. Loading them takes longer than a request."""
    context = httpx.create_ssl_context()
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            raise SourceError(f"the certificate file {ca_file} cannot be read: {error}") from None
    return context


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds that the host asks us to wait, from a number or a date; None where it does not say."""
    value = response.headers.get("retry-after", "")
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _finish(response: httpx.Response) -> None:
    """Closes the response. A short rest is read first, without which its connection could not be used again."""
    length = response.headers.get("content-length", "")
    if response.status_code == 304 or (length.isdigit() and int(length) <= _SHORT_BYTES):
        with suppress(httpx.HTTPError, httpx.StreamError):
            response.read()
    response.close()


def _validator(response: httpx.Response) -> str:
    """The entity tag, else the time of the last change."""
    validator = response.headers.get("etag") or response.headers.get("last-modified") or ""
    return validator if len(validator) <= _LONGEST_VALIDATOR and validator.isprintable() else ""


def _condition(validator: str) -> dict[str, str]:
    if not validator:
        return {}
    return {"If-None-Match" if validator.startswith(('"', "W/")) else "If-Modified-Since": validator}


def _is_rate_limit(response: httpx.Response) -> bool:
    return response.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in response.headers


def _reset(response: httpx.Response) -> str:
    stamp = response.headers.get("x-ratelimit-reset", "")
    if stamp.isdigit() and len(stamp) < 12:
        return f" until {datetime.fromtimestamp(int(stamp), UTC):%Y-%m-%d %H:%M:%S} UTC"
    asked = _retry_after(response)
    return f" for another {asked:.0f} s" if asked is not None else ""


def _shown(url: str) -> str:
    """The address without credentials and query, which may carry tokens."""
    parsed = httpx.URL(url)
    return str(parsed.copy_with(username=None, password=None, query=None, fragment=None))
