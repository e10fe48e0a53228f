from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.extract.tree import SourceTree
from catalog.extract.typescript import read
from catalog.records import Found

Read = Callable[..., Found]


@pytest.fixture
def read_files(tmp_path: Path) -> Read:
    """Writes files given by path into a tree and reads it."""

    def run(files: dict[str, str]) -> Found:
        for path, text in files.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        return read(SourceTree(tmp_path))

    return run
