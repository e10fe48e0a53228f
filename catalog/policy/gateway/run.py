"""Puts the gateway together from its options."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from catalog.policy.gateway.audit import AuditLog
from catalog.policy.gateway.consent import WaitingCalls
from catalog.policy.gateway.counters import Counters
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
def gatekeeper(settings: Settings, clock: Clock, observe: Observer) -> Iterator[tuple[Gatekeeper, WaitingCalls]]:
    """The judging half of a gateway, closed at the end. Raises StoreError where counters or log cannot be opened."""
    policy = settings.policy.absolute()
    counters = Counters(settings.state or state_folder() / "gateway.db", settings.grant or str(policy))
    audit = AuditLog(settings.audit or state_folder() / "gateway-audit.jsonl", settings.log_values)
    try:
        counters.forget_before(clock())
        keeper = Gatekeeper(PolicyFile(policy, observe), counters, audit, clock, observe)
        yield keeper, WaitingCalls(clock, settings.patience_s)
    finally:
        audit.close()
        counters.close()


def run_stdio(settings: Settings, command: Sequence[str], observe: Observer, clock: Clock = time.time) -> int:
    """`catalog gateway --policy FILE -- COMMAND`: returns the server's exit code."""
    from catalog.policy.gateway.stdio import serve_stdio

    with gatekeeper(settings, clock, observe) as (keeper, waiting):
        session = secrets.token_hex(8)
        return serve_stdio(command, keeper, waiting, session, sys.stdin.buffer, sys.stdout.buffer, observe)
