"""Whether a server could speak to a network at all: said only where its source and what it runs with leave no doubt."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.audit.isolation import speaks_to_no_network
from catalog.extract.tree import SourceTree
from tests.audit.editor import put

SCRIPT = "import { readFile } from 'fs/promises';\nexport const read = (path) => readFile(path, 'utf8');\n"
PACKAGE = '{"dependencies": {"@modelcontextprotocol/sdk": "1", "zod": "3"}, "devDependencies": {"vitest": "1"}}'
MODULE = "from pathlib import Path\n\ndef read(path: str) -> str:\n    return Path(path).read_text()\n"
PROJECT = '[project]\nname = "notes"\ndependencies = ["mcp>=1", "PyYAML"]\n'
NODE = {"index.js": SCRIPT, "package.json": PACKAGE}
PYTHON = {"server.py": MODULE, "pyproject.toml": PROJECT}


def is_local(folder: Path, files: dict[str, str]) -> bool:
    return speaks_to_no_network(SourceTree(put(folder, files)))


@pytest.mark.parametrize("files", [NODE, PYTHON, NODE | PYTHON])
def test_files_alone_and_known_packages_are_local(tmp_path: Path, files: dict[str, str]) -> None:
    assert is_local(tmp_path, files)


@pytest.mark.parametrize(
    "files",
    [
        PYTHON | {"mail.py": "import smtplib\n"},
        PYTHON | {"run.py": "import asyncio\n\nasync def f(h):\n    await asyncio.open_connection(h, 1)\n"},
        NODE | {"call.js": "import http from 'node:http';\n"},
        NODE | {"call.cjs": "const https = require('https');\n"},
        PYTHON | {"pyproject.toml": PROJECT.replace("PyYAML", "slack-sdk")},
        NODE | {"package.json": PACKAGE.replace('"zod"', '"octokit"')},
        NODE | {"package.json": PACKAGE.replace("devDependencies", "optionalDependencies")},
    ],
    ids=["mail", "stream", "http", "https", "python package", "node package", "optional package"],
)
def test_what_could_reach_out_is_not_local(tmp_path: Path, files: dict[str, str]) -> None:
    assert not is_local(tmp_path, files)


def test_packages_of_a_workspace_count_wherever_they_are_listed(tmp_path: Path) -> None:
    inner = {"packages/notes/index.js": SCRIPT, "packages/notes/package.json": '{"dependencies": {"got": "14"}}'}
    assert not is_local(tmp_path, {"package.json": "{}", **inner})


@pytest.mark.parametrize(
    "files",
    [
        {"server.py": MODULE},
        {"server.py": MODULE, "package.json": PACKAGE},
        {"server.py": MODULE, "requirements.txt": "mcp\ngit+https://example.org/reach\n"},
        PYTHON | {"pyproject.toml": '[project]\nname = "notes"\ndynamic = ["dependencies"]\n'},
        NODE | {"main.go": "package main\n"},
        {"package.json": PACKAGE},
    ],
    ids=["no manifest", "another language's", "not understood", "told elsewhere", "another language", "no source"],
)
def test_what_cannot_be_known_is_not_called_local(tmp_path: Path, files: dict[str, str]) -> None:
    assert not is_local(tmp_path, files)
