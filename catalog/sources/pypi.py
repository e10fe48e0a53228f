"""A PyPI project: its sdist, else a wheel, through the indexes that pip's own configuration names."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from catalog.errors import SourceError, SourceNotFound
from catalog.records import Server, Source
from catalog.sources.archive import load
from catalog.sources.definitions import parse_json
from catalog.sources.download import Downloader
from catalog.sources.interface import Fetched, Revision
from catalog.sources.pipconf import pip_settings
from catalog.sources.reference import Reference
from catalog.sources.simple_index import IndexFile, files_of_html, files_of_json

HINT = "PIP_INDEX_URL, or index-url in pip.conf, names another index or a mirror."
_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"


def fetch(reference: Reference, work_dir: Path, slug: str) -> Fetched:
    """Unpacks the version asked for, the newest final one without one. The file's hash is verified."""
    settings = pip_settings()
    with Downloader(HINT, settings.ca_file) as download:
        files, validator = _offered(download, settings.indexes, reference) or ([], "")
        version, file = choose(files, reference)
        archive = work_dir / "project.archive"
        packed = None
        if file.url.startswith("file:"):
            _copy(file.url, archive)
        else:
            packed = download.body(file.url, archive)
    _verify(archive if packed is None else packed, file)
    root = load(archive, work_dir / "tree", packed=packed)
    page = f"https://pypi.org/project/{_normal(reference.name)}/{version}/"
    source = Source("pypi", reference.identity, reference.version, None, page)
    return Fetched(
        Server(slug, reference.name, source, str(version)), root, revision=_revision(version, file, validator)
    )


def revision(reference: Reference, known: Revision | None = None) -> Revision:
    """What `fetch` would bring now, for the price of the project's list of files: the file and its announced hash."""
    settings = pip_settings()
    with Downloader(HINT, settings.ca_file) as download:
        offered = _offered(download, settings.indexes, reference, known)
    if offered is None and known:
        return known
    files, validator = offered or ([], "")
    return _revision(*choose(files, reference), validator)


def _revision(version: Version, file: IndexFile, validator: str) -> Revision:
    return Revision(f"{version} {file.filename} {file.hashes.get('sha256', '')}".rstrip(), validator)


def choose(files: Iterable[IndexFile], reference: Reference) -> tuple[Version, IndexFile]:
    """The release that answers the reference: its sdist, else its most portable wheel.

    Without a version: the newest that is neither yanked nor a pre-release; a pre-release where there is nothing else.
    """
    releases: dict[Version, list[tuple[int, IndexFile]]] = {}
    for file in files:
        parsed = _parsed(file.filename)
        if parsed is not None:
            releases.setdefault(parsed[0], []).append((parsed[1], file))
    if reference.version is not None:
        version = _asked(reference)
    else:
        usable = [v for v, offered in releases.items() if not all(f.is_yanked for _, f in offered)]
        final = [v for v in usable if not v.is_prerelease]
        version = max(final or usable or releases, default=None)
    if version is None or version not in releases:
        newest = ", ".join(str(v) for v in sorted(releases)[-5:]) or "none that can be read"
        asked = f"version {reference.version!r}" if reference.version else "release"
        raise SourceNotFound(f"{reference.name} has no {asked}", f"The last published: {newest}.")
    return version, min(releases[version], key=lambda offered: (offered[0], offered[1].filename))[1]


def _parsed(filename: str) -> tuple[Version, int] | None:
    """A file's version and how little it is preferred: sdist, pure wheel, other wheel. None for other files."""
    try:
        if filename.endswith(".whl"):
            version = parse_wheel_filename(filename)[1]
            return version, 1 if filename.endswith("-none-any.whl") else 2
        return parse_sdist_filename(filename)[1], 0
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None


def _asked(reference: Reference) -> Version | None:
    try:
        return Version(reference.version or "")
    except InvalidVersion:
        return None


def _offered(
    download: Downloader, indexes: tuple[str, ...], reference: Reference, known: Revision | None = None
) -> tuple[list[IndexFile], str] | None:
    """What all indexes offer, and the validator of the page where there is one index; None where that has not changed
    since `known`. One index may lack the project or fail as long as another one has it.
    """
    files: list[IndexFile] = []
    validator, asked = "", known.validator if known and len(indexes) == 1 else ""
    failures: list[SourceError] = []
    for index in indexes:
        page_url = f"{index.rstrip('/')}/{_normal(reference.name)}/"
        try:
            page = _page(download, page_url, asked)
            if page is None:
                return None
            files += page[0]
            validator = page[1] if len(indexes) == 1 else ""
        except SourceNotFound:
            continue
        except SourceError as error:
            failures.append(error)
    if not files and failures:
        raise failures[0]
    if not files:
        hosts = ", ".join(urlsplit(i).hostname or i for i in indexes) or "no index: pip is configured with no-index"
        raise SourceNotFound(f"PyPI has no project {reference.name} (asked {hosts})", HINT)
    return files, validator


def _page(download: Downloader, page_url: str, validator: str) -> tuple[list[IndexFile], str] | None:
    if page_url.startswith("file:"):
        page = _local_path(page_url) / "index.html"
        if not page.is_file():
            raise SourceNotFound(f"{page} does not exist")
        return files_of_html(page.read_text(encoding="utf-8", errors="replace"), page_url), ""
    document = download.document_unless(page_url, validator, {"Accept": _ACCEPT})
    if document is None:
        return None
    if "json" in document.kind:
        return files_of_json(parse_json(document.text, page_url), page_url), document.validator
    return files_of_html(document.text, page_url), document.validator


def _copy(url: str, to: Path) -> None:
    try:
        shutil.copyfile(_local_path(url), to)
    except OSError as error:
        raise SourceError(f"{_local_path(url)} cannot be read: {error.strerror}", HINT) from None


def _local_path(url: str) -> Path:
    return Path(unquote(urlsplit(url).path))


def _verify(archive: Path | bytes, file: IndexFile) -> None:
    """SourceError where the bytes are not those that the index announced. The strongest known hash counts."""
    for algorithm in ("sha512", "sha384", "sha256", "sha1", "md5"):
        if announced := file.hashes.get(algorithm):
            if _digest(archive, algorithm) != announced.lower():
                raise SourceError(f"{file.filename} is not the file that was announced ({algorithm})")
            return


def _digest(archive: Path | bytes, algorithm: str) -> str:
    if isinstance(archive, bytes):
        return hashlib.new(algorithm, archive).hexdigest()
    with archive.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
