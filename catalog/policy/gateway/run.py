"""Puts the gateway together from its options."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from catalog.policy.gateway.audit import AuditLog
from catalog.policy.gateway.consent import WaitingCalls
from catalog.policy.gateway.counters import Counters
from catalog.policy.gateway.desk import Desk
from catalog.policy.gateway.gatekeeper import Clock, Gatekeeper
from catalog.policy.gateway.policy_file import Observer, PolicyFile


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person can set. `state` and `audit` default to files below the user's state folder."""

    policy: Path
    state: Path | None = None
    audit: Path | None = None
    log_values: bool = False
    grant: str | None = None
    patience_s: float = 300.0


def state_folder() -> Path:
    """`$XDG_STATE_HOME/catalog`, by default `~/.local/state/catalog`."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "catalog"


@contextmanager
def open_desk(settings: Settings, clock: Clock, observe: Observer) -> Iterator[Desk]:
    """The judging half of a gateway, closed at the end. Raises StoreError where counters or log cannot be opened."""
    policy = settings.policy.absolute()
    counters = Counters(settings.state or state_folder() / "gateway.db", settings.grant or str(policy))
    audit = AuditLog(settings.audit or state_folder() / "gateway-audit.jsonl", settings.log_values)
    try:
        counters.forget_before(clock())
        keeper = Gatekeeper(PolicyFile(policy, observe), counters, audit, clock, observe)
        yield Desk(keeper, WaitingCalls(clock, settings.patience_s))
    finally:
        audit.close()
        counters.close()


def run_stdio(settings: Settings, command: Sequence[str], observe: Observer, clock: Clock = time.time) -> int:
    """`catalog gateway --policy FILE -- COMMAND`: returns the server's exit code."""
    from catalog.policy.gateway.stdio import serve_stdio

    # Not sys.stdin.buffer: a thread that still waits in it would abort the interpreter when the server ends first.
    standard_in = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115
    standard_out = open(1, "wb", buffering=0, closefd=False)  # noqa: SIM115
    with open_desk(settings, clock, observe) as desk:
        return serve_stdio(command, desk, secrets.token_hex(8), standard_in, standard_out, observe)


def run_http(
    settings: Settings,
    url: str,
    listen: tuple[str, int],
    headers: dict[str, str],
    hosts: frozenset[str],
    observe: Observer,
    clock: Clock = time.time,
) -> None:
    """`catalog gateway --policy FILE --url URL`: serves at `http://HOST:PORT/mcp` until interrupted."""
    from catalog.policy.gateway.http import HttpGateway, serve_http

    with open_desk(settings, clock, observe) as desk:
        observe(f"listening at http://{listen[0]}:{listen[1]}/mcp for {url}")
        serve_http(HttpGateway(url, desk, settings.patience_s, headers, hosts | {listen[0]}), *listen)
