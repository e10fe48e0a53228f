"""What a tool does, in a form that is the same on every server: its verb and its object, from the name alone."""

from __future__ import annotations

import re
from functools import lru_cache

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SAME: dict[str, str] = {
    "remove": "delete", "erase": "delete", "destroy": "delete", "fetch": "get", "retrieve": "get", "show": "get",
    "describe": "get", "lookup": "search", "find": "search", "query": "query", "make": "create", "new": "create",
    "insert": "add", "edit": "update", "modify": "update", "change": "update", "patch": "update", "exec": "execute",
    "invoke": "run", "launch": "start", "terminate": "stop",
}  # fmt: skip
_OTHERS = (
    "list read write send post upload download move copy rename merge close open archive restore assign invite "
    "share publish schedule cancel approve reject enable disable set reset clear purge drop truncate kill restart "
    "pause resume deploy install uninstall sync import export validate check test analyze generate convert click "
    "navigate type wait log save load push pull commit clone fork subscribe unsubscribe pay refund transfer buy "
    "sell order book sign verify grant revoke lock unlock tag label comment reply forward mark watch poll count "
    "compare diff scan browse "
)
_VERBS = frozenset(_SAME) | frozenset(_SAME.values()) | frozenset(_OTHERS.split())


@lru_cache(maxsize=65536)
def action_of(name: str) -> str | None:
    """`delete issue` for `github_removeIssues`; None where the name has no known verb, or nothing after it."""
    words = [word.lower() for word in _WORDS.findall(name[:200])]
    for place, word in enumerate(words):
        if word in _VERBS:
            rest = words[place + 1 :]
            return " ".join([_SAME.get(word, word), *map(_singular, rest)]) if rest else None
    return None


def _singular(word: str) -> str:
    if len(word) < 4 or word.endswith(("ss", "us", "is")):
        return word
    return f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")


def verb_of(name: str) -> str | None:
    """The first known verb of a name as the name has it (`remove`), or None."""
    return next((word.lower() for word in _WORDS.findall(name[:200]) if word.lower() in _VERBS), None)
