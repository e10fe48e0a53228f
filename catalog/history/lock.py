"""Lock files: digests and labels of every tool of some servers, small enough to commit, held against the present."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.changes import Cause, Change, added_tool, label_changes
from catalog.errors import InvalidInput
from catalog.records import Tool
from catalog.severity import SEVERITIES
from catalog.store.digest import definition_digest
from classifier.records import CAPABILITIES, CATEGORIES, RISKS, Capability, Category, Classification, Risk

LOCK_VERSION = 1
_SERVER_LINE = re.compile(r'    ("(?:[^"\\]|\\.)*"): \{$')
_TOOL_LINE = re.compile(r'        ("(?:[^"\\]|\\.)*"): \{"digest"')


@dataclass(frozen=True, slots=True)
class LockedTool:
    """What the lock holds of one tool; the label is None where there was none."""

    digest: str
    category: Category | None
    risk: Risk | None
    capabilities: tuple[Capability, ...] = ()


@dataclass(frozen=True, slots=True)
class LockedServer:
    """One server: the reference to read it from again, its version when it was locked, its tools by name."""

    slug: str
    reference: str
    version: str | None
    tools: Mapping[str, LockedTool]


def lock_tools(tools: Iterable[tuple[Tool, Classification | None]]) -> dict[str, LockedTool]:
    """The tools as a lock holds them, by name."""
    return {
        tool.name: LockedTool(
            definition_digest(tool),
            label.category if label else None,
            label.risk if label else None,
            label.capabilities if label else (),
        )
        for tool, label in tools
    }


def write_lock(path: Path, servers: Iterable[LockedServer]) -> None:
    """Writes the lock: sorted, one tool a line, so that a diff of it reads well."""
    document = {
        "version": LOCK_VERSION,
        "servers": {
            s.slug: {
                "reference": s.reference,
                "version": s.version,
                "tools": {
                    name: {
                        "digest": t.digest,
                        "category": t.category,
                        "risk": t.risk,
                        "capabilities": list(t.capabilities),
                    }
                    for name, t in sorted(s.tools.items())
                },
            }
            for s in sorted(servers, key=lambda s: s.slug)
        },
    }
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(_rendered(document), encoding="utf-8")
    temporary.replace(path)


def read_lock(path: Path) -> tuple[LockedServer, ...]:
    """The servers of a lock; InvalidInput that names what is wrong for anything else."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"{path} cannot be read as a lock: {error}", "Write one with `catalog lock SERVER...`."
        ) from None
    if not isinstance(raw, dict) or raw.get("version") != LOCK_VERSION or not isinstance(raw.get("servers"), dict):
        raise InvalidInput(f"{path} is no lock of version {LOCK_VERSION}", "Write one with `catalog lock SERVER...`.")
    return tuple(_server(path, slug, server) for slug, server in raw["servers"].items())


def drift(locked: Mapping[str, LockedTool], present: Mapping[str, LockedTool]) -> tuple[Change, ...]:
    """What differs between a lock and the present, worst first."""
    changes: list[Change] = []
    for name, tool in present.items():
        if name not in locked:
            changes.append(added_tool(name, tool.category, tool.risk))
            continue
        before = locked[name]
        if before.digest != tool.digest:
            changes.append(
                Change("definition_changed", "low", name, f"The definition of {name} is not the locked one.")
            )
        cause: Cause = "server" if before.digest != tool.digest else "classifier"
        if before.category and before.risk and tool.category and tool.risk:
            changes.extend(
                label_changes(
                    name, (before.category, before.risk, before.capabilities),
                    (tool.category, tool.risk, tool.capabilities), cause,
                )
            )  # fmt: skip
    changes.extend(
        Change("tool_removed", "info", name, f"{name} is no longer there.") for name in locked if name not in present
    )
    return tuple(sorted(changes, key=lambda c: (-SEVERITIES.index(c.severity), c.tool or "", c.kind)))


def lines_of(path: Path) -> dict[str, int]:
    """The line (from 1) of each server, by slug, and of each tool, by `slug/name`, in a lock as `write_lock` lays it
    out; what was laid out otherwise is left out."""
    found: dict[str, int] = {}
    slug = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if match := _SERVER_LINE.match(line):
            slug = json.loads(match[1])
            found[slug] = number
        elif match := _TOOL_LINE.match(line):
            found[f"{slug}/{json.loads(match[1])}"] = number
    return found


def _rendered(document: Mapping[str, Any]) -> str:
    lines = ["{", f'  "version": {document["version"]},', '  "servers": {']
    servers = list(document["servers"].items())
    for index, (slug, server) in enumerate(servers):
        lines += [f"    {json.dumps(slug)}: {{", f'      "reference": {json.dumps(server["reference"])},']
        lines += [f'      "version": {json.dumps(server["version"])},', '      "tools": {']
        tools = [f"        {json.dumps(name)}: {json.dumps(tool)}" for name, tool in server["tools"].items()]
        lines += [",\n".join(tools)] if tools else []
        lines += ["      }", "    }" + ("," if index + 1 < len(servers) else "")]
    return "\n".join([*lines, "  }", "}"]) + "\n"


def _server(path: Path, slug: str, raw: Any) -> LockedServer:
    if not isinstance(raw, dict) or not isinstance(raw.get("reference"), str) or not isinstance(raw.get("tools"), dict):
        raise InvalidInput(f"{path}: servers/{slug} has no reference or no tools")
    tools = {name: _tool(f"{path}: servers/{slug}/tools/{name}", tool) for name, tool in raw["tools"].items()}
    version = raw.get("version")
    return LockedServer(slug, raw["reference"], version if isinstance(version, str) else None, tools)


def _tool(where: str, raw: Any) -> LockedTool:
    if not isinstance(raw, dict) or not isinstance(raw.get("digest"), str):
        raise InvalidInput(f"{where} has no digest")
    category, risk, capabilities = raw.get("category"), raw.get("risk"), raw.get("capabilities", [])
    if category not in (None, *CATEGORIES) or risk not in (None, *RISKS):
        raise InvalidInput(f"{where}: {category!r} and {risk!r} are no category and risk")
    if not isinstance(capabilities, list) or not all(c in CAPABILITIES for c in capabilities):
        raise InvalidInput(f"{where}: {capabilities!r} are no capabilities")
    return LockedTool(raw["digest"], category, risk, tuple(capabilities))
