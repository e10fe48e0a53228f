"""The engine: a compiled policy and a call in, a decision out. Pure; counts and the time are passed in.

Order of judgement: hidden, not listed under default deny, `deny_if`, `require`, limits, `approve`, allowed. Where an
argument has a kind that a condition cannot judge, the answer is "unknown", and unknown always falls to the closed side:
it denies in `deny_if`, fails in `require`, asks in `approve`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, Protocol

from catalog.policy.conditions import Arguments, Judge, Verdict, compile_condition, compile_path
from catalog.policy.numbers import is_number
from catalog.policy.records import Guard, Limit, Policy, Scope, ToolRules, Window
from classifier.schema import escape_pointer

Outcome = Literal["allow", "deny", "approve", "limited"]
WINDOW_S: dict[Window, int] = {"minute": 60, "hour": 3_600, "day": 86_400}


class CounterKey(NamedTuple):
    """One counter in one window. `window_start_s` is in seconds since 1970 UTC."""

    scope: Scope
    counter: str
    window: Window
    window_start_s: int


class Charge(NamedTuple):
    """What a call adds to a counter when it goes through, and the most the counter may hold afterwards."""

    key: CounterKey
    amount: float
    max: float
    rule: str
    message: str | None = None


class Decision(NamedTuple):
    """`rule` is the JSON Pointer of what decided, or `(hidden)`, `(default deny)`, `(default allow)`, `(no policy)`,
    `(malformed call)`. `charges` are due when an allowed or approved call is carried out.
    """

    outcome: Outcome
    rule: str
    reason: str | None = None
    charges: tuple[Charge, ...] = ()

    def to_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {"outcome": self.outcome, "rule": self.rule, "reason": self.reason}
        if self.charges:
            out["counts"] = [{"counter": c.key.counter, "window": c.key.window, "max": c.max} for c in self.charges]
        return out


class Counts(Protocol):
    """What the counters hold: a mapping from key to amount is one."""

    def get(self, key: CounterKey, default: float, /) -> float: ...


NO_POLICY = Decision("deny", "(no policy)", "There is no usable policy, so every call is denied.")
_HIDDEN = Decision("deny", "(hidden)", "This tool is hidden by policy.")
_DEFAULT_DENY = Decision("deny", "(default deny)", "The policy does not list this tool.")
_DEFAULT_ALLOW = Decision("allow", "(default allow)")
_MALFORMED = Decision("deny", "(malformed call)", "A call needs a name and an object of arguments.")
_NO_ARGUMENTS: Arguments = {}


class Engine:
    """A policy made ready for many decisions. Safe to share between threads."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._hidden = frozenset(policy.hide)
        self._hides_all = "*" in self._hidden
        shared = [_CompiledLimit(x, f"/all_tools/limits/{i}") for i, x in enumerate(policy.all_tools_limits)]
        self._shared = tuple(shared)
        self._tools = {name: _CompiledTool(name, rules, self._shared) for name, rules in policy.tools.items()}

    def hides(self, name: str) -> bool:
        """True where `tools/list` must not show the tool."""
        return self._hides_all or name in self._hidden

    def decide(self, name: object, arguments: object, counts: Counts, now_s: float) -> Decision:
        """Judges one call. `counts` holds what each counter has reached; a counter that is absent is at 0.

        `arguments` is the call's parsed JSON object, or None. Never raises on account of the call.
        """
        if arguments is None:
            arguments = _NO_ARGUMENTS
        if not isinstance(name, str) or not isinstance(arguments, Mapping):
            return _MALFORMED
        if self._hides_all or name in self._hidden:
            return _HIDDEN
        tool = self._tools.get(name)
        if tool is not None:
            return tool.decide(arguments, counts, now_s)
        if self.policy.default != "allow":
            return _DEFAULT_DENY
        return _charged(_DEFAULT_ALLOW, self._shared, arguments, counts, now_s) if self._shared else _DEFAULT_ALLOW


class _CompiledGuard:
    """`holds` tells whether all conditions hold; None where none is false but one cannot be judged."""

    __slots__ = ("decision", "holds")

    def __init__(self, guard: Guard, decision: Decision) -> None:
        conditions = tuple(compile_condition(c) for c in guard.conditions)
        self.decision = decision
        self.holds: Judge = conditions[0] if len(conditions) == 1 else _joined(conditions)


def _joined(conditions: tuple[Judge, ...]) -> Judge:
    def holds(arguments: Arguments) -> Verdict:
        unknown = False
        for condition in conditions:
            verdict = condition(arguments)
            if verdict is False:
                return False
            unknown = unknown or verdict is None
        return None if unknown else True

    return holds


class _CompiledLimit:
    __slots__ = ("amount", "latest", "limit", "rule", "window_s")

    def __init__(self, limit: Limit, rule: str) -> None:
        self.limit = limit
        self.rule = rule
        self.window_s = WINDOW_S[limit.window]
        self.amount = _amount_reader(limit.increment_from) if limit.increment_from else None
        self.latest = self._in_window(0)

    def charge(self, arguments: Arguments, now_s: float) -> Charge | None:
        """What this call would add; None where it names no usable amount."""
        start_s = int(now_s // self.window_s) * self.window_s
        unit = self.latest
        if unit.key.window_start_s != start_s:
            unit = self.latest = self._in_window(start_s)
        if self.amount is None:
            return unit
        amount = self.amount(arguments)
        return None if amount is None else Charge(unit.key, amount, unit.max, unit.rule, unit.message)

    def _in_window(self, start_s: int) -> Charge:
        """One call's charge; kept for the calls that follow in the same window."""
        limit = self.limit
        key = CounterKey(limit.scope, limit.counter, limit.window, start_s)
        return Charge(key, 1, limit.max, self.rule, limit.message)


def _amount_reader(path: str) -> Callable[[Arguments], float | None]:
    resolve = compile_path(path)

    def amount(arguments: Arguments) -> float | None:
        value = resolve(arguments)
        return value if is_number(value) and 0 <= value < 2**53 else None

    return amount


class _CompiledTool:
    __slots__ = ("allowed", "approve", "deny_if", "limits", "plain", "require")

    def __init__(self, name: str, rules: ToolRules, shared: tuple[_CompiledLimit, ...]) -> None:
        base = f"/tools/{escape_pointer(name)}"
        self.allowed = Decision("allow", base)
        self.deny_if = [
            _CompiledGuard(g, Decision("deny", f"{base}/deny_if/{i}", g.message or "A rule denies this call."))
            for i, g in enumerate(rules.deny_if)
        ]
        self.require = [
            _CompiledGuard(
                g, Decision("deny", f"{base}/require/{i}", g.message or "A condition that must hold does not.")
            )
            for i, g in enumerate(rules.require)
        ]
        self.approve = [
            _CompiledGuard(
                g, Decision("approve", f"{base}/approve/{i}", g.message or "A person decides about this call.")
            )
            for i, g in enumerate(rules.approve)
        ]
        own = tuple(_CompiledLimit(x, f"{base}/limits/{i}") for i, x in enumerate(rules.limits))
        self.limits = own + shared
        self.plain = not (self.deny_if or self.require or self.approve or self.limits)

    def decide(self, arguments: Arguments, counts: Counts, now_s: float) -> Decision:
        if self.plain:
            return self.allowed
        for guard in self.deny_if:
            if guard.holds(arguments) is not False:
                return guard.decision
        for guard in self.require:
            if guard.holds(arguments) is not True:
                return guard.decision
        decision = self.allowed
        for guard in self.approve:
            if guard.holds(arguments) is not False:
                decision = guard.decision
                break
        return _charged(decision, self.limits, arguments, counts, now_s) if self.limits else decision


def _charged(
    decision: Decision, limits: tuple[_CompiledLimit, ...], arguments: Arguments, counts: Counts, now_s: float
) -> Decision:
    charges: list[Charge] = []
    for limit in limits:
        charge = limit.charge(arguments, now_s)
        if charge is None:
            return Decision(
                "limited", limit.rule, f"{limit.limit.increment_from} is not an amount that can be counted."
            )
        after = counts.get(charge.key, 0) + charge.amount
        for earlier in charges:  # one counter may stand in two limits
            if earlier.key == charge.key:
                after += earlier.amount
        if not after <= charge.max:
            return over_limit(charge)
        charges.append(charge)
    return Decision(decision.outcome, decision.rule, decision.reason, tuple(charges))


def over_limit(charge: Charge) -> Decision:
    """The decision for a call whose charge no longer fits."""
    told = charge.message or f"The limit of {charge.max:g} per {charge.key.window} is reached ({charge.key.counter})."
    return Decision("limited", charge.rule, told)
