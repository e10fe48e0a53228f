"""A second build: only what changed is rendered and written, what is no more is deleted, interruptions do no harm."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.site import output
from catalog.site.build import Built, build_site
from catalog.store.read import StoreReader
from tests.site import catalogue
from tests.site.catalogue import STATUS, TUESDAY, notes, other


def build(folder: Path, into: str = "site", **more: object) -> Built:
    with StoreReader(folder / "c.db") as store:
        return build_site(store, folder / into, **more)  # type: ignore[arg-type]


def contents(site: Path) -> dict[str, bytes]:
    return {str(p.relative_to(site)): p.read_bytes() for p in site.rglob("*") if p.is_file()}


def change_status(folder: Path) -> None:
    newer = replace(STATUS, description="Look up a thing, and delete it after.")
    catalogue.store(folder / "c.db", notes(version="2.0", status=newer, with_send=False), now=TUESDAY)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    catalogue.store(tmp_path / "c.db", notes(), other())
    build(tmp_path)
    return tmp_path


def test_nothing_changed_means_nothing_written(folder: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in (folder / "site").rglob("*.*") if ".catalog-site" not in str(p)}
    made = build(folder)
    assert (made.rendered, made.written, made.removed) == (0, 0, 0)
    assert {p: p.stat().st_mtime_ns for p in before} == before


def test_only_the_changed_server_is_rendered_and_others_stay(folder: Path) -> None:
    door = folder / "site/servers/npm-door"
    before = {p.name: p.stat().st_ino for p in door.iterdir()}
    change_status(folder)
    assert build(folder).rendered == 1
    assert {p.name: p.stat().st_ino for p in door.iterdir()} == before
    assert b"delete it after" in (folder / "site/servers/npm-notes/check_status.json").read_bytes()


def test_pages_of_a_vanished_tool_are_deleted(folder: Path) -> None:
    change_status(folder)
    gone = [folder / f"site/servers/npm-notes/send_note{suffix}" for suffix in (".html", ".json", ".md")]
    assert all(path.is_file() for path in gone)
    assert build(folder).removed >= len(gone)
    assert not list((folder / "site").rglob("send_note*"))


def test_an_incremental_build_gives_the_bytes_of_a_full_one(folder: Path) -> None:
    change_status(folder)
    build(folder)
    build(folder, into="full")
    assert contents(folder / "site") == contents(folder / "full")


def test_one_process_and_several_give_the_same_bytes(folder: Path) -> None:
    build(folder, into="three", jobs=3)
    assert contents(folder / "site") == contents(folder / "three")


@pytest.mark.parametrize("killed_at", [1, 2, 3, 5, 8])
def test_a_build_killed_while_pages_are_put_in_place_is_finished_by_the_next(
    folder: Path, monkeypatch, killed_at
) -> None:
    change_status(folder)
    moves: list[str] = []

    def dies(self: Path, target: Path) -> Path:
        moves.append(str(target))
        if len(moves) == killed_at:
            raise KeyboardInterrupt
        return Path(os.replace(self, target) or target)  # noqa: PTH105

    with monkeypatch.context() as patch:
        patch.setattr(output.Path, "replace", dies)
        with pytest.raises(KeyboardInterrupt):
            build(folder)
    build(folder)
    build(folder, into="full")
    assert contents(folder / "site") == contents(folder / "full")


def test_a_build_killed_while_rendering_leaves_the_old_site(folder: Path, monkeypatch) -> None:
    before = contents(folder / "site")
    change_status(folder)
    with monkeypatch.context() as patch:
        patch.setattr(output.Writer, "write", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            build(folder)
    after = {k: v for k, v in contents(folder / "site").items() if not k.startswith(".catalog-site/staging")}
    assert after == before
    build(folder)
    build(folder, into="full")
    assert contents(folder / "site") == contents(folder / "full")


def test_a_first_build_that_dies_leaves_no_site(tmp_path: Path, monkeypatch) -> None:
    catalogue.store(tmp_path / "c.db", notes())
    with monkeypatch.context() as patch:
        patch.setattr(output.Output, "commit", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            build(tmp_path)
    assert not (tmp_path / "site").exists()
    build(tmp_path)
    assert (tmp_path / "site/index.html").is_file()


def test_progress_ends_at_its_total(folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    build(folder, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1]
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_another_base_url_renders_everything_again(folder: Path) -> None:
    assert build(folder, base_url="https://tools.example").rendered == 2
    page = (folder / "site/servers/npm-notes/check_status.html").read_text()
    assert 'rel="canonical" href="https://tools.example/servers/npm-notes/check_status.html"' in page
