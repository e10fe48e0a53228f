"""A home as the twelve clients leave it, written out by hand: the paths here are the test, not the data file's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catalog.stack.records import Platform
from catalog.stack.surroundings import Surroundings

Entries = Mapping[str, Mapping[str, Any]]

_LINUX, _MAC, _WINDOWS = ".config", "Library/Application Support", "AppData/Roaming"
_SAME = ("linux", "macos", "windows")

# (client, platforms, path below the home, format, keys that lead to the servers)
USER_FILES: tuple[tuple[str, tuple[Platform, ...], str, str, tuple[str, ...]], ...] = (
    ("claude-desktop", ("linux",), f"{_LINUX}/Claude/claude_desktop_config.json", "json", ("mcpServers",)),
    ("claude-desktop", ("macos",), f"{_MAC}/Claude/claude_desktop_config.json", "json", ("mcpServers",)),
    ("claude-desktop", ("windows",), f"{_WINDOWS}/Claude/claude_desktop_config.json", "json", ("mcpServers",)),
    ("claude-code", _SAME, ".claude.json", "json", ("mcpServers",)),
    ("cursor", _SAME, ".cursor/mcp.json", "json", ("mcpServers",)),
    ("vscode", ("linux",), f"{_LINUX}/Code/User/mcp.json", "jsonc", ("servers",)),
    ("vscode", ("macos",), f"{_MAC}/Code/User/mcp.json", "jsonc", ("servers",)),
    ("vscode", ("windows",), f"{_WINDOWS}/Code/User/mcp.json", "jsonc", ("servers",)),
    ("windsurf", _SAME, ".codeium/windsurf/mcp_config.json", "json", ("mcpServers",)),
    ("codex", _SAME, ".codex/config.toml", "toml", ("mcp_servers",)),
    ("gemini-cli", _SAME, ".gemini/settings.json", "jsonc", ("mcpServers",)),
    (
        "cline", ("linux",),
        f"{_LINUX}/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
        "json", ("mcpServers",),
    ),
    (
        "cline", ("macos",),
        f"{_MAC}/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
        "json", ("mcpServers",),
    ),
    (
        "cline", ("windows",),
        f"{_WINDOWS}/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json",
        "json", ("mcpServers",),
    ),
    ("continue", _SAME, ".continue/config.yaml", "yaml-list", ("mcpServers",)),
    ("zed", ("linux", "macos"), ".config/zed/settings.json", "jsonc", ("context_servers",)),
    ("zed", ("windows",), f"{_WINDOWS}/Zed/settings.json", "jsonc", ("context_servers",)),
    ("goose", ("linux", "macos"), ".config/goose/config.yaml", "yaml", ("extensions",)),
    ("goose", ("windows",), f"{_WINDOWS}/Block/goose/config/config.yaml", "yaml", ("extensions",)),
    ("lm-studio", _SAME, ".lmstudio/mcp.json", "json", ("mcpServers",)),
)  # fmt: skip

PROJECT_FILES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("claude-code", ".mcp.json", "json", ("mcpServers",)),
    ("cursor", ".cursor/mcp.json", "json", ("mcpServers",)),
    ("vscode", ".vscode/mcp.json", "jsonc", ("servers",)),
    ("codex", ".codex/config.toml", "toml", ("mcp_servers",)),
    ("gemini-cli", ".gemini/settings.json", "jsonc", ("mcpServers",)),
    ("continue", ".continue/mcpServers/one.yaml", "yaml-list", ("mcpServers",)),
    ("zed", ".zed/settings.json", "jsonc", ("context_servers",)),
)

CLIENTS = tuple(dict.fromkeys(client for client, *_ in USER_FILES))


def around(platform: Platform, home: Path, cwd: Path | None = None) -> Surroundings:
    """The machine of a test: nothing of the real one shows through."""
    return Surroundings(platform, home, cwd or home, {}, home / "root")


def as_client(client: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry in the words of a client: Goose says cmd, envs and uri; Windsurf serverUrl, Gemini httpUrl."""
    renamed = {
        "goose": {"command": "cmd", "env": "envs", "url": "uri"},
        "windsurf": {"url": "serverUrl"},
        "gemini-cli": {"url": "httpUrl"},
        "codex": {"headers": "http_headers"},
    }.get(client, {})
    return {renamed.get(key, key): value for key, value in entry.items()}


def document(client: str, form: str, keys: tuple[str, ...], entries: Entries, **others: Any) -> str:
    """The text of a file that holds the entries, and other settings beside them."""
    held: Any = {name: as_client(client, entry) for name, entry in entries.items()}
    if form == "yaml-list":
        held = [{"name": name, **entry} for name, entry in held.items()]
    for key in reversed(keys):
        held = {key: held}
    whole = {**others, **held}
    if form == "toml":
        import tomlkit

        return tomlkit.dumps(whole)
    if form.startswith("yaml"):
        import yaml

        text = yaml.safe_dump(whole, sort_keys=False, allow_unicode=True)
        return f"# settings\n{text}"
    text = json.dumps(whole, indent=2, ensure_ascii=False)
    return f"// settings\n{text.rstrip()[:-1].rstrip()},\n}}\n" if form == "jsonc" else text


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def write_home(home: Path, platform: Platform, entries_of: Mapping[str, Entries]) -> dict[str, Path]:
    """Every client's user file on this platform; the path of each."""
    written = {}
    for client, platforms, path, form, keys in USER_FILES:
        if platform in platforms:
            text = document(client, form, keys, entries_of.get(client, {}))
            written[client] = write(home / path, text)
    return written
