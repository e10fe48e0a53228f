from __future__ import annotations

import json

import pytest

from catalog.extract import read_tree
from catalog.extract.shim import shim_dependency
from tests.extract.conftest import MakeTree


def _reasons(tree_files: dict[str, str | bytes], make_tree: MakeTree) -> str:
    found = read_tree(make_tree(tree_files))
    assert found.tools == ()
    return " | ".join(g.reason for g in found.gaps)


def test_an_empty_tree_says_so(make_tree: MakeTree) -> None:
    assert "empty" in _reasons({}, make_tree)


def test_a_wheel_that_lists_a_large_program_is_a_native_wrapper(make_tree: MakeTree) -> None:
    record = "pkg/__init__.py,sha256=x,120\npkg/bin/server,sha256=y,40000000\n"
    files: dict[str, str | bytes] = {"pkg/__init__.py": "", "pkg-1.dist-info/RECORD": record}
    assert "native binary of 40000000 bytes" in _reasons(files, make_tree)


def test_platform_packages_are_named(make_tree: MakeTree) -> None:
    manifest = {"name": "x", "optionalDependencies": {"x-linux-x64": "1.0.0", "x-darwin-arm64": "1.0.0"}}
    assert "x-linux-x64" in _reasons({"package.json": json.dumps(manifest), "run.js": ""}, make_tree)


def test_a_launcher_that_picks_a_program_by_platform_is_explained(make_tree: MakeTree) -> None:
    launcher = "const p = process.platform;\nrequire('child_process').spawnSync(paths[p], []);\n"
    found = read_tree(make_tree({"package.json": "{}", "bin/run.js": launcher}))
    assert [(g.path, g.line) for g in found.gaps] == [("bin/run.js", 2)]


def test_a_program_in_the_tree_is_named(make_tree: MakeTree) -> None:
    assert "Windows program" in _reasons({"server.exe": b"MZ\x90\x00"}, make_tree)


def test_a_language_that_is_not_read_is_named(make_tree: MakeTree) -> None:
    assert "Elixir" in _reasons({"lib/server.ex": "defmodule Server do\nend\n"}, make_tree)


@pytest.mark.parametrize(
    ("dependencies", "expected"),
    [
        ({"other-mcp": "2.1.0"}, "npm:other-mcp@2.1.0"),
        ({"other-mcp": "^2.1.0"}, "npm:other-mcp"),
        ({"@scope/mcp-core": "1.0.0", "chalk": "5.0.0"}, "npm:@scope/mcp-core@1.0.0"),
        ({"@modelcontextprotocol/sdk": "1.0.0"}, None),
        ({"one": "1.0.0", "two": "1.0.0"}, None),
    ],
)
def test_the_dependency_of_an_npm_shim(make_tree: MakeTree, dependencies: dict[str, str], expected: str | None) -> None:
    tree = make_tree({"package.json": json.dumps({"name": "x", "dependencies": dependencies}), "bin.js": ""})
    assert shim_dependency(tree) == expected


def test_the_dependency_that_an_npm_shim_loads(make_tree: MakeTree) -> None:
    manifest = json.dumps({"dependencies": {"left": "1.0.0", "right": "1.0.0"}})
    tree = make_tree({"package.json": manifest, "bin.js": "import { main } from 'right/cli';\nmain();"})
    assert shim_dependency(tree) == "npm:right@1.0.0"


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        ("Requires-Dist: other-mcp>=2.0", "pypi:other-mcp"),
        ("Requires-Dist: other_mcp==2.0.1", "pypi:other-mcp@2.0.1"),
        ("Requires-Dist: mcp>=1.0\nRequires-Dist: pytest; extra == 'dev'", None),
    ],
)
def test_the_dependency_of_a_python_shim(make_tree: MakeTree, requires: str, expected: str | None) -> None:
    headers = f"Metadata-Version: 2.4\nName: x\nVersion: 1\n{requires}\n\nText\n"
    assert shim_dependency(make_tree({"x.py": "", "x-1.dist-info/METADATA": headers})) == expected


def test_a_package_with_much_code_is_no_shim(make_tree: MakeTree) -> None:
    manifest = json.dumps({"dependencies": {"other-mcp": "1.0.0"}})
    assert shim_dependency(make_tree({"package.json": manifest, "index.js": "work();\n" * 10_000})) is None


def test_the_gap_of_a_shim_names_its_dependency(make_tree: MakeTree) -> None:
    manifest = json.dumps({"dependencies": {"other-mcp": "1.0.0"}})
    assert "npm:other-mcp@1.0.0" in _reasons({"package.json": manifest, "bin.js": "require('other-mcp')"}, make_tree)
