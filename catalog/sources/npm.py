"""An npm package: its tarball from the registry that npm's own configuration names."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from catalog.errors import SourceError, SourceNotFound
from catalog.records import Server, Source
from catalog.sources.archive import load
from catalog.sources.download import Downloader
from catalog.sources.interface import Fetched, Revision
from catalog.sources.npmrc import PUBLIC_REGISTRY, NpmSettings, npm_settings
from catalog.sources.reference import Reference

HINT = "npm_config_registry, or registry= in .npmrc, names another registry or a mirror."
_ABBREVIATED = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8"


def fetch(reference: Reference, work_dir: Path, slug: str) -> Fetched:
    """Unpacks the version asked for (a version or a tag), `latest` without one. The tarball's hash is verified."""
    settings = npm_settings()
    registry = settings.registry_for(reference.name)
    with Downloader(HINT, settings.ca_file) as download:
        version, dist, found = _release(_packument(download, settings, registry, reference), registry, reference)
        address = _tarball_address(dist, registry, reference)
        tarball = work_dir / "package.tgz"
        packed = download.body(address, tarball, settings.credentials_for(address))
    _verify(tarball if packed is None else packed, dist, reference)
    root = load(tarball, work_dir / "tree", packed=packed)
    page = f"https://www.npmjs.com/package/{reference.name}/v/{version}"
    source = Source("npm", reference.identity, reference.version, None, page)
    return Fetched(Server(slug, reference.name, source, version), root, revision=found)


def revision(reference: Reference, known: Revision | None = None) -> Revision:
    """What `fetch` would bring now, for the price of the package's metadata: the version and its announced hash."""
    settings = npm_settings()
    registry = settings.registry_for(reference.name)
    with Downloader(HINT, settings.ca_file) as download:
        packument = _packument(download, settings, registry, reference, known)
    return known if known and packument is None else _release(packument, registry, reference)[2]


def _packument(
    download: Downloader, settings: NpmSettings, registry: str, reference: Reference, known: Revision | None = None
) -> tuple[Any, str] | None:
    """The package's metadata and their validator; None where they have not changed since `known`."""
    address = registry + reference.name.replace("/", "%2f")
    headers = {"Accept": _ABBREVIATED, **settings.credentials_for(address)}
    try:
        document = download.document_unless(address, known.validator if known else "", headers)
        return (download.parsed(document, address), document.validator) if document else None
    except SourceNotFound:
        host = urlsplit(registry).hostname
        raise SourceNotFound(f"npm has no package {reference.name} (asked {host})", HINT) from None


def _release(
    packument: tuple[Any, str] | None, registry: str, reference: Reference
) -> tuple[str, Mapping[str, Any], Revision]:
    """The version that answers the reference, its `dist` object, and what tells it from any other."""
    raw: Any
    raw, validator = packument or (None, "")
    versions = raw.get("versions") if isinstance(raw, Mapping) else None
    if not isinstance(versions, Mapping):
        raise SourceError(f"{urlsplit(registry).hostname} does not answer as an npm registry does", HINT)
    tags = raw.get("dist-tags")
    asked = reference.version or "latest"
    version = (tags.get(asked) if isinstance(tags, Mapping) else None) or asked
    release = versions.get(version)
    if not isinstance(release, Mapping) or not isinstance(release.get("dist"), Mapping):
        newest = ", ".join(_by_age(versions, raw.get("time"))[-5:])
        raise SourceNotFound(f"{reference.name} has no version {asked!r}", f"The last published: {newest or 'none'}.")
    dist = release["dist"]
    content = f"{version} {dist.get('integrity') or dist.get('shasum') or ''}".rstrip()
    return str(version), dist, Revision(content, validator)


def _by_age(versions: Mapping[str, Any], times: object) -> list[str]:
    """Versions, oldest first, where the registry tells their times; else in the order that it gives them."""
    known = times if isinstance(times, Mapping) else {}
    return sorted(map(str, versions), key=lambda version: str(known.get(version, "")))


def _tarball_address(dist: Mapping[str, Any], registry: str, reference: Reference) -> str:
    """Where the tarball lies. Like npm, an address on the public registry is asked of the configured one instead."""
    stated = dist.get("tarball")
    if not isinstance(stated, str) or not stated:
        raise SourceError(f"{reference.name}: the registry names no tarball", HINT)
    address = urljoin(registry, stated)
    parts = urlsplit(address)
    if parts.hostname == urlsplit(PUBLIC_REGISTRY).hostname and registry != PUBLIC_REGISTRY:
        return registry + parts.path.lstrip("/")
    return address


def _verify(tarball: Path | bytes, dist: Mapping[str, Any], reference: Reference) -> None:
    """SourceError where the bytes are not those that the registry announced. The strongest hash counts."""
    announced = dist.get("integrity")
    for algorithm in ("sha512", "sha384", "sha256"):
        for word in announced.split() if isinstance(announced, str) else ():
            if word.startswith(f"{algorithm}-"):
                found = base64.b64encode(_digest(tarball, algorithm)).decode()
                if word.partition("-")[2].partition("?")[0] != found:
                    raise SourceError(f"{reference.name}: the tarball is not the one that was announced ({algorithm})")
                return
    shasum = dist.get("shasum")
    if isinstance(shasum, str) and _digest(tarball, "sha1").hex() != shasum.lower():
        raise SourceError(f"{reference.name}: the tarball is not the one that was announced (sha1)")


def _digest(tarball: Path | bytes, algorithm: str) -> bytes:
    if isinstance(tarball, bytes):
        return hashlib.new(algorithm, tarball).digest()
    with tarball.open("rb") as file:
        return hashlib.file_digest(file, algorithm).digest()
