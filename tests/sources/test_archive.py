"""Archives stay in their folder and in their bounds, whatever they hold."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.errors import SourceError, UnsafeArchive
from catalog.sources.archive import ArchiveLimits, unpack
from tests.local_hosts import tarball

SMALL = ArchiveLimits(
    max_total_bytes=50_000, max_file_bytes=20_000, max_members=20, max_ratio=10, ratio_floor_bytes=5_000
)


def tar_with(*members: tarfile.TarInfo, content: bytes = b"x") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for member in members:
            member.size = len(content) if member.isfile() else 0
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zip_with(name: str, content: str = "x", mode: int = 0, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as zipped:
        info = zipfile.ZipInfo(name)
        info.external_attr, info.compress_type = mode << 16, compression
        zipped.writestr(info, content)
    return out.getvalue()


def attempt(tmp_path: Path, body: bytes, limits: ArchiveLimits | None = None) -> Path:
    archive = tmp_path / "in" / "archive.bin"
    archive.parent.mkdir(exist_ok=True)
    archive.write_bytes(body)
    return unpack(archive, tmp_path / "in" / "tree", limits).root


def everything_outside(tmp_path: Path) -> list[Path]:
    return [p for p in tmp_path.rglob("*") if tmp_path / "in" not in (p, *p.parents)]


def repr_number(body: bytes) -> str:
    """A stable name for a body: archives hold the time at which they were made."""
    return f"{len(body)}-bytes"


@pytest.mark.parametrize(
    "body",
    [
        tar_with(member("../escaped")),
        tar_with(member("a/../../escaped")),
        tar_with(member("/tmp/escaped")),
        tar_with(member("a\\..\\..\\escaped")),
        tar_with(member("C:\\escaped")),
        tar_with(member("link", tarfile.SYMTYPE, "../outside")),
        tar_with(member("link", tarfile.SYMTYPE, "/etc/passwd")),
        tar_with(member("d/link", tarfile.SYMTYPE, "../../outside")),
        tar_with(member("hard", tarfile.LNKTYPE, "../outside")),
        tar_with(member("pipe", tarfile.FIFOTYPE)),
        tar_with(member("device", tarfile.CHRTYPE)),
        tar_with(member("device", tarfile.BLKTYPE)),
        tar_with(member("x" * 1_001)),
        zip_with("../escaped"),
        zip_with("/escaped"),
        zip_with("a/../../escaped"),
        zip_with("C:/escaped"),
        zip_with("link", "../../outside", stat.S_IFLNK | 0o777),
        zip_with("pipe", "", stat.S_IFIFO),
    ],
    ids=repr_number,
)
def test_what_leaves_the_folder_is_refused_by_name_and_leaves_nothing_behind(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(UnsafeArchive, match=r"escaped|link|hard|pipe|device|xxx"):
        attempt(tmp_path, body)
    assert everything_outside(tmp_path) == []


@pytest.mark.parametrize(
    "body",
    [
        tarball({"big": "x" * 20_001}, "top"),
        tarball({f"f{i}": "" for i in range(21)}, "top"),
        tarball({f"f{i}": str(i) * 10_000 for i in range(6)}, "top"),
        tarball({"zeros": "\0" * 19_000}, "top"),
        zip_with("zeros", "\0" * 19_000),
        zip_with("big", "x" * 20_001, compression=zipfile.ZIP_STORED),
    ],
    ids=repr_number,
)
def test_bombs_by_size_number_and_ratio_are_refused(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(UnsafeArchive):
        attempt(tmp_path, body, SMALL)
    assert sum(p.stat().st_size for p in (tmp_path / "in" / "tree").rglob("*") if p.is_file()) <= 50_000


def test_a_header_that_grows_without_end_is_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("a")
    info.pax_headers = {"comment": "x" * 3_000_000}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(info, io.BytesIO())
    with pytest.raises(UnsafeArchive, match="unpacks to more"):
        attempt(tmp_path, out.getvalue(), SMALL)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"\x1f\x8b broken", b"PK\x03\x04 broken", tarball({"a": "x" * 500}, "t")[:60], b"BZh9zz"],
    ids=repr_number,
)
def test_what_is_no_archive_is_a_source_error(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(SourceError, match="not an archive") as raised:
        attempt(tmp_path, body)
    assert not isinstance(raised.value, UnsafeArchive)


def test_a_single_top_folder_is_the_root_and_the_commit_is_kept(tmp_path: Path) -> None:
    archive = tmp_path / "a.tgz"
    archive.write_bytes(tarball({"x": "1"}, "top", comment="c0ffee"))
    unpacked = unpack(archive, tmp_path / "tree")
    assert (unpacked.root.name, unpacked.comment) == ("top", "c0ffee")


def test_links_that_stay_inside_are_left_out_and_the_rest_is_read(tmp_path: Path) -> None:
    body = tar_with(
        member("top/a"), member("top/link", tarfile.SYMTYPE, "a"), member("top/d/up", tarfile.SYMTYPE, "../a")
    )
    assert [p.name for p in attempt(tmp_path, body).rglob("*") if p.is_file()] == ["a"]


def test_a_file_where_a_folder_stands_is_an_error_and_no_crash(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="both a file and a folder"):
        attempt(tmp_path, tar_with(member("a"), member("a/b")))


@given(
    name=st.text(st.sampled_from("ab./\\:~ \0é\U0001f600"), min_size=1, max_size=12),
    as_zip=st.booleans(),
    link=st.none() | st.text(st.sampled_from("ab./\\"), min_size=1, max_size=8),
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_name_whatsoever_writes_outside(
    tmp_path_factory: pytest.TempPathFactory, name: str, as_zip: bool, link: str | None
) -> None:
    tmp_path = tmp_path_factory.mktemp("case")
    if as_zip:
        body = zip_with(name, link or "x", stat.S_IFLNK if link else 0)
    elif link:
        body = tar_with(member(name, tarfile.SYMTYPE, link), member(f"{name}/b"))
    else:
        body = tar_with(member(name))
    with suppress(SourceError):
        attempt(tmp_path, body)
    assert everything_outside(tmp_path) == []
    assert not any(p.is_symlink() for p in tmp_path.rglob("*"))
