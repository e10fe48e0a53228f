"""Only `stdio:` with --run starts anything."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run

ROOT = Path(__file__).parent.parent.parent
REFERENCE = f"stdio:{sys.executable} -m tests.servers.notes stdio"


def test_a_command_is_refused_without_the_flag(run: Run) -> None:
    outcome = run("extract", REFERENCE)
    assert outcome.code == 2
    assert "--run" in outcome.err


def test_with_the_flag_the_servers_own_list_is_read(run: Run) -> None:
    outcome = run("extract", REFERENCE, "--run", "--sandbox", "off", "--env", f"PYTHONPATH={ROOT}", "--json")
    assert outcome.code == 0, outcome.err
    assert [tool["name"] for tool in outcome.json["tools"]] == ["list_notes", "delete_note"]


@pytest.mark.parametrize("options", [("--sandbox", "maybe"), ("--env", "=x")])
def test_options_without_meaning_are_wrong_usage(run: Run, options: tuple[str, str]) -> None:
    assert run("extract", REFERENCE, "--run", *options).code == 2
