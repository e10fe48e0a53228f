"""What a command starts is told from its words, with its version; what cannot be told has a reason, never a guess."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from catalog.records import Location
from catalog.sources.reference import Reference
from catalog.stack.launchers import launchers, table
from catalog.stack.records import Entry, Launch, Resolution
from catalog.stack.resolve import resolve
from tests.stack.homes import around


def resolved(words: list[str] | str, tmp_path: Path, **launch: Any) -> Resolution:
    """The resolution of a command, or of an address."""
    if isinstance(words, str):
        held = Launch(url=words, **launch)
    else:
        held = Launch(words[0], tuple(words[1:]), cwd=str(tmp_path / "project"), **launch)
    entry = Entry("cursor", "s", Location("mcp.json", 1), "user", launch=held)
    return resolve(entry, around("linux", tmp_path / "home"))


@pytest.mark.parametrize(("words", "reference", "pinned"), [
    ("npx -y @scope/server", "npm:@scope/server", False),
    ("npx -y @scope/server@1.2.3 --port 1", "npm:@scope/server@1.2.3", True),
    ("npx @scope/server@latest", "npm:@scope/server", False),
    ("npx server@^1.2.0", "npm:server", False),
    ("npx server@next", "npm:server@next", False),
    ("npx --package=@scope/server@1.0.0 binary", "npm:@scope/server@1.0.0", True),
    ("npx -y -p @scope/server -- binary", "npm:@scope/server", False),
    ("npx --registry https://r.example -y server", "npm:server", False),
    ("npx github:own/repo#v1.2.3", "own/repo@v1.2.3", True),
    ("npx own/repo", "own/repo", False),
    ("npx -y git+https://github.com/own/repo.git#0123456789abcdef", "own/repo@0123456789abcdef", True),
    ("/usr/local/bin/npx -y server", "npm:server", False),
    ("C:\\nodejs\\npx.cmd -y server", "npm:server", False),
    ("cmd /c npx -y server", "npm:server", False),
    ("cmd.exe /d /s /c npx -y server@1.0.0", "npm:server@1.0.0", True),
    ("bunx server", "npm:server", False),
    ("bun x server@1.0.0", "npm:server@1.0.0", True),
    ("pnpm dlx server", "npm:server", False),
    ("pnpm --package=server@1.0.0 dlx binary", "npm:server@1.0.0", True),
    ("yarn dlx -q server", "npm:server", False),
    ("npm exec -y server", "npm:server", False),
    ("npm exec --package=server -- binary", "npm:server", False),
    ("npm x -- server@2.0.0", "npm:server@2.0.0", True),
    ("deno run -A npm:server@1.0.0", "npm:server@1.0.0", True),
    ("uvx server", "pypi:server", False),
    ("uvx server@latest --x", "pypi:server", False),
    ("uvx server==1.2", "pypi:server@1.2", True),
    ("uvx server@1.2.3", "pypi:server@1.2.3", True),
    ("uvx server>=1", "pypi:server", False),
    ("uvx --from server[extra]==2.0 binary", "pypi:server@2.0", True),
    ("uvx --python 3.12 --with other server", "pypi:server", False),
    ("uvx --from git+https://github.com/own/repo@main binary", "own/repo@main", False),
    ("uvx --from git+https://github.com/own/repo@v1.0.0#subdirectory=src/x binary", "own/repo@v1.0.0//src/x", True),
    ("uv tool run server", "pypi:server", False),
    ("uv tool run --from server==1.0 binary", "pypi:server@1.0", True),
    ("pipx run server", "pypi:server", False),
    ("pipx run --spec server==1.0 binary", "pypi:server@1.0", True),
    ("python -m uv tool run server", "pypi:server", False),
    ("uv run --with server server", "pypi:server", False),
    ("docker run -i --rm -e TOKEN ghcr.io/github/github-mcp-server", "github/github-mcp-server", False),
    ("docker run -it -v /a:/b --network host mcp/git:1.2.3", "pypi:mcp-server-git", True),
    ("docker run mcp/fetch@sha256:abc", "pypi:mcp-server-fetch", True),
    ("docker run --name x -p 1:1 ghcr.io/own/server:latest", "own/server", False),
    ("podman run docker.io/mcp/filesystem /x", "npm:@modelcontextprotocol/server-filesystem", False),
    ("docker run --rm -i node:22 npx -y server", "npm:server", False),
    ("npx -y mcp-remote@0.1.2 https://h.example/mcp --header X:1", "https://h.example/mcp", True),
    ("npx mcp-remote http://localhost:9000/sse", "http://localhost:9000/sse", False),
    ("npx -y supergateway --sse https://h.example/sse", "https://h.example/sse", False),
    ("uvx mcp-proxy https://h.example/sse", "https://h.example/sse", False),
    ("env A=b npx -y server", "npm:server", False),
    ("wsl npx -y server", "npm:server", False),
    ("wsl -d Ubuntu npx -y server", "npm:server", False),
    ("op run -- npx -y server", "npm:server", False),
    ("go run github.com/own/repo/cmd/server@v1.0.0", "own/repo@v1.0.0", True),
    ("npx --what value server", None, None),
    ("npx -p one -p two binary", None, None),
    ("npx", None, None),
    ("npx -y", None, None),
    ("npx -y https://h.example/x.tgz", None, None),
    ("npx -y @smithery/cli run x", None, None),
    ("npx mcp-remote", None, None),
    ("uvx --from git+https://gitlab.com/own/repo x", None, None),
    ("python -m some_module", None, None),
    ("docker run own/image", None, None),
    ("docker compose up", None, None),
    ("docker mcp gateway run", None, None),
    ("docker run", None, None),
    ("deno run -A jsr:@x/y", None, None),
    ("deno run https://h.example/x.ts", None, None),
    ("node missing.js", None, None),
    ("node", None, None),
    ("python -c x", None, None),
    ("node -e x", None, None),
    ("some-binary --x", None, None),
    ("java -jar server.jar", None, None),
    ("npm start", None, None),
    ("env", None, None),
    ("op run", None, None),
    ("uv sync", None, None),
])  # fmt: skip
def test_commands(words: str, reference: str | None, pinned: bool | None, tmp_path: Path) -> None:
    found = resolved(words.split(), tmp_path)
    assert (str(found.reference) if found.reference else None, found.pinned) == (reference, pinned)
    assert (found.reason is None) == (reference is not None)


@pytest.mark.parametrize(("words", "reference"), [
    (["bash", "-c", "source ~/.nvm/nvm.sh && npx -y server"], "npm:server"),
    (["sh", "-lc", "export A=1; exec uvx server==1.0"], "pypi:server@1.0"),
    (["bash", "-c", "npx -y server | tee log"], None),
    (["bash", "-c", "$(cat x)"], None),
    (["bash", "-c", "'"], None),
    (["bash"], None),
    (["npx -y server"], "npm:server"),
    (["cmd", "/c", "npx -y server"], "npm:server"),
    (["env", "-S", "npx -y server"], "npm:server"),
])  # fmt: skip
def test_lines_of_shell(words: list[str], reference: str | None, tmp_path: Path) -> None:
    found = resolved(words, tmp_path)
    assert (str(found.reference) if found.reference else None) == reference


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "dist").mkdir(parents=True)
    (root / "src" / "own_module").mkdir(parents=True)
    (root / "dist" / "index.js").touch()
    (root / "package.json").touch()
    (root / "pyproject.toml").touch()
    (root / "server.py").touch()
    (root / ".venv" / "bin").mkdir(parents=True)
    return root


@pytest.mark.parametrize("words", [
    "node dist/index.js", "node {root}/dist/index.js --x", "node --import tsx -r x {root}/dist/index.js",
    "tsx {root}/dist/index.js", "bun run dist/index.js", "python server.py", "python3.12 -u {root}/server.py",
    "uv --directory {root} run server", "uv run --directory {root} server.py",
    "uv run --with mcp[cli] mcp run server.py", "uv run server.py", "uv run",
    "npm --prefix {root} run start", "npm run start", "pnpm --dir {root} start",
    "python -m own_module", "{root}/.venv/bin/python {root}/server.py", "{root}/.venv/bin/server", "{root}/server.py",
    "fastmcp run server.py:app", "node ${{workspaceFolder}}/dist/index.js", "npx {root}", "uvx --from {root} x",
    "deno run -A dist/index.js",
])  # fmt: skip
def test_what_lies_on_this_machine_is_its_project(words: str, project: Path, tmp_path: Path) -> None:
    found = resolved(words.format(root=project).split(), tmp_path)
    assert (found.reference, found.pinned) == (Reference("local", str(project)), None), found.reason


def test_a_home_or_a_disk_is_never_taken_for_a_server(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "server.py").touch()
    for words in (["python", "~/server.py"], ["uv", "--directory", "~", "run", "x"], ["uv", "--directory", "/", "run"]):
        assert resolved(words, tmp_path).reference is None


def test_addresses_lose_what_could_be_secret(tmp_path: Path) -> None:
    assert resolved("https://u:p@h.example/mcp?key=1#x", tmp_path).reference == Reference(
        "http", "https://h.example/mcp"
    )
    for url in ("ws://h", "h.example", "https://h/${KEY}/mcp", "https://h/b4fBq9Zk2LmNp7RsTv3Wx/mcp"):
        assert resolved(url, tmp_path).reference is None


def test_a_reference_by_hand_wins(tmp_path: Path) -> None:
    entry = Entry("cursor", "s", Location("mcp.json", 1), "user", launch=Launch("some-binary"))
    named = {"s": Reference("npm", "server")}
    assert resolve(entry, around("linux", tmp_path), named).reference == named["s"]


@pytest.mark.parametrize(("hint", "word"), [("builtin", "built"), ("extension", "extension"), (None, "neither")])
def test_an_entry_without_a_command_has_a_reason(hint: str | None, word: str, tmp_path: Path) -> None:
    entry = Entry("goose", "s", Location("c", 1), "user", hint=hint)
    assert word in (resolve(entry, around("linux", tmp_path)).reason or "")


def test_the_table_of_launchers_is_whole() -> None:
    assert len(launchers()) >= 10
    for launcher in launchers():
        assert not launcher.values & launcher.flags
        assert not launcher.names & (launcher.values | launcher.flags)
    assert all(len(entry["programs"]) for kind in ("script", "wrapper") for entry in table()[kind])
