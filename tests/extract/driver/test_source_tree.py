from __future__ import annotations

import os
from pathlib import Path

import pytest

from catalog.extract.tree import Limits, SourceTree, is_peripheral, is_test
from tests.extract.conftest import MakeTree


@pytest.mark.parametrize(
    ("path", "peripheral"),
    [
        ("src/index.ts", False),
        ("src/index.test.ts", True),
        ("src/index.d.ts", True),
        ("tests/a.py", True),
        ("src/pkg/test_server.py", True),
        ("src/test/java/A.java", True),
        ("src/main/java/org/sample/A.java", False),
        ("build/tools/tests/list.js", False),
        ("src/tools/docs/search.ts", False),
        ("src/tools/__tests__/search.ts", True),
        ("docs/server.py", True),
        ("contest/server.py", False),
    ],
)
def test_what_is_peripheral(path: str, peripheral: bool) -> None:
    assert is_peripheral(path) is peripheral


def test_the_peripheral_view_swaps_the_two_sides(make_tree: MakeTree) -> None:
    tree = make_tree({"a.py": "", "tests/b.py": ""})
    assert list(tree.paths(".py")) == ["a.py"]
    assert list(tree.peripheral_view().paths(".py")) == ["tests/b.py"]


def test_links_are_not_followed(make_tree: MakeTree, tmp_path: Path) -> None:
    tree = make_tree({"src/a.py": "", "b.py": ""})
    (tmp_path / "src" / "loop").symlink_to(tmp_path)
    (tmp_path / "src" / "c.py").symlink_to("/etc/passwd")
    assert list(tree.sizes) == ["b.py", "src/a.py"]


def test_a_file_above_the_limit_is_a_gap(make_tree: MakeTree, tmp_path: Path) -> None:
    make_tree({"a.py": "x" * 100, "b.py": "x"})
    tree = SourceTree(tmp_path, Limits(max_file_bytes=50))
    assert list(tree.sizes) == ["b.py"]
    assert [(g.path, "100 bytes" in g.reason) for g in tree.gaps] == [("a.py", True)]


def test_a_tree_with_too_many_files_is_cut_with_a_gap(make_tree: MakeTree, tmp_path: Path) -> None:
    make_tree({f"f{i}.py": "" for i in range(10)})
    tree = SourceTree(tmp_path, Limits(max_files=4))
    assert len(tree.sizes) == 4
    assert len(tree.gaps) == 1


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"caf\xc3\xa9", "café"),
        (b"\xef\xbb\xbfmark", "mark"),
        ("wide é".encode("utf-16"), "wide é"),
        (b"caf\xe9", "caf�"),
    ],
)
def test_text_of_any_encoding_is_read(make_tree: MakeTree, raw: bytes, text: str) -> None:
    assert make_tree({"a.py": raw}).read_text("a.py") == text


def test_a_path_outside_the_tree_is_refused(make_tree: MakeTree) -> None:
    with pytest.raises(KeyError):
        make_tree({"a.py": ""}).read_text("../etc/passwd")


def test_a_name_that_is_not_utf8_is_a_gap(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"bad\xff.py")).write_text("")
    tree = SourceTree(tmp_path)
    assert tree.sizes == {}
    assert len(tree.gaps) == 1


def test_media_are_neither_read_nor_missed(tmp_path: Path) -> None:
    (tmp_path / "demo.gif").write_bytes(b"GIF89a" + b"\0" * 500)
    (tmp_path / "index.js").write_text("x" * 500)
    tree = SourceTree(tmp_path, Limits(max_file_bytes=400, max_total_bytes=450))
    assert [gap.path for gap in tree.gaps] == ["index.js"]


@pytest.mark.parametrize(
    ("path", "test"),
    [
        ("src/index.test.ts", True),
        ("tests/doubles/server.py", True),
        ("src/__mocks__/tools.ts", True),
        ("docs/test_server.py", True),
        ("examples/server.py", False),
        ("types/server.d.ts", False),
        ("pkg/__toolsnaps__/find.snap", False),
    ],
)
def test_which_of_the_peripheral_files_are_tests(path: str, test: bool) -> None:
    assert is_test(path) is test
