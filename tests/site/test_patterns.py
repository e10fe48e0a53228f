"""Attack patterns: every id is known, every policy is one, every reference is a link."""

from __future__ import annotations

import json
import re

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


_REFERENCES = [(r.title, r.url) for p in ALL for r in p.references]


@pytest.mark.parametrize(("title", "url"), _REFERENCES)
def test_a_reference_says_what_its_address_is_of(title: str, url: str) -> None:
    """The form alone: no test opens an address."""
    assert re.fullmatch(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+/[\w./-]+", url)
    if "atlas.mitre.org" in url:
        place = re.fullmatch(
            r"https://atlas\.mitre\.org/(studies/AML\.CS\d{4}|techniques/(AML\.T\d{4}(?:\.\d{3})?))", url
        )
        assert place is not None and title.startswith("MITRE ATLAS")
        if place[2]:
            assert names("atlas")[place[2]].lower().endswith(title.removeprefix("MITRE ATLAS: ").lower())
    assert re.findall(r"CVE-\d{4}-\d{4,}", title) == re.findall(r"CVE-\d{4}-\d{4,}", url)
    for framework, number, said in re.findall(r"OWASP (MCP|LLM)(\d\d):2025 (.+)", title):
        assert names(f"owasp_{framework.lower()}")[f"{framework}{number}"] == said
        slug = said.lower().replace(" ", "-")
        expected = {"LLM": f"https://genai.owasp.org/llmrisk/llm{number}2025-{slug}/"}
        assert url == expected.get(framework, "https://owasp.org/www-project-mcp-top-10/")


def test_every_name_of_a_framework_has_an_id_of_its_form() -> None:
    forms = {"owasp_mcp": r"MCP\d\d", "owasp_llm": r"LLM\d\d", "atlas": r"AML\.T\d{4}(\.\d{3})?"}
    for framework, form in forms.items():
        assert all(re.fullmatch(form, id) and name for id, name in names(framework).items())
    assert len(names("owasp_mcp")) == len(names("owasp_llm")) == 10


def test_a_plain_read_enables_nothing() -> None:
    assert enabled("Read", ()) == ()


def test_a_destroying_tool_enables_destruction() -> None:
    assert "destruction-by-injected-text" in [p.id for p in enabled("Destructive", ())]


def test_a_path_that_leaves_its_folder_needs_a_parameter_that_can_hold_one() -> None:
    (pattern,) = [p for p in patterns() if p.id == "path-traversal"]
    assert pattern.fits(["targetPath"])
    assert not pattern.fits(["key", "value"])
    assert pattern.fits(None)
