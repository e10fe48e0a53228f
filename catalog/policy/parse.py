"""JSON to `Policy`. Every problem is named by its JSON Pointer; a document with one problem is no policy at all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from catalog.errors import InvalidInput
from catalog.policy.numbers import is_number
from catalog.policy.patterns import pattern_problem
from catalog.policy.records import (
    OPS,
    PINS_KEY,
    REASONS_KEY,
    SCOPES,
    WINDOWS,
    Condition,
    Default,
    Guard,
    Limit,
    Policy,
    Reason,
    ToolRules,
)
from classifier.records import CAPABILITIES, CATEGORIES, RISKS
from classifier.schema import escape_pointer

MAX_BYTES = 4_000_000
MAX_DEPTH = 64
_PATH = re.compile(r"args(\.[^.\s][^.]*)+\Z")
_T = TypeVar("_T")


class InvalidPolicy(InvalidInput):
    """The document is not a policy. `problems` are `(JSON Pointer, what is wrong)`, in document order."""

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        lines = "; ".join(f"{pointer or '/'}: {what}" for pointer, what in problems)
        super().__init__(f"not a valid policy: {lines}", "The language is described in docs/policy.md.")
        self.problems = problems


def load_policy(text: str | bytes) -> Policy:
    """Parses a policy file's text. Raises InvalidPolicy, also where it is no JSON, holds a key twice or is huge."""
    if len(text) > MAX_BYTES:
        raise InvalidPolicy((("", f"larger than {MAX_BYTES} bytes"),))
    try:
        raw = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant)
    except RecursionError:
        raise InvalidPolicy((("", "nested too deeply"),)) from None
    except ValueError as error:
        raise InvalidPolicy((("", f"not JSON: {error}"),)) from None
    return parse_policy(raw)


def parse_policy(raw: object) -> Policy:
    """Checks a parsed document and builds the policy. Raises InvalidPolicy with all problems found."""
    reader = _Reader()
    policy = reader.policy(raw)
    if reader.problems:
        raise InvalidPolicy(tuple(reader.problems))
    return policy


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} appears twice in one object")
    return out


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


@dataclass
class _Reader:
    problems: list[tuple[str, str]] = field(default_factory=list)

    def problem(self, at: str, what: str) -> None:
        self.problems.append((at, what))

    def mapping(
        self, raw: object, at: str, known: tuple[str, ...] | None, required: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        if not isinstance(raw, Mapping) or not all(isinstance(key, str) for key in raw):
            self.problem(at, "must be an object")
            return {}
        for key in required:
            if key not in raw:
                self.problem(f"{at}/{key}", "is missing")
        for key in raw:
            if known is not None and key not in known and not key.startswith("x-") and (at or key != "$schema"):
                self.problem(f"{at}/{escape_pointer(key)}", f"unknown key; known here: {', '.join(known)}")
        return dict(raw)

    def items(self, raw: object, at: str, read: Callable[[object, str], _T]) -> tuple[_T, ...]:
        if not isinstance(raw, list | tuple):
            self.problem(at, "must be an array")
            return ()
        return tuple(read(item, f"{at}/{i}") for i, item in enumerate(raw))

    def text(self, raw: object, at: str) -> str:
        if not isinstance(raw, str) or not raw.strip():
            self.problem(at, "must be a text that is not empty")
            return ""
        return raw

    def optional_text(self, raw: Mapping[str, Any], key: str, at: str) -> str | None:
        return self.text(raw[key], f"{at}/{key}") if key in raw else None

    def choice(self, raw: object, at: str, allowed: tuple[_T, ...]) -> _T:
        if not isinstance(raw, str) or raw not in allowed:
            self.problem(at, f"must be one of {', '.join(map(str, allowed))}")
            return allowed[0]
        return raw

    def policy(self, raw: object) -> Policy:
        known = ("version", "description", "default", "hide", "all_tools", "tools")
        doc = self.mapping(raw, "", known, ("version", "default"))
        if "version" in doc and doc["version"] != "1":
            self.problem("/version", 'must be "1"')
        all_tools = self.mapping(doc.get("all_tools", {}), "/all_tools", ("limits",))
        tools = self.mapping(doc.get("tools", {}), "/tools", None)
        hide = self.items(doc.get("hide", ()), "/hide", self.text)
        return Policy(
            default=cast(Default, self.choice(doc.get("default", "deny"), "/default", ("allow", "deny"))),
            hide=hide,
            all_tools_limits=self.items(all_tools.get("limits", ()), "/all_tools/limits", self.limit),
            tools={name: self.rules(rules, f"/tools/{escape_pointer(name)}") for name, rules in tools.items()},
            reasons=self.items(doc.get(REASONS_KEY, ()), f"/{REASONS_KEY}", self.reason),
            made_for=self.pins(doc.get(PINS_KEY, {})),
            description=self.optional_text(doc, "description", ""),
        )

    def rules(self, raw: object, at: str) -> ToolRules:
        doc = self.mapping(raw, at, ("require", "deny_if", "approve", "limits"))
        return ToolRules(
            require=self.items(doc.get("require", ()), f"{at}/require", self.denying),
            deny_if=self.items(doc.get("deny_if", ()), f"{at}/deny_if", self.denying),
            approve=self.items(doc.get("approve", ()), f"{at}/approve", self.asking),
            limits=self.items(doc.get("limits", ()), f"{at}/limits", self.limit),
        )

    def denying(self, raw: object, at: str) -> Guard:
        return self.guard(raw, at, "on_deny")

    def asking(self, raw: object, at: str) -> Guard:
        return self.guard(raw, at, "reason")

    def guard(self, raw: object, at: str, message_key: str) -> Guard:
        doc = self.mapping(raw, at, ("conditions", message_key), ("conditions",))
        conditions = self.items(doc.get("conditions", ()), f"{at}/conditions", self.condition)
        return Guard(conditions, self.optional_text(doc, message_key, at))

    def condition(self, raw: object, at: str) -> Condition:
        doc = self.mapping(raw, at, ("path", "op", "value"), ("path", "op", "value"))
        op = self.choice(doc.get("op", "eq"), f"{at}/op", OPS)
        value = doc.get("value")
        if "value" in doc and (what := _value_problem(op, value)):
            self.problem(f"{at}/value", what)
        return Condition(self.path(doc.get("path", "args.x"), f"{at}/path"), op, value)

    def path(self, raw: object, at: str) -> str:
        if not isinstance(raw, str) or not _PATH.match(raw):
            self.problem(at, 'must be a path into the arguments such as "args.amount"')
            return "args.x"
        return raw

    def limit(self, raw: object, at: str) -> Limit:
        known = ("counter", "window", "max", "scope", "increment_from", "on_deny")
        doc = self.mapping(raw, at, known, ("counter", "window", "max"))
        most = doc.get("max", 0)
        if not is_number(most) or most < 0:
            self.problem(f"{at}/max", "must be a number that is not negative")
            most = 0
        increment = self.path(doc["increment_from"], f"{at}/increment_from") if "increment_from" in doc else None
        return Limit(
            counter=self.text(doc.get("counter", "x"), f"{at}/counter"),
            window=self.choice(doc.get("window", "minute"), f"{at}/window", WINDOWS),
            max=most,
            scope=self.choice(doc.get("scope", "grant"), f"{at}/scope", SCOPES),
            increment_from=increment,
            message=self.optional_text(doc, "on_deny", at),
        )

    def reason(self, raw: object, at: str) -> Reason:
        doc = self.mapping(raw, at, ("rule", "tool", "text", "label"), ("rule", "tool", "text", "label"))
        keys = ("category", "risk", "capabilities", "needs_review")
        label = self.mapping(doc.get("label", {}), f"{at}/label", keys, keys[:3])

        def capability(item: object, where: str) -> Any:
            return self.choice(item, where, CAPABILITIES)

        return Reason(
            rule=self.text(doc.get("rule", "/"), f"{at}/rule"),
            tool=self.text(doc.get("tool", "x"), f"{at}/tool"),
            text=self.text(doc.get("text", "x"), f"{at}/text"),
            category=self.choice(label.get("category", CATEGORIES[0]), f"{at}/label/category", CATEGORIES),
            risk=self.choice(label.get("risk", RISKS[0]), f"{at}/label/risk", RISKS),
            capabilities=self.items(label.get("capabilities", ()), f"{at}/label/capabilities", capability),
            needs_review=label.get("needs_review") is True,
        )

    def pins(self, raw: object) -> dict[str, str]:
        doc = self.mapping(raw, f"/{PINS_KEY}", None)
        return {name: self.text(digest, f"/{PINS_KEY}/{escape_pointer(name)}") for name, digest in doc.items()}


def _value_problem(op: str, value: object) -> str | None:
    """What is wrong with a condition's value for its operator; None when it is right."""
    if op in ("lt", "lte", "gt", "gte"):
        return None if is_number(value) else "must be a number"
    if op in ("in", "not_in"):
        return None if isinstance(value, list) and all(map(_is_scalar, value)) else "must be an array of plain values"
    if op in ("exists", "sql_reads_only"):
        return None if isinstance(value, bool) else "must be true or false"
    if op == "regex":
        return pattern_problem(value) if isinstance(value, str) else "must be a text"
    return None if _is_scalar(value) else "must be a text, a number, true, false or null"


def _is_scalar(value: object) -> bool:
    return value is None or isinstance(value, str | bool) or is_number(value)
