"""Builds the static site from the store: everything beside the old site first, then one swap."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from catalog.errors import UsageError
from catalog.site.pages import Page, Site
from catalog.site.pages.index import index_page
from catalog.site.pages.server import server_page
from catalog.site.pages.tool import tool_pages
from catalog.site.render import templates_path
from catalog.store.read import Filters, StoredServer, StoreReader

MARKER = ".catalog-site"  # in every folder that a build may replace


@dataclass(frozen=True, slots=True)
class Built:
    """What a build made: numbers of pages by kind, and where."""

    directory: Path
    servers: int
    tools: int


def build_site(
    store: StoreReader,
    directory: Path,
    base_url: str | None = None,
    name: str = "MCP tool catalogue",
    progress: Callable[[StoredServer], None] = lambda server: None,
) -> Built:
    """Renders the whole site into `directory`, replacing an earlier build there and nothing else.

    An interrupted build leaves the old site as it was. Raises UsageError when the folder holds something that no build
    made, StoreError when the store cannot be read.
    """
    _refuse_foreign(directory)
    staging = directory.with_name(f".{directory.name}.building")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    site = _site(store, staging, base_url, name)
    tools = 0
    servers = list(store.servers())
    for server in servers:
        for page in _server_pages(store, site, server):
            _write(staging, page)
        tools += server.tool_count
        progress(server)
    _write(staging, index_page(site, servers))
    (staging / MARKER).write_text("made by catalog build\n", encoding="utf-8")
    _swap(staging, directory)
    return Built(directory, len(servers), tools)


def _server_pages(store: StoreReader, site: Site, server: StoredServer) -> Iterator[Page]:
    slug = server.server.slug
    tools = list(store.tools(Filters(server=slug)))
    yield server_page(site, server, tools, store.gaps(slug))
    for tool in tools:
        yield from tool_pages(site, server, tool, tools)


def _refuse_foreign(directory: Path) -> None:
    if directory.exists() and not directory.is_dir():
        raise UsageError(f"{directory} is a file.", "Name a folder with -o.")
    if directory.is_dir() and any(directory.iterdir()) and not (directory / MARKER).exists():
        raise UsageError(f"{directory} holds files that no build made.", "Name an empty or new folder with -o.")


def _site(store: StoreReader, staging: Path, base_url: str | None, name: str) -> Site:
    counts = store.stats()
    return Site(
        name=name,
        base_url=f"{base_url.rstrip('/')}/" if base_url else "",
        stylesheet=_asset(staging, "style.css"),
        script=_asset(staging, "site.js"),
        server_count=counts["servers"],
        tool_count=counts["tools"],
    )


def _asset(staging: Path, name: str) -> str:
    """Copies a static file under a name with its hash, so that it may be cached for ever; gives its path."""
    content = (templates_path() / "static" / name).read_bytes()
    stem, suffix = name.rsplit(".", 1)
    path = f"static/{stem}.{hashlib.sha256(content).hexdigest()[:10]}.{suffix}"
    target = staging / path
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(content)
    return path


def _write(staging: Path, page: Page) -> None:
    target = staging / page.path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page.text, encoding="utf-8", errors="replace")


def _swap(staging: Path, directory: Path) -> None:
    if not directory.exists():
        directory.parent.mkdir(parents=True, exist_ok=True)
        staging.rename(directory)
        return
    old = directory.with_name(f".{directory.name}.old-{os.getpid()}")
    directory.rename(old)
    staging.rename(directory)
    shutil.rmtree(old, ignore_errors=True)
