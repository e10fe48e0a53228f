"""Recommends a policy for every server in a file of definitions and tries each tool with the engine.

    python -m benchmarks.recommendations DEFINITIONS.jsonl

Each line is a definition with its `server`. Checked, in all three strengths: every policy reads back from its
document, the tool and the server get the same rule, the engine's answer is the one that the label calls for, and
nothing destructive, financial or doubtful is allowed without conditions. Prints the counts; exit code 1 where
anything differs.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from catalog.policy.engine import Engine
from catalog.policy.parse import load_policy
from catalog.policy.recommend import Labelled, outcome_called_for, recommend, recommend_tool
from catalog.policy.records import STRENGTHS, Policy, Strength
from catalog.records import Tool
from classifier.classify import load
from classifier.records import Classification, Definition

ANSWERS = {"allow": {"allow"}, "limit": {"allow"}, "approve": {"approve"}, "hide": {"deny"}}


def main(path: Path) -> int:
    raws = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    answers = load().classify([Definition.from_json(raw) for raw in raws])
    servers: dict[str, list[Labelled]] = defaultdict(list)
    for raw, label in zip(raws, answers, strict=True):
        servers[raw["server"]].append((_tool(raw), label))
    wrong: list[str] = []
    for strength in STRENGTHS:
        outcomes: Counter[str] = Counter()
        for slug, tools in servers.items():
            policy = recommend(slug, tools, strength)
            wrong += _problems(slug, policy, tools, strength)
            engine = Engine(policy)
            outcomes.update(engine.decide(tool.name, {}, {}, 0).outcome for tool, _ in tools)
        print(f"{strength:12} {len(servers)} servers, {len(raws)} tools, a call without arguments: {dict(outcomes)}")
    with_modes = sum(bool(label.modes) for label in answers)
    print(f"{with_modes} tools with modes; {len(wrong)} problems", *wrong[:20], sep="\n")
    return 1 if wrong else 0


def _tool(raw: dict[str, Any]) -> Tool:
    return Tool(
        raw["name"], raw.get("title"), raw.get("description"), raw.get("inputSchema"), raw.get("annotations") or {}
    )


def _problems(slug: str, policy: Policy, tools: list[Labelled], strength: Strength) -> Iterator[str]:
    if load_policy(json.dumps(policy.to_json(reasons=True, pins=True))) != policy:
        yield f"{slug}: does not read back"
    engine = Engine(policy)
    names = Counter(tool.name for tool, _ in tools)
    for tool, label in tools:
        where = f"{slug}/{tool.name} ({strength})"
        if names[tool.name] == 1 and recommend_tool(tool, label, strength).tools.get(tool.name) != policy.tools.get(
            tool.name
        ):
            yield f"{where}: tool and server get different rules"
        rules = policy.tools.get(tool.name)
        dangerous = label.category == "Destructive" or label.needs_review or "financial" in label.capabilities
        if dangerous and rules is not None and rules.unconditional:
            yield f"{where}: allowed without conditions"
        if names[tool.name] == 1:
            yield from _answer(where, engine, tool, label, strength, bool(rules and rules.require))


def _answer(
    where: str, engine: Engine, tool: Tool, label: Classification, strength: Strength, checked: bool
) -> Iterator[str]:
    """A call without arguments must get what the label calls for; a missing statement may be denied."""
    wanted = ANSWERS[outcome_called_for(label.category, label.capabilities, label.needs_review, strength)]
    outcome = engine.decide(tool.name, {}, {}, 0).outcome
    if outcome not in wanted and not (checked and outcome == "deny"):
        yield f"{where}: {outcome} instead of {', '.join(sorted(wanted))}"


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
