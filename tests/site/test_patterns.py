"""Attack patterns: every id is known, every policy is one, every reference is a link."""

from __future__ import annotations

import json

import pytest

from catalog.policy.records import Policy
from catalog.site.patterns import Pattern, enabled, names, patterns
from classifier.records import CAPABILITIES, CATEGORIES

ALL = patterns()


def test_there_are_at_least_twenty() -> None:
    assert len(ALL) >= 20
    assert len({p.id for p in ALL}) == len(ALL)


@pytest.mark.parametrize("pattern", ALL, ids=lambda p: p.id)
def test_a_pattern_holds_what_it_promises(pattern: Pattern) -> None:
    assert "TOOL" in json.dumps(Policy.from_json(json.loads(pattern.policy)).to_json())
    assert pattern.needs or pattern.legs
    assert {w for need in pattern.needs for w in need} | set(pattern.legs) <= {*CATEGORIES, *CAPABILITIES}
    assert all(i in names("owasp_mcp") for i in pattern.owasp_mcp) and pattern.owasp_mcp
    assert all(i in names("owasp_llm") for i in pattern.owasp_llm) and pattern.owasp_llm
    assert all(i in names("atlas") for i in pattern.atlas) and pattern.atlas
    assert pattern.references and all(r.url.startswith("https://") for r in pattern.references)


def test_a_plain_read_enables_nothing() -> None:
    assert enabled("Read", ()) == ()


def test_a_destroying_tool_enables_destruction() -> None:
    assert "destruction-by-injected-text" in [p.id for p in enabled("Destructive", ())]


def test_a_path_that_leaves_its_folder_needs_a_parameter_that_can_hold_one() -> None:
    (pattern,) = [p for p in patterns() if p.id == "path-traversal"]
    assert pattern.fits(["targetPath"])
    assert not pattern.fits(["key", "value"])
    assert pattern.fits(None)
