"""Where an argument tells a mild call from a dangerous one: modes of a tool, written as conditions."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.policy.records import Condition, Strength
from catalog.policy.treatments import class_of, treatment
from classifier.records import Mode


def mild_modes(modes: Sequence[Mode], strength: Strength) -> tuple[Mode, ...]:
    """The modes that need nobody's consent in this strength.

    A choice counts only where another of its values is dangerous: otherwise it does not tell the mild call from the
    other.
    """
    open_modes = [
        m
        for m in modes
        if m.kind != "call"
        and m.value is not None
        and treatment(class_of(m.category, m.capabilities, False), strength).do in ("allow", "limit")
    ]
    telling = {m.parameter for m in modes if m not in open_modes}
    clash = {(m.parameter, m.value) for m in modes if m not in open_modes}
    return tuple(
        m
        for m in open_modes
        if (m.kind in ("flag", "sql") or m.parameter in telling)
        and (m.parameter, m.value) not in clash
        and argument_path(m.parameter)
    )


def argument_path(pointer: str) -> str | None:
    """`/input/action` as `args.input.action`; None where a path cannot say it (a dot in a name, an array's item)."""
    parts = [p.replace("~1", "/").replace("~0", "~") for p in pointer.split("/")[1:]]
    if not parts or any(not p or "." in p or p != p.strip() or p.isdigit() for p in parts):
        return None
    return ".".join(("args", *parts))


def dangerous_calls(mild: Sequence[Mode]) -> tuple[tuple[Condition, ...], ...]:
    """Sets of conditions of which at least one holds for every call that is not mild.

    A flag that turns the call into a mere reading (`dry_run: true`) opens it whatever the other parameters say; all
    other parameters must each be mild. A parameter that is absent counts as not mild.
    """
    by_path: dict[str, list[Mode]] = {}
    for mode in mild:
        by_path.setdefault(argument_path(mode.parameter) or "", []).append(mode)
    rehearsal: list[Condition] = []
    others: list[Condition] = []
    for path, modes in by_path.items():
        values = [m.value for m in modes]
        if modes[0].kind == "flag" and all(m.category == "Read" and m.value is True for m in modes):
            rehearsal.append(Condition(path, "neq", True))
        elif modes[0].kind == "flag":
            others.append(
                Condition(path, "neq", values[0]) if len(set(values)) == 1 else Condition(path, "not_in", values)
            )
        elif modes[0].kind == "sql":
            others.append(Condition(path, "sql_reads_only", False))
        else:
            others.append(Condition(path, "not_in", values))
    if not others:
        return (tuple(rehearsal),) if rehearsal else ()
    return tuple((condition, *rehearsal) for condition in others)
