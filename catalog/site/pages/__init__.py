"""One module per kind of page; a kind never imports another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'none'; base-uri 'none';"
    " form-action 'self'"
)


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """What every page shares. `base_url` ends in a slash, or is empty; `assets` gives hashed paths by file name."""

    name: str
    base_url: str
    assets: dict[str, str]
    version: str
    csp: str = CSP

    def fingerprint_of(self, parts: Iterable[tuple[str, str]]) -> str:
        """What a unit made of these (name, digest) parts looks like to this build."""
        digest = hashlib.blake2b(self.version.encode(), digest_size=12)
        for name, part in parts:
            digest.update(f"{name}\t{part}\n".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Page:
    """One file of the site: its path from the root and its text."""

    path: str
    text: str
