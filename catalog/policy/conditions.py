"""Conditions compiled to functions of the arguments: True, False, or None where the value cannot be judged.

A value that is absent answers False to every operator but `exists`, and to the negative ones (`neq`, `not_in`) None:
a server may fill in a default that the rule is about. A key that differs only in the case of its letters also answers
None, because some servers take it for the named one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from catalog.policy.numbers import is_number
from catalog.policy.patterns import matcher
from catalog.policy.records import Condition
from catalog.policy.sql import reads_only

Arguments = Mapping[str, Any]
Verdict = bool | None
Judge = Callable[[Arguments], Verdict]


class _Mark:
    __slots__ = ()


MISSING: Final = _Mark()
UNCLEAR: Final = _Mark()


def compile_path(path: str) -> Callable[[Arguments], Any]:
    """A function that finds the value at `args.a.b`, or MISSING, or UNCLEAR where readers may differ."""
    parts = [(part, part.casefold()) for part in path.split(".")[1:]]

    def resolve(arguments: Arguments) -> Any:
        node: Any = arguments
        for part, folded in parts:
            if not isinstance(node, dict | Mapping):
                return MISSING if node is None else UNCLEAR
            if len(node) > (part in node):  # other keys than this one
                for key in node:
                    if isinstance(key, str) and len(key) == len(part) and key != part and key.casefold() == folded:
                        return UNCLEAR
            if part not in node:
                return MISSING
            node = node[part]
        return node

    return resolve


def compile_condition(condition: Condition) -> Judge:
    """The condition as a function of a call's arguments."""
    resolve = compile_path(condition.path)
    if condition.op == "exists":
        return _exists(resolve, condition.value)
    absent: Verdict = None if condition.op in ("neq", "not_in") or condition.value is False else False
    takes_null = condition.op in ("eq", "neq", "in", "not_in")
    compare = _COMPARERS[condition.op](condition.value)

    def judge(arguments: Arguments) -> Verdict:
        value = resolve(arguments)
        if value is MISSING or (value is None and not takes_null):
            return absent
        return None if value is UNCLEAR else compare(value)

    return judge


def _exists(resolve: Callable[[Arguments], Any], wanted: bool) -> Judge:
    def judge(arguments: Arguments) -> Verdict:
        value = resolve(arguments)
        return None if value is UNCLEAR else (value is not MISSING and value is not None) is wanted

    return judge


Compare = Callable[[Any], Verdict]


def same(value: Any, wanted: Any) -> Verdict:
    """Equality of plain JSON values. None where a server may take one for the other: `"5"` for 5."""
    if isinstance(value, str) and isinstance(wanted, str):
        return value == wanted
    if isinstance(value, bool) and isinstance(wanted, bool):
        return value is wanted
    if is_number(value) and is_number(wanted):
        return bool(value == wanted)
    if value is None or wanted is None:
        return value is wanted
    if not (_is_scalar(value) and _is_scalar(wanted)):
        return None
    return None if _plain(value) == _plain(wanted) else False


_WORDS = {
    "true": 1.0,
    "yes": 1.0,
    "on": 1.0,
    "y": 1.0,
    "t": 1.0,
    "false": 0.0,
    "no": 0.0,
    "off": 0.0,
    "n": 0.0,
    "f": 0.0,
}


def _plain(value: str | bool | float) -> float | str:
    """What a lenient server may make of a value."""
    if not isinstance(value, str):
        return float(value)
    word = value.strip().lower()
    if word in _WORDS:
        return _WORDS[word]
    try:
        return float(word)
    except ValueError:
        return word


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | bool) or is_number(value)


def _not(verdict: Verdict) -> Verdict:
    return None if verdict is None else not verdict


def _any(verdicts: list[Verdict]) -> Verdict:
    if True in verdicts:
        return True
    return None if None in verdicts else False


def _equals(wanted: Any) -> Compare:
    return lambda value: same(value, wanted)


def _differs(wanted: Any) -> Compare:
    return lambda value: _not(same(value, wanted))


def _among(wanted: list[Any]) -> Compare:
    texts = frozenset(w for w in wanted if isinstance(w, str))
    only_texts = len(texts) == len(wanted)

    def compare(value: Any) -> Verdict:
        if only_texts and isinstance(value, str):
            return value in texts
        return _any([same(value, w) for w in wanted])

    return compare


def _not_among(wanted: list[Any]) -> Compare:
    among = _among(wanted)
    return lambda value: _not(among(value))


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any], Compare]:
    def build(wanted: Any) -> Compare:
        return lambda value: test(value, wanted) if is_number(value) else None

    return build


def _matches(wanted: str) -> Compare:
    search = matcher(wanted)
    return lambda value: search(value) if isinstance(value, str) else None


def _contains(wanted: Any) -> Compare:
    def compare(value: Any) -> Verdict:
        if isinstance(value, str):
            return wanted in value if isinstance(wanted, str) else None
        if isinstance(value, list | tuple):
            return _any([same(item, wanted) for item in value])
        return None

    return compare


def _sql(wanted: bool) -> Compare:
    return lambda value: reads_only(value) is wanted if isinstance(value, str) else None


_COMPARERS: dict[str, Callable[[Any], Compare]] = {
    "eq": _equals,
    "neq": _differs,
    "in": _among,
    "not_in": _not_among,
    "lt": _ordered(lambda a, b: a < b),
    "lte": _ordered(lambda a, b: a <= b),
    "gt": _ordered(lambda a, b: a > b),
    "gte": _ordered(lambda a, b: a >= b),
    "regex": _matches,
    "contains": _contains,
    "sql_reads_only": _sql,
}
