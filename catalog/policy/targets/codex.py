"""Codex config.toml: https://developers.openai.com/codex/mcp (read 2026-11) and its published config.schema.json.

`enabled_tools` is the allow list of a server, `disabled_tools` is taken from it, and `approval_mode` per tool is
`approve` (runs without asking), `prompt` (asks) or `auto`.
"""

from __future__ import annotations

from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from catalog.errors import InvalidInput
from catalog.policy.export import Document, Export, Loss, coarse, shared_losses
from catalog.policy.records import Policy

_OURS = ("enabled_tools", "disabled_tools", "default_tools_approval_mode", "tools")


def write(policy: Policy, server: str) -> Export:
    settings, losses = _settings(policy)
    document = tomlkit.document()
    document["mcp_servers"] = {server: settings}
    return Export((Document(".codex/config.toml", tomlkit.dumps(document)),), tuple(losses))


def merge(existing: str, policy: Policy, server: str) -> str:
    """Sets the four policy keys of this server's table; the server's other keys and all else stay."""
    try:
        document: Any = tomlkit.parse(existing)
    except TOMLKitError as error:
        raise InvalidInput(f"not TOML: {error}", "Nothing was changed.") from error
    settings, _ = _settings(policy)
    servers = document.setdefault("mcp_servers", tomlkit.table(is_super_table=True))
    table = servers.setdefault(server, tomlkit.table())
    if not isinstance(table, dict):
        raise InvalidInput(f"mcp_servers.{server} is not a table", "Nothing was changed.")
    for key in _OURS:
        table.pop(key, None)
    for key, value in settings.items():
        table[key] = value
    return str(tomlkit.dumps(document))


def _settings(policy: Policy) -> tuple[dict[str, Any], list[Loss]]:
    rules = coarse(policy)
    losses = [*shared_losses(policy), *(loss for rule in rules.values() for loss in rule.losses)]
    open_tools = [name for name, rule in rules.items() if rule.action in ("allow", "ask")]
    closed = [name for name, rule in rules.items() if rule.action in ("deny", "hide")]
    settings: dict[str, Any] = {}
    if policy.default == "deny" or "*" in policy.hide:
        settings["enabled_tools"] = open_tools
    if closed:
        settings["disabled_tools"] = closed
    settings["default_tools_approval_mode"] = "prompt" if policy.default == "deny" else "approve"
    modes = {name: "approve" if rules[name].action == "allow" else "prompt" for name in open_tools}
    if modes:
        settings["tools"] = {name: {"approval_mode": mode} for name, mode in modes.items()}
    return settings, losses
