"""The main job on real packages. Skipped, with the reason, where a registry cannot be reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

pytestmark = pytest.mark.registry


@pytest.mark.parametrize(
    ("reference", "slug", "tool", "category"),
    [
        (
            "npm:@modelcontextprotocol/server-filesystem",
            "npm-modelcontextprotocol-server-filesystem",
            "write_file",
            "Destructive",
        ),
        ("pypi:mcp-server-git", "pypi-mcp-server-git", "git_reset", "Write"),  # unstages: nothing is lost
    ],
)
def test_a_real_server_is_read_and_its_changing_tool_found(
    run: Run, tmp_path: Path, reference: str, slug: str, tool: str, category: str
) -> None:
    store = str(tmp_path / "catalog.db")
    outcome = run("--db", store, "ingest", reference)
    if outcome.code == 4 and "cannot be reached" in outcome.err:
        pytest.skip(outcome.err.splitlines()[-2])
    assert outcome.code == 0, outcome.err
    assert int(outcome.out.partition(": ")[2].split()[0]) >= 10
    tools = run("--db", store, "list", "tools", "--server", slug, "--category", category, "--json").json_lines
    assert tool in [found["name"] for found in tools]
