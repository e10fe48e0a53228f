"""How extraction compares to merely parsing what it parsed, how much memory it takes, and what it finds.

usage: python benchmarks/extract.py TRUTH_DIR SOURCES [--table] [--only ID,ID]

TRUTH_DIR holds ID.json files (`tools` as the real server lists them, `language`), SOURCES/ID the trees. All trees are
read in one process. Every text that a reader hands to a parser is remembered, and after each tree parsed once more with
nothing else done: the ratio is reading (files found and opened, definitions resolved) to that. Prints a JSON document;
exit code 1 where the ratio or a limit is passed. `--table` prints what was found as the table of the docs.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tree_sitter
import yaml

HIGHEST_RATIO = 3.0
LONGEST_SECONDS = 20.0
MOST_MEGABYTES = 500
HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")

Parse = Callable[[], object]


class Recorder:
    """Remembers each distinct text that is parsed while it stands in for the parsers."""

    def __init__(self) -> None:
        self._parses: dict[tuple[str, object], Parse] = {}

    def install(self) -> None:
        """Stands in for the parsers of tree-sitter, Python, JSON and YAML. To be called before readers are imported."""
        recorder, real_parser = self, tree_sitter.Parser

        class Parser:
            def __init__(self, language: tree_sitter.Language) -> None:
                self._real = real_parser(language)
                self._name = id(language)

            def parse(self, text: bytes, *arguments: Any, **options: Any) -> tree_sitter.Tree:
                recorder._remember(f"tree-sitter {self._name}", text, lambda: self._real.parse(text))
                return self._real.parse(text, *arguments, **options)

        tree_sitter.Parser = Parser  # type: ignore[assignment,misc]
        self._wrap(ast, "parse")
        self._wrap(json, "loads")
        self._wrap(yaml, "load_all")

    def _wrap(self, module: Any, name: str) -> None:
        real = getattr(module, name)

        def wrapped(text: Any, *arguments: Any, **options: Any) -> Any:
            self._remember(f"{module.__name__}.{name}", text, lambda: _drain(real(text, *arguments, **options)))
            return real(text, *arguments, **options)

        setattr(module, name, wrapped)

    def _remember(self, parser: str, text: object, again: Parse) -> None:
        self._parses.setdefault((parser, text), again)

    def forget(self) -> None:
        """Starts over for the next tree."""
        self._parses.clear()

    def parse_again(self) -> float:
        """Parses every remembered text once; the seconds that took."""
        start = time.perf_counter()
        for again in self._parses.values():
            try:
                again()
            except Exception:
                continue
        return time.perf_counter() - start


def _drain(value: object) -> object:
    return list(value) if isinstance(value, Iterator) else value


@dataclass(frozen=True)
class Read:
    """What reading one tree took and found, beside the truth."""

    id: str
    truth: Mapping[str, Any]
    tools: Mapping[str, Any]
    gaps: int
    seconds: float
    parsing_seconds: float

    @property
    def wanted(self) -> dict[str, Any]:
        return {t["name"]: t for t in self.truth["tools"]}

    @property
    def listed(self) -> set[str]:
        """The names found, without those that are neither right nor wrong."""
        return set(self.tools) - (set(self.truth.get("tools_conditional", ())) - set(self.wanted))

    @property
    def hits(self) -> set[str]:
        return self.listed & set(self.wanted)

    def equal_share(self, part: Callable[[Any], object]) -> float | None:
        """The share of the tools found of which a part is equal; None where none was found."""
        hits = self.hits
        return sum(part(self.wanted[h]) == part(self.tools[h]) for h in hits) / len(hits) if hits else None


def read_all(truth_dir: Path, sources: Path, only: frozenset[str], recorder: Recorder) -> Iterator[Read]:
    """Reads every tree that has a truth, in name order."""
    from catalog.extract import read_tree
    from catalog.extract.tree import SourceTree

    for path in sorted(truth_dir.glob("*.json")):
        truth = json.loads(path.read_text(encoding="utf-8"))
        root = sources / str(truth.get("id")) if isinstance(truth, dict) else sources / ""
        if (
            not isinstance(truth, dict)
            or "tools" not in truth
            or not root.is_dir()
            or (only and truth["id"] not in only)
        ):
            continue
        recorder.forget()
        start = time.perf_counter()
        found = read_tree(SourceTree(root))
        seconds = time.perf_counter() - start
        parsing = recorder.parse_again()
        yield Read(truth["id"], truth, {t.name: t.to_json() for t in found.tools}, len(found.gaps), seconds, parsing)


def measure(reads: Iterable[Read]) -> dict[str, Any]:
    """Time, memory and the slowest trees as one document."""
    done = list(reads)
    total, parsing = sum(r.seconds for r in done), sum(r.parsing_seconds for r in done)
    slowest = sorted(done, key=lambda r: -r.seconds)
    return {
        "trees": len(done),
        "reading_to_parsing": round(total / parsing, 2) if parsing else None,
        "reading_seconds": round(total, 2),
        "parsing_seconds": round(parsing, 2),
        "median_seconds": round(sorted(r.seconds for r in done)[len(done) // 2], 3) if done else None,
        "longest_seconds": round(slowest[0].seconds, 2) if done else None,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "slowest": {r.id: [round(r.seconds, 2), round(r.parsing_seconds, 2)] for r in slowest[:8]},
    }


def table(reads: Iterable[Read]) -> str:
    """What was found by language and kind of registration, as Markdown. Trees without definitions are left out."""
    groups: dict[tuple[str, str], list[Read]] = {}
    for read in reads:
        if read.truth.get("definitions_location", "source") == "source":
            groups.setdefault((str(read.truth.get("language")), str(read.truth.get("schema_source"))), []).append(read)
    lines = [
        "| language | schemas from | trees | tools | found | right | descriptions | properties | required |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for (language, schemas), group in sorted(groups.items()):
        tools = sum(len(r.wanted) for r in group)
        figures = [
            _mean([len(r.hits) / len(r.wanted) for r in group if r.wanted]),
            _mean([len(r.hits) / len(r.listed) for r in group if r.listed]),
            _mean([r.equal_share(lambda t: _squashed(t.get("description"))) for r in group]),
            _mean([r.equal_share(lambda t: set((t.get("inputSchema") or {}).get("properties") or ())) for r in group]),
            _mean([r.equal_share(lambda t: set((t.get("inputSchema") or {}).get("required") or ())) for r in group]),
        ]
        lines.append(f"| {language} | {schemas} | {len(group)} | {tools} | " + " | ".join(figures) + " |")
    return "\n".join(lines)


def _squashed(text: object) -> str:
    return re.sub(r"\s+", " ", str(text or "")).strip()


def _mean(values: Iterable[float | None]) -> str:
    known = [v for v in values if v is not None]
    return f"{sum(known) / len(known):.2f}" if known else "-"


def main() -> int:
    """Prints the measurement or the table; exit code 1 where a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("truth", type=Path)
    parser.add_argument("sources", type=Path)
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    recorder = Recorder()
    recorder.install()
    only = frozenset(filter(None, arguments.only.split(",")))
    reads = list(read_all(arguments.truth, arguments.sources, only, recorder))
    if arguments.table:
        print(table(reads))
        return 0
    measured = measure(reads)
    print(json.dumps(measured, indent=1))
    passed = (
        (measured["reading_to_parsing"] or 0) > HIGHEST_RATIO
        or (measured["longest_seconds"] or 0) > LONGEST_SECONDS
        or measured["peak_megabytes"] > MOST_MEGABYTES
    )
    return 1 if passed else 0


if __name__ == "__main__":
    sys.exit(main())
