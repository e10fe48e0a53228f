"""What a policy file says that its author may not have meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from catalog.policy.engine import Engine
from catalog.policy.pins import definition_digest
from catalog.policy.records import Condition, Guard, Policy, ToolRules
from catalog.policy.shape import parameters
from catalog.records import Tool
from classifier.schema import escape_pointer

Kind = Literal[
    "matches-nothing", "not-covered", "contradiction", "changed", "no-such-argument", "block-list", "not-pinned"
]


@dataclass(frozen=True, slots=True)
class Remark:
    """`where` is a JSON Pointer into the policy, or `/` for what is missing from it."""

    kind: Kind
    where: str
    message: str

    def to_json(self) -> dict[str, str]:
        return {"kind": self.kind, "where": self.where, "message": self.message}


def lint(policy: Policy, tools: Sequence[Tool] | None = None) -> list[Remark]:
    """All remarks: about the server first, then contradictions, each in the policy's order.

    Without `tools` only what the file alone shows.
    """
    remarks = list(_against(policy, tools)) if tools is not None else []
    return remarks + list(_contradictions(policy))


def _against(policy: Policy, tools: Sequence[Tool]) -> Iterator[Remark]:
    known = {tool.name: tool for tool in tools}
    for i, name in enumerate(policy.hide):
        if name != "*" and name not in known:
            yield Remark("matches-nothing", f"/hide/{i}", f"the server has no tool {name!r}{_near(name, known)}")
    for name, rules in policy.tools.items():
        where = f"/tools/{escape_pointer(name)}"
        if name not in known:
            yield Remark("matches-nothing", where, f"the server has no tool {name!r}{_near(name, known)}")
        else:
            yield from _arguments(where, rules, known[name])
    covered = set(policy.tools) | set(policy.hide)
    for name in known:
        if name not in covered and "*" not in policy.hide:
            yield Remark("not-covered", "/", f"no rule names {name!r}; the default is {policy.default}")
    yield from _pins(policy, known)


def _pins(policy: Policy, known: dict[str, Tool]) -> Iterator[Remark]:
    for name, digest in policy.made_for.items():
        if name in known and definition_digest(known[name]) != digest:
            told = f"the definition of {name!r} changed since the policy was made; look at its rules again"
            yield Remark("changed", f"/x-made-for/{escape_pointer(name)}", told)
    for name in policy.tools if policy.made_for else ():
        if name in known and name not in policy.made_for:
            yield Remark("not-pinned", f"/tools/{escape_pointer(name)}", f"no digest of {name!r} is kept")


def _near(name: str, known: dict[str, Tool]) -> str:
    """A tool of nearly that name: rules with `-` for `_` or another letter case never match, and nobody notices."""
    plain = _plain(name)
    found = next((other for other in known if _plain(other) == plain), None)
    return f"; there is {found!r}" if found else ""


def _plain(name: str) -> str:
    return name.casefold().replace("-", "").replace("_", "").replace(".", "")


def _arguments(where: str, rules: ToolRules, tool: Tool) -> Iterator[Remark]:
    if not tool.input_schema or tool.input_schema.get("additionalProperties") not in (None, False):
        return
    paths = {path for path, _, _ in parameters(tool)}
    nested = {path.rsplit(".", 1)[0] for path in paths}
    for at, condition in _conditions(where, rules):
        first = ".".join(condition.path.split(".")[:2])
        if condition.path not in paths and (first not in paths or first in nested):
            yield Remark("no-such-argument", at, f"the schema of {tool.name!r} has no {condition.path}")


def _conditions(where: str, rules: ToolRules) -> Iterator[tuple[str, Condition]]:
    for kind in ("require", "deny_if", "approve"):
        guards: tuple[Guard, ...] = getattr(rules, kind)
        for i, guard in enumerate(guards):
            for j, condition in enumerate(guard.conditions):
                yield f"{where}/{kind}/{i}/conditions/{j}", condition


def _contradictions(policy: Policy) -> Iterator[Remark]:
    for i, name in enumerate(policy.hide):
        if name in policy.tools:
            told = f"{name!r} is hidden, so its rules under tools never decide"
            yield Remark("contradiction", f"/hide/{i}", told)
    if "*" in policy.hide and policy.tools:
        yield Remark("contradiction", "/hide", "everything is hidden, so no rule under tools ever decides")
    for name, rules in policy.tools.items():
        where = f"/tools/{escape_pointer(name)}"
        yield from _own_contradictions(where, rules)
        yield from _block_lists(where, rules, policy)


def _own_contradictions(where: str, rules: ToolRules) -> Iterator[Remark]:
    others = bool(rules.require or rules.approve or rules.limits or len(rules.deny_if) > 1)
    for i, guard in enumerate(rules.deny_if):
        if not guard.conditions and others:
            yield Remark("contradiction", f"{where}/deny_if/{i}", "denies every call, so the other rules never decide")
    for i, guard in enumerate(rules.require):
        if not guard.conditions:
            yield Remark("contradiction", f"{where}/require/{i}", "requires nothing, so it never decides")
    for i, guard in enumerate(rules.approve):
        if not guard.conditions and len(rules.approve) > 1:
            yield Remark(
                "contradiction", f"{where}/approve/{i}", "asks about every call, so the other approvals never decide"
            )
    required = {(c.path, c.op, _key(c.value)) for g in rules.require for c in g.conditions}
    for i, guard in enumerate(rules.deny_if):
        if guard.conditions and all((c.path, c.op, _key(c.value)) in required for c in guard.conditions):
            yield Remark("contradiction", f"{where}/deny_if/{i}", "denies exactly what is required: no call can pass")
    fixed: dict[str, object] = {}
    for i, guard in enumerate(rules.require):
        for condition in guard.conditions:
            if condition.op == "eq" and _key(fixed.setdefault(condition.path, condition.value)) != _key(
                condition.value
            ):
                told = f"{condition.path} must equal two different values: no call can pass"
                yield Remark("contradiction", f"{where}/require/{i}", told)
    for i, limit in enumerate(rules.limits):
        if limit.max == 0:
            yield Remark("contradiction", f"{where}/limits/{i}", "a limit of 0 denies every call")
        same = [x for x in rules.limits if (x.counter, x.window, x.scope) == (limit.counter, limit.window, limit.scope)]
        if len(same) > 1 and limit is same[-1]:
            yield Remark("contradiction", f"{where}/limits/{i}", f"{limit.counter} is counted twice per call")


def _block_lists(where: str, rules: ToolRules, policy: Policy) -> Iterator[Remark]:
    """A deny by equality is passed by any other spelling of the same thing."""
    for at, condition in _conditions(where, ToolRules(deny_if=rules.deny_if)):
        values = condition.value if isinstance(condition.value, list) else [condition.value]
        if condition.op in ("eq", "in") and any(isinstance(v, str) for v in values):
            yield Remark("block-list", at, "denies some spellings only; a require with the allowed values is closed")


def _key(value: object) -> str:
    return repr(value)


def effective(policy: Policy, tool: str) -> str:
    """What a call without arguments gets, with all counters at 0."""
    return Engine(policy).decide(tool, {}, {}, 0).outcome
