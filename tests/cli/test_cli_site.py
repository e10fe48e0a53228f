"""`catalog build` and `catalog preview` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catalog.cli import labelling
from tests.cli.conftest import Run
from tests.plain_classifier import PlainClassifier


@pytest.fixture(autouse=True)
def stored(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOG_DB", str(tmp_path / "catalog.db"))
    monkeypatch.setattr(labelling, "load_classifier", lambda overrides=None: PlainClassifier())
    (tmp_path / "shop.json").write_text(json.dumps([{"name": "delete_order", "description": "<script>x</script>\x1b"}]))
    run("ingest", str(tmp_path / "shop.json"))


def test_a_site_has_a_page_for_what_is_stored_and_no_markup_of_strangers(run: Run, tmp_path: Path) -> None:
    outcome = run("build", "-o", str(tmp_path / "site"), "--jobs", "1", "--json")
    assert outcome.code == 0, outcome.err
    assert (outcome.json["servers"], outcome.json["tools"]) == (1, 1)
    pages = [page.read_text(encoding="utf-8") for page in (tmp_path / "site").rglob("*.html")]
    assert any("delete_order" in page for page in pages)
    assert not any("<script>x" in page or "\x1b" in page for page in pages)


def test_a_folder_with_other_things_in_it_is_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    assert run("build", "-o", str(tmp_path / "mine")).code == 2
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_a_preview_needs_a_site(run: Run, tmp_path: Path) -> None:
    outcome = run("preview", str(tmp_path))
    assert outcome.code == 2
    assert "catalog build" in outcome.err


def test_a_folder_that_cannot_be_made_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    outcome = run("build", "-o", str(tmp_path / "file" / "site"))
    assert outcome.code == 2
    assert "Name another folder with -o." in outcome.err
