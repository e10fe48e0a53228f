"""What a tree says about itself: name, version, description, licence and home page, from its package manifest."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_MANIFEST_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Manifest:
    """A package's own words; None for what it does not say."""

    name: str | None = None
    version: str | None = None
    description: str | None = None
    license: str | None = None
    homepage: str | None = None


def read_manifest(root: Path) -> Manifest:
    """The first manifest found at the root: package.json, pyproject.toml, PKG-INFO or wheel METADATA, manifest.json."""
    for name, parse in (("package.json", _npm), ("pyproject.toml", _python), ("PKG-INFO", _metadata)):
        text = _text(root / name)
        if text is not None and (manifest := parse(text)) is not None:
            return manifest
    for wheel in sorted(root.glob("*.dist-info/METADATA"))[:1]:
        return _metadata(_text(wheel) or "")
    text = _text(root / "manifest.json")
    return (_npm(text) if text is not None else None) or Manifest()


def _text(path: Path) -> str | None:
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > MAX_MANIFEST_BYTES:
            return None
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def _npm(text: str) -> Manifest | None:
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict):
        return None
    return Manifest(
        _words(raw.get("name")),
        _words(raw.get("version")),
        _words(raw.get("description")),
        _words(raw.get("license")),
        _words(raw.get("homepage")),
    )


def _python(text: str) -> Manifest | None:
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError):
        return None
    poetry = _table(_table(raw.get("tool")).get("poetry"))
    project = _table(raw.get("project")) or poetry
    if not project:
        return None
    license_value = project.get("license")
    urls = _table(project.get("urls"))
    home = next((_words(v) for k, v in urls.items() if k.lower() in ("homepage", "home", "repository", "source")), None)
    return Manifest(
        _words(project.get("name")),
        _words(project.get("version")),
        _words(project.get("description")),
        _words(_table(license_value).get("text") if isinstance(license_value, dict) else license_value),
        home or _words(project.get("homepage")),
    )


def _metadata(text: str) -> Manifest:
    fields: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip():
            break
        key, colon, value = line.partition(":")
        if colon:
            fields.setdefault(key.strip().lower(), value.strip())
    return Manifest(
        fields.get("name"),
        fields.get("version"),
        fields.get("summary"),
        fields.get("license-expression") or fields.get("license"),
        fields.get("home-page"),
    )


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _words(value: Any) -> str | None:
    """A single line of at most 2,000 characters; None for what is not text."""
    return " ".join(value.split())[:2000] or None if isinstance(value, str) else None
