"""Where each page lies. Paths are relative to the site's root, so a site works from any folder and the disk."""

from __future__ import annotations

import hashlib
import re

_PLAIN = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,78}[a-z0-9])?\Z")
_RESERVED = frozenset(
    {"index", "badge", "con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}
)


def segment(name: str) -> str:
    """A name as one path segment: itself when plain, else a readable part and eight hex digits of its SHA-256.

    Two names never share a segment, not even on a file system that folds case.
    """
    if _PLAIN.match(name) and name not in _RESERVED:
        return name
    readable = re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")[:60] or "tool"
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{readable}.{digest}"


def server_path(slug: str, suffix: str = "/index.html") -> str:
    """The page of a server; `suffix` names what lies beside it (`.json`, `/badge.svg`)."""
    return f"servers/{segment(slug)}{suffix}"


def tool_path(slug: str, name: str, suffix: str = ".html") -> str:
    """The page of a tool; `suffix` names its twins (`.json`, `.md`)."""
    return f"servers/{segment(slug)}/{segment(name)}{suffix}"


def root_of(path: str) -> str:
    """The way from a page back to the root: `../../` for `servers/x/y.html`, `` for `index.html`."""
    return "../" * path.count("/")
