"""Combinations are exactly the minimal ones, and the cut leaves no path at the least cost: both against trying all."""

from __future__ import annotations

from itertools import combinations, product

from hypothesis import given
from hypothesis import strategies as st

from catalog.records import Location
from catalog.stack.legs import MAX_LISTED, Legs, analyse
from catalog.stack.records import LEGS, Entry, Leg, Member, Resolution, Scope, Stack, StackTool
from classifier.records import Category, Classification
from classifier.risk import risk_of

Masks = list[list[tuple[int, bool]]]  # per server its tools: legs as bits, and whether it only reads


def tool(name: str, legs: tuple[Leg, ...], reads: bool = True) -> StackTool:
    category: Category = "Read" if reads else "Write"
    label = Classification("s", name, category, risk_of(category, legs), legs, 0.9, False, "", ())
    return StackTool(name, label)


def entry(name: str, client: str = "cursor", scope: Scope = "user", project: str | None = None) -> Entry:
    return Entry(client, name, Location("mcp.json", 1), scope, project)


def member(name: str, tools: list[StackTool], *entries: Entry) -> Member:
    return Member(name, "known", tuple((e, Resolution()) for e in entries or (entry(name),)), tuple(tools))


def stack_of(masks: Masks) -> Stack:
    members = []
    for s, tools in enumerate(masks):
        held = [
            tool(f"t{t}", tuple(leg for i, leg in enumerate(LEGS) if bits >> i & 1), reads)
            for t, (bits, reads) in enumerate(tools)
        ]
        members.append(member(f"s{s}", held))
    return Stack((), tuple(members))


SERVERS: st.SearchStrategy[Masks] = st.lists(
    st.lists(st.tuples(st.integers(0, 7), st.booleans()), max_size=3), max_size=6
)


def leg_bits(tools: list[tuple[int, bool]]) -> int:
    bits = 0
    for held, _ in tools:
        bits |= held
    return bits


@given(SERVERS)
def test_combinations_are_exactly_the_minimal_ones(masks: Masks) -> None:
    bits = [leg_bits(tools) for tools in masks]
    covering = [
        set(group)
        for size in range(1, len(bits) + 1)
        for group in combinations(range(len(bits)), size)
        if leg_bits([(bits[i], True) for i in group]) == 7
    ]
    minimal = {tuple(sorted(f"s{i}" for i in g)) for g in covering if not any(other < g for other in covering)}
    legs = analyse(stack_of(masks))
    assert {tuple(sorted(c.servers)) for c in legs.combinations} == minimal
    assert legs.total == len(minimal)
    assert [len(c.servers) for c in legs.combinations] == sorted(len(c.servers) for c in legs.combinations)


def is_open(servers: list[list[tuple[int, bool]]], cut: set[tuple[int, int]]) -> bool:
    left = [[t for n, t in enumerate(tools) if (s, n) not in cut] for s, tools in enumerate(servers)]
    return leg_bits([t for tools in left for t in tools]) == 7


@given(st.lists(st.lists(st.tuples(st.integers(0, 7), st.booleans()), max_size=2), max_size=4))
def test_the_cut_leaves_no_path_and_none_is_cheaper(masks: Masks) -> None:
    tools = [(s, t) for s, held in enumerate(masks) for t in range(len(held))]
    cost = {(s, t): 3 if masks[s][t][1] else 1 for s, t in tools}
    legs = analyse(stack_of(masks))
    if not is_open(masks, set()):
        assert legs.cut is None
        return
    assert legs.cut is not None and legs.cut.is_exact
    rules = {(int(r.server[1:]), int(r.tool[1:])) for r in legs.cut.rules}
    assert not is_open(masks, rules)
    assert sum(cost[r] for r in rules) == legs.cut.cost
    cheapest = min(
        sum(cost[t] for t, chosen in zip(tools, choice, strict=True) if chosen)
        for choice in product((False, True), repeat=len(tools))
        if not is_open(masks, {t for t, chosen in zip(tools, choice, strict=True) if chosen})
    )
    assert legs.cut.cost == cheapest


def of_projects(number: int) -> tuple[Stack, Legs]:
    """One sender everywhere; each project has its own reader of private data and of strangers' text."""
    members = [member("send", [tool("send", ("communicate",), reads=False)], entry("send"))]
    for i in range(number):
        here = entry(f"p{i}", scope="project", project=f"/work/{i}")
        members.append(member(f"p{i}", [tool("mail", ("private_data", "untrusted_content"))], here))
    stack = Stack((), tuple(members))
    return stack, analyse(stack)


def test_servers_of_different_agents_do_not_add_up() -> None:
    mail = member("mail", [tool("mail", ("private_data", "untrusted_content"))], entry("mail", "codex"))
    send = member("send", [tool("send", ("communicate",))], entry("send", "cursor"))
    apart = analyse(Stack((), (mail, send)))
    assert (apart.dangerous, apart.combinations, apart.cut) == ((), (), None)
    both = member("send", [tool("send", ("communicate",))], entry("send", "cursor"), entry("send", "codex"))
    together = analyse(Stack((), (mail, both)))
    assert [a.client for a in together.dangerous] == ["codex"]
    assert [c.servers for c in together.combinations] == [("mail", "send")]


def test_a_cut_that_serves_many_agents_is_made_once() -> None:
    _, legs = of_projects(5)
    assert len(legs.dangerous) == 5
    assert legs.cut is not None
    assert [(r.server, r.tool) for r in legs.cut.rules] == [("send", "send")]
    assert (legs.cut.cost, legs.cut.at_least, legs.cut.is_exact) == (1, 1, True)


def test_many_agents_are_cut_one_after_the_other_with_a_bound() -> None:
    _, legs = of_projects(40)
    assert legs.cut is not None
    assert not legs.cut.is_exact
    assert legs.cut.at_least <= legs.cut.cost <= 3 * 40
    asked = {(r.server, r.tool) for r in legs.cut.rules}
    for agent in legs.dangerous:
        open_legs = [
            leg
            for leg in LEGS
            if any(c.server in agent.servers and (c.server, c.tool) not in asked for c in legs.carriers[leg])
        ]
        assert len(open_legs) < 3


def test_off_and_unknown_servers_take_no_part_and_commands_are_named() -> None:
    shell = Classification("s", "sh", "Destructive", "critical", ("execute",), 0.9, False, "", ())
    off = Member("off", "off", ((entry("off"), Resolution()),), (tool("x", LEGS),))
    unknown = Member("u", "unknown", ((entry("u"), Resolution()),))
    legs = analyse(Stack((), (off, unknown, member("sh", [StackTool("sh", shell), StackTool("new", None)]))))
    assert legs.dangerous == ()
    assert [(c.server, c.tool) for c in legs.commands] == [("sh", "sh")]


def test_a_large_stack_is_counted_in_full_and_listed_in_part() -> None:
    masks: Masks = [[(1 << (s % 3), s % 2 == 0)] * 40 for s in range(51)]
    legs = analyse(stack_of(masks))
    assert legs.total == 17**3
    assert len(legs.combinations) == MAX_LISTED
    assert legs.cut is not None and legs.cut.is_exact
