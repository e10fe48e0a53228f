"""The three legs of prompt-injection exfiltration over a stack, the combinations of servers that hold all of them, and
the cheapest rules that leave none.

A path needs a tool that reads private data, one that reads what strangers wrote and one that sends to others, all
within reach of one agent. An agent is one client in one folder: the servers of its user and system files and of that
project's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from catalog.stack.records import LEGS, Leg, Member, Stack, StackTool

MAX_LISTED = 60  # combinations of one agent that are listed; all are counted
MAX_EXACT_AGENTS = 7  # 3 ** 7 choices
_BIT: dict[Leg, int] = {leg: 1 << i for i, leg in enumerate(LEGS)}
_ALL = 7
# The sets of leg sets that hold all three legs between them and of which no part does. Servers with the same legs are
# interchangeable, so these few classes stand for all combinations of any number of servers.
_MINIMAL: tuple[tuple[int, ...], ...] = ((7,), (1, 6), (2, 5), (3, 4), (3, 5), (3, 6), (5, 6), (1, 2, 4))


@dataclass(frozen=True, slots=True)
class Carrier:
    """A tool that carries a leg. `cost` is what it costs to have a person asked before each of its calls."""

    server: str
    tool: str
    cost: int

    def to_json(self) -> dict[str, Any]:
        return {"server": self.server, "tool": self.tool}


@dataclass(frozen=True, slots=True)
class Agent:
    """One client in one folder (None: wherever it is started), with the keys of its servers."""

    client: str
    project: str | None
    servers: tuple[str, ...]

    @property
    def name(self) -> str:
        where = "this folder" if self.project == "." else self.project
        return self.client if where is None else f"{self.client} in {where}"


@dataclass(frozen=True, slots=True)
class Combination:
    """Servers of one agent that hold all three legs between them, none of which could be left out."""

    agent: Agent
    servers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the cut: a person is asked before each call of this tool."""

    server: str
    tool: str
    leg: Leg

    def to_json(self) -> dict[str, Any]:
        return {"server": self.server, "tool": self.tool, "leg": self.leg, "action": "ask"}


@dataclass(frozen=True, slots=True)
class Cut:
    """Rules that leave no agent with all three legs. `cost` is theirs; no cut costs less than `at_least`.

    `choices` says for each dangerous agent which leg is cut, and what each of the three would cost it.
    """

    rules: tuple[Rule, ...]
    cost: int
    at_least: int
    is_exact: bool
    choices: tuple[tuple[str, Leg, Mapping[Leg, int]], ...]


@dataclass(frozen=True, slots=True)
class Legs:
    """What carries each leg, what is dangerous together, how it is broken, and what could not be judged.

    `total` counts all combinations; `combinations` lists the shortest. `commands` are tools that run commands: such a
    tool can read, fetch and send by itself, whatever its label says.
    """

    carriers: Mapping[Leg, tuple[Carrier, ...]]
    agents: tuple[Agent, ...]
    dangerous: tuple[Agent, ...]
    combinations: tuple[Combination, ...]
    total: int
    cut: Cut | None
    commands: tuple[Carrier, ...]


def analyse(stack: Stack) -> Legs:
    """The legs of every agent of the stack. Only servers that are switched on and known take part."""
    known = {m.key: m for m in stack.known}
    carriers = {leg: tuple(_carriers(known.values(), leg)) for leg in LEGS}
    masks = {key: sum(_BIT[leg] for leg in LEGS if any(t.can(leg) for t in m.tools)) for key, m in known.items()}
    agents = agents_of(stack)
    dangerous = tuple(a for a in agents if _union(masks.get(s, 0) for s in a.servers) == _ALL)
    listed: dict[tuple[str, ...], Combination] = {}
    total = 0
    for agent in dangerous:
        total += _count([masks.get(s, 0) for s in agent.servers])
        for servers in _shortest(agent.servers, masks):
            listed.setdefault(servers, Combination(agent, servers))
    return Legs(
        carriers,
        agents,
        dangerous,
        tuple(sorted(listed.values(), key=lambda c: len(c.servers))),
        total,
        _cut(dangerous, carriers) if dangerous else None,
        tuple(Carrier(m.key, t.name, _cost(t)) for m in known.values() for t in m.tools if t.can("execute")),
    )


def _carriers(members: Iterable[Member], leg: Leg) -> Iterator[Carrier]:
    for member in members:
        for tool in member.tools:
            if tool.can(leg):
                yield Carrier(member.key, tool.name, _cost(tool))


def _cost(tool: StackTool) -> int:
    """Asking before a change is what policies do anyway; asking before a read interrupts work that nobody minds."""
    return 3 if tool.label is not None and tool.label.category == "Read" else 1


def agents_of(stack: Stack) -> tuple[Agent, ...]:
    """Every client in every folder that it has servers for, with those that are switched on."""
    entries = [(e, m.key) for m in stack.members if m.state != "off" for e, _ in m.active]
    agents: list[Agent] = []
    for client in dict.fromkeys(e.client for e, _ in entries):
        own = [(e, key) for e, key in entries if e.client == client]
        everywhere = [key for e, key in own if e.scope != "project"]
        projects = dict.fromkeys(e.project for e, _ in own if e.scope == "project")
        for project in projects or {None: None}:
            here = [key for e, key in own if e.scope == "project" and e.project == project]
            agents.append(Agent(client, project, tuple(dict.fromkeys([*everywhere, *here]))))
    return tuple(agents)


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def _classes(masks: Sequence[int]) -> Iterator[tuple[int, ...]]:
    present = set(masks)
    return (group for group in _MINIMAL if present.issuperset(group))


def _count(masks: Sequence[int]) -> int:
    """How many minimal combinations there are, without making them."""
    total = 0
    for group in _classes(masks):
        ways = 1
        for mask in group:
            ways *= masks.count(mask)
        total += ways
    return total


def _shortest(servers: Sequence[str], masks: Mapping[str, int]) -> list[tuple[str, ...]]:
    """The minimal combinations, single servers first, up to MAX_LISTED."""
    by_mask: dict[int, list[str]] = {}
    for server in servers:
        by_mask.setdefault(masks.get(server, 0), []).append(server)
    found: list[tuple[str, ...]] = []
    for group in sorted(_classes([masks.get(s, 0) for s in servers]), key=len):
        for chosen in product(*(by_mask[mask] for mask in group)):
            if len(found) >= MAX_LISTED:
                return found
            found.append(tuple(sorted(chosen, key=servers.index)))
    return found


def _cut(dangerous: Sequence[Agent], carriers: Mapping[Leg, Sequence[Carrier]]) -> Cut:
    """For every dangerous agent one leg is cut on all its servers: as long as a tool of each leg is left, so is a path.

    The legs are chosen so that the tools that are asked about cost the least together: exactly for few agents, else one
    agent after the other, the dearest first, with the cost that no choice can go below.
    """
    all_tools = tuple(dict.fromkeys(c for leg in LEGS for c in carriers[leg]))
    number = {tool: i for i, tool in enumerate(all_tools)}
    weigh = _Scale(all_tools)
    needed = [
        {leg: _bits(number[c] for c in carriers[leg] if c.server in servers) for leg in LEGS}
        for servers in (frozenset(agent.servers) for agent in dangerous)
    ]
    apart = list({tuple(legs.values()): legs for legs in needed}.values())  # agents with the same servers are as one
    is_exact = len(apart) <= MAX_EXACT_AGENTS
    chosen = dict(
        zip(
            (tuple(a.values()) for a in apart),
            _cheapest(apart, weigh) if is_exact else _greedy(apart, weigh),
            strict=True,
        )
    )
    rules: dict[int, Rule] = {}
    for legs in needed:
        leg = chosen[tuple(legs.values())]
        for i in _numbers(legs[leg]):
            rules.setdefault(i, Rule(all_tools[i].server, all_tools[i].tool, leg))
    cost = sum(all_tools[i].cost for i in rules)
    least = cost if is_exact else max(min(weigh(tools) for tools in legs.values()) for legs in apart)
    choices = tuple(
        (agent.name, chosen[tuple(legs.values())], {leg: weigh(tools) for leg, tools in legs.items()})
        for agent, legs in zip(dangerous, needed, strict=True)
    )
    return Cut(tuple(rules[i] for i in sorted(rules)), cost, least, is_exact, choices)


class _Scale:
    """Weighs a set of tools, given as the bits of a number: fast enough for every choice to be tried."""

    def __init__(self, tools: Sequence[Carrier]) -> None:
        self._by_cost = {
            cost: _bits(i for i, tool in enumerate(tools) if tool.cost == cost) for cost in {t.cost for t in tools}
        }

    def __call__(self, tools: int) -> int:
        return sum(cost * (tools & those).bit_count() for cost, those in self._by_cost.items())


def _bits(numbers: Iterable[int]) -> int:
    bits = 0
    for number in numbers:
        bits |= 1 << number
    return bits


def _numbers(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _cheapest(needed: Sequence[Mapping[Leg, int]], weigh: _Scale) -> tuple[Leg, ...]:
    """Of equal costs the one that cuts what sends: there a person sees what would leave."""

    def weight(legs: tuple[Leg, ...]) -> tuple[int, int]:
        tools = 0
        for held, leg in zip(needed, legs, strict=True):
            tools |= held[leg]
        return weigh(tools), -legs.count("communicate")

    return min(product(LEGS, repeat=len(needed)), key=weight)


def _greedy(needed: Sequence[Mapping[Leg, int]], weigh: _Scale) -> tuple[Leg, ...]:
    chosen: dict[int, Leg] = {}
    cut = 0
    for number in sorted(range(len(needed)), key=lambda n: -min(map(weigh, needed[n].values()))):
        leg: Leg = min(reversed(LEGS), key=lambda leg: weigh(needed[number][leg] & ~cut))
        chosen[number] = leg
        cut |= needed[number][leg]
    return tuple(chosen[n] for n in range(len(needed)))
