"""One module per kind of page; a kind never imports another."""

from __future__ import annotations

from dataclasses import dataclass

CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Site:
    """What every page shares. `base_url` ends in a slash, or is empty; counts are over the whole catalogue."""

    name: str
    base_url: str
    stylesheet: str
    script: str
    server_count: int
    tool_count: int
    csp: str = CSP


@dataclass(frozen=True, slots=True)
class Page:
    """One file of the site: its path from the root and its text."""

    path: str
    text: str
