"""The stack as one SVG picture: which servers bring strangers' text and private data in, and which carry things out.

Text is escaped and cut; the picture holds no script, no link and no font, and says the same in its description.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from catalog.stack.legs import Agent, Legs
from catalog.stack.records import LEG_WORDS, LEGS, Leg, Stack

WIDTH = 980
ROW, BOX, GAP = 30, 24, 34
LEFT, CENTRE, RIGHT = 20, 400, 700
NODE_WIDTH, AGENT_WIDTH = 260, 180
MAX_NODES = 60  # of one leg
MAX_AGENTS = 12
MAX_NAME = 34
_TITLES: dict[Leg, str] = {
    "untrusted_content": "Reads what strangers wrote",
    "private_data": "Reads private data",
    "communicate": "Sends to others",
}
_STYLE = """
  svg { color-scheme: light dark; font: 13px system-ui, sans-serif; }
  .back { fill: #ffffff; } text { fill: #1a1a1a; } .faint { fill: #595959; }
  rect.node { fill: #f4f5f7; stroke: #6b7280; } rect.agent { fill: #eef2ff; stroke: #3730a3; stroke-width: 2; }
  rect.unknown { fill: none; stroke: #6b7280; stroke-dasharray: 4 3; }
  path { fill: none; stroke-width: 1.6; } rect.danger { stroke: #b91c1c; stroke-width: 2; }
  .untrusted_content { stroke: #b45309; } .private_data { stroke: #1d4ed8; } .communicate { stroke: #b91c1c; }
  .cut { stroke-dasharray: 6 5; }
  @media (prefers-color-scheme: dark) {
    .back { fill: #16181d; } text { fill: #f2f2f2; } .faint { fill: #b5b8bf; }
    rect.node { fill: #23262e; stroke: #9ca3af; } rect.agent { fill: #1e1f3d; stroke: #a5b4fc; }
    rect.unknown { stroke: #9ca3af; } rect.danger { stroke: #f87171; }
    .untrusted_content { stroke: #fbbf24; } .private_data { stroke: #60a5fa; } .communicate { stroke: #f87171; }
  }
"""


@dataclass(frozen=True, slots=True)
class _Node:
    """A server in its place under one leg. `is_cut` means that all its tools of that leg are asked about."""

    leg: Leg
    key: str
    label: str
    x: int
    y: int
    is_cut: bool
    is_dangerous: bool


def picture(stack: Stack, legs: Legs) -> str:
    """The SVG document, the same for the same stack."""
    agents = [*legs.dangerous, *(a for a in legs.agents if a not in legs.dangerous)]
    panels: list[str] = []
    bottom = 50
    for agent in agents[:MAX_AGENTS]:
        drawn, bottom = _panel(stack, legs, agent, bottom)
        panels += drawn
    if len(agents) > MAX_AGENTS:
        panels.append(
            f'<text class="faint" x="{LEFT}" y="{bottom + 20}">and {len(agents) - MAX_AGENTS} more agents</text>'
        )
        bottom += 30
    unknown, height = _unknown(stack, bottom + 20)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title desc" width="{WIDTH}"'
        f' height="{height}" viewBox="0 0 {WIDTH} {height}">',
        f'<title id="title">{_text(_title(legs))}</title>',
        f'<desc id="desc">{_text(_description(stack, legs))}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect class="back" width="{WIDTH}" height="{height}"/>',
        f'<text x="{LEFT}" y="30" font-size="17" font-weight="600">{_text(_title(legs))}</text>',
        *panels,
        *unknown,
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _panel(stack: Stack, legs: Legs, agent: Agent, top: int) -> tuple[list[str], int]:
    """One agent with its servers: what comes in on the left, what goes out on the right; and where the panel ends."""
    left, bottom_left = _column(stack, legs, agent, ("untrusted_content", "private_data"), LEFT, top + 10)
    right, bottom_right = _column(stack, legs, agent, ("communicate",), RIGHT, top + 10)
    bottom = max(bottom_left, bottom_right, top + 140)
    middle = (top + bottom) // 2
    nodes = (*left, *right)
    lines = [
        *(_flow(node, middle) for node in nodes if node.key),
        *_agent(agent, middle),
        *(line for node in nodes for line in _box(node)),
        *_headings(nodes),
    ]
    return lines, bottom + 10


def _column(stack: Stack, legs: Legs, agent: Agent, wanted: Sequence[Leg], x: int, y: int) -> tuple[list[_Node], int]:
    names = {member.key: member.name for member in stack.members}
    here = set(agent.servers)
    risky = {key for c in legs.combinations if here.issuperset(c.servers) for key in c.servers}
    asked = {(rule.server, rule.tool) for rule in legs.cut.rules} if legs.cut else set()
    nodes: list[_Node] = []
    for leg in wanted:
        y += BOX
        held: dict[str, list[str]] = {}
        for carrier in (c for c in legs.carriers[leg] if c.server in here):
            held.setdefault(carrier.server, []).append(carrier.tool)
        for key, tools in list(held.items())[:MAX_NODES]:
            label = f"{_short(names[key])} ({len(tools)})"
            nodes.append(_Node(leg, key, label, x, y, all((key, t) in asked for t in tools), key in risky))
            y += ROW
        if len(held) > MAX_NODES:
            nodes.append(_Node(leg, "", f"and {len(held) - MAX_NODES} more servers", x, y, False, False))
            y += ROW
        if not held:
            nodes.append(_Node(leg, "", "none found", x, y, False, False))
            y += ROW
        y += GAP - BOX
    return nodes, y


def _flow(node: _Node, middle: int) -> str:
    y = node.y + BOX // 2
    cut = " cut" if node.is_cut else ""
    to_agent = node.x < CENTRE
    start, end = (node.x + NODE_WIDTH, CENTRE) if to_agent else (CENTRE + AGENT_WIDTH, node.x)
    first, last = (y, middle) if to_agent else (middle, y)
    bend = (start + end) // 2
    way = f"M{start} {first} C{bend} {first} {bend} {last} {end} {last}"
    return f'<path class="{node.leg}{cut}" d="{way}"/>'


def _box(node: _Node) -> Iterator[str]:
    kind = "node" if node.key else "unknown"
    danger = " danger" if node.is_dangerous else ""
    yield f'<rect class="{kind}{danger}" x="{node.x}" y="{node.y}" width="{NODE_WIDTH}" height="{BOX}" rx="5"/>'
    asked = " - ask first" if node.is_cut else ""
    yield f'<text x="{node.x + 10}" y="{node.y + 17}">{_text(node.label + asked)}</text>'


def _headings(nodes: Sequence[_Node]) -> Iterator[str]:
    seen: set[Leg] = set()
    for node in nodes:
        if node.leg not in seen:
            seen.add(node.leg)
            yield f'<text class="faint" x="{node.x}" y="{node.y - 7}">{_TITLES[node.leg]}</text>'


def _agent(agent: Agent, middle: int) -> Iterator[str]:
    where = "everywhere" if agent.project is None else "in this folder" if agent.project == "." else agent.project
    yield f'<rect class="agent" x="{CENTRE}" y="{middle - 28}" width="{AGENT_WIDTH}" height="56" rx="8"/>'
    centre = CENTRE + AGENT_WIDTH // 2
    yield f'<text x="{centre}" y="{middle - 4}" text-anchor="middle" font-weight="600">{_text(agent.client)}</text>'
    yield f'<text class="faint" x="{centre}" y="{middle + 16}" text-anchor="middle">{_text(_short(where, 26))}</text>'


def _unknown(stack: Stack, y: int) -> tuple[list[str], int]:
    """The servers of which nothing is known, in a dashed box: any of them may carry any leg."""
    names = [member.name for member in stack.unknown]
    if not names:
        return [], y
    shown = ", ".join(_short(name, 24) for name in names[:6]) + (
        f" and {len(names) - 6} more" if len(names) > 6 else ""
    )
    text = f"Unknown, may do anything: {shown}"
    return [
        f'<rect class="unknown" x="{LEFT}" y="{y}" width="{WIDTH - 2 * LEFT}" height="34" rx="5"/>',
        f'<text x="{LEFT + 10}" y="{y + 22}">{_text(_short(text, 140))}</text>',
    ], y + 54


def _title(legs: Legs) -> str:
    if legs.dangerous:
        ways = "1 way" if legs.total == 1 else f"{legs.total} ways"
        return f"Private data can leave: {ways} through these servers"
    return "No complete way out was found for private data"


def _description(stack: Stack, legs: Legs) -> str:
    names = {member.key: member.name for member in stack.members}
    sentences = []
    for leg in LEGS:
        servers = list(dict.fromkeys(names[c.server] for c in legs.carriers[leg]))
        shown = ", ".join(servers[:MAX_NODES]) or "no known server"
        sentences.append(f"{LEG_WORDS[leg].capitalize()}: {shown}.")
    if legs.cut:
        sentences.append(f"{len(legs.cut.rules)} rules that ask a person first would cut every way.")
    if stack.unknown:
        sentences.append(f"Unknown: {', '.join(m.name for m in stack.unknown[:MAX_NODES])}.")
    return " ".join(sentences)


def _short(text: str, length: int = MAX_NAME) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _text(text: str) -> str:
    """Text that is safe in SVG: escaped, and without characters that XML forbids or that reorder or hide others."""
    return escape("".join("�" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") else c for c in text))
