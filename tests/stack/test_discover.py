"""Every configured server is found on every platform, none is invented, and nothing that is broken stops the rest."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

import pytest

from catalog.errors import InvalidInput
from catalog.stack.clients import PLATFORMS, clients, find_client
from catalog.stack.discover import discover, discover_in
from catalog.stack.records import Platform
from classifier.resources import data_path
from tests.stack.homes import CLIENTS, PROJECT_FILES, around, document, write, write_home

STDIO = {"command": "npx", "args": ["-y", "some-server"], "env": {"A": "b"}}
REMOTE = {"url": "https://mcp.example.com/mcp"}


def test_the_twelve_clients_are_known_each_with_the_page_it_was_taken_from() -> None:
    assert {c.id for c in clients()} == set(CLIENTS)
    assert len(CLIENTS) == 12
    assert all(c.source.startswith("https://") for c in clients())


def test_the_guide_names_every_client_and_every_check() -> None:
    guide = (Path(__file__).parent.parent.parent / "docs" / "stack.md").read_text(encoding="utf-8")
    assert [c.name for c in clients() if f"| {c.name} |" not in guide] == []
    checks = tomllib.loads(data_path("checks/stack.toml").read_text("utf-8"))["check"]
    assert len(checks) == 5
    assert [check["id"] for check in checks if f"`{check['id']}`" not in guide] == []


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_server_of_every_client_is_found_and_none_invented(tmp_path: Path, platform: Platform) -> None:
    entries = {client: {f"{client}-local": STDIO, f"{client}-remote": REMOTE} for client in CLIENTS}
    write_home(tmp_path, platform, entries)
    found = discover(around(platform, tmp_path))
    assert {(e.client, e.name) for e in found.entries} == {(c, name) for c in CLIENTS for name in entries[c]}
    assert len(found.entries) == 24
    assert all(f.problem is None and f.servers == 2 for f in found.files)
    for entry in found.entries:
        launch = entry.launch
        if entry.name.endswith("local"):
            assert (launch.command, launch.args, launch.env) == ("npx", ("-y", "some-server"), {"A": "b"})
        else:
            assert (launch.command, launch.url) == (None, "https://mcp.example.com/mcp")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_files_of_another_platform_are_not_read(tmp_path: Path, platform: Platform) -> None:
    others = [p for p in PLATFORMS if p != platform]
    for other in others:
        write_home(tmp_path, other, {"claude-desktop": {"x": STDIO}, "vscode": {"y": STDIO}})
    if platform != "macos":
        assert not any("Library" in f.path for f in discover(around(platform, tmp_path)).files)
    if platform != "windows":
        assert not any("AppData" in f.path for f in discover(around(platform, tmp_path)).files)


def test_the_files_of_a_project_are_found_from_any_folder_of_its_repository(tmp_path: Path) -> None:
    home, project = tmp_path / "home", tmp_path / "work" / "project"
    (project / ".git").mkdir(parents=True)
    below = project / "src" / "deep"
    below.mkdir(parents=True)
    for client, path, form, keys in PROJECT_FILES:
        write(project / path, document(client, form, keys, {f"{client}-here": STDIO}))
    write(tmp_path / "work" / ".mcp.json", document("claude-code", "json", ("mcpServers",), {"outside": STDIO}))
    found = discover(around("linux", home, below))
    assert {e.name for e in found.entries} == {f"{client}-here" for client, *_ in PROJECT_FILES}
    assert {e.scope for e in found.entries} == {"project"}
    assert {e.project for e in found.entries} == {str(project)}


def test_the_projects_of_claude_code_have_their_own_servers(tmp_path: Path) -> None:
    settings = {
        "history": ["x"],
        "mcpServers": {"mine": STDIO},
        "projects": {"/work/a": {"mcpServers": {"a": STDIO}}, "/work/b": {"mcpServers": {"b": STDIO}}, "/work/c": {}},
    }
    write(tmp_path / ".claude.json", json.dumps(settings))
    found = discover(around("linux", tmp_path))
    assert [(e.name, e.scope, e.project) for e in found.entries] == [
        ("mine", "user", None),
        ("a", "project", "/work/a"),
        ("b", "project", "/work/b"),
    ]
    assert [f.servers for f in found.files] == [3]


def test_servers_that_are_switched_off_are_marked_in_every_way_clients_have(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    off = {"off": {**STDIO, "disabled": True}, "on": {**STDIO, "disabled": False}}
    write(tmp_path / ".cursor" / "mcp.json", document("cursor", "json", ("mcpServers",), off))
    codex = {"off": {**STDIO, "enabled": False}, "on": STDIO}
    write(tmp_path / ".codex" / "config.toml", document("codex", "toml", ("mcp_servers",), codex))
    both = {"off": STDIO, "on": STDIO}
    gemini = document("gemini-cli", "jsonc", ("mcpServers",), both, mcp={"excluded": ["off"]})
    write(tmp_path / ".gemini" / "settings.json", gemini)
    write(project / ".mcp.json", document("claude-code", "json", ("mcpServers",), both))
    write(project / ".claude" / "settings.local.json", json.dumps({"disabledMcpjsonServers": ["off"]}))
    here = {str(project): {"mcpServers": both, "disabledMcpServers": ["off"]}}
    write(tmp_path / ".claude.json", json.dumps({"projects": here}))
    entries = discover(around("linux", tmp_path, project)).entries
    assert len(entries) == 10
    assert [e for e in entries if e.enabled != (e.name == "on")] == []


def test_special_shapes_of_zed_goose_continue_and_gemini_are_read(tmp_path: Path) -> None:
    zed = {"old": {"command": {"path": "npx", "args": ["-y", "a"], "env": {"K": "v"}}}, "ext": {"source": "extension"}}
    write(tmp_path / ".config/zed/settings.json", json.dumps({"context_servers": zed}))
    goose = "extensions:\n  developer: {type: builtin, enabled: true, name: developer}\n"
    write(tmp_path / ".config/goose/config.yaml", goose)
    write(tmp_path / ".continue/mcpServers/copied.json", json.dumps({"mcpServers": {"copied": STDIO}}))
    extension = {"name": "x", "mcpServers": {"extended": STDIO}}
    write(tmp_path / ".gemini/extensions/x/gemini-extension.json", json.dumps(extension))
    found = {e.name: e for e in discover(around("linux", tmp_path)).entries}
    assert set(found) == {"old", "ext", "developer", "copied", "extended"}
    assert (found["old"].launch.command, found["old"].launch.args) == ("npx", ("-y", "a"))
    assert (found["ext"].hint, found["developer"].hint) == ("extension", "builtin")


def test_variables_move_the_folders_of_clients(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere" / "config.toml", document("codex", "toml", ("mcp_servers",), {"moved": STDIO}))
    machine = around("linux", tmp_path)
    moved = type(machine)("linux", tmp_path, tmp_path, {"CODEX_HOME": str(tmp_path / "elsewhere")}, machine.root)
    assert [e.name for e in discover(moved).entries] == ["moved"]
    assert discover(machine).entries == ()


BROKEN = {
    "cut off": '{"mcpServers": {"a": {"command": "npx"',
    "not JSON": "hello",
    "deep": "[" * 100_000,
    "servers are a text": '{"mcpServers": "none"}',
    "bytes": b"\xff\xfe\x00\xd8",
    "latin": b'{"mcpServers": {"\xe4": {}}}',
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_reported_and_the_rest_goes_on(tmp_path: Path, kind: str) -> None:
    write_home(tmp_path, "linux", {client: {"fine": STDIO} for client in CLIENTS})
    text = BROKEN[kind]
    (tmp_path / ".cursor/mcp.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    found = discover(around("linux", tmp_path))
    assert {e.client for e in found.entries} == set(CLIENTS) - {"cursor"}
    assert [f.client for f in found.files if f.problem] == ["cursor"]


HOSTILE_YAML = [
    "a: [",
    "- " * 5_000,
    "[" * 100_000,
    "&a [*a]",
    "extensions: 5",
    "\t\t: x",
    "!!python/object:os.system x",
]


@pytest.mark.parametrize("text", HOSTILE_YAML)
def test_broken_yaml_is_reported_or_empty_and_never_ends_the_program(tmp_path: Path, text: str) -> None:
    write(tmp_path / ".config/goose/config.yaml", text)
    found = discover(around("linux", tmp_path))
    assert found.entries == ()
    assert len(found.files) == 1


def test_links_in_circles_pipes_and_folders_are_no_trouble(tmp_path: Path) -> None:
    write_home(tmp_path, "linux", {"codex": {"fine": STDIO}})
    cursor, windsurf, claude = (
        tmp_path / p for p in (".cursor/mcp.json", ".codeium/windsurf/mcp_config.json", ".claude.json")
    )
    for path in (cursor, windsurf, claude):
        path.unlink()
    cursor.symlink_to(cursor)
    os.mkfifo(windsurf)
    claude.mkdir()
    found = discover(around("linux", tmp_path))
    assert [e.name for e in found.entries] == ["fine"]
    assert {f.client for f in found.files if f.problem} == {"cursor", "windsurf", "claude-code"}


def test_a_file_above_the_limit_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.stack.discover.MAX_BYTES", 100)
    write(tmp_path / ".cursor/mcp.json", json.dumps({"mcpServers": {f"s{i}": STDIO for i in range(20)}}))
    found = discover(around("linux", tmp_path))
    assert found.entries == ()
    assert found.files[0].problem is not None


def test_no_file_is_changed_or_made_by_looking(tmp_path: Path) -> None:
    write_home(tmp_path, "linux", {client: {"x": STDIO} for client in CLIENTS})
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in tmp_path.rglob("*") if p.is_file()}
    discover(around("linux", tmp_path))
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in tmp_path.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize(("name", "form", "key"), [
    ("a.json", "json", "mcpServers"), ("b.json", "jsonc", "servers"), ("c.toml", "toml", "mcp_servers"),
    ("d.json", "json", "context_servers"), ("e.yaml", "yaml", "extensions"), ("f.yml", "yaml-list", "mcpServers"),
])  # fmt: skip
def test_any_file_can_be_named(tmp_path: Path, name: str, form: str, key: str) -> None:
    path = write(tmp_path / name, document("any", form, (key,), {"one": STDIO, "two": REMOTE}))
    found = discover_in([path], around("linux", tmp_path))
    assert [e.name for e in found.entries] == ["one", "two"]
    assert found.files[0].servers == 2


def test_a_named_file_at_a_known_place_is_its_clients(tmp_path: Path) -> None:
    path = write(tmp_path / "x" / ".codex" / "config.toml", document("codex", "toml", ("mcp_servers",), {"a": STDIO}))
    assert [e.client for e in discover_in([path], around("linux", tmp_path)).entries] == ["codex"]


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        discover_in([tmp_path / "none.json"], around("linux", tmp_path))


def test_one_client_alone_can_be_asked_for(tmp_path: Path) -> None:
    write_home(tmp_path, "linux", {client: {"x": STDIO} for client in CLIENTS})
    found = discover(around("linux", tmp_path), [find_client("Goose"), find_client("zed")])
    assert {e.client for e in found.entries} == {"goose", "zed"}
