"""What is wrong with a stack, as the reports that every format of findings takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from catalog.findings.checks import find_check
from catalog.findings.records import Report
from catalog.records import Location
from catalog.stack.legs import Legs
from catalog.stack.records import LEG_WORDS, LEGS, Entry, Member, Resolution, Stack
from classifier.records import Evidence


def reports(stack: Stack, legs: Legs) -> tuple[Report, ...]:
    """Every problem, in the order of files, servers and agents. Places are lines of the configuration files.

    A location's path is relative to the working directory for files below it, and absolute for others.
    """
    return (*_files(stack), *(r for m in stack.members for r in _member(m)), *_agents(stack, legs))


def tool_reports(stack: Stack) -> Iterator[Report]:
    """The risk of every tool that is in reach, at the line of its server: what a threshold of risk is held against."""
    for member in stack.known:
        place = member.active[0][0].location
        for tool in member.tools:
            if tool.label is not None:
                able = f" ({', '.join(tool.label.capabilities)})" if tool.label.capabilities else ""
                message = f"{tool.name} is {tool.label.category}{able}, risk {tool.label.risk}. {tool.label.reason}"
                evidence = tool.label.evidence
                yield Report("tool-risk", tool.label.risk, message, member.key, tool.name, evidence, place)


def _report(
    check: str, message: str, server: str | None, location: Location | None, evidence: str | None = None
) -> Report:
    quotes = (Evidence("configuration", evidence, check, path=""),) if evidence else ()
    return Report(check, find_check(check).severity, message, server, None, quotes, location)


def _files(stack: Stack) -> Iterator[Report]:
    for file in stack.files:
        if file.problem is not None:
            yield _report("config-unreadable", file.problem, None, Location(file.path, file.line or 1))


def _member(member: Member) -> Iterator[Report]:
    for entry, resolution in member.entries:
        yield from _secrets(entry, member.key)
        if entry.enabled and resolution.pinned is False:
            yield _report("version-unpinned", _unpinned(resolution), member.key, entry.location)
    if member.state == "unknown":
        entry = member.active[0][0]
        yield _report("server-unknown", member.why or "nothing is known of it", member.key, entry.location)
    yield from _found(member)


def _found(member: Member) -> Iterator[Report]:
    """What its definitions and code showed, at the line that brings the server in."""
    for report in member.findings:
        at = f" ({report.location.path}:{report.location.line} of its source)" if report.location else ""
        entry = member.active[0][0]
        yield replace(report, server=member.key, message=report.message + at, location=entry.location)


def _secrets(entry: Entry, key: str) -> Iterator[Report]:
    """Also of servers that are switched off: the secret is there all the same."""
    for secret in entry.secrets:
        place = Location(entry.location.path, secret.line or entry.location.line)
        yield _report("secret-in-plain-text", f"{secret.name} holds a secret in plain text", key, place, secret.name)


def _unpinned(resolution: Resolution) -> str:
    what = f"{resolution.wanted} is not an exact version" if resolution.wanted else "no version is named"
    return f"{what}, so that every start may bring another one"


def _agents(stack: Stack, legs: Legs) -> Iterator[Report]:
    members = {m.key: m for m in stack.members}
    for agent in legs.dangerous:
        own = [c for c in legs.combinations if set(c.servers) <= set(agent.servers)]
        if not own:
            continue
        shortest = [members[key] for key in own[0].servers]
        holders = [
            f"{'/'.join(m.name for m in shortest if any(t.can(leg) for t in m.tools))} {LEG_WORDS[leg]}" for leg in LEGS
        ]
        entry = next(e for e, _ in shortest[0].active if e.client == agent.client)
        yield _report("exfiltration-path", f"{agent.name}: {', '.join(holders)}", None, entry.location, agent.name)
