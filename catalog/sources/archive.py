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
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Protocol, cast

from catalog.errors import SourceError, UnsafeArchive
from catalog.records import Root

_CHUNK = 1 << 20
_WHOLE = 8 << 20  # bytes unpacked; up to here a tar is taken apart in memory, which costs half as much as in pieces
_GZIP = b"\x1f\x8b"
_DRIVE = re.compile(r"[A-Za-z]:")
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
    into.mkdir(parents=True, exist_ok=True)
    comment = _Job(archive, _OnDisk(archive.name, into), limits or ArchiveLimits()).run()
    return Unpacked(_top(into), comment)


def load(archive: Path, into: Path, limits: ArchiveLimits | None = None, packed: bytes | None = None) -> Root:
    """The archive's tree from its single top folder on: the files of a small tar.gz by path, else as `unpack` leaves
    it in `into`. With `packed`, its bytes, the file `archive` is not there yet, and is written where it is needed.

    What is small never touches a file system, where making, reading and removing files costs more than all the rest.
    """
    kept = _Kept(archive.name)
    try:
        job = _Job(archive, kept, limits or ArchiveLimits(), packed)
        if job.whole is None:
            raise _TooLarge
        job.run()
    except _TooLarge:
        if packed is not None:
            archive.write_bytes(packed)
        return unpack(archive, into, limits).root
    return kept.below_top()


class _TooLarge(Exception):
    """It does not unpack to what is kept in memory, or says so of its members: holes, or the same bytes again."""


class _Sink(Protocol):
    """Where members go, by their checked path: "a/b", "" for the folder itself. SourceError where two exclude each
    other."""

    def folder(self, path: str) -> None: ...

    def file(self, path: str, chunks: Iterable[bytes]) -> None: ...


class _OnDisk:
    def __init__(self, archive: str, into: Path) -> None:
        self._archive, self._into = archive, into
        self._known: set[str] = set()  # folders that are there already

    def folder(self, path: str) -> None:
        if path in self._known:
            return
        try:
            (self._into / path).mkdir(parents=True, exist_ok=True)
            self._known.add(path)
        except (FileExistsError, NotADirectoryError):
            raise _clash(self._archive, path) from None

    def file(self, path: str, chunks: Iterable[bytes]) -> None:
        self.folder(path.rpartition("/")[0])
        try:
            file = (self._into / path).open("wb")
        except IsADirectoryError:
            raise _clash(self._archive, path) from None
        with file:
            for chunk in chunks:
                file.write(chunk)


class _Kept:
    def __init__(self, archive: str) -> None:
        self._archive = archive
        self._files: dict[str, bytes] = {}
        self._folders = {""}
        self._left_bytes = _WHOLE

    def folder(self, path: str) -> None:
        while path not in self._folders:
            if path in self._files:
                raise _clash(self._archive, path)
            self._folders.add(path)
            path = path.rpartition("/")[0]

    def file(self, path: str, chunks: Iterable[bytes]) -> None:
        self.folder(path.rpartition("/")[0])
        if path in self._folders:
            raise _clash(self._archive, path)
        self._files[path] = b"".join(self._bounded(chunks))

    def _bounded(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._left_bytes -= len(chunk)
            if self._left_bytes < 0:
                raise _TooLarge
            yield chunk

    def below_top(self) -> dict[str, bytes]:
        """The files by their path below the single folder that holds everything, where there is one."""
        tops = {path.partition("/")[0] for path in (*self._files, *self._folders) if path}
        if len(tops) == 1 and tops <= self._folders:
            return {path.partition("/")[2]: content for path, content in self._files.items()}
        return self._files


def _clash(archive: str, path: str) -> SourceError:
    return SourceError(f"{archive}: {path.rpartition('/')[2]!r} is both a file and a folder")


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

    def __init__(self, archive: Path, sink: _Sink, limits: ArchiveLimits, packed: bytes | None = None) -> None:
        self.archive, self.limits = archive, limits
        self._sink = sink
        self.packed_bytes = max(1, archive.stat().st_size if packed is None else len(packed))
        self.total_bytes = 0
        self.members = 0
        self._room = limits.max_total_bytes + limits.max_members * 1_024 + _CHUNK
        most = min(_WHOLE, self._room)
        if packed is None and self.packed_bytes <= most:
            packed = archive.read_bytes()
        self.whole = _gunzipped(packed or b"", most)  # None: it is large, or something else

    def run(self) -> str | None:
        """Takes the archive apart and gives its comment."""
        name = self.archive.name
        try:
            if self.whole is None and _magic(self.archive).startswith(b"PK"):
                return self._unzip()
            return self._untar()
        except (*_BROKEN, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise SourceError(f"{name} cannot be unpacked: {error.strerror}") from None
            raise SourceError(
                f"{name} is not an archive that can be read: {error or type(error).__name__}",
                "It may be cut off, encrypted, or something else under an archive's name.",
            ) from None

    def _untar(self) -> str | None:
        with ExitStack() as stack:
            if self.whole is not None:
                tar = stack.enter_context(tarfile.open(fileobj=BytesIO(self.whole), mode="r:"))
            else:
                plain = stack.enter_context(_decompressed(self.archive))
                bounded = cast("IO[bytes]", _Bounded(plain, self._room, self.archive.name))
                tar = stack.enter_context(tarfile.open(fileobj=bounded, mode="r|"))
            for member in tar:
                self._tar_member(tar, member)
            return tar.pax_headers.get("comment")

    def _tar_member(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        if member.size < 0 or tar.offset <= member.offset:
            raise tarfile.ReadError(f"{member.name!r} has no length")  # and would be met again and again
        path = self._checked(member.name)
        if member.isdir():
            self._sink.folder(path)
        elif member.issym() or member.islnk():
            base = PurePosixPath(member.name).parent if member.issym() else PurePosixPath()
            self._check_link(member.name, member.linkname, base)
        elif member.isfile():
            plain = None if member.issparse() else self.whole
            source = tar.extractfile(member) if plain is None else _slice(plain, member)
            if source is not None:
                self._write(path, member.name, source)
        else:
            raise UnsafeArchive(f"{self.archive.name}: {member.name!r} is a device or pipe, not a file")

    def _unzip(self) -> str | None:
        with zipfile.ZipFile(self.archive) as zipped:
            for info in _limited(zipped.infolist(), self):
                path = self._checked(info.filename)
                mode = info.external_attr >> 16
                if info.is_dir():
                    self._sink.folder(path)
                elif stat.S_ISLNK(mode):
                    target = zipped.open(info).read(self.limits.max_path_chars).decode("utf-8", "replace")
                    self._check_link(info.filename, target, PurePosixPath(info.filename).parent)
                elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                    raise UnsafeArchive(f"{self.archive.name}: {info.filename!r} is a device or pipe, not a file")
                else:
                    with zipped.open(info) as source:
                        self._write(path, info.filename, source)
        return None

    def _checked(self, name: str) -> str:
        """A member's path below the folder; UnsafeArchive for a name that would not stay below the folder."""
        self.members += 1
        if self.members > self.limits.max_members:
            raise UnsafeArchive(f"{self.archive.name} holds more than {self.limits.max_members} members")
        if len(name) > self.limits.max_path_chars or "\0" in name:
            raise UnsafeArchive(f"{self.archive.name}: a member's name is not usable: {name[:80]!r}")
        if name.startswith(("/", "\\")) or _DRIVE.match(name):
            raise UnsafeArchive(f"{self.archive.name}: {name!r} is an absolute path")
        parts = [p for p in name.replace("\\", "/").split("/") if p not in ("", ".")]
        if ".." in parts:
            raise UnsafeArchive(f"{self.archive.name}: {name!r} leaves the archive's folder")
        return "/".join(parts)

    def _check_link(self, name: str, target: str, base: PurePosixPath) -> None:
        depth = 0
        is_absolute = target.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", target) is not None
        for part in (*base.parts, *re.split(r"[/\\]", target)):
            depth += {"..": -1, ".": 0, "": 0}.get(part, 1)
            if depth < 0 or is_absolute:
                raise UnsafeArchive(f"{self.archive.name}: the link {name!r} points out of the archive, to {target!r}")

    def _write(self, path: str, name: str, source: IO[bytes]) -> None:
        self._sink.file(path, self._counted(name, source))

    def _counted(self, name: str, source: IO[bytes]) -> Iterator[bytes]:
        size = 0
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            self._count(len(chunk), size, name)
            yield chunk

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


def _gunzipped(packed: bytes, most_bytes: int) -> bytes | None:
    """What a small gzip file holds; None where it is larger or anything is odd, which is told when read in pieces."""
    if not packed.startswith(_GZIP):
        return None
    unzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        whole = unzip.decompress(packed, most_bytes)
    except zlib.error:
        return None
    return whole if unzip.eof and not unzip.unused_data else None


def _slice(whole: bytes, member: tarfile.TarInfo) -> IO[bytes]:
    content = whole[member.offset_data : member.offset_data + member.size]
    if len(content) < member.size:
        raise tarfile.ReadError("unexpected end of data")
    return BytesIO(content)


def _magic(archive: Path) -> bytes:
    with archive.open("rb") as file:
        return file.read(6)


def _decompressed(archive: Path) -> IO[bytes]:
    magic = _magic(archive)
    if magic.startswith(_GZIP):
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
