"""A registry of servers that speaks the official API: `/v0.1/servers` with a cursor, or the older `/v0/servers`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from catalog.errors import CatalogError, SourceError, SourceNotFound
from catalog.sources.download import Downloader
from catalog.sources.reference import Reference, parse_reference

DEFAULT_REGISTRY = "https://registry.modelcontextprotocol.io"
HINT = "--registry-url names another registry."
PAGE_SIZE = 100
_VERSIONS = ("v0.1", "v0")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to read a server, and why it stands where it does in the order."""

    reference: Reference
    why: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A server as a registry lists it. `candidates` best first; empty when nothing in it can be read."""

    name: str
    version: str | None
    updated_at: str | None
    candidates: tuple[Candidate, ...]


def walk(
    url: str, since: str | None = None, limit: int | None = None, report: Callable[[str], None] = lambda text: None
) -> Iterator[Entry]:
    """Every current entry of the registry, page by page. What cannot be read goes to `report` and is passed over.

    `since` is an RFC 3339 time. Raises SourceError when a page cannot be had; what was given before stays valid.
    """
    with Downloader(HINT) as download:
        base, page = _first_page(download, url.rstrip("/"), since)
        seen: set[str] = set()
        given = 0
        while True:
            for raw in _servers(page, base):
                entry = _entry(raw)
                if entry is None:
                    report(f"{base}: an entry without a name was passed over")
                    continue
                yield entry
                given += 1
                if limit is not None and given >= limit:
                    return
            cursor = _next_cursor(page)
            if not cursor:
                return
            if cursor in seen:
                report(f"{base}: the cursor {cursor[:80]} came twice; the walk ends here")
                return
            seen.add(cursor)
            page = download.json(_address(base, since, cursor))


def _first_page(download: Downloader, url: str, since: str | None) -> tuple[str, Any]:
    for version in _VERSIONS:
        base = f"{url}/{version}/servers"
        try:
            return base, download.json(_address(base, since, None))
        except SourceNotFound:
            continue
    raise SourceNotFound(f"{url} is no MCP registry: it has neither /v0.1/servers nor /v0/servers", HINT)


def _address(base: str, since: str | None, cursor: str | None) -> str:
    query = {"limit": str(PAGE_SIZE), "version": "latest", "updated_since": since, "cursor": cursor}
    return f"{base}?{urlencode({k: v for k, v in query.items() if v})}"


def _servers(page: Any, base: str) -> list[Any]:
    servers = page.get("servers") if isinstance(page, Mapping) else None
    if not isinstance(servers, list):
        raise SourceError(f"{base} does not answer as an MCP registry does", HINT)
    return servers


def _next_cursor(page: Mapping[str, Any]) -> str | None:
    metadata = _object(page.get("metadata"))
    return _text(metadata.get("nextCursor")) or _text(metadata.get("next_cursor"))


def _entry(raw: Any) -> Entry | None:
    """Reads both shapes: `{"server": {...}, "_meta": {...}}` and the older flat one."""
    outer = _object(raw)
    server = _object(outer.get("server")) or outer
    name = _text(server.get("name"))
    if not name:
        return None
    meta = _object(_object(outer.get("_meta")).get("io.modelcontextprotocol.registry/official"))
    updated = _text(meta.get("updatedAt")) or _text(meta.get("updated_at"))
    return Entry(name, _text(server.get("version")), updated, tuple(_candidates(server)))


def _candidates(server: Mapping[str, Any]) -> Iterator[Candidate]:
    """Packages first (what clients really run), then the repository, then the running server (which may want keys)."""
    seen: set[str] = set()
    for text, why in _named(server):
        try:
            reference = parse_reference(text, lambda path: False)
        except CatalogError:
            continue
        if reference.identity not in seen:
            seen.add(reference.identity)
            yield Candidate(reference, why)


def _named(server: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for package in _objects(server.get("packages")):
        kind = _text(package.get("registryType")) or _text(package.get("registry_name")) or ""
        name = _text(package.get("identifier")) or _text(package.get("name"))
        version = _text(package.get("version"))
        if name and kind in ("npm", "pypi"):
            pinned = f"@{version}" if version and version != "latest" else ""
            yield f"{kind}:{name}{pinned}", f"its {kind} package is what clients run"
    repository = _object(server.get("repository"))
    url, folder = _text(repository.get("url")), _text(repository.get("subfolder"))
    if url and "github.com" in url:
        repository_name = "/".join(urlsplit(url).path.strip("/").removesuffix(".git").split("/")[:2])
        yield repository_name + (f"//{folder.strip('/')}" if folder else ""), "its repository holds the source"
    for remote in _objects(server.get("remotes")):
        address = _text(remote.get("url"))
        if address and "{" not in address:
            yield address, "it runs at a public address"


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [v for v in value if isinstance(v, Mapping)] if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
