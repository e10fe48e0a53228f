"""How long the command line takes to answer, as a ratio to starting Python with sqlite3 and json.

usage: python benchmarks/startup.py [RUNS]

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

BASE = [sys.executable, "-c", "import sqlite3, json"]
SCRIPT = Path(sys.executable).with_name("catalog")
CATALOG = [str(SCRIPT)] if SCRIPT.exists() else [sys.executable, "-m", "catalog"]
LIMIT = 6.0
TOOLS = [{"name": f"tool_{i}", "description": f"Get thing number {i}", "inputSchema": {}} for i in range(50)]


def main() -> int:
    """Prints one JSON document; exit code 1 where a ratio is above the limit."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as folder:
        definitions = Path(folder) / "server.json"
        definitions.write_text(json.dumps(TOOLS))
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode
        os.environ["CATALOG_DB"] = str(Path(folder) / "catalog.db")
        subprocess.run([*CATALOG, "ingest", str(definitions)], check=True, capture_output=True)
        commands = {
            "base": BASE,
            "--help": [*CATALOG, "--help"],
            "risk": [*CATALOG, "risk", "server/tool_7"],
            "risk --json": [*CATALOG, "risk", "server/tool_7", "--json"],
            "search": [*CATALOG, "search", "number"],
            "list tools": [*CATALOG, "list", "tools"],
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                start = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True)
                seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    ratios = {name: round(median / medians["base"], 2) for name, median in medians.items()}
    milliseconds = {name: round(median * 1000, 1) for name, median in medians.items()}
    print(json.dumps({"runs": runs, "limit": LIMIT, "median_ms": milliseconds, "ratio_to_base": ratios}, indent=1))
    return int(max(ratios["--help"], ratios["risk"]) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
