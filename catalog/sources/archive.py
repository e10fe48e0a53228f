"""Archives opened without trust: all stays inside one folder, within bounds, and nothing but files and folders."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from catalog.errors import SourceError, UnsafeArchive

_CHUNK = 1 << 20
_BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    gzip.BadGzipFile,
    NotImplementedError,
    ValueError,
    LookupError,
    RuntimeError,
)


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Bounds of what is unpacked. The ratio is checked once `ratio_floor_bytes` are unpacked: small text packs well."""

    max_total_bytes: int = 600_000_000
    max_file_bytes: int = 100_000_000
    max_members: int = 100_000
    max_ratio: int = 120
    ratio_floor_bytes: int = 20_000_000
    max_path_chars: int = 1_000


@dataclass(frozen=True, slots=True)
class Unpacked:
    """Where the tree begins (its single top folder, if any), and the comment of a `git archive`: its commit."""

    root: Path
    comment: str | None = None


def unpack(archive: Path, into: Path, limits: ArchiveLimits | None = None) -> Unpacked:
    """Unpacks a tar (plain, gz, bz2, xz) or zip into `into`, told by its content, not by its name.

    Links inside the folder are left out: what they point to is there itself. UnsafeArchive names the member that leaves
    the folder, is a device, or passes the limits; SourceError where the file is no archive or is cut off.
    """
    job = _Job(archive, into, limits or ArchiveLimits())
    into.mkdir(parents=True, exist_ok=True)
    try:
        with archive.open("rb") as file:
            comment = job.unzip() if file.read(4).startswith(b"PK") else job.untar()
    except (*_BROKEN, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise SourceError(f"{archive.name} cannot be unpacked: {error.strerror}") from None
        raise SourceError(
            f"{archive.name} is not an archive that can be read: {error or type(error).__name__}",
            "It may be cut off, encrypted, or something else under an archive's name.",
        ) from None
    return Unpacked(_top(into), comment)


class _Bounded:
    """A decompressed stream that refuses to give more than `limit` bytes, headers and skipped members included."""

    def __init__(self, stream: IO[bytes], limit: int, name: str) -> None:
        self._stream, self._left, self._name = stream, limit, name

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(min(size, _CHUNK) if size > 0 else _CHUNK)
        self._left -= len(data)
        if self._left < 0:
            raise UnsafeArchive(f"{self._name} unpacks to more than is accepted")
        return data


class _Job:
    """One archive being unpacked, with what has been used of the limits."""

    def __init__(self, archive: Path, into: Path, limits: ArchiveLimits) -> None:
        self.archive, self.into, self.limits = archive, into, limits
        self.packed_bytes = max(1, archive.stat().st_size)
        self.total_bytes = 0
        self.members = 0
        self._folders: set[Path] = set()  # those that are there already

    def untar(self) -> str | None:
        with ExitStack() as stack:
            plain = stack.enter_context(_decompressed(self.archive))
            room = self.limits.max_total_bytes + self.limits.max_members * 1_024 + _CHUNK
            bounded = cast("IO[bytes]", _Bounded(plain, room, self.archive.name))
            tar = stack.enter_context(tarfile.open(fileobj=bounded, mode="r|"))
            for member in tar:
                self._tar_member(tar, member)
            return tar.pax_headers.get("comment")

    def _tar_member(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        path = self._checked(member.name)
        if member.isdir():
            self._folder(path)
        elif member.issym() or member.islnk():
            base = PurePosixPath(member.name).parent if member.issym() else PurePosixPath()
            self._check_link(member.name, member.linkname, base)
        elif member.isfile():
            source = tar.extractfile(member)
            if source is not None:
                self._write(path, member.name, source)
        else:
            raise UnsafeArchive(f"{self.archive.name}: {member.name!r} is a device or pipe, not a file")

    def unzip(self) -> str | None:
        with zipfile.ZipFile(self.archive) as zipped:
            for info in _limited(zipped.infolist(), self):
                path = self._checked(info.filename)
                mode = info.external_attr >> 16
                if info.is_dir():
                    self._folder(path)
                elif stat.S_ISLNK(mode):
                    target = zipped.open(info).read(self.limits.max_path_chars).decode("utf-8", "replace")
                    self._check_link(info.filename, target, PurePosixPath(info.filename).parent)
                elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                    raise UnsafeArchive(f"{self.archive.name}: {info.filename!r} is a device or pipe, not a file")
                else:
                    with zipped.open(info) as source:
                        self._write(path, info.filename, source)
        return None

    def _checked(self, name: str) -> Path:
        """Where a member goes; UnsafeArchive for a name that would not stay below the folder."""
        self.members += 1
        if self.members > self.limits.max_members:
            raise UnsafeArchive(f"{self.archive.name} holds more than {self.limits.max_members} members")
        if len(name) > self.limits.max_path_chars or "\0" in name:
            raise UnsafeArchive(f"{self.archive.name}: a member's name is not usable: {name[:80]!r}")
        if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
            raise UnsafeArchive(f"{self.archive.name}: {name!r} is an absolute path")
        parts = [p for p in re.split(r"[/\\]", name) if p not in ("", ".")]
        if ".." in parts:
            raise UnsafeArchive(f"{self.archive.name}: {name!r} leaves the archive's folder")
        return self.into.joinpath(*parts)

    def _check_link(self, name: str, target: str, base: PurePosixPath) -> None:
        depth = 0
        is_absolute = target.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", target) is not None
        for part in (*base.parts, *re.split(r"[/\\]", target)):
            depth += {"..": -1, ".": 0, "": 0}.get(part, 1)
            if depth < 0 or is_absolute:
                raise UnsafeArchive(f"{self.archive.name}: the link {name!r} points out of the archive, to {target!r}")

    def _folder(self, path: Path) -> None:
        if path in self._folders:
            return
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._folders.add(path)
        except (FileExistsError, NotADirectoryError):
            raise SourceError(f"{self.archive.name}: {path.name!r} is both a file and a folder") from None

    def _write(self, path: Path, name: str, source: IO[bytes]) -> None:
        self._folder(path.parent)
        size = 0
        try:
            file = path.open("wb")
        except IsADirectoryError:
            raise SourceError(f"{self.archive.name}: {name!r} is both a file and a folder") from None
        with file:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                self._count(len(chunk), size, name)
                file.write(chunk)

    def _count(self, more_bytes: int, file_bytes: int, name: str) -> None:
        limits = self.limits
        self.total_bytes += more_bytes
        if file_bytes > limits.max_file_bytes:
            raise UnsafeArchive(
                f"{self.archive.name}: {name!r} has more than the {limits.max_file_bytes} bytes accepted"
            )
        if self.total_bytes > limits.max_total_bytes:
            raise UnsafeArchive(f"{self.archive.name} unpacks to more than the {limits.max_total_bytes} bytes accepted")
        if self.total_bytes > limits.ratio_floor_bytes and self.total_bytes > limits.max_ratio * self.packed_bytes:
            raise UnsafeArchive(
                f"{self.archive.name}: {name!r} unpacks to over {limits.max_ratio} times its packed size"
            )


def _limited(infos: list[zipfile.ZipInfo], job: _Job) -> Iterator[zipfile.ZipInfo]:
    if len(infos) > job.limits.max_members:
        raise UnsafeArchive(f"{job.archive.name} holds more than {job.limits.max_members} members")
    yield from infos


def _decompressed(archive: Path) -> IO[bytes]:
    with archive.open("rb") as file:
        magic = file.read(6)
    if magic.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.open(archive, "rb"))
    if magic.startswith(b"BZh"):
        return cast("IO[bytes]", bz2.open(archive, "rb"))
    if magic == b"\xfd7zXZ\x00":
        return cast("IO[bytes]", lzma.open(archive, "rb"))
    return archive.open("rb")


def _top(folder: Path) -> Path:
    """The single folder that holds everything, or the folder itself."""
    entries = list(folder.iterdir())
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else folder
