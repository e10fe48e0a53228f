"""What the documents promise is so: commands, exit codes, settings and places exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from catalog import errors
from catalog.cli.app import COMMANDS, build_app
from catalog.sources.archive import ArchiveLimits

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def code_of_errors() -> dict[str, int]:
    found = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.CatalogError)]
    assert len(found) >= 9
    return {e.__name__: e.exit_code for e in found}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_reference(command: str) -> None:
    assert f"`catalog {command}" in REFERENCE


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_loads_and_has_the_same_name_and_a_help(command: str) -> None:
    group = build_app()
    loaded = group.get_command(None, command)
    assert loaded.name == command
    assert loaded.help


def test_every_command_named_in_a_document_exists() -> None:
    named = set(re.findall(r"(?:`|\$ |^)catalog ([a-z]+)", README + REFERENCE, re.M))
    assert len(named) >= 10
    assert named <= set(COMMANDS)


def test_the_exit_codes_are_those_of_the_error_tree() -> None:
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", REFERENCE, re.M)}
    assert listed == {0, *code_of_errors().values()}
    sentence = re.search(r"Exit codes: (.*?)\.\n", README, re.S)
    assert sentence is not None
    assert {int(code) for code in re.findall(r"(\d+) [a-z]", sentence[1])} == listed


def test_the_tree_drawn_in_the_docstring_is_the_tree() -> None:
    drawn = dict(re.findall(r"(\w+) \((\d+)\)", errors.__doc__ or ""))
    assert {name: int(code) for name, code in drawn.items()} == code_of_errors()


def test_the_limits_of_archives_are_those_documented() -> None:
    limits = ArchiveLimits()
    stated = re.search(r"(\d+) MB in all, (\d+) MB a file, ([\d,]+) members, (\d+) times", REFERENCE)
    assert stated is not None
    assert [int(n.replace(",", "")) for n in stated.groups()] == [
        limits.max_total_bytes // 1_000_000,
        limits.max_file_bytes // 1_000_000,
        limits.max_members,
        limits.max_ratio,
    ]


def test_the_settings_that_the_readme_names_are_read_somewhere() -> None:
    code = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "catalog").rglob("*.py"))
    named = re.findall(r"`((?:CATALOG|GITHUB)_[A-Z_]+)`", README)
    assert len(named) >= 4
    assert [name for name in named if name not in code] == []


def test_every_link_between_documents_leads_somewhere() -> None:
    documents = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    links = [(d, link) for d in documents for link in re.findall(r"\]\(([^)#:]+)\)", d.read_text(encoding="utf-8"))]
    assert len(links) >= 5
    assert [f"{d.name}: {link}" for d, link in links if not (d.parent / link).exists()] == []


def test_every_place_that_contributing_names_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:catalog|data|site_templates)/[\w/.]*)`", text)
    assert len(named) >= 6
    assert [place for place in named if not (ROOT / place).exists()] == []
