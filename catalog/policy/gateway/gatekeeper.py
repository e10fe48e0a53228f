"""Judges calls for every transport: engine, counters, log and clock behind three verbs. Never raises; it denies."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from catalog.policy.engine import NO_POLICY, Decision, Engine, over_limit
from catalog.policy.gateway.audit import AuditLog
from catalog.policy.gateway.counters import Counters
from catalog.policy.gateway.policy_file import Observer, PolicyFile

Clock = Callable[[], float]
FAILURE = Decision("deny", "(gateway failure)", "The gateway could not judge this call, so it is denied.")


@dataclass(frozen=True, slots=True)
class Call:
    """One `tools/call` as it came in: the two fields are whatever the client sent."""

    session: str
    name: object
    arguments: object


class Gatekeeper:
    """`judge` first; where it answers "approve", a person is asked and `approved` or `refused` ends the matter."""

    def __init__(
        self, policy: PolicyFile, counters: Counters, audit: AuditLog, clock: Clock, observe: Observer
    ) -> None:
        self._policy = policy
        self._counters = counters
        self._audit = audit
        self._clock = clock
        self._observe = observe

    def hides(self, name: object) -> bool:
        """True where the tool must not be listed; every tool while there is no policy."""
        engine = self._policy.engine()
        return engine is None or (isinstance(name, str) and engine.hides(name))

    def judge(self, call: Call) -> Decision:
        """What the policy says. An allowed call has its counts reserved. "approve" is not yet written to the log."""
        return self._safely(call, lambda engine, now_s: self._decide(engine, call, now_s), "policy")

    def approved(self, call: Call) -> Decision:
        """A person said yes: the policy as it is now must still leave the call to people, and the counts must fit."""
        return self._safely(call, lambda engine, now_s: self._after_consent(engine, call, now_s), "approved")

    def refused(self, call: Call, rule: str, why: str) -> Decision:
        """Nobody said yes: `why` is one word for the log (`declined`, `unsupported`, `timeout`)."""
        told = {
            "declined": "A person declined this call.",
            "unsupported": "This call needs a person's approval, and this client cannot ask for it.",
            "timeout": "Nobody approved this call in time.",
        }
        return self._safely(call, lambda engine, now_s: Decision("deny", rule, told.get(why, "Not approved.")), why)

    def _safely(self, call: Call, decide: Callable[[Engine, float], Decision], by: str) -> Decision:
        try:
            now_s = self._clock()
            engine = self._policy.engine()
            decision = NO_POLICY if engine is None else decide(engine, now_s)
            if decision.outcome != "approve":
                self._audit.write(now_s, call.session, call.name, call.arguments, decision, by)
            return decision
        except (sqlite3.Error, OSError, ValueError, TypeError, RecursionError, OverflowError, MemoryError) as error:
            self._observe(f"a call was denied because judging it failed: {type(error).__name__}: {error}")
            return FAILURE

    def _decide(self, engine: Engine, call: Call, now_s: float) -> Decision:
        decision = engine.decide(call.name, call.arguments, self._counters.view(call.session), now_s)
        return self._reserved(decision, call) if decision.outcome == "allow" else decision

    def _after_consent(self, engine: Engine, call: Call, now_s: float) -> Decision:
        decision = engine.decide(call.name, call.arguments, self._counters.view(call.session), now_s)
        if decision.outcome not in ("allow", "approve"):
            return decision
        return self._reserved(decision._replace(outcome="allow"), call)

    def _reserved(self, decision: Decision, call: Call) -> Decision:
        refused = self._counters.reserve(decision.charges, call.session)
        return over_limit(refused) if refused else decision
