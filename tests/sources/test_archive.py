"""Archives stay in their folder and in their bounds, whatever they hold."""

from __future__ import annotations

import gzip
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
from catalog.extract.tree import SourceTree
from catalog.sources import archive as archives
from catalog.sources.archive import ArchiveLimits, load, unpack
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


def both_ways(tmp_path: Path, body: bytes, limits: ArchiveLimits | None = None) -> list[dict[str, bytes] | str]:
    """What is read of an archive, or the error: kept in memory, and by way of the disk."""
    archive = tmp_path / "archive.tgz"
    archive.write_bytes(body)
    outcomes: list[dict[str, bytes] | str] = []
    for open_archive in (load, lambda *arguments: unpack(*arguments).root):
        try:
            tree = SourceTree(open_archive(archive, tmp_path / f"tree-{len(outcomes)}", limits))
            outcomes.append({path: tree.read_bytes(path) for path in tree.sizes})
        except SourceError as error:
            outcomes.append(f"{type(error).__name__}: {error.message}")
    return outcomes


@given(
    names=st.lists(st.text(st.sampled_from("ab./\\:~ \0é\U0001f600"), min_size=1, max_size=12), max_size=5),
    kinds=st.lists(st.sampled_from([tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE]), min_size=5, max_size=5),
)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_is_kept_in_memory_is_what_would_lie_on_disk(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], kinds: list[bytes]
) -> None:
    body = tar_with(*(member(n, k, "a") for n, k in zip(names, kinds, strict=False)), content=b"some text")
    kept, on_disk = both_ways(tmp_path_factory.mktemp("case"), body)
    assert kept == on_disk


@pytest.mark.parametrize(
    "body",
    [
        tarball({"top.js": "1", "lib/a.js": "2", "node_modules/x/b.js": "3", ".git/config": "4"}, "package"),
        tar_with(member("package", tarfile.DIRTYPE)),
        tar_with(member("package")),
        tar_with(member("a"), member("b", tarfile.DIRTYPE)),
        tarball({"big": "x" * 20_001}, "top"),
        tarball({f"f{i}": "" for i in range(21)}, "top"),
        tarball({"zeros": "\0" * 19_000}, "top"),
        tarball({"a": "x" * 500}, "t")[:60],
        zip_with("a"),
    ],
    ids=repr_number,
)
def test_the_same_is_left_out_and_refused_in_memory(tmp_path: Path, body: bytes) -> None:
    kept, on_disk = both_ways(tmp_path, body, SMALL)
    assert kept == on_disk


def test_a_small_tree_touches_no_disk_and_a_large_one_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "a.tgz"
    archive.write_bytes(tarball({"x.py": "1" * 5_000}, "top"))
    assert load(archive, tmp_path / "small") == {"x.py": b"1" * 5_000}
    assert not (tmp_path / "small").exists()
    monkeypatch.setattr(archives, "_WHOLE", 4_000)
    assert load(archive, tmp_path / "large") == tmp_path / "large" / "top"


def numbered(value: int) -> bytes:
    """A number as GNU tar writes those that octal digits do not hold, negative ones among them."""
    return (b"\xff" if value < 0 else b"\x80") + (value % (1 << 88)).to_bytes(11, "big")


def with_size(header: bytes, size: bytes) -> bytes:
    changed = header[:124] + size + header[136:148] + b" " * 8 + header[156:]
    return changed[:148] + b"%06o\0 " % sum(changed) + changed[156:]


@pytest.mark.parametrize("size", [-512, -1024, -(1 << 40), 1 << 40], ids=str)
def test_a_member_of_impossible_length_ends_in_an_error(tmp_path: Path, size: int) -> None:
    header = member("a.js").tobuf()
    body = gzip.compress(header + with_size(header, numbered(size)) + b"x" * 512 + b"\0" * 1024)
    for outcome in both_ways(tmp_path, body):
        assert isinstance(outcome, str) and outcome.startswith("SourceError")


def test_members_that_claim_the_same_bytes_again_fill_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "_WHOLE", 100_000)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        for number in range(8):
            info = tarfile.TarInfo(f"top/{number}.js")
            info.size, info.pax_headers = 512, {"GNU.sparse.size": "20000"}
            tar.addfile(info, io.BytesIO(b"x" * 512))
        tar.addfile(tarfile.TarInfo("top/last.js"))
        filler = tarfile.TarInfo("top/filler.js")
        filler.size = 60_000
        tar.addfile(filler, io.BytesIO(b"y" * 60_000))
    archive = tmp_path / "a.tgz"
    archive.write_bytes(out.getvalue())
    assert load(archive, tmp_path / "tree") == tmp_path / "tree" / "top"
