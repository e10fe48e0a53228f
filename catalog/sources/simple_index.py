"""A project's page in a package index: PEP 691 (JSON) and PEP 503 (HTML), read without trust."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit


@dataclass(frozen=True, slots=True)
class IndexFile:
    """One file that an index offers. `hashes` by algorithm, hexadecimal."""

    filename: str
    url: str
    hashes: Mapping[str, str] = field(default_factory=dict)
    is_yanked: bool = False


def files_of_json(raw: Any, page_url: str) -> list[IndexFile]:
    """The files of a PEP 691 answer; entries of another shape are left out."""
    listed = raw.get("files") if isinstance(raw, Mapping) else None
    files = []
    for entry in listed if isinstance(listed, list) else ():
        if not isinstance(entry, Mapping):
            continue
        filename, url, hashes = entry.get("filename"), entry.get("url"), entry.get("hashes")
        if isinstance(filename, str) and isinstance(url, str):
            known = {k: v for k, v in hashes.items() if isinstance(v, str)} if isinstance(hashes, Mapping) else {}
            yanked = entry.get("yanked") not in (None, False)
            files.append(IndexFile(filename, _absolute(page_url, url), known, yanked))
    return files


def files_of_html(text: str, page_url: str) -> list[IndexFile]:
    """The files of a PEP 503 page: every link, its hash in the fragment."""
    page = _Page()
    page.feed(text)
    base = urljoin(page_url, page.base) if page.base else page_url
    files = []
    for href, is_yanked in page.links:
        address, fragment = urldefrag(_absolute(base, href))
        algorithm, equals, digest = fragment.partition("=")
        filename = unquote(urlsplit(address).path.rpartition("/")[2])
        files.append(IndexFile(filename, address, {algorithm: digest} if equals else {}, is_yanked))
    return files


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.base: str | None = None
        self.links: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        href = values.get("href")
        if tag == "base" and href and self.base is None:
            self.base = href
        elif tag == "a" and href:
            self.links.append((href, "data-yanked" in values))


def _absolute(base: str, href: str) -> str:
    """The address of a link; credentials of the index go with it only where it stays on the same host."""
    address = urljoin(base, href)
    mine, theirs = urlsplit(base), urlsplit(address)
    same_host = (mine.scheme, mine.hostname, mine.port) == (theirs.scheme, theirs.hostname, theirs.port)
    if same_host and "@" in mine.netloc and "@" not in theirs.netloc:
        return theirs._replace(netloc=mine.netloc).geturl()
    return address
