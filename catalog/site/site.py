"""What every page of one build shares: names, addresses, hashed assets, and what makes pages of two builds equal."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import catalog
import classifier
from catalog.site.output import Writer
from catalog.site.pages import Site
from catalog.site.render import templates_path
from classifier.resources import data_path

# What pages are made from beside the store and the templates: labels are stored, findings and policies are not.
_KNOWLEDGE = (
    "attack_patterns.toml", "capabilities.toml", "checks", "confusables.toml", "contradictions.toml", "instructions",
    "policy", "secret_parameters.toml",
)  # fmt: skip
_CATALOG = (
    "site", "policy", "findings", "changes.py", "records.py", "severity.py", "store/connection.py", "store/overview.py",
    "store/past.py", "store/read.py", "store/rows.py",
)  # fmt: skip
_CLASSIFIER = ("records.py", "schema.py", "text.py")


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
    for path in page_makers():
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)} ".encode() + content)
    return digest.hexdigest()


def page_makers() -> list[Path]:
    """Every file of code, templates and knowledge that has a say in what a page of a given store is."""
    ours, labels = Path(catalog.__file__).parent, Path(classifier.__file__).parent
    roots = [
        *(ours / part for part in _CATALOG), *(labels / part for part in _CLASSIFIER), templates_path(),
        *map(data_path, _KNOWLEDGE),
    ]  # fmt: skip
    return [path for root in roots for path in _files(root)]


def _files(root: Path) -> list[Path]:
    if not root.is_dir():
        return [root]
    return sorted(p for p in root.rglob("*") if p.suffix in {".py", ".html", ".toml", ".json"})
