"""All findings about a server's tools, and about several servers side by side. Pure: records in, reports out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from catalog.findings.checks import find_check
from catalog.findings.code import find_in_code
from catalog.findings.hints import find_in_hints
from catalog.findings.parameters import find_in_parameters
from catalog.findings.records import Report
from catalog.findings.wording import Spoken, find_in_texts, quoted_fields
from catalog.records import Gap, Location, Server, Tool
from catalog.severity import SEVERITIES, Severity
from classifier.records import Classification, Evidence

MAX_EVIDENCE = 8  # quotes of one report
_MOST_NAMES = 4  # parameters that a message names
_LONGEST_NAME = 60
if TYPE_CHECKING:
    from catalog.history.lock import LockedTool

Labelled = tuple[Tool, Classification | None]


def find_in_server(
    server: Server,
    tools: Sequence[Labelled],
    gaps: Sequence[Gap] = (),
    completeness: float | None = None,
    locked: Mapping[str, LockedTool] | None = None,
) -> tuple[Report, ...]:
    """Every finding about one server, gravest first, then by tool.

    `tools` are the present ones with their answers, `locked` what a lock holds of the server, None without a lock.
    """
    found = [*_coverage(server, tools, gaps, completeness), *reports_on_code(server.slug, tools)]
    for tool, label in tools:
        found.extend(find_in_tool(server.slug, tool, label))
    if locked is not None:
        found.extend(_drift(server.slug, tools, locked))
    return in_order(found)


def find_in_tool(server: str, tool: Tool, label: Classification | None, skip: Collection[str] = ()) -> Iterator[Report]:
    """What one tool's definition alone shows: its hints, its texts, its parameters. At most one report of a check.

    `skip` names checks that are not asked for.
    """
    spoken: dict[str, list[Spoken]] = {}
    for each in (*find_in_hints(tool, label), *find_in_texts(tool), *find_in_parameters(tool, label)):
        if each.check not in skip:
            spoken.setdefault(each.check, []).append(each)
    for check, places in spoken.items():
        yield _report(check, server, tool, places)


def in_order(reports: Iterable[Report]) -> tuple[Report, ...]:
    """Gravest first, then by server, tool and check."""
    return tuple(
        sorted(reports, key=lambda r: (-SEVERITIES.index(r.severity), r.server or "", r.tool or "", r.check, r.message))
    )


def _report(check: str, server: str, tool: Tool, places: Sequence[Spoken]) -> Report:
    known = find_check(check)
    evidence = tuple(dict.fromkeys(p.evidence for p in places))[:MAX_EVIDENCE]
    notes = list(dict.fromkeys(p.note for p in places if p.note))
    where = _where(check, evidence)
    message = f"{known.title}{f' ({where})' if where else ''}{': ' + '; '.join(notes[:3]) if notes else '.'}"
    if check.startswith("hint") and notes:
        message = notes[0]
    return Report(check, known.severity, message, server, tool.name, evidence, tool.location)


def _where(check: str, evidence: Sequence[Evidence]) -> str:
    """What a message names beside its quotes: the fields of a text, the names of parameters."""
    if check.startswith("text-"):
        return quoted_fields(evidence)
    if not check.startswith("parameter-"):
        return ""
    names = list(dict.fromkeys(e.text[:_LONGEST_NAME] for e in evidence))
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def reports_on_code(server: str, tools: Sequence[Labelled]) -> Iterator[Report]:
    """What the handlers of a server's tools do against their definitions; all tools, to know which code is shared."""
    for tool, facts in find_in_code(tools):
        known = find_check("source-contradicts-definition")
        shown = ", ".join(dict.fromkeys(f"{f.detail} ({f.location.path}:{f.location.line})" for f in facts[:3]))
        name = Evidence("name", tool.name, "code:" + facts[0].kind, 0, len(tool.name))
        severity: Severity = "low" if all(f.kind == "file_write" for f in facts) else known.severity
        yield Report(known.id, severity, f"{known.title}: {shown}", server, tool.name, (name,), facts[0].location)


def _coverage(
    server: Server, tools: Sequence[Labelled], gaps: Sequence[Gap], completeness: float | None
) -> Iterator[Report]:
    """What is not known about the server, so that silence is not taken for safety."""

    def about(id: str, detail: str, place: Location | None = None) -> Report:
        check = find_check(id)
        return Report(id, check.severity, f"{check.title}: {detail}", server.slug, None, (), place)

    if not tools:
        yield about("server-nothing-found", "nothing can be said about what this server can do.")
    if not any(tool.location for tool, _ in tools) and tools:
        yield about("server-without-source", "the tools are those that the server lists.")
    if gaps:
        first = gaps[0]
        place = Location(first.path, first.line) if first.path and first.line else None
        share = f", about {completeness:.0%} was resolved" if completeness is not None else ""
        yield about("server-partly-read", f"{len(gaps)} places{share}. The first: {first.reason}", place)


def _drift(server: str, tools: Sequence[Labelled], locked: Mapping[str, LockedTool]) -> Iterator[Report]:
    """What differs from the lock: what raises the risk by its own check, a changed definition by another."""
    from catalog.history.lock import drift, lock_tools  # here, because few questions are about a lock

    places = {tool.name: tool.location for tool, _ in tools}
    grave: set[str | None] = set()
    for change in drift(locked, lock_tools(tools)):
        name = change.tool or ""
        evidence = (Evidence("name", name, f"lock:{change.kind}", 0, len(name)),)
        if change.kind in ("category_raised", "risk_raised", "capability_gained") and change.cause == "server":
            if change.tool not in grave:
                grave.add(change.tool)
                check = find_check("definition-risk-raised")
                severity = max(check.severity, change.severity, key=SEVERITIES.index)
                yield Report(check.id, severity, change.message, server, name, evidence, places.get(name))
        elif change.kind in ("definition_changed", "tool_added"):
            check = find_check("definition-changed")
            yield Report(check.id, check.severity, change.message, server, name, evidence, places.get(name))


class StackServer(NamedTuple):
    """One server of a stack: its slug and its present tools with their answers."""

    slug: str
    tools: Sequence[Labelled]


def find_in_stack(servers: Sequence[StackServer]) -> tuple[Report, ...]:
    """What only shows when servers run side by side: shared and look-alike names, text about another's tool."""
    from catalog.findings.neighbours import find_among

    return in_order(find_among([(s.slug, [tool for tool, _ in s.tools]) for s in servers]))
