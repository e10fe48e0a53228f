"""What every page of one build shares: names, addresses, hashed assets, and what makes pages of two builds equal."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import catalog
from catalog.site.output import Writer
from catalog.site.pages import Site
from catalog.site.render import templates_path
from classifier.resources import data_path

_KNOWLEDGE = (
    "attack_patterns.toml", "capabilities.toml", "policy/recommendation.toml", "checks/tools.toml", "confusables.toml",
    "contradictions.toml", "instructions/en.toml", "instructions/other.toml", "secret_parameters.toml",
)  # fmt: skip
_CODE = ("site", "policy", "findings", "store/rows.py", "store/overview.py")


def make_site(writer: Writer, base_url: str | None, name: str) -> Site:
    """Writes the assets and describes the site."""
    root = f"{base_url.rstrip('/')}/" if base_url else ""
    assets = dict(_assets(writer))
    return Site(name, root, assets, _fingerprint(name, root, *assets.values()))


def _assets(writer: Writer) -> Iterable[tuple[str, str]]:
    """`(name, path)` of each static file, the path holding its hash so that it may be cached for ever."""
    for source in sorted((templates_path() / "static").iterdir()):
        content = source.read_bytes()
        path = f"static/{source.stem}.{hashlib.sha256(content).hexdigest()[:10]}{source.suffix}"
        writer.write(path, content)
        yield source.name, path


def _fingerprint(*words: str) -> str:
    """Changes whenever the same store could give other pages: code, templates, knowledge, or the site's own name."""
    digest = hashlib.blake2b(repr(words).encode(), digest_size=16)
    code = Path(catalog.__file__).parent
    for root in [*(code / part for part in _CODE), templates_path(), *map(data_path, _KNOWLEDGE)]:
        files = sorted(p for p in root.rglob("*") if p.suffix in {".py", ".html"}) if root.is_dir() else [root]
        for path in files:
            digest.update(path.name.encode() + path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()
