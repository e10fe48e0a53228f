"""Which of many fixed words a text holds: by RE2 in one pass where it is loaded, else one by one.

A query about one tool should start fast and needs neither RE2 nor its tables; whoever looks at many tools calls
`prepare_for_many` first. Both ways give the same answer.
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from typing import Any


def prepare_for_many() -> None:
    """Loads RE2, so that everything after this takes the quicker way."""
    import re2

    assert re2.Set


def present(literals: tuple[str, ...], text: str) -> set[str]:
    """Those of the literals that occur in the text."""
    if "re2" in sys.modules and text.isascii():
        return {literals[n] for n in _literal_set(literals).Match(text) or ()}
    return {literal for literal in literals if literal in text}


def occurs(pattern: str, text: str) -> bool:
    """Whether a pattern that means the same in RE2 matches somewhere in a text of ASCII."""
    if "re2" in sys.modules:
        return _compiled(pattern).search(text) is not None
    return re.search(pattern, text) is not None


@lru_cache(maxsize=16)
def _literal_set(literals: tuple[str, ...]) -> Any:
    import re2

    options = re2.Options()
    options.literal = True
    options.max_mem = 64_000_000
    found = re2.Set.SearchSet(options)
    for literal in literals:
        found.Add(literal)
    found.Compile()
    return found


@lru_cache(maxsize=16)
def _compiled(pattern: str) -> Any:
    import re2

    return re2.compile(pattern)
