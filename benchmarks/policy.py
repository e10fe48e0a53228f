"""How many calls a second the engine decides, for each kind of rule. One core; the whole policy has 43 tools.

python -m benchmarks.policy
"""

from __future__ import annotations

import time

from catalog.policy.engine import Engine
from catalog.policy.recommend import recommend
from catalog.records import Tool
from classifier.records import Capability, Category, Classification, Mode
from classifier.risk import risk_of

CALLS = 100_000
WANTED_PER_S = 50_000
AMOUNT = {"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]}


def labelled(
    name: str,
    category: Category,
    capabilities: tuple[Capability, ...] = (),
    modes: tuple[Mode, ...] = (),
    schema: dict[str, object] | None = None,
) -> tuple[Tool, Classification]:
    label = Classification(
        "s", name, category, risk_of(category, capabilities), capabilities, 0.97, False, "", (), modes
    )
    return Tool(name, input_schema=schema), label


def engine() -> Engine:
    modes = (Mode("/action", "choice", "list", "Read"), Mode("/dry_run", "flag", True, "Read"))
    tools = [labelled(f"read_{i}", "Read") for i in range(20)]
    tools += [labelled(f"write_{i}", "Write") for i in range(20)]
    tools.append(labelled("manage", "Destructive", modes=modes))
    tools.append(labelled("pay", "Write", ("financial",), schema=AMOUNT))
    tools.append(labelled("sql", "Destructive", ("execute",), (Mode("/sql", "sql", "read", "Read"),)))
    return Engine(recommend("s", tools))


CASES: list[tuple[str, str, dict[str, object]]] = [
    ("plain read", "read_7", {"id": 1}),
    ("limited write", "write_7", {"title": "x", "body": "y", "labels": ["a"]}),
    ("mild mode", "manage", {"action": "list", "id": 5}),
    ("dangerous mode", "manage", {"action": "delete", "id": 5}),
    ("amounts and two limits", "pay", {"amount": 5, "to": "x"}),
    ("SQL seen before", "sql", {"sql": "SELECT a FROM t WHERE b = 1"}),
    ("unlisted", "nobody", {}),
]


def main() -> int:
    under_test, slowest = engine(), float("inf")
    for title, name, arguments in CASES:
        under_test.decide(name, arguments, {}, 0)
        start_s = time.perf_counter()
        for _ in range(CALLS):
            under_test.decide(name, arguments, {}, 0)
        rate = CALLS / (time.perf_counter() - start_s)
        slowest = min(slowest, rate)
        print(f"{title:24} {rate:12,.0f} decisions/s  {rate / WANTED_PER_S:6.1f} x the {WANTED_PER_S:,} wanted")
    return 0 if slowest >= WANTED_PER_S else 1


if __name__ == "__main__":
    raise SystemExit(main())
