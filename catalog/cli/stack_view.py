"""A stack as a person reads it: the servers, what they can do, what is unknown, and how it leaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalog.cli.output import Column, counted, say, write, write_table
from catalog.cli.terminal import harmless
from catalog.records import Location
from catalog.severity import SEVERITIES
from catalog.stack.legs import Combination, Cut, Legs
from catalog.stack.records import LEG_WORDS, LEGS, Member, Stack
from catalog.stack.summary import POWERS, Power, powers, risk_of

MAX_TOOLS = 6  # of one server and power that are named
MAX_COMBINATIONS = 10
MAX_RULES = 12
MAX_FINDINGS = 12
_CAN: dict[Power, str] = {
    "destroy": "can delete or overwrite",
    "spend": "can spend money",
    "run": "can run code",
    "publish": "can send to others",
}


def show(stack: Stack, legs: Legs, offline: bool, home: str) -> None:
    """The whole stack on standard output; what went wrong on the way is talk. `home` is shown as ~."""
    read = [f"{_short(f.path, home)} ({counted(f.servers, 'server')})" for f in stack.files if not f.problem]
    say(f"read {', '.join(read) or 'no file'}")
    if not stack.members:
        say("no server is configured in what was read")
        return _problems(stack, home)
    _servers(stack)
    _powers(stack)
    _unknown(stack, offline, home)
    _problems(stack, home)
    return _legs(legs, {m.key: m.name for m in stack.members}, len(stack.unknown))


def _section(title: str) -> None:
    write(f"\n{title}\n")


def _lines(rows: Sequence[tuple[str, str]]) -> None:
    width = max((len(harmless(left)) for left, _ in rows), default=0)
    for left, right in rows:
        write(f"  {harmless(left):<{width}}  {harmless(right)}".rstrip() + "\n")


def _servers(stack: Stack) -> None:
    columns = [
        Column("RISK"),
        Column("SERVER", wraps=True),
        Column("CLIENTS", wraps=True),
        Column("TOOLS", is_number=True),
        *(Column(power.upper(), is_number=True, is_extra=True) for power in POWERS),
        Column("WHAT IT IS", shrinks=True),
    ]
    write_table(columns, [_row(member) for member in stack.members])


def _row(member: Member) -> list[object]:
    clients = ", ".join(member.clients)
    if member.state != "known":
        what = str(member.reference) if member.reference is not None else ""
        return ["off" if member.state == "off" else "UNKNOWN", member.name, clients, "?", "", "", "", "", what]
    can = powers(member)
    version = f" {member.version}" if member.version else ""
    gaps = f" (incomplete: {counted(len(member.gaps), 'gap')})" if member.gaps else ""
    counts = [len(can[power]) or "" for power in POWERS]
    bare = str(member.reference).removesuffix(f"@{member.version}")
    return [risk_of(member) or "?", member.name, clients, len(member.tools), *counts, f"{bare}{version}{gaps}"]


def _powers(stack: Stack) -> None:
    for power in POWERS:
        rows = [(m.name, _some(powers(m)[power])) for m in stack.known if powers(m)[power]]
        if rows:
            _section(f"What {_CAN[power]}")
            _lines(rows)


def _some(names: Sequence[str], most: int = MAX_TOOLS) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _unknown(stack: Stack, offline: bool, home: str) -> None:
    if stack.unknown:
        _section("UNKNOWN: nothing is known of these, so they may do anything")
        _lines([(_place(m, home), m.why or "") for m in stack.unknown])
        hints = ["--as NAME=REFERENCE says what a server is", "--run starts it to list its tools"]
        say("; ".join([*(["without --offline it is fetched"] if offline else []), *hints]))
    stale = [m for m in stack.known if m.why]
    if stale:
        _section("Known from an earlier reading only")
        _lines([(m.name, m.why or "") for m in stale])
    incomplete = [m for m in stack.known if m.gaps]
    if incomplete:
        _section("Incomplete: these may have tools that are not listed")
        _lines([(m.name, counted(len(m.gaps), "gap")) for m in incomplete])
    unsure = [(m, sum(t.label is None or t.label.needs_review for t in m.tools)) for m in stack.known]
    if any(number for _, number in unsure):
        _section("Labels that a person should check")
        _lines([(m.name, counted(number, "tool")) for m, number in unsure if number])


def _place(member: Member, home: str) -> str:
    entry = member.active[0][0] if member.active else member.entries[0][0]
    return f"{entry.name} ({_at(entry.location, home)})"


def _at(location: Location, home: str) -> str:
    return f"{_short(location.path, home)}:{location.line}"


def _short(path: str, home: str) -> str:
    return f"~{path.removeprefix(home)}" if path.startswith(f"{home}/") else path


def _problems(stack: Stack, home: str) -> None:
    broken = [(_at(Location(f.path, f.line or 1), home), f.problem) for f in stack.files if f.problem]
    if broken:
        _section("Files that could not be read; their servers are missing here")
        _lines([(path, problem or "") for path, problem in broken])
    secrets = [
        (_at(Location(e.location.path, secret.line or e.location.line), home), f"{e.name}: {secret.name}")
        for m in stack.members
        for e, _ in m.entries
        for secret in e.secrets
    ]
    if secrets:
        _section("Secrets in plain text (named here, never shown)")
        _lines(secrets)
    unpinned = [
        (_at(e.location, home), f"{e.name}: {r.wanted or 'no version'}")
        for m in stack.members
        for e, r in m.active
        if r.pinned is False
    ]
    if unpinned:
        _section("Versions that are not pinned: every start may bring other code")
        _lines(unpinned)
    gravest = sorted(
        ((m, r) for m in stack.known for r in m.findings), key=lambda pair: -SEVERITIES.index(pair[1].severity)
    )
    found = [(f"{m.name}/{r.tool}" if r.tool else m.name, f"{r.severity}: {r.message}") for m, r in gravest]
    if found:
        _section("Found in their definitions (`catalog findings` has more)")
        _lines(found[:MAX_FINDINGS])
        if len(found) > MAX_FINDINGS:
            write(f"  and {len(found) - MAX_FINDINGS} more\n")
    notes = [(e.name, r.note) for m in stack.known for e, r in m.active if r.note]
    if notes:
        _section("Taken on these assumptions")
        _lines([(name, note or "") for name, note in dict.fromkeys(notes)])


def _legs(legs: Legs, names: dict[str, str], unknown: int) -> None:
    _section("The legs of a leak")
    _lines([(LEG_WORDS[leg], _carried(legs, leg, names)) for leg in LEGS])
    if legs.commands:
        servers = dict.fromkeys(names[c.server] for c in legs.commands)
        write(harmless(f"Run code, so that they could carry every leg: {_some(list(servers))}") + "\n")
    if unknown:
        write(f"  Not counted: {counted(unknown, 'unknown server')}, which could carry any leg.\n")
    if not legs.dangerous:
        write("  No agent here has all three, as far as its servers are known.\n")
        return
    _section(f"Together these can carry private data off ({counted(legs.total, 'combination')})")
    for combination in legs.combinations[:MAX_COMBINATIONS]:
        write(f"  {harmless(_combined(combination, names))}\n")
    if legs.total > MAX_COMBINATIONS:
        write(f"  and {legs.total - MAX_COMBINATIONS} more; --json lists the shortest\n")
    if legs.cut is not None:
        _section("How to cut it")
        for line in _cut(legs.cut, names):
            write(f"  {harmless(line)}\n")


def _carried(legs: Legs, leg: str, names: dict[str, str]) -> str:
    held: dict[str, int] = {}
    for carrier in legs.carriers[leg]:  # type: ignore[index]
        held[carrier.server] = held.get(carrier.server, 0) + 1
    return ", ".join(f"{names[key]} ({number})" for key, number in held.items()) or "none known"


def _combined(combination: Combination, names: dict[str, str]) -> str:
    servers = " + ".join(names[key] for key in combination.servers)
    alone = " alone" if len(combination.servers) == 1 else ""
    return f"{servers}{alone}, in {combination.agent.name}"


def _cut(cut: Cut, names: dict[str, str]) -> Iterator[str]:
    bound = "" if cut.is_exact else f", at most {cut.cost / max(cut.at_least, 1):.1f} times the least"
    yield f"The cheapest way to cut them all: ask before {counted(len(cut.rules), 'tool')} (cost {cut.cost}{bound})"
    for agent, leg, costs in cut.choices:
        others = ", ".join(f"{LEG_WORDS[other]} {cost}" for other, cost in costs.items() if other != leg)
        yield f"{agent}: what {LEG_WORDS[leg]}, cost {costs[leg]} (instead: {others})"
    for rule in cut.rules[:MAX_RULES]:
        yield f"ask before {names[rule.server]}/{rule.tool}"
    if len(cut.rules) > MAX_RULES:
        yield f"and {len(cut.rules) - MAX_RULES} more"
    yield "Asking before a tool that changes something costs 1, before one that reads 3. --policy writes the rules."
