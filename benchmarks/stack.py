"""How long `catalog stack` takes on ten stored servers, as a ratio to starting Python with sqlite3 and json, and how
long the legs of 50 servers with 2,000 tools take.

usage: python -m benchmarks.stack [RUNS]

The commands run in turn, round by round, so that a busy machine slows all of them alike; medians are compared.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from catalog.records import Location
from catalog.stack.legs import analyse
from catalog.stack.picture import picture
from catalog.stack.records import LEGS, Entry, Member, Resolution, Stack, StackTool
from classifier.records import Classification
from classifier.risk import risk_of

BASE = [sys.executable, "-c", "import sqlite3, json"]
CATALOG = [sys.executable, "-m", "catalog"]
SERVERS, TOOLS_EACH = 10, 30
RATIO_LIMIT, WANTED_S, WANTED_LEGS_S = 15.0, 1.0, 2.0


def main() -> int:
    """Prints one JSON document; exit code 1 where a figure is above its limit."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    seconds = _commands(runs)
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    ratios = {name: round(median / medians["base"], 2) for name, median in medians.items()}
    legs_s = min(_legs() for _ in range(3))
    print(
        json.dumps(
            {
                "runs": runs,
                "median_ms": {name: round(median * 1000, 1) for name, median in medians.items()},
                "ratio_to_base": ratios,
                "ratio_limit": RATIO_LIMIT,
                "legs_of_2000_tools_ms": round(legs_s * 1000, 1),
                "wanted": {"stack_s": WANTED_S, "legs_s": WANTED_LEGS_S},
            },
            indent=1,
        )
    )
    return int(ratios["stack"] > RATIO_LIMIT or legs_s > WANTED_LEGS_S)


def _commands(runs: int) -> dict[str, list[float]]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        environment = {**os.environ, "HOME": folder, "CATALOG_DB": str(home / "catalog.db")}
        environment["PYTHONPATH"] = str(Path.cwd())
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode
        files = [_definitions(home, number) for number in range(SERVERS)]
        subprocess.run([*CATALOG, "ingest", *map(str, files)], check=True, capture_output=True, env=environment)
        # The stored files stand in for packages: --as names what each configured server is.
        servers = {f"s{n}": {"command": "server", "env": {"A_TOKEN": "x" * 20}} for n in range(SERVERS)}
        settings = home / ".cursor" / "mcp.json"
        settings.parent.mkdir()
        settings.write_text(json.dumps({"mcpServers": servers}))
        named = [word for n, file in enumerate(files) for word in ("--as", f"s{n}={file}")]
        commands = {
            "base": BASE,
            "stack": [*CATALOG, "stack", *named],
            "stack --json": [*CATALOG, "stack", "--json", *named],
            "list tools": [*CATALOG, "list", "tools"],
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                start = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True, env=environment)
                seconds[name].append(time.perf_counter() - start)
    return seconds


def _definitions(folder: Path, number: int) -> Path:
    tools = [
        {"name": f"tool_{i}", "description": f"Get thing number {i} of {number}", "inputSchema": {}}
        for i in range(TOOLS_EACH)
    ]
    path = folder / f"server-{number}.json"
    path.write_text(json.dumps(tools))
    return path


def _legs() -> float:
    """Seconds for the analysis and the picture of 50 servers with 40 tools each, in five clients."""
    members = []
    for s in range(50):
        entry = Entry(f"client-{s % 5}", f"server-{s}", Location("mcp.json", s + 1), "user")
        tools = []
        for t in range(40):
            held = (LEGS[(s + t) % 3],) if (s * t) % 4 else ()
            label = Classification("s", f"t{t}", "Read", risk_of("Read", held), held, 0.9, False, "", ())
            tools.append(StackTool(f"t{t}", label))
        members.append(Member(f"server-{s}", "known", ((entry, Resolution()),), tuple(tools)))
    stack = Stack((), tuple(members))
    start = time.perf_counter()
    picture(stack, analyse(stack))
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
