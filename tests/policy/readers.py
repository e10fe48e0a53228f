"""How each target reads what is written for it, from its own documentation: `allow`, `ask` or `deny` for one call.

These readers know nothing of the policy; they take the text alone.
"""

from __future__ import annotations

import fnmatch
import json
import tomllib
from typing import Any, Literal

import cedarpy
import re2
import yaml

Answer = Literal["allow", "ask", "deny"]
Arguments = dict[str, Any]


def gateway(text: str, server: str, tool: str, arguments: Arguments) -> Answer:
    document = json.loads(text)
    if tool in document.get("hide", []) or "*" in document.get("hide", []):
        return "deny"
    rules = document.get("tools", {}).get(tool)
    if rules is None and document["default"] == "deny":
        return "deny"
    rules = rules or {}
    for limit in document.get("all_tools", {}).get("limits", []):
        if _amount(limit, arguments) > limit["max"]:
            return "deny"
    for guard in rules.get("require", []):
        if not all(_holds(c, arguments) for c in guard["conditions"]):
            return "deny"
    for guard in rules.get("deny_if", []):
        if all(_holds(c, arguments) for c in guard["conditions"]):
            return "deny"
    return "deny" if any(_amount(x, arguments) > x["max"] for x in rules.get("limits", [])) else "allow"


def _amount(limit: dict[str, Any], arguments: Arguments) -> float:
    if "increment_from" not in limit:
        return 1
    value = _value(limit["increment_from"], arguments)
    return value if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 else float("inf")


def intercept(text: str, server: str, tool: str, arguments: Arguments) -> Answer:
    document = yaml.safe_load(text)
    if tool in document.get("hide", []) or "*" in document.get("hide", []):
        return "deny"
    if document["default"] == "deny" and tool not in document["tools"]:
        return "deny"
    rules = document["tools"].get(tool, {}).get("rules", []) + document["tools"].get("*", {}).get("rules", [])
    for rule in rules:
        if rule.get("action") == "deny":
            return "deny"
        for condition in rule["conditions"]:
            if condition["path"].startswith("state."):
                by = rule["state"].get("increment_from")
                added = _value(by, arguments) if by else 1
                passes = isinstance(added, int | float) and added <= condition["value"]
            else:
                passes = _holds(condition, arguments, lenient=True)
            if not passes:
                return "deny"
    return "allow"


def _value(path: str, arguments: Arguments) -> Any:
    node: Any = arguments
    for part in path.split(".")[1:]:
        if not isinstance(node, dict) or part not in node:
            return None
        node = node[part]
    return node


def _equal(a: Any, b: Any, lenient: bool) -> bool:
    if _number(a) and _number(b):
        return bool(a == b)
    if lenient:
        return _printed(a) == _printed(b)
    return type(a) is type(b) and bool(a == b)


def _printed(value: Any) -> str:
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if _number(value) else str(value)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _holds(condition: dict[str, Any], arguments: Arguments, lenient: bool = False) -> bool:
    """One condition as Intercept evaluates it; an absent argument fails everything but `exists`."""
    value, wanted, op = _value(condition["path"], arguments), condition["value"], condition["op"]
    if op == "exists":
        return (value is not None) == wanted
    if value is None and not lenient:
        return False
    if value is None and not _present(condition["path"], arguments):
        return False
    if op in ("eq", "neq"):
        return _equal(value, wanted, lenient) == (op == "eq")
    if op in ("in", "not_in"):
        return any(_equal(value, w, lenient) for w in wanted) == (op == "in")
    if op in ("lt", "lte", "gt", "gte"):
        tests = (
            {"lt": value.__lt__, "lte": value.__le__, "gt": value.__gt__, "gte": value.__ge__} if _number(value) else {}
        )
        return (
            bool(tests) and tests[op](wanted) is True
            if not isinstance(wanted, float) or isinstance(value, float)
            else (
                _number(value)
                and {"lt": value < wanted, "lte": value <= wanted, "gt": value > wanted, "gte": value >= wanted}[op]
            )
        )
    if op == "regex":
        return isinstance(value, str) and re2.search(wanted, value) is not None
    if op == "contains":
        if isinstance(value, str):
            return isinstance(wanted, str) and wanted in value
        return isinstance(value, list) and any(_equal(item, wanted, lenient) for item in value)
    raise AssertionError(op)


def _present(path: str, arguments: Arguments) -> bool:
    node: Any = arguments
    for part in path.split(".")[1:]:
        if not isinstance(node, dict) or part not in node:
            return False
        node = node[part]
    return True


def claude_code(text: str, server: str, tool: str, arguments: Arguments) -> Answer:
    permissions = json.loads(text)["permissions"]
    names = {f"mcp__{server}", f"mcp__{server}__*", f"mcp__{server}__{_claude(tool)}"}
    for answer in ("deny", "ask", "allow"):
        if names & set(permissions.get(answer, [])):
            return answer  # type: ignore[return-value]
    return "ask"


def _claude(name: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in name)


def codex(text: str, server: str, tool: str, arguments: Arguments) -> Answer:
    settings = tomllib.loads(text)["mcp_servers"][server]
    if ("enabled_tools" in settings and tool not in settings["enabled_tools"]) or tool in settings.get(
        "disabled_tools", []
    ):
        return "deny"
    mode = settings.get("tools", {}).get(tool, {}).get("approval_mode", settings["default_tools_approval_mode"])
    return "allow" if mode == "approve" else "ask"


def gemini_cli(text: str, server: str, tool: str, arguments: Arguments) -> Answer:
    rules = [
        r for r in tomllib.loads(text)["rule"] if r["mcpName"] == server and fnmatch.fnmatchcase(tool, r["toolName"])
    ]
    decision = max(rules, key=lambda r: r["priority"])["decision"]
    return "ask" if decision == "ask_user" else decision


def vscode(text: str, server: str, tool: str, arguments: Arguments) -> Answer:
    return "ask"


def cursor(text: str, server: str, tool: str, arguments: Arguments) -> Answer:
    return (
        "allow" if any(fnmatch.fnmatchcase(f"{server}:{tool}", e) for e in json.loads(text)["mcpAllowlist"]) else "ask"
    )


def cursor_cli(text: str, server: str, tool: str, arguments: Arguments) -> Answer:
    permissions, name = json.loads(text)["permissions"], f"Mcp({server}:{tool})"
    for answer in ("deny", "allow"):
        if any(fnmatch.fnmatchcase(name, entry) for entry in permissions[answer]):
            return answer  # type: ignore[return-value]
    return "ask"


def cedar(text: str, server: str, tool: str, arguments: Arguments) -> Answer:
    """The real Cedar engine. It knows whole numbers only; other numbers come as decimals, which compare with none."""
    context = {f"arg_{k}": _cedar(v) for k, v in arguments.items() if v is not None}
    request = {
        "principal": 'Client::"c"',
        "action": 'Action::"call_tool"',
        "resource": f"Tool::{json.dumps(tool, ensure_ascii=False)}",
        "context": context,
    }
    if not text.strip():
        return "deny"
    return "allow" if cedarpy.is_authorized(request, text, []).decision == cedarpy.Decision.Allow else "deny"


def _cedar(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value == int(value) else {"__extn": {"fn": "decimal", "arg": f"{value:.4f}"}}
    if isinstance(value, list):
        return [_cedar(item) for item in value]
    return {k: _cedar(v) for k, v in value.items()} if isinstance(value, dict) else value


def toolhive(text: str, server: str, tool: str, arguments: Arguments) -> Answer:
    document = json.loads(text)
    assert (document["version"], document["type"]) == ("1.0", "cedarv1")
    return cedar("\n".join(document["cedar"]["policies"]), server, tool, arguments)


READERS = {
    "gateway": gateway,
    "intercept": intercept,
    "claude-code": claude_code,
    "codex": codex,
    "gemini-cli": gemini_cli,
    "vscode": vscode,
    "cursor": cursor,
    "cursor-cli": cursor_cli,
    "cedar": cedar,
    "toolhive": toolhive,
}
