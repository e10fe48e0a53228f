"""Stdio in, stdio out: runs the server as a child process and relays between it and whoever started the gateway."""

from __future__ import annotations

import contextlib
import io
import subprocess
import threading
from collections.abc import Sequence
from typing import IO

from catalog.errors import SourceError
from catalog.policy.gateway.desk import Desk
from catalog.policy.gateway.policy_file import Observer
from catalog.policy.gateway.relay import Relay, Send

MAX_LINE = 64_000_000
_GRACE_S = 3.0
_EXPIRY_CHECK_S = 1.0


def serve_stdio(
    command: Sequence[str],
    desk: Desk,
    session: str,
    client_in: IO[bytes],
    client_out: IO[bytes],
    observe: Observer,
) -> int:
    """Relays until either side hangs up; returns the server's exit code. Raises SourceError where it cannot start."""
    try:
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    except (OSError, ValueError) as error:
        raise SourceError(f"the server could not be started: {error}", "Check the command after '--'.") from error
    assert child.stdin and child.stdout
    relay = Relay(desk, session, _sender(client_out), _sender(child.stdin))
    ended = threading.Event()
    reader = threading.Thread(target=_read_client, args=(client_in, relay, child.stdin, observe), daemon=True)
    clock = threading.Thread(target=_expire, args=(relay, ended), daemon=True)
    reader.start()
    clock.start()
    try:
        _pump(child.stdout, relay.from_server, observe)
    finally:
        ended.set()
        _stop(child)
    return child.returncode


def _sender(stream: IO[bytes]) -> Send:
    def send(data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[stream.write(view) or 0 :]
        stream.flush()

    return send


def _pump(stream: IO[bytes], take: Send, observe: Observer) -> None:
    """Feeds whole lines to `take` until the stream ends. A line beyond the bound or a peer that is gone ends it too."""
    lines = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream, 1 << 16)  # type: ignore[type-var]
    while line := lines.readline(MAX_LINE):
        if not line.endswith(b"\n") and len(line) >= MAX_LINE:
            observe(f"a message is longer than {MAX_LINE} bytes; the connection is closed")
            return
        try:
            take(line.rstrip(b"\n"))
        except (BrokenPipeError, ValueError):
            return


def _read_client(client_in: IO[bytes], relay: Relay, server_in: IO[bytes], observe: Observer) -> None:
    try:
        _pump(client_in, relay.from_client, observe)
    finally:
        with contextlib.suppress(OSError):
            server_in.close()


def _expire(relay: Relay, ended: threading.Event) -> None:
    while not ended.wait(_EXPIRY_CHECK_S):
        with contextlib.suppress(OSError, ValueError):
            relay.expire()


def _stop(child: subprocess.Popen[bytes]) -> None:
    """Lets the server go as the protocol says: close its input, wait, terminate, kill."""
    assert child.stdin
    with contextlib.suppress(OSError):
        child.stdin.close()
    for signal in (None, child.terminate, child.kill):
        if signal:
            signal()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_GRACE_S)
            return
