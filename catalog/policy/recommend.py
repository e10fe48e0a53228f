"""Labels in, the recommended policy out. The same function writes the tool page and the server page, so they agree.

What each class of label calls for is data (data/policy/recommendation.toml). This module decides which class a label is
in, and narrows the answer where an argument tells a mild call from a dangerous one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from catalog.policy.modes import dangerous_calls, mild_modes
from catalog.policy.records import Condition, Guard, Limit, Policy, Reason, Strength, ToolRules
from catalog.policy.shape import amount_parameters, sql_parameter
from catalog.policy.treatments import Treatment, amount_caps, class_of, treatment
from catalog.records import Tool
from classifier.records import Capability, Category, Classification, Mode
from classifier.schema import escape_pointer

if TYPE_CHECKING:
    from catalog.policy.bounds import Bounds

Labelled = tuple[Tool, Classification]
TRIFECTA: tuple[Capability, ...] = ("private_data", "untrusted_content", "communicate")


@dataclass(frozen=True, slots=True)
class _Advice:
    """What one tool gets: hidden, or rules; and why each is there, by its pointer relative to the tool."""

    hidden: bool
    rules: ToolRules
    why: tuple[tuple[str, str], ...]


def recommend(
    server_slug: str,
    tools: Sequence[Labelled],
    strength: Strength = "recommended",
    bounds: Bounds | None = None,
    pins: bool = True,
) -> Policy:
    """The policy for one server, default deny; rules stand in the order of `tools`. Without `pins` it does not
    remember the definitions that it was made for, and takes less time.

    A tool name that appears twice keeps the stricter of the two answers. The document does not name the server.
    """
    chosen: dict[str, tuple[Labelled, _Advice]] = {}
    for tool, label in tools:
        advice = _advise(tool, label, strength, bounds)
        known = chosen.get(tool.name)
        if known is None or _weight(advice) > _weight(known[1]):
            chosen[tool.name] = ((tool, label), advice)
    policy = _assemble(chosen)
    return replace(policy, made_for=_pins(chosen)) if pins else policy


def recommend_tool(
    tool: Tool, label: Classification, strength: Strength = "recommended", bounds: Bounds | None = None
) -> Policy:
    """The policy for a server of which only this tool is wanted: the very rule that the server's policy has for it."""
    return recommend(label.server or "", [(tool, label)], strength, bounds)


def recommend_stack(
    servers: Mapping[str, Sequence[Labelled]], strength: Strength = "recommended", bounds: Bounds | None = None
) -> dict[str, Policy]:
    """One policy per server of a stack. Where the stack as a whole can read private data, read strangers' text and send
    something out, every tool that sends waits for a person in every strength: that is the leg which leaks.
    """
    legs = {c for tools in servers.values() for _, label in tools for c in label.capabilities}
    if not legs.issuperset(TRIFECTA):
        return {slug: recommend(slug, tools, strength, bounds) for slug, tools in servers.items()}
    return {slug: _guard_senders(recommend(slug, tools, strength, bounds), tools) for slug, tools in servers.items()}


def _guard_senders(policy: Policy, tools: Sequence[Labelled]) -> Policy:
    text = "With these servers together, private data could leave through this tool on the word of a stranger's text."
    senders = frozenset(tool.name for tool, label in tools if "communicate" in label.capabilities)
    return ask_before(policy, tools, senders, text)


def ask_before(policy: Policy, tools: Sequence[Labelled], names: Collection[str], text: str) -> Policy:
    """The policy with a person asked before every call of the tools of these names; `text` tells that person why."""
    rules, reasons = dict(policy.tools), list(policy.reasons)
    for tool, label in tools:
        held = rules.get(tool.name)
        if held is None or tool.name not in names or _always_asks(held):
            continue
        rules[tool.name] = replace(held, approve=(*held.approve, Guard((), text)))
        reasons.append(_reason(tool, label, f"approve/{len(held.approve)}", text))
    return replace(policy, tools=rules, reasons=tuple(reasons))


def _always_asks(rules: ToolRules) -> bool:
    return any(not guard.conditions for guard in rules.approve)


def _assemble(chosen: Mapping[str, tuple[Labelled, _Advice]]) -> Policy:
    hide: list[str] = []
    rules: dict[str, ToolRules] = {}
    reasons: list[Reason] = []
    for name, ((tool, label), advice) in chosen.items():
        if advice.hidden:
            hide.append(name)
        else:
            rules[name] = advice.rules
        reasons += [
            _reason(tool, label, f"/hide/{len(hide) - 1}" if advice.hidden else where, why) for where, why in advice.why
        ]
    return Policy(hide=tuple(hide), tools=rules, reasons=tuple(reasons))


def _pins(chosen: Mapping[str, tuple[Labelled, _Advice]]) -> dict[str, str]:
    from catalog.policy.pins import definition_digest  # here, because an answer about one tool shows none

    return {name: definition_digest(tool) for name, ((tool, _), _) in chosen.items()}


def _reason(tool: Tool, label: Classification, where: str, text: str) -> Reason:
    base = f"/tools/{escape_pointer(tool.name)}"
    rule = where if where.startswith("/") else f"{base}/{where}" if where else base
    return Reason(rule, tool.name, text, label.category, label.risk, label.capabilities, label.needs_review)


def _weight(advice: _Advice) -> tuple[bool, bool, bool, int]:
    """Orders two answers for the same name by how much they forbid."""
    rules = advice.rules
    return (
        advice.hidden,
        _always_asks(rules),
        bool(rules.approve),
        -min((int(x.max) for x in rules.limits), default=10**9),
    )


def _advise(tool: Tool, label: Classification, strength: Strength, bounds: Bounds | None) -> _Advice:
    called_for = treatment(class_of(label.category, label.capabilities, label.needs_review), strength)
    told = f"{_label_text(label)}: {called_for.says}."
    if called_for.do in ("allow", "limit"):
        return _bounded(tool, _open(tool, called_for, told, strength), bounds)
    mild = () if label.needs_review else mild_modes(label.modes, strength)
    asked = dangerous_calls(mild)
    if called_for.do == "hide":
        if not asked:
            return _Advice(True, ToolRules(), (("", f"{told} Hidden."),))
        guards = tuple(
            Guard(conditions, "Only the reading and mild modes of this tool are open.") for conditions in asked
        )
        why = [(f"deny_if/{i}", f"{told} Its other modes stay closed.") for i in range(len(guards))]
        advice = _Advice(False, ToolRules(deny_if=guards, limits=_mode_limits(tool, mild, strength)), tuple(why))
        return _bounded(tool, advice, bounds)
    guards = tuple(Guard(conditions, told) for conditions in asked) or (Guard((), told),)
    why = [(f"approve/{i}", f"{told} A person decides.") for i in range(len(guards))]
    limits = _mode_limits(tool, mild, strength) if asked else _limits(tool, called_for)
    why += [(f"limits/{i}", f"{told} Capped.") for i in range(len(limits))]
    return _bounded(
        tool,
        _capped(tool, label, _Advice(False, ToolRules(approve=guards, limits=limits), tuple(why)), strength, bounds),
        bounds,
    )


def _label_text(label: Classification) -> str:
    extra = f" with {', '.join(label.capabilities)}" if label.capabilities else ""
    review = ", needs review" if label.needs_review else ""
    return f"{label.category}{extra} ({label.risk} risk{review})"


def _open(tool: Tool, called_for: Treatment, told: str, strength: Strength) -> _Advice:
    """Allowed, or allowed within a limit. A tool that says it only reads SQL is held to it."""
    limits = _limits(tool, called_for) if called_for.do == "limit" else ()
    why = [("limits/0", f"{told} Limited.")] if limits else [("", f"{told} Allowed.")]
    require: tuple[Guard, ...] = ()
    statement = sql_parameter(tool) if called_for.name.startswith("read") and strength != "permissive" else None
    if statement:
        require = (Guard((Condition(statement, "sql_reads_only", True),), "Only statements that read are allowed."),)
        why.append(("require/0", f"{told} The statement itself is checked."))
    return _Advice(False, ToolRules(require=require, limits=limits), tuple(why))


def _limits(tool: Tool, called_for: Treatment) -> tuple[Limit, ...]:
    if called_for.max is None or called_for.window is None:
        return ()
    suffix = "rate" if called_for.window == "minute" else f"per_{called_for.window}"
    return (Limit(f"{tool.name.lower()}_{suffix}", called_for.window, called_for.max),)


def _mode_limits(tool: Tool, mild: Sequence[Mode], strength: Strength) -> tuple[Limit, ...]:
    """The tightest limit that any open mode calls for."""
    wanted = [treatment(class_of(m.category, m.capabilities, False), strength) for m in mild]
    limited = [t for t in wanted if t.do == "limit" and t.max is not None]
    return _limits(tool, min(limited, key=lambda t: t.max or 0)) if limited else ()


def _capped(tool: Tool, label: Classification, advice: _Advice, strength: Strength, bounds: Bounds | None) -> _Advice:
    """Adds the caps on amounts that a money-moving tool's parameters allow."""
    if "financial" not in label.capabilities or label.category == "Read":
        return advice
    rules, why = advice.rules, list(advice.why)
    usual_per_call, usual_per_day = amount_caps(strength)
    wanted = usual_per_call if bounds is None or bounds.max_amount is None else bounds.max_amount
    for path, required, in_cents in amount_parameters(tool):
        per_call = wanted * (100 if in_cents else 1)
        per_day = per_call * usual_per_day / usual_per_call
        per_day = int(per_day) if per_day == int(per_day) else per_day
        over = (Guard((Condition(path, "gt", per_call),), f"{path} may not exceed {per_call}."),)
        below = (Guard((Condition(path, "lt", 0),), f"{path} may not be negative."),)
        why += [(f"deny_if/{len(rules.deny_if) + i}", f"{_label_text(label)}: amounts are capped.") for i in range(2)]
        rules = replace(rules, deny_if=(*rules.deny_if, *over, *below))
        if required:
            why.append((f"limits/{len(rules.limits)}", f"{_label_text(label)}: the day's total is capped."))
            name = f"{tool.name.lower()}_{path.rsplit('.', 1)[-1]}"
            rules = replace(rules, limits=(*rules.limits, Limit(name, "day", per_day, increment_from=path)))
    return replace(advice, rules=rules, why=tuple(why))


def _bounded(tool: Tool, advice: _Advice, bounds: Bounds | None) -> _Advice:
    """Adds the paths and hosts that the user named."""
    if bounds is None:
        return advice
    from catalog.policy.bounds import bound_guards

    guards = bound_guards(tool, bounds)
    if not guards or advice.hidden:
        return advice
    rules, why = advice.rules, list(advice.why)
    for kind, guard in guards:
        held: tuple[Guard, ...] = getattr(rules, kind)
        why.append((f"{kind}/{len(held)}", "Kept to the paths and hosts that the user named."))
        rules = replace(rules, require=(*held, guard)) if kind == "require" else replace(rules, deny_if=(*held, guard))
    return replace(advice, rules=rules, why=tuple(why))


def outcome_called_for(
    category: Category, capabilities: Sequence[Capability], needs_review: bool, strength: Strength
) -> str:
    """`allow`, `limit`, `approve` or `hide`: what the label alone calls for."""
    return treatment(class_of(category, capabilities, needs_review), strength).do
