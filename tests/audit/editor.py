"""A small server written to disk, audited by a classifier that judges by names, and edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from catalog.audit.audit import Strictness
from catalog.audit.editing.files import write_files
from catalog.audit.editing.trial import Plan
from catalog.audit.run import audit_reference
from catalog.extract import read_tree
from catalog.extract.tree import SourceTree
from catalog.records import Tool
from catalog.sources.reference import parse_reference
from classifier.records import Classification, Definition
from tests.plain_classifier import PlainClassifier


def classify(definitions: Sequence[Definition]) -> list[Classification]:
    """The plain classifier's answers, certain enough to contradict what a server declares."""
    return [replace(answer, confidence=0.99) for answer in PlainClassifier().classify(definitions)]


def put(folder: Path, files: Mapping[str, str]) -> Path:
    """The files below the folder, exactly as given."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode("utf-8"))
    return folder


def tools_of(folder: Path) -> dict[str, Tool]:
    return {t.name: t for t in read_tree(SourceTree(folder)).tools}


def edit(folder: Path, explicit: bool = False, loosen: bool = False) -> Plan:
    """Audits the folder and writes the edits, as `--write` does."""
    strictness = Strictness(explicit=explicit)
    found = audit_reference(parse_reference(str(folder)), classify, strictness, edit=True, loosen=loosen)
    assert found.plan is not None
    write_files(folder, found.plan.before, found.plan.after)
    return found.plan


def edited(folder: Path, path: str, text: str, explicit: bool = False, loosen: bool = False) -> str:
    """The text of a one-file server after editing. Every tool must have been edited and read back."""
    put(folder, {path: text})
    before = tools_of(folder)
    assert before, "the reader found no tools in the test's own server"
    plan = edit(folder, explicit, loosen)
    assert plan.refused == ()
    after = tools_of(folder)
    for wish in plan.edited:
        assert dict(after[wish.tool.name].annotations) == {**wish.tool.annotations, **wish.hints}
    assert {n: t.input_schema for n, t in after.items()} == {n: t.input_schema for n, t in before.items()}
    return (folder / path).read_bytes().decode("utf-8")


def refusals(folder: Path, files: Mapping[str, str]) -> dict[str, str]:
    """Why the tools of a server were left as they are; no file may have changed."""
    put(folder, files)
    plan = edit(folder)
    assert {p: (folder / p).read_text("utf-8") for p in files} == dict(files)
    return {wish.tool.name: reason for wish, reason in plan.refused}
