"""Grades, the report's figures, and names of actions."""

from __future__ import annotations

import itertools

import pytest

from catalog.site.actions import action_of
from catalog.site.grade import grade_of
from catalog.site.report import chance, report_of
from catalog.store.read import StoreReader
from tests.site import catalogue
from tests.site.catalogue import notes, other


def test_no_tools_no_grade() -> None:
    assert grade_of(0, 0, 0, 0, 0, None).letter is None


@pytest.mark.parametrize(
    ("counts", "letter"),
    [((10, 0, 0, 0), "A"), ((10, 0, 0, 10), "B"), ((10, 0, 5, 5), "C"), ((10, 1, 0, 9), "D"), ((10, 10, 0, 0), "F")],
)
def test_the_grade_falls_with_what_the_tools_can_do(counts, letter) -> None:
    assert grade_of(*counts, 0, 1.0).letter == letter


def test_what_was_not_read_and_not_sure_costs_points() -> None:
    assert grade_of(10, 0, 0, 0, 5, 0.5).points == 90


def test_the_chance_equals_counting_every_stack() -> None:
    stacks = list(itertools.combinations(range(7), 3))
    hit = sum(any(server < 2 for server in stack) for stack in stacks)
    assert chance(2, 7, 3) == pytest.approx(hit / len(stacks), abs=1e-4)


def test_the_report_counts_what_the_store_holds(tmp_path) -> None:
    with StoreReader(catalogue.store(tmp_path / "c.db", notes(), other())) as store:
        data = report_of(store)
    assert data["servers"] == 2
    assert data["totals"]["tools"] == 4
    assert data["totals"]["critical"] == 1
    assert data["exposed"]["servers"] == 1
    assert data["hints"][0]["contradicted"] == 1
    assert data["servers_incomplete"] == 1


@pytest.mark.parametrize(
    ("name", "action"),
    [("github_removeIssues", "delete issue"), ("delete-issue", "delete issue"), ("ping", None), ("list", None)],
)
def test_the_same_action_has_one_name(name, action) -> None:
    assert action_of(name) == action
