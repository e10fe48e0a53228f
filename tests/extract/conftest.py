"""Trees made of the text of a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.extract.tree import SourceTree

MakeTree = Callable[[dict[str, str | bytes]], SourceTree]


@pytest.fixture
def make_tree(tmp_path: Path) -> MakeTree:
    def make(files: dict[str, str | bytes]) -> SourceTree:
        for path, content in files.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return SourceTree(tmp_path)

    return make
