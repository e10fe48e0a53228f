"""Files are replaced whole, inside the tree, and only when nobody changed them; the diff is one that git takes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from catalog.audit.editing.files import unified_diff, write_files
from catalog.audit.editing.layout import Brackets
from catalog.audit.editing.records import Edit, Overlap, apply
from catalog.errors import SourceError


def test_a_file_keeps_its_mode_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    place = tmp_path / "a.py"
    place.write_bytes(b"old\n")
    place.chmod(0o754)
    write_files(tmp_path, {"a.py": b"old\n"}, {"a.py": b"new\n"})
    assert place.read_bytes() == b"new\n"
    assert place.stat().st_mode & 0o777 == 0o754
    assert list(tmp_path.iterdir()) == [place]


def test_one_changed_file_keeps_all_from_being_written(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"a\n")
    (tmp_path / "b.py").write_bytes(b"changed meanwhile\n")
    with pytest.raises(SourceError, match=r"b\.py changed"):
        write_files(tmp_path, {"a.py": b"a\n", "b.py": b"b\n"}, {"a.py": b"x\n", "b.py": b"y\n"})
    assert (tmp_path / "a.py").read_bytes() == b"a\n"


def test_a_file_that_became_a_link_is_not_written_through(tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_bytes(b"old\n")
    root = tmp_path / "root"
    (root / "real").mkdir(parents=True)
    (root / "real" / "b.py").write_bytes(b"old\n")
    (root / "a.py").symlink_to(outside)
    (root / "linked").symlink_to(root / "real")
    for path in ("a.py", "linked/b.py"):
        with pytest.raises(SourceError, match="link"):
            write_files(root, {path: b"old\n"}, {path: b"new\n"})
    assert outside.read_bytes() == b"old\n"


def test_a_path_out_of_the_tree_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"old\n")
    with pytest.raises(SourceError, match="inside"):
        write_files(tmp_path / "root", {"../a.py": b"old\n"}, {"../a.py": b"new\n"})


@pytest.mark.parametrize("before", [b"a\nb\n", b"a\r\nb\r\n", b"a\nb", b"a\x0cb\nc\xe2\x80\xa8d\n", b"x"])
def test_git_applies_the_diff_and_gets_the_same_bytes(tmp_path: Path, before: bytes) -> None:
    after = before.replace(b"a", b"a\nnew", 1) if b"a" in before else before + b"y"
    (tmp_path / "src").mkdir()
    place = tmp_path / "src" / "a.py"
    place.write_bytes(before)
    diff = unified_diff({"src/a.py": before}, {"src/a.py": after})
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    command = ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(command, cwd=tmp_path, input=diff.encode("utf-8"), check=True)
    assert place.read_bytes() == after


def test_a_file_name_cannot_pose_as_a_line_of_the_diff(tmp_path: Path) -> None:
    name = 'a\n+++ evil "é\\x.py'
    (tmp_path / name).write_bytes(b"old\n")
    diff = unified_diff({name: b"old\n"}, {name: b"new\n"})
    assert len(diff.split("\n")) == 6
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=diff.encode("utf-8"), check=True)
    assert (tmp_path / name).read_bytes() == b"new\n"
    assert not (tmp_path / "evil").exists()


def test_equal_edits_count_once_and_colliding_ones_are_refused() -> None:
    edit = Edit("a", 1, 1, b"X")
    assert apply(b"abc", [edit, edit, Edit("a", 2, 3, b"Z")]) == b"aXbZ"
    for other in (Edit("a", 1, 1, b"Y"), Edit("a", 0, 2, b"Y")):
        with pytest.raises(Overlap):
            apply(b"abc", [edit, other])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f()", "f(x)"),
        ("f(a)", "f(a, x)"),
        ("f(a,)", "f(a, x,)"),
        ("f(\n  a,\n)", "f(\n  a,\n  x,\n)"),
        ("f(\n  a, # why\n)", "f(\n  a, # why\n  x,\n)"),
        ("f(\n  a # why\n)", "f(\n  a, # why\n  x\n)"),
        ("f(\n  a\n)", "f(\n  a,\n  x\n)"),
        ("f(a,\n  b)", "f(a,\n  b, x)"),
    ],
)
def test_an_item_is_put_behind_the_last_one(before: str, after: str) -> None:
    data = before.encode()
    items = tuple((data.index(c), data.index(c) + 1) for c in (b"a", b"b") if c in data)
    brackets = Brackets("f", data, data.index(b"("), data.rindex(b")"), items)
    edits = brackets.insert(len(items) - 1, lambda indent, own: b"x")
    assert apply(data, edits).decode() == after
