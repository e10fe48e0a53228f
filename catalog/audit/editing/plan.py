"""From an audit to a plan: which hints are to be written, and by which language's editor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from catalog.audit.editing.python import PythonPlaces
from catalog.audit.editing.records import Edit, Places, Refused, Wish
from catalog.audit.editing.trial import Plan, Trial
from catalog.audit.editing.typescript import TypeScriptPlaces
from catalog.audit.records import ServerAudit, ToolAudit
from catalog.extract.tree import SourceTree
from catalog.extract.typescript.sources import SUFFIXES
from catalog.records import Found


def plan_edits(audit: ServerAudit, tree: SourceTree, found: Found, work_dir: Path, loosen: bool = False) -> Plan:
    """The edits that declare what the audit proposes, each proven on a copy of the tree in `work_dir`.

    A declared hint that is only over-broad is left alone unless `loosen`: its author may know what is not to be seen.
    """
    shared = Counter(t.location for t in found.tools)
    editors: dict[str, Places] = {"typescript": TypeScriptPlaces(tree), "python": PythonPlaces(tree)}
    wishes = []
    for tool in audit.tools:
        hints = {h.name: h.proposed for h in tool.hints if h.proposed is not None and _is_written(h.status, loosen)}
        if hints:
            wish = Wish(tool.tool, hints, shared[tool.tool.location] == 1)
            wishes.append((wish, _ways(wish, tool, editors)))
    return Trial(tree, found, work_dir).run(wishes)


def _is_written(status: str, loosen: bool) -> bool:
    return status in ("wrong", "missing") or (loosen and status == "over-broad")


def _ways(wish: Wish, tool: ToolAudit, editors: dict[str, Places]) -> Iterator[tuple[Edit, ...] | Refused]:
    path = tool.tool.location.path if tool.tool.location else ""
    if path.endswith(SUFFIXES):
        yield from editors["typescript"].ways(wish)
    elif path.endswith(".py"):
        yield from editors["python"].ways(wish)
    else:
        yield Refused("only TypeScript, JavaScript and Python sources are edited")
