"""A GitHub repository, through two REST calls: its record, and a tarball of one commit."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from catalog.errors import RateLimited, SourceError, SourceNotFound
from catalog.records import Server, Source
from catalog.sources.archive import unpack
from catalog.sources.download import Downloader
from catalog.sources.interface import Fetched, Revision
from catalog.sources.reference import Reference

DEFAULT_API = "https://api.github.com"
HINT = "GITHUB_API_URL names another API host or a mirror; GITHUB_TOKEN raises limits and opens private repositories."


def fetch(reference: Reference, work_dir: Path, slug: str) -> Fetched:
    """Unpacks the repository at the ref asked for, the default branch without one."""
    checkout = download_repository(reference, work_dir)
    return checkout.server_at(reference, slug)


def revision(reference: Reference, known: Revision | None = None) -> Revision | None:
    """What `fetch` would bring now, for the price of the repository's record: the ref and the time of the last push.

    None where the record does not say when that was.
    """
    with Downloader(HINT) as download:
        found = _repository(download, _api(), reference, known)
    return _revision(reference, *found) if found else known


def _revision(reference: Reference, repository: Mapping[str, Any], validator: str) -> Revision | None:
    pushed = _text(repository.get("pushed_at"))
    content = f"{reference.version or repository.get('default_branch')} {pushed}"
    return Revision(content, validator) if pushed else None


@dataclass(frozen=True, slots=True)
class Checkout:
    """One unpacked repository, from which any number of its servers can be taken."""

    root: Path
    repository: Mapping[str, Any]
    ref: str
    commit: str | None
    validator: str

    def server_at(self, reference: Reference, slug: str) -> Fetched:
        """The server in the reference's folder; SourceNotFound where there is no such folder."""
        server = _server(reference, slug, self.repository, self.ref, self.commit)
        return Fetched(
            server, _below(self.root, reference), revision=_revision(reference, self.repository, self.validator)
        )


def download_repository(reference: Reference, work_dir: Path) -> Checkout:
    """Downloads and unpacks the whole repository at the reference's ref, whatever its subdir."""
    with Downloader(HINT) as download:
        repository, validator = _repository(download, _api(), reference) or ({}, "")
        ref = str(reference.version or repository.get("default_branch") or "HEAD")
        tarball = work_dir / "repository.tar.gz"
        try:
            address = f"{_api()}/repos/{reference.name}/tarball/{quote(ref, safe='/')}"
            download.save(address, tarball, _headers())
        except SourceNotFound:
            raise SourceNotFound(
                f"{reference.name} has no branch, tag or commit {ref!r}", "Leave out @REF for the default branch."
            ) from None
    unpacked = unpack(tarball, work_dir / "tree")
    return Checkout(unpacked.root, repository, ref, unpacked.comment or _commit_in_name(unpacked.root.name), validator)


def _api() -> str:
    return (os.environ.get("GITHUB_API_URL") or DEFAULT_API).rstrip("/")


def _headers() -> dict[str, str]:
    headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
    if token := os.environ.get("GITHUB_TOKEN"):
        headers["Authorization"] = f"Bearer {token}"
    return headers


def _repository(
    download: Downloader, api: str, reference: Reference, known: Revision | None = None
) -> tuple[Mapping[str, Any], str] | None:
    """The repository's record and its validator; None where it has not changed since `known`."""
    address = f"{api}/repos/{reference.name}"
    try:
        document = download.document_unless(address, known.validator if known else "", _headers())
        if document is None:
            return None
        raw = download.parsed(document, address)
    except SourceNotFound:
        raise SourceNotFound(
            f"GitHub has no repository {reference.name}, or it is private (HTTP 404)",
            "Check the spelling; GITHUB_TOKEN opens private repositories.",
        ) from None
    except RateLimited as error:
        raise RateLimited(f"GitHub: {error.message}", error.hint) from None
    if not isinstance(raw, Mapping):
        raise SourceError(f"{api} does not answer as the GitHub REST API does", HINT)
    return raw, document.validator


def _below(root: Path, reference: Reference) -> Path:
    if reference.subdir is None:
        return root
    folder = root / reference.subdir
    if not folder.is_dir():
        raise SourceNotFound(f"{reference.name} has no folder {reference.subdir!r}")
    return folder


def _server(reference: Reference, slug: str, repository: Mapping[str, Any], ref: str, commit: str | None) -> Server:
    name = (reference.subdir or reference.name).rpartition("/")[2]
    url = _text(repository.get("html_url")) or f"https://github.com/{reference.name}"
    described = repository.get("license")
    spdx = _text(described.get("spdx_id")) if isinstance(described, Mapping) else None
    return Server(
        slug,
        name,
        Source("github", reference.identity, ref, commit, url),
        description=_text(repository.get("description")),
        license=spdx if spdx != "NOASSERTION" else None,
        homepage=_text(repository.get("homepage")) or url,
    )


def _commit_in_name(folder: str) -> str | None:
    """The (short) commit at the end of GitHub's folder name OWNER-REPO-COMMIT."""
    end = folder.rpartition("-")[2]
    return end if len(end) >= 7 and all(c in "0123456789abcdef" for c in end) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
