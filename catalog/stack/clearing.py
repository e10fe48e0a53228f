"""Text about a stack on its way out: cleared of the secrets that its entries hold, and of whatever looks like one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from catalog.stack.records import Entry
from catalog.stack.secrets import REDACTED, redacted

SHORTEST = 4  # a shorter value would also be cut out of ordinary words


def secrets_of(entries: Iterable[Entry], with_variables: bool = False) -> list[str]:
    """The values that the entries keep, the longest first; with all variables where they were given to a program."""
    held = {value for entry in entries for value in entry.launch.secrets}
    if with_variables:
        held |= {value for entry in entries for value in entry.launch.env.values()}
    return sorted((value for value in held if len(value) >= SHORTEST), key=lambda v: (-len(v), v))


def without(text: str, secrets: Sequence[str]) -> str:
    """The text with these values taken out, exactly as they stand."""
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    return text


def cleared(text: str, entries: Iterable[Entry], with_variables: bool = False) -> str:
    """The text without what the entries keep and without anything that looks like a secret."""
    return redacted(without(text, secrets_of(list(entries), with_variables)))
