"""The wheel carries everything that the program reads."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    hatchling = pytest.importorskip("hatchling.build")
    here = Path.cwd()
    folder = tmp_path_factory.mktemp("wheel")
    os.chdir(ROOT)
    try:
        wheel = hatchling.build_wheel(str(folder))
    finally:
        os.chdir(here)
    with zipfile.ZipFile(folder / wheel) as zipped:
        return set(zipped.namelist())


@pytest.mark.parametrize(
    ("folder", "inside"), [("data", "classifier/_data"), ("site_templates", "catalog/_site_templates")]
)
def test_every_file_of_a_folder_is_inside(names: set[str], folder: str, inside: str) -> None:
    files = [p.relative_to(ROOT / folder).as_posix() for p in (ROOT / folder).rglob("*") if p.is_file()]
    assert files
    assert {f"{inside}/{file}" for file in files} <= names


def test_the_command_and_the_licence_are_inside_and_the_tests_are_not(names: set[str]) -> None:
    assert any(name.endswith("entry_points.txt") for name in names)
    assert any(name.endswith("LICENSE") for name in names)
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in names)
