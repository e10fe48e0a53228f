"""How many findings real definitions give, by check, with a sample to read by hand.

usage: python benchmarks/findings.py [--sample N] [--show CHECK] [--each] SOURCE...

A SOURCE is a catalogue (.db) or definitions as JSON Lines with `server` (labels will do). `--show` prints a sample of
one check's findings (all where there are no more than N, else N at random, always the same), `--each` of all checks.
Prints one JSON document: definitions, milliseconds per definition, counts by check and severity.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from catalog.findings.find import StackServer, find_in_server, find_in_stack
from catalog.findings.records import Report
from catalog.records import Gap, Server, Source, Tool
from classifier.records import Classification, Definition

Labelled = tuple[Tool, Classification | None]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="+", type=Path)
    parser.add_argument("--sample", type=int, default=40)
    parser.add_argument("--show", default="")
    parser.add_argument("--each", action="store_true")
    options = parser.parse_args()
    servers = [read for path in options.sources for read in _servers(path)]
    definitions = sum(len(tools) for _, tools, _ in servers)
    start = time.perf_counter()
    reports = [r for server, tools, gaps in servers for r in find_in_server(server, tools, gaps)]
    spent = time.perf_counter() - start
    start = time.perf_counter()
    reports += find_in_stack([StackServer(server.slug, tools) for server, tools, _ in servers])
    stack_s = time.perf_counter() - start
    by_check: dict[str, list[Report]] = defaultdict(list)
    for report in reports:
        by_check[report.check].append(report)
    for check, found in sorted(by_check.items()):
        if options.each or options.show == check:
            _show(check, found, options.sample)
    counts = {c: dict(Counter(r.severity for r in found)) for c, found in sorted(by_check.items())}
    print(
        json.dumps(
            {
                "servers": len(servers),
                "definitions": definitions,
                "ms_per_definition": round(1000 * spent / max(1, definitions), 2),
                "all_servers_as_one_stack_s": round(stack_s, 2),
                "findings": counts,
            },
            indent=1,
        )
    )
    return 0


def _servers(path: Path) -> Iterator[tuple[Server, list[Labelled], tuple[Gap, ...]]]:
    if path.suffix == ".db":
        from catalog.store.read import Filters, StoreReader

        with StoreReader(path) as store:
            for stored in list(store.servers()):
                tools = [(t.tool, t.classification) for t in store.tools(Filters(server=stored.server.slug))]
                yield stored.server, tools, store.gaps(stored.server.slug)
        return
    import classifier

    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    definitions = [Definition.from_json(row) for row in rows]
    grouped: dict[str, list[Labelled]] = defaultdict(list)
    for d, label in zip(definitions, classifier.load().classify(definitions), strict=True):
        tool = Tool(d.name, d.title, d.description, d.input_schema, d.annotations or {})
        grouped[d.server or "?"].append((tool, label))
    for slug, tools in grouped.items():
        yield Server(slug, slug, Source("snapshot", str(path))), tools, ()


def _show(check: str, found: list[Report], sample: int) -> None:
    chosen = found if len(found) <= sample else random.Random(7).sample(found, sample)
    print(f"== {check}: {len(found)}", file=sys.stderr)
    for report in chosen:
        quotes = " | ".join(f"{e.field}{e.path or ''}: {e.text[:160]!r}" for e in report.evidence[:3])
        print(f"  {report.severity:8} {report.server}/{report.tool}: {report.message[:200]}  {quotes}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
