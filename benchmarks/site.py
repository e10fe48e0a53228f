"""The site build beside Hugo on the same content, and what one changed server of many costs. Prints ratios.

    python benchmarks/site.py hugo [--tools 20000]       both from a clean folder, alternating; Hugo from the PATH
    python benchmarks/site.py scale [--tools 200000]     cost per page and memory against a tenth of the tools
    python benchmarks/site.py change [--servers 50000]   one changed server against the full build
    python benchmarks/browser.py                         what a reader waits for, in Chromium

Definitions are made up here. Memory is the largest sum of the resident sets (shared pages counted once per process).
"""

from __future__ import annotations

import argparse
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.hugo_site import make_hugo
from catalog.records import Location, Server, Snapshot, Source, Tool
from catalog.store.write import StoreWriter
from classifier.records import Category, Classification, Evidence
from classifier.risk import risk_of

VERBS: tuple[tuple[str, Category], ...] = (
    ("list", "Read"), ("get", "Read"), ("search", "Read"), ("create", "Write"), ("update", "Write"), ("send", "Write"),
    ("delete", "Destructive"), ("run", "Destructive"),
)  # fmt: skip
OBJECTS = [
    "issue",
    "page",
    "note",
    "customer",
    "invoice",
    "file",
    "branch",
    "ticket",
    "message",
    "event",
    "report",
    "contact",
    "record",
    "task",
    "order",
    "log",
]
SYLLABLES = ("ba", "con", "de", "er", "fi", "gra", "in", "lo", "ment", "na", "or", "pre", "ra", "so", "ta", "un", "ver")
WORDS = [first + second + third for first in SYLLABLES for second in SYLLABLES for third in ("", *SYLLABLES[::2])]
SHARES = list(accumulate(1 / (rank + 1) for rank in range(len(WORDS))))  # as often as words of a language are
WHEN = datetime(2026, 1, 5, tzinfo=UTC)


def make_store(path: Path, servers: int, tools: int) -> None:
    """`servers` servers of `tools` tools each."""
    with StoreWriter(path) as store:
        store.connection.execute("PRAGMA synchronous = OFF")
        for number in range(servers):
            snapshot, labels = make_server(number, tools)
            store.save(snapshot, labels, WHEN)


def make_server(number: int, tools: int, extra: str = "") -> tuple[Snapshot, list[Classification]]:
    rng = random.Random(number)
    slug = f"npm-server-{number:06d}"
    made = [make_tool(rng, place) for place in range(tools)]
    if extra:
        made[0] = (replace(made[0][0], description=f"{made[0][0].description} {extra}"), made[0][1])
    server = Server(slug, f"Server {number}", Source("npm", f"npm:{slug}", "1.0"), "1.0", _text(rng, 12), "MIT")
    labels = [label(f"Server {number}", tool, category) for tool, category in made]
    return Snapshot(server, tuple(t for t, _ in made), (), 1.0), labels


def make_tool(rng: random.Random, place: int) -> tuple[Tool, Category]:
    verb, category = rng.choice(VERBS)
    name = f"{verb}_{rng.choice(OBJECTS)}_{rng.choice(WORDS)}_{place}"
    properties = {
        f"{rng.choice(WORDS)}_{i}": {"type": rng.choice(["string", "integer", "boolean"]), "description": _text(rng, 9)}
        for i in range(rng.randint(1, 7))
    }
    schema = {"type": "object", "properties": properties, "required": list(properties)[:1]}
    return Tool(
        name, None, f"{verb.capitalize()} {_text(rng, 40)}.", schema, {}, Location("src/a.ts", 3), "x"
    ), category


def label(server: str, tool: Tool, category: Category) -> Classification:
    word = (tool.description or "").split(" ")[0]
    evidence = (Evidence("description", word, f"verb:{word.lower()}", 0, len(word)),)
    reason = f"The description says “{word}”."
    risk = risk_of(category, ())
    return Classification(server, tool.name, category, risk, (), 0.97, False, reason, evidence, classifier_version="b")


def _text(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(WORDS, cum_weights=SHARES, k=words))


def measured(command: list[str]) -> tuple[float, float]:
    """Seconds, and the largest resident memory of the process with its children in MB.

    With --cpu the seconds are those of the processors, which other work on the machine disturbs less.
    """
    began = _now()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = [0.0]
    watcher = threading.Thread(target=_watch, args=(process, most), daemon=True)
    watcher.start()
    if process.wait():
        raise SystemExit(f"failed: {command}")
    return _now() - began, most[0]


CLOCK = {"cpu": False}


def _now() -> float:
    if not CLOCK["cpu"]:
        return time.perf_counter()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(process: subprocess.Popen[bytes], most: list[float]) -> None:
    while process.poll() is None:
        most[0] = max(most[0], sum(map(_resident_mb, _family(process.pid))))
        time.sleep(0.1)


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _resident_mb(pid: int) -> float:
    """The proportional set size: memory shared after a fork is not counted twice."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def build(store: Path, site: Path) -> tuple[float, float]:
    return measured([sys.executable, "-m", "catalog", "--db", str(store), "build", "-o", str(site)])


def hugo(folder: Path, tools: int, rounds: int) -> None:
    per_server = 20
    make_store(folder / "c.db", tools // per_server, per_server)
    make_hugo(folder / "c.db", folder / "hugo")
    for _ in range(rounds):
        for name in ("ours", "hugo/public"):
            shutil.rmtree(folder / name, ignore_errors=True)
        ours_s, ours_mb = build(folder / "c.db", folder / "ours")
        hugo_s, hugo_mb = measured(["hugo", "--quiet", "--source", str(folder / "hugo")])
        print(
            f"ours {tools / ours_s:.0f} tools/s {ours_mb:.0f} MB, hugo {tools / hugo_s:.0f} tools/s {hugo_mb:.0f} MB:"
        )
        print(f"  speed ratio {hugo_s / ours_s:.2f}, memory ratio {ours_mb / hugo_mb:.2f}", flush=True)
    print(f"ours wrote {weight(folder / 'ours')}, of them servers and tools {weight(folder / 'ours/servers')}")
    print(f"hugo wrote {weight(folder / 'hugo/public')}")


def weight(folder: Path) -> str:
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return f"{len(sizes)} files, {sum(sizes) / 1e6:.0f} MB"


def scale(folder: Path, tools: int) -> None:
    rows = []
    for count in (tools // 10, tools):
        make_store(folder / f"{count}.db", count // 20, 20)
        seconds, mb = build(folder / f"{count}.db", folder / f"site-{count}")
        rows.append((count, seconds / count, mb))
        print(f"{count} tools: {count / seconds:.0f} tools/s, {seconds:.0f} s, {mb:.0f} MB", flush=True)
    print(f"cost per page ratio {rows[1][1] / rows[0][1]:.2f}, memory ratio {rows[1][2] / rows[0][2]:.2f}")


def change(folder: Path, servers: int) -> None:
    make_store(folder / "c.db", servers, 4)
    full, mb = build(folder / "c.db", folder / "site")
    nothing, _ = build(folder / "c.db", folder / "site")
    with StoreWriter(folder / "c.db") as store:
        snapshot, labels = make_server(servers // 2, 4, "It also deletes.")
        store.save(snapshot, labels, datetime(2026, 2, 1, tzinfo=UTC))
    one, one_mb = build(folder / "c.db", folder / "site")
    print(f"full {full:.1f} s ({mb:.0f} MB), nothing changed {nothing:.2f} s, one server {one:.2f} s ({one_mb:.0f} MB):"
          f" ratio {one / full:.4f}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("hugo", "scale", "change"))
    parser.add_argument("--tools", type=int, default=20_000)
    parser.add_argument("--servers", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=None, help="where to work; default a temporary folder")
    parser.add_argument("--cpu", action="store_true", help="measure processor seconds instead of the wall's")
    given = parser.parse_args()
    CLOCK["cpu"] = given.cpu
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        if given.what == "hugo":
            hugo(folder, given.tools, given.rounds)
        elif given.what == "scale":
            scale(folder, given.tools)
        else:
            change(folder, given.servers)


if __name__ == "__main__":
    main()
