"""Regular expressions that a hostile argument cannot make slow: RE2 syntax, matched in time linear in the text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MAX_PATTERN = 2_000
MAX_TEXT = 1_000_000
_MAX_MEMORY_BYTES = 8_000_000


def _compile(pattern: str) -> Any:
    import re2  # here, because most policies hold no pattern and a query should start fast

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY_BYTES
    return re2.compile(pattern, options)


def pattern_problem(pattern: str) -> str | None:
    """Why this pattern cannot be used, or None. RE2 has no look-around and no back-references."""
    if len(pattern) > MAX_PATTERN:
        return f"the pattern is longer than {MAX_PATTERN} characters"
    import re2

    try:
        _compile(pattern)
    except (re2.error, UnicodeError) as error:
        return f"not a usable pattern: {error}"
    return None


def matcher(pattern: str) -> Callable[[str], bool | None]:
    """A function that tells whether the pattern occurs in a text; None where the text is too long or not Unicode."""
    search = _compile(pattern).search

    def matches(text: str) -> bool | None:
        if len(text) > MAX_TEXT:
            return None
        try:
            return search(text) is not None
        except UnicodeError:
            return None

    return matches
