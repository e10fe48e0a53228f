"""A registry and package host of any size on this machine: every answer is made once, then only sent.

It shares the cores with what is measured, so it does as little as it can, and says how much processor time that was.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import multiprocessing
import os
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

from benchmarks.server_shapes import SLOW_S, VARIANTS, Weight, kind_of, tarball

PAGE = 100


@dataclass(frozen=True, slots=True)
class _Answer:
    """A whole response, and the one for a client that has it already."""

    tag: bytes
    full: bytes
    fresh: bytes
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Host:
    """A running host."""

    url: str
    process_id: int

    def cpu_s(self) -> float:
        """Processor seconds that it has used so far, those for making its answers left out."""
        fields = Path(f"/proc/{self.process_id}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") - self.counts()["preparation_ms"] / 1000

    def counts(self) -> dict[str, int]:
        """Numbers of answers by status, and of bytes sent, so far."""
        with urllib.request.urlopen(f"{self.url}/counts") as answer:
            return cast(dict[str, int], json.load(answer))


@contextmanager
def serve(servers: int, weight: Weight = "small") -> Iterator[Host]:
    """A host with that many servers, in its own process."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(servers, weight, sender), daemon=True)
    process.start()
    try:
        yield Host(f"http://127.0.0.1:{receiver.recv()}", process.pid or 0)
    finally:
        process.terminate()
        process.join()


def _run(servers: int, weight: Weight, port: Connection) -> None:
    asyncio.run(_serve(servers, weight, port))


async def _serve(servers: int, weight: Weight, port: Connection) -> None:
    loop = asyncio.get_running_loop()
    answers: dict[str, _Answer] = {}
    counts: Counter[str] = Counter()
    server = await loop.create_server(lambda: _Connection(servers, answers, counts), "127.0.0.1", 0)
    number = server.sockets[0].getsockname()[1]
    answers |= _packages(f"http://127.0.0.1:{number}", servers, weight)
    times = os.times()
    counts["preparation_ms"] = int((times.user + times.system) * 1000)
    port.send(number)
    await server.serve_forever()


class _Connection(asyncio.Protocol):
    """One client's connection: requests come one after another and have no body."""

    def __init__(self, servers: int, answers: dict[str, _Answer], counts: Counter[str]) -> None:
        self._servers, self._answers, self._counts = servers, answers, counts
        self._pending = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._pending += data
        while b"\r\n\r\n" in self._pending:
            head, _, self._pending = self._pending.partition(b"\r\n\r\n")
            self._reply(head.split(b" ", 2)[1].decode(), head)

    def _reply(self, path: str, head: bytes) -> None:
        answer = self._answer(path)
        is_known = answer.tag != b"" and answer.tag in head
        body = answer.fresh if is_known else answer.full
        if path != "/counts":
            self._counts[body[9:12].decode()] += 1
            self._counts["bytes_sent"] += len(body)
        if answer.delay_s and not is_known:
            asyncio.get_running_loop().call_later(answer.delay_s, self._transport.write, body)
        else:
            self._transport.write(body)

    def _answer(self, path: str) -> _Answer:
        if path.startswith("/v0.1/servers"):
            return _page(path, self._servers)
        if path == "/counts":
            return _answer(json.dumps(self._counts).encode(), 200)
        place, _, number = path.rpartition("-")
        known = self._answers.get(f"{place}-{int(number) % VARIANTS}") if number.isdigit() else None
        return known or _answer(b"{}", 404)


def _answer(body: bytes, status: int, tagged: bool = False, delay_s: float = 0.0) -> _Answer:
    tag = hashlib.sha256(body).hexdigest()[:16].encode() if tagged else b""
    common = b'\r\nCache-Control: no-cache\r\nContent-Type: application/json\r\nETag: "' + tag + b'"\r\n'
    full = b"HTTP/1.1 %d Answer%sContent-Length: %d\r\n\r\n" % (status, common, len(body)) + body
    return _Answer(tag, full, b"HTTP/1.1 304 Same%sContent-Length: 0\r\n\r\n" % common, delay_s)


def _packages(url: str, servers: int, weight: Weight) -> dict[str, _Answer]:
    """The answers about every distinct package: its metadata at /server-N, its bytes at /tarballs/server-N."""
    answers: dict[str, _Answer] = {}
    for number in range(min(VARIANTS, servers)):
        kind = kind_of(number)
        if kind == "gone":
            continue
        if kind == "unavailable":
            answers[f"/server-{number}"] = _answer(b"{}", 503)
            continue
        packed = tarball(number, weight)
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(packed).digest()).decode()
        dist = {"tarball": f"{url}/tarballs/server-{number}", "integrity": integrity}
        packument = {"dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {"version": "1.0.0", "dist": dist}}}
        answers[f"/server-{number}"] = _answer(json.dumps(packument).encode(), 200, tagged=True)
        answers[f"/tarballs/server-{number}"] = _answer(packed, 200, True, SLOW_S if kind == "slow" else 0.0)
    return answers


def _page(path: str, servers: int) -> _Answer:
    query = dict(part.split("=", 1) for part in path.partition("?")[2].split("&"))
    first = int(query.get("cursor", 0))
    last = min(first + PAGE, servers)
    listed = [
        {"server": {"name": f"bench/server-{n}", "version": "1.0.0",
                    "packages": [{"registryType": "npm", "identifier": f"server-{n}", "version": "1.0.0"}]}}
        for n in range(first, last)
    ]  # fmt: skip
    page = {"servers": listed, "metadata": {"nextCursor": str(last)} if last < servers else {}}
    return _answer(json.dumps(page).encode(), 200, tagged=True)
