"""What the gateway adds to a call over stdio: the same small server with and without it, calls taken in turns.

python -m benchmarks.gateway [CALLS]
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WANTED_MS = 2.0
SERVER = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    result = {"content": [{"type": "text", "text": "x" * 1000}]}
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}) + "\\n")
    sys.stdout.flush()
"""
POLICY = {
    "version": "1",
    "default": "deny",
    "tools": {
        "plain": {},
        "limited": {"limits": [{"counter": "c", "window": "day", "max": 10**9}]},
        "checked": {"require": [{"conditions": [{"path": "args.sql", "op": "sql_reads_only", "value": True}]}]},
    },
}


class Connection:
    """One process that answers a line with a line."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def call_ms(self, number: int, tool: str, arguments: dict[str, object]) -> float:
        assert self._process.stdin and self._process.stdout
        params = {"name": tool, "arguments": arguments}
        line = json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}).encode() + b"\n"
        start_s = time.perf_counter()
        self._process.stdin.write(line)
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        took_ms = (time.perf_counter() - start_s) * 1000
        assert b"POLICY DENIED" not in answer and b'"result"' in answer, answer
        return took_ms

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)


def main(calls: int) -> int:
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(folder) / "policy.json"
        policy.write_text(json.dumps(POLICY))
        server = [sys.executable, "-c", SERVER]
        options = ["--policy", str(policy), "--state", f"{folder}/state.db", "--audit", f"{folder}/audit.jsonl"]
        direct = Connection(server)
        guarded = Connection([sys.executable, "-m", "catalog", "gateway", *options, "--", *server])
        for tool, arguments in (("plain", {"a": 1}), ("limited", {"a": 1}), ("checked", {"sql": "SELECT a FROM t"})):
            pairs = [(direct.call_ms(i, tool, arguments), guarded.call_ms(i, tool, arguments)) for i in range(calls)][
                20:
            ]
            without, with_it = (statistics.median(column) for column in zip(*pairs, strict=True))
            worst = max(worst, with_it - without)
            added = sorted(b - a for a, b in pairs)
            print(
                f"{tool:8} without {without:6.3f} ms  with {with_it:6.3f} ms  median added {with_it - without:6.3f} ms"
                f" (95 % below {added[int(len(added) * 0.95)]:6.3f} ms)  ratio {with_it / without:5.1f}"
            )
        direct.close()
        guarded.close()
    return 0 if worst < WANTED_MS else 1


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000))
