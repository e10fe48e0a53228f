"""What fails a build, what was known, what is accepted, and until when."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from catalog.errors import InvalidInput
from catalog.reporting.baseline import read_baseline, write_baseline
from catalog.reporting.judge import Gate, fingerprints
from catalog.reporting.suppressions import Suppressions, comments, read_suppressions
from catalog.reporting.verdict import sentence
from tests.reporting.samples import assess, report

TODAY = date(2026, 5, 1)


def suppressions(tmp_path: Path, text: str) -> Suppressions:
    path = tmp_path / "accepted.toml"
    path.write_text(text, encoding="utf-8")
    return read_suppressions(path, TODAY)


def test_only_gating_checks_at_the_threshold_fail() -> None:
    assessment = assess(report(), report(check="whispers"), gate=Gate("low"))
    assert [j.report.check for j in assessment.failing] == ["wipes"]
    assert assess(report(), gate=Gate(None)).failing == ()


def test_a_check_that_nobody_declared_never_fails_a_build() -> None:
    assert assess(report(check="made-up"), gate=Gate("low")).failing == ()


def test_a_moved_line_keeps_the_fingerprint_and_other_words_do_not() -> None:
    (first,) = fingerprints([report(line=3)])
    assert fingerprints([report(line=90)]) == [first]
    assert fingerprints([report(text="wipes the disk")]) != [first]


def test_two_alike_reports_have_two_fingerprints() -> None:
    assert len(set(fingerprints([report(), report()]))) == 2


def test_what_the_baseline_holds_does_not_fail_and_what_is_new_does(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    assert write_baseline(path, assess(report()).judged) == 1
    assessment = assess(report(), report("shred"), gate=Gate("high", baseline=read_baseline(path)))
    assert [j.report.tool for j in assessment.failing] == ["shred"]
    assert [j.report.tool for j in assessment.judged if j.state == "known"] == ["wipe"]


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2, "findings": []}', '{"version": 1, "findings": [3]}'])
def test_a_broken_baseline_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "b.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"b\.json"):
        read_baseline(path)


def test_a_suppression_accepts_what_its_globs_cover_and_keeps_the_reason(tmp_path: Path) -> None:
    accepted = suppressions(tmp_path, '[[ignore]]\ncheck = "wipes"\nserver = "disk*"\nreason = "a scratch disk"\n')
    assessment = assess(report(), gate=Gate("high", suppressions=accepted))
    assert assessment.failing == ()
    assert [(j.state, j.because) for j in assessment.judged] == [("suppressed", "a scratch disk")]


def test_a_suppression_that_ended_no_longer_counts_and_says_so(tmp_path: Path) -> None:
    accepted = suppressions(tmp_path, '[[ignore]]\ncheck = "wipes"\nreason = "for now"\nuntil = 2026-04-30\n')
    assessment = assess(report(), gate=Gate("high", suppressions=accepted))
    assert len(assessment.failing) == 1
    assert "ended on 2026-04-30" in assessment.notes[0]


def test_a_suppression_holds_on_its_last_day(tmp_path: Path) -> None:
    accepted = suppressions(tmp_path, '[[ignore]]\ncheck = "*"\nreason = "for now"\nuntil = 2026-05-01\n')
    assert assess(report(), gate=Gate("high", suppressions=accepted)).failing == ()


def test_a_suppression_of_nothing_is_pointed_out(tmp_path: Path) -> None:
    accepted = suppressions(tmp_path, '[[ignore]]\ncheck = "wipes"\ntool = "gone"\nreason = "old"\n')
    assert "covers nothing" in assess(report(), gate=Gate("high", suppressions=accepted)).notes[0]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("ignore = 3", "ignore"),
        ('[[ignore]]\nreason = "x"\n', "check"),
        ('[[ignore]]\ncheck = "wipes"\n', "reason"),
        ('[[ignore]]\ncheck = "wipes"\nreason = " "\n', "reason"),
        ('[[ignore]]\ncheck = "wipes"\nreason = "x"\ntol = "y"\n', "tol"),
        ('[[ignore]]\ncheck = "wipes"\nreason = "x"\nuntil = "2026-01-01"\n', "until"),
        ("[[ignore]\n", "read"),
    ],
)
def test_a_broken_suppression_is_named(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(InvalidInput, match=word):
        suppressions(tmp_path, text)


def test_a_comment_on_the_line_or_above_it_is_a_suppression() -> None:
    lines = ["// catalog:ignore[wipes] until 2027-01-31: asked each time", "server.tool('wipe')", "x"]
    for line in (1, 2):
        (found,) = comments(lines, line)
        assert (found.check, found.reason, found.until) == ("wipes", "asked each time", date(2027, 1, 31))
    assert comments(lines, 3) == ()


@pytest.mark.parametrize("text", ["# catalog:ignore[wipes]", "# catalog:ignore: because", "# catalog:ignore[wipes] x"])
def test_a_comment_without_a_check_or_reason_is_none(text: str) -> None:
    assert comments([text], 1) == ()


def test_a_date_that_does_not_exist_in_a_comment_is_no_suppression() -> None:
    assert comments(["# catalog:ignore[wipes] until 2027-02-31: x"], 1) == ()


def test_the_verdict_without_findings_says_what_was_not_read() -> None:
    said = sentence(assess())
    assert "1 server unknown" in said
    assert "2 tools of 1 server read" in said
    assert "safe" not in said


def test_a_comment_in_the_source_counts_only_where_the_gate_asks_for_it() -> None:
    lines = ["# catalog:ignore[wipes]: the scratch disk of the tests"]
    asked = Gate("high", in_source=lambda r: comments(lines, 1))
    (judged,) = assess(report(), gate=asked).judged
    assert (judged.state, judged.in_source, judged.fails) == ("suppressed", True, False)
    assert assess(report(), gate=Gate("high")).failing != ()
