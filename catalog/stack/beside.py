"""What only shows when servers run side by side: one name twice, names that look alike, orders about another's tool."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from catalog.findings.find import StackServer, find_in_stack, in_order
from catalog.findings.records import Report
from catalog.stack.legs import agents_of
from catalog.stack.records import Member, Stack


def beside_each_other(stack: Stack) -> Stack:
    """The stack with these findings added to its members. Only servers within reach of one agent are held together.

    Names that are one letter apart are left out: so far each such pair was a coincidence.
    """
    members = {m.key: m for m in stack.known}
    together = {frozenset(key for key in agent.servers if key in members) for agent in agents_of(stack)}
    found: dict[Report, None] = {}
    for keys in sorted(together, key=sorted):
        found |= dict.fromkeys(_among([members[key] for key in sorted(keys)]))
    return replace(stack, members=tuple(_with(m, [r for r in found if r.server == m.key]) for m in stack.members))


def _among(members: Iterable[Member]) -> Iterable[Report]:
    servers = [
        StackServer(m.key, [(t.definition, t.label) for t in m.tools if t.definition is not None]) for m in members
    ]
    if len(servers) < 2:
        return ()
    return (r for r in find_in_stack(servers) if (r.check, r.severity) != ("name-confusable", "info"))


def _with(member: Member, more: list[Report]) -> Member:
    return replace(member, findings=in_order([*member.findings, *more])) if more else member
