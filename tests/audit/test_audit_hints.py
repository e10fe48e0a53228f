"""What follows from an answer and from code, and how it compares to what is declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from catalog.audit.audit import Strictness, audit_tool
from catalog.audit.reach import idempotence
from catalog.audit.records import DEFAULTS, HINTS, ServerAudit, ToolAudit
from catalog.audit.reports import reports
from catalog.records import Fact, Location, Server, Source, Tool
from classifier.records import Capability, Category, Classification, Evidence

PLACE = Location("src/index.ts", 7)
READ = {"readOnlyHint": True}
ADD = {"readOnlyHint": False, "destructiveHint": False}
DROP = {"readOnlyHint": False, "destructiveHint": True}


def audited(
    category: Category,
    declared: Mapping[str, Any] | None = None,
    facts: tuple[tuple[str, str], ...] = (),
    rule: str = "verb:list",
    capabilities: tuple[Capability, ...] = (),
    sure: bool = True,
    confidence: float = 0.97,
    local: bool = False,
    **strict: bool,
) -> ToolAudit:
    found = tuple(Fact(kind, detail, PLACE) for kind, detail in facts)
    tool = Tool("tool", annotations=declared or {}, location=PLACE, facts=found)
    quote = Evidence("description", "Lists", rule, 0, 5)
    said = Classification(
        "s", "tool", category, "low", capabilities, confidence if sure else 0.6, not sure, "Why.", (quote,)
    )
    return audit_tool(tool, said, lambda: local, Strictness(**strict))


def follows(tool: ToolAudit) -> dict[str, bool]:
    return {h.name: h.answer.value for h in tool.hints if h.answer.value is not None}


def proposed(tool: ToolAudit) -> dict[str, bool]:
    return {h.name: h.proposed for h in tool.hints if h.proposed is not None}


def statuses(tool: ToolAudit) -> dict[str, str]:
    return {h.name: h.status for h in tool.hints}


@pytest.mark.parametrize(("category", "hints"), [("Read", READ), ("Write", ADD), ("Destructive", DROP)])
def test_the_category_gives_the_two_hints_that_directories_ask_for(category: Category, hints: dict[str, bool]) -> None:
    tool = audited(category)
    assert proposed(tool) == hints
    assert tool.status == "missing"
    assert audited(category, hints).status == "ok"


def test_every_default_is_the_careful_value_and_loosening_means_leaving_it() -> None:
    assert DEFAULTS == {"readOnlyHint": False, "destructiveHint": True, "idempotentHint": False, "openWorldHint": True}
    assert [h.loosens for h in audited("Destructive", {}).hints] == [False] * len(HINTS)
    assert audited("Read").hints[0].loosens


@pytest.mark.parametrize(
    ("category", "declared", "hint", "status"),
    [
        ("Write", {"readOnlyHint": True}, "readOnlyHint", "wrong"),
        ("Destructive", {"destructiveHint": False}, "destructiveHint", "wrong"),
        ("Read", {"readOnlyHint": "yes"}, "readOnlyHint", "wrong"),
        ("Read", {"readOnlyHint": False}, "readOnlyHint", "over-broad"),
        ("Write", {"destructiveHint": True}, "destructiveHint", "over-broad"),
        ("Read", {"readOnlyHint": True, "destructiveHint": True}, "destructiveHint", "over-broad"),
        ("Read", {"readOnlyHint": True, "destructiveHint": False}, "destructiveHint", "ok"),
    ],
)
def test_declared_hints_are_compared(category: Category, declared: dict[str, Any], hint: str, status: str) -> None:
    assert statuses(audited(category, declared))[hint] == status


def test_read_only_is_not_added_beside_a_declared_destruction() -> None:
    assert statuses(audited("Read", {"destructiveHint": True}))["readOnlyHint"] == "over-broad"


def test_a_doubtful_answer_proposes_nothing() -> None:
    for category in ("Read", "Write", "Destructive"):
        tool = audited(category, sure=False)
        assert proposed(tool) == {}
        assert tool.status == "undecided"
        assert "0.60" in str(tool.doubt)


@pytest.mark.parametrize(
    ("category", "declared"),
    [("Write", {"readOnlyHint": True}), ("Destructive", {"readOnlyHint": False, "destructiveHint": False})],
)
def test_contradicting_an_author_takes_more_certainty(category: Category, declared: dict[str, Any]) -> None:
    assert audited(category, declared, confidence=0.96).status == "wrong"
    close = audited(category, declared, confidence=0.94)
    assert close.status == "undecided"
    assert proposed(close) == {}
    assert "it declares" in str(close.doubt)
    assert audited(category, confidence=0.94).status == "missing"


def test_a_warning_is_called_too_broad_only_with_certainty() -> None:
    assert statuses(audited("Write", {"destructiveHint": True}, confidence=0.94))["destructiveHint"] == "ok"


def test_a_review_adds_only_what_makes_clients_more_careful() -> None:
    assert proposed(audited("Read", sure=False, review=True)) == {}
    assert proposed(audited("Write", sure=False, review=True)) == {"readOnlyHint": False}
    assert proposed(audited("Destructive", sure=False, review=True)) == DROP
    for category in ("Read", "Write", "Destructive"):
        tool = audited(category, sure=False, review=True, explicit=True)
        assert not any(h.loosens for h in tool.hints)
        assert tool.doubt


@pytest.mark.parametrize(
    ("category", "fact"),
    [
        ("Read", ("http", "DELETE api.example.com")),
        ("Read", ("http", "PUT /notes")),
        ("Read", ("file_write", "fs.writeFile")),
        ("Read", ("email", "sendMail")),
        ("Read", ("sql", "delete from notes")),
        ("Write", ("http", "DELETE /notes")),
        ("Write", ("file_delete", "fs.unlink")),
        ("Write", ("sql", "DROP TABLE notes")),
    ],
)
def test_code_that_does_more_than_the_definition_says_makes_an_answer_doubtful(
    category: Category, fact: tuple[str, str]
) -> None:
    tool = audited(category, facts=(fact,))
    assert tool.status == "undecided"
    assert proposed(tool) == {}
    assert "src/index.ts:7" in str(tool.doubt)


@pytest.mark.parametrize(
    "fact", [("http", "GET /notes"), ("http", "POST /search"), ("sql", "SELECT 1"), ("file_read", "x")]
)
def test_code_that_may_only_read_leaves_a_read_alone(fact: tuple[str, str]) -> None:
    assert proposed(audited("Read", facts=(fact,))) == READ


@pytest.mark.parametrize(
    ("facts", "value"),
    [
        ((("http", "PUT /notes/1"),), True),
        ((("http", "GET /notes"), ("http", "DELETE /notes/1")), True),
        ((("file_delete", "fs.unlink"),), True),
        ((("http", "POST /notes"),), None),
        ((("http", "PUT /notes"), ("process", "git")), None),
        ((("http", "GET /notes"),), None),
        ((("http", "PUT /notes"), ("sql", "INSERT INTO log")), None),
        ((), None),
    ],
)
def test_idempotence_is_claimed_only_where_the_code_shows_it(
    facts: tuple[tuple[str, str], ...], value: bool | None
) -> None:
    assert follows(audited("Destructive", facts=facts)).get("idempotentHint") is value


def test_a_name_that_adds_is_not_called_idempotent_whatever_its_method() -> None:
    tool = replace(audited("Write", facts=(("http", "PUT /notes"),)).tool, name="create_or_update_note")
    assert idempotence(tool).value is None


def test_a_read_is_never_called_idempotent() -> None:
    assert "idempotentHint" not in follows(audited("Read", facts=(("http", "GET /notes"),)))


def test_an_open_world_is_told_by_whom_the_tool_reaches() -> None:
    for tool in (
        audited("Read", rule="rule:fetches-web"),
        audited("Write", capabilities=("communicate",)),
        audited("Write", facts=(("email", "sendMail"),)),
    ):
        assert follows(tool)["openWorldHint"] is True
        assert "openWorldHint" not in proposed(tool)  # its absence says the same


def test_a_closed_world_is_called_wrong_only_where_anything_can_be_reached() -> None:
    declared = {"openWorldHint": False}
    assert statuses(audited("Destructive", declared, rule="rule:shell-free"))["openWorldHint"] == "wrong"
    assert statuses(audited("Write", declared, facts=(("email", "sendMail"),)))["openWorldHint"] == "wrong"
    assert statuses(audited("Read", declared, rule="rule:fetches-web"))["openWorldHint"] == "ok"


def test_strangers_text_alone_does_not_call_a_closed_world_wrong() -> None:
    tool = audited("Read", {"openWorldHint": False}, capabilities=("untrusted_content",))
    assert statuses(tool)["openWorldHint"] == "ok"


def test_a_closed_world_needs_local_facts_and_a_source_without_network() -> None:
    reads = (("file_read", "fs.readFile"),)
    assert proposed(audited("Read", facts=reads, local=True)) == {**READ, "openWorldHint": False}
    assert proposed(audited("Read", facts=reads, local=False)) == READ
    assert proposed(audited("Read", facts=(*reads, ("http", "GET /")), local=True)) == READ
    assert proposed(audited("Read", local=True)) == READ


def test_explicit_states_also_what_absence_says() -> None:
    assert proposed(audited("Read", explicit=True)) == {"readOnlyHint": True, "destructiveHint": False}
    assert proposed(audited("Write", rule="rule:fetches-web", explicit=True)) == {**ADD, "openWorldHint": True}


def test_an_update_says_that_additive_can_be_doubted() -> None:
    assert "changes in place" in audited("Write", rule="verb:update").hints[1].answer.why
    assert "changes in place" not in audited("Write", rule="verb:create").hints[1].answer.why


def test_every_open_hint_becomes_a_report_at_the_registration() -> None:
    server = Server("notes", "Notes", Source("local", "notes"))
    wrong = audited("Write", {"readOnlyHint": True, "destructiveHint": True})
    doubtful = replace(audited("Read", sure=False))
    found = reports(ServerAudit(server, (wrong, audited("Read"), doubtful, audited("Read", READ))))
    assert [(r.check, r.severity) for r in found] == [
        ("audit-hint-wrong", "high"),
        ("audit-hint-over-broad", "info"),
        ("audit-hint-missing", "low"),
        ("audit-undecided", "info"),
    ]
    assert {(r.server, r.tool, r.location) for r in found} == {("notes", "tool", PLACE)}
    assert "clients take false for granted" in found[2].message
    assert found[0].evidence[0].path == "/readOnlyHint"
