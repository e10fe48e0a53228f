"""Servers side by side: tools of one name, names that look alike, and text of one server about another one's tool."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from catalog.findings.checks import find_check
from catalog.findings.folding import fold, fold_to_latin
from catalog.findings.records import Report
from catalog.records import Tool
from catalog.severity import Severity
from classifier.records import Evidence

SHORTEST_NAME = 8  # letters of a name below which one letter's difference means nothing
MAX_TEXT = 20_000
MAX_BUCKET = 50  # names that are compared with each other: hostile servers have many alike
_PART = re.compile(r"[\W_]+")
_MENTION = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[_-][A-Za-z0-9]+)+")
_SENTENCE_END = re.compile(r"[.!?\n]")
# What turns a mention into an order about the other tool: what to change in its calls, or that it must not be trusted.
_ORDERS = (
    r"(?is)\b(?:when|whenever|every time|each time|before|after|if)\b.*\b(?:set|send|change|replace|add|append|redirect"
    r"|bcc|cc|forward|copy|pass|include)\b.*\b(?:to|with|as|its|the|in)\b"
    r"|\b(?:compromised|unsafe|insecure|no longer safe|has been replaced|is broken|must be redirected)\b"
)

_Placed = tuple[str, Tool]


def find_among(servers: Sequence[tuple[str, Sequence[Tool]]]) -> Iterator[Report]:
    """Reports about tools of several servers, each given by slug and tools."""
    named: dict[str, list[_Placed]] = defaultdict(list)
    for slug, tools in servers:
        for tool in tools:
            named[tool.name].append((slug, tool))
    yield from _shared(named)
    yield from _confusable(named)
    yield from _mentions(servers, named)


def _shared(named: dict[str, list[_Placed]]) -> Iterator[Report]:
    """Names of several servers, also where only case and separators differ."""
    by_form: dict[str, list[_Placed]] = defaultdict(list)
    for places in named.values():
        for place in places:
            by_form[_plain(place[1].name)].append(place)
    for places in by_form.values():
        slugs = sorted({slug for slug, _ in places})
        if len(slugs) > 1:
            slug, tool = places[0]
            yield _report("name-shared", f"{tool.name} is a tool of {', '.join(slugs)}.", slug, tool, tool.name)


def _confusable(named: dict[str, list[_Placed]]) -> Iterator[Report]:
    """Names of different servers that are one but for look-alike letters, or that are a slip apart."""
    by_form: dict[str, list[str]] = defaultdict(list)
    for name in named:
        by_form[_form(name)].append(name)
    for names in by_form.values():
        for other in names[1:]:
            if _plain(other) != _plain(names[0]):
                yield from _pair(names[0], other, named, "the same but for look-alike letters", "high")
    for pair in _one_off([form for form in by_form if len(form) >= SHORTEST_NAME]):
        first, second = (by_form[form][0] for form in pair)
        slip = _is_swap(*pair)
        yield from _pair(
            first, second, named, "letters are swapped or doubled" if slip else "they differ in one letter",
            "medium" if slip else "info",
        )  # fmt: skip


def _pair(a: str, b: str, named: dict[str, list[_Placed]], how: str, severity: Severity) -> Iterator[Report]:
    """The later of two names of different servers; servers that have both know what they do."""
    (slug, _), other = named[a][0], next((p for p in named[b] if p[0] != named[a][0][0]), None)
    if other is not None and not {s for s, _ in named[a]} & {s for s, _ in named[b]}:
        yield _report(
            "name-confusable", f"{a} of {slug} and {b} of {other[0]} look alike: {how}.", *other, b, severity=severity
        )


def _one_off(forms: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pairs that are one slip apart: found by the forms with one letter left out, which both of a pair share."""
    buckets: dict[str, list[str]] = defaultdict(list)
    for form in sorted(set(forms)):
        for key in {form, *(form[:i] + form[i + 1 :] for i in range(len(form)))}:
            buckets[key].append(form)
    seen: set[tuple[str, str]] = set()
    for group in buckets.values():
        for i, a in enumerate(group[:MAX_BUCKET]):
            for b in group[i + 1 : MAX_BUCKET]:
                if (a, b) not in seen and (_is_swap(a, b) or _is_slip(a, b)):
                    seen.add((a, b))
                    yield a, b


def _is_swap(a: str, b: str) -> bool:
    """Whether two neighbouring letters are swapped, or one is doubled."""
    place = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    if len(a) == len(b):
        return a[place : place + 2] == b[place : place + 2][::-1] and a[place + 2 :] == b[place + 2 :]
    short, long = sorted((a, b), key=len)
    doubled = 0 < place < len(long) - 1 and long[place] == long[place - 1]
    return doubled and short == long[:place] + long[place + 1 :]


def _is_slip(a: str, b: str) -> bool:
    """Whether one letter differs that is no ending, which makes another word, no beginning and no digit."""
    if abs(len(a) - len(b)) > 1:
        return False
    short, long = sorted((a, b), key=len)
    place = next((i for i, (x, y) in enumerate(zip(short, long, strict=False)) if x != y), len(short))
    if len(a) == len(b) and short[place + 1 :] != long[place + 1 :]:
        return False
    letters = long[place : place + 1] + short[place : place + 1]
    return not any(c.isdigit() for c in letters) and 0 < place < len(long) - 1


def _plain(name: str) -> str:
    return _PART.sub("", fold(name).text)


def _form(name: str) -> str:
    return _PART.sub("", fold_to_latin(name).text).replace("0", "o").replace("1", "l")


def _mentions(servers: Sequence[tuple[str, Sequence[Tool]]], named: dict[str, list[_Placed]]) -> Iterator[Report]:
    names = [(slug, {t.name for t in tools}) for slug, tools in servers]
    for slug, tools in servers:
        own = {_form(tool.name) for tool in tools}
        copies = _copies(tools, names)
        for tool in tools:
            text = (tool.description or "")[:MAX_TEXT]
            for match in _MENTION.finditer(text):
                others = [s for s, _ in named.get(match.group(), ()) if s != slug and s not in copies]
                if not others or _form(match.group()) in own or not _gives_orders(text, match.start(), match.end()):
                    continue
                quote = Evidence("description", match.group(), "other-server:tool", match.start(), match.end())
                message = f"It tells how {match.group()} of {others[0]} is to be used."
                yield _report("text-speaks-of-other-server", message, slug, tool, tool.name, quote)
                break


def _copies(tools: Sequence[Tool], servers: Sequence[tuple[str, set[str]]]) -> set[str]:
    """Servers that have a third of these tools: the same server once more, or another version of it."""
    own = {tool.name for tool in tools}
    return {slug for slug, others in servers if 3 * len(own & others) >= len(own)}


def _gives_orders(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - 160) : start]
    after = text[end : end + 160]
    cut = max((m.end() for m in _SENTENCE_END.finditer(before)), default=0)
    stop = _SENTENCE_END.search(after)
    return re.search(_ORDERS, f"{before[cut:]} {after[: stop.start()] if stop else after}") is not None


def _report(
    check: str,
    message: str,
    slug: str,
    tool: Tool,
    name: str,
    quote: Evidence | None = None,
    severity: Severity | None = None,
) -> Report:
    known = find_check(check)
    evidence = quote or Evidence("name", name, f"name:{check}", 0, len(name))
    return Report(
        check, severity or known.severity, f"{known.title}: {message}", slug, tool.name, (evidence,), tool.location
    )
