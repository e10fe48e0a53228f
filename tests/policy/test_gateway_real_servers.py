"""The gateway in front of two servers that people run; skipped where the package registries are out of reach."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from mcp import Client

from tests.policy.gateway_bench import NOON_S, Bench, is_denied, text_of

pytestmark = pytest.mark.registry
FILESYSTEM, SQLITE = "@modelcontextprotocol/server-filesystem", "mcp-server-sqlite"
ASK = {"approve": [{"conditions": [], "reason": "It writes."}]}


def fetched(*command: str) -> None:
    """Runs an installer, or skips with what it said."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"{command[0]} could not fetch {command[-1]}: {error}")
    if done.returncode:
        pytest.skip(f"{command[0]} could not fetch {command[-1]}: {done.stderr.strip()[-300:]}")


@pytest.fixture(scope="module")
def filesystem_server(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("npm and node are not installed")
    folder = tmp_path_factory.mktemp("npm")
    fetched("npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), FILESYSTEM)
    return ["node", str(folder / "node_modules" / FILESYSTEM / "dist" / "index.js")]


@pytest.fixture(scope="module")
def sqlite_server(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("pip")
    fetched(sys.executable, "-m", "venv", str(folder))
    fetched(str(folder / "bin" / "pip"), "install", "--quiet", "mcp<2", SQLITE)
    return [str(folder / "bin" / SQLITE)]


@pytest.fixture
def files(tmp_path: Path, filesystem_server: list[str]) -> Bench:
    bench = Bench(tmp_path)
    bench.command = [*filesystem_server, str(bench.files)]
    (bench.files / "a.txt").write_text("hello")
    return bench


@pytest.fixture
def database(tmp_path: Path, sqlite_server: list[str]) -> Bench:
    bench = Bench(tmp_path)
    path = bench.files / "data.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE t (a)")
        db.execute("INSERT INTO t VALUES (42)")
    bench.command = [*sqlite_server, "--db-path", str(path)]
    return bench


@pytest.mark.parametrize(("answer", "written"), [("accept", True), ("decline", False), (None, False)])
def test_files_are_read_freely_and_written_with_consent(files: Bench, answer: str | None, written: bool):
    files.set_policy(["move_file"], read_text_file={}, write_file=ASK)
    target = files.files / "b.txt"

    async def scenario(client: Client) -> tuple[bool, str, bool, bool]:
        listed = "move_file" in [tool.name for tool in (await client.list_tools()).tools]
        read = text_of(await client.call_tool("read_text_file", {"path": str(files.files / "a.txt")}))
        refused = is_denied(await client.call_tool("write_file", {"path": str(target), "content": "x"}))
        return (
            listed,
            read,
            refused,
            is_denied(await client.call_tool("move_file", {"source": "a", "destination": "b"})),
        )

    assert files.run(scenario, answer) == (False, "hello", not written, True)
    assert target.exists() == written


def test_the_call_beyond_the_limit_is_blocked_until_the_window_ends_and_across_a_restart(files: Bench):
    files.set_policy(read_text_file={"limits": [{"counter": "reads", "window": "minute", "max": 2}]})
    path = str(files.files / "a.txt")
    assert [is_denied(files.call("read_text_file", path=path)) for _ in range(3)] == [False, False, True]
    files.set_clock(NOON_S + 60)
    assert not is_denied(files.call("read_text_file", path=path))


def test_an_unreadable_policy_denies_everything(files: Bench):
    files.policy.write_text("{ not a policy")
    assert is_denied(files.call("read_text_file", path=str(files.files / "a.txt")))


def test_a_deletion_through_a_rule_for_reading_statements_is_refused(database: Bench):
    reads_only = {"require": [{"conditions": [{"path": "args.query", "op": "sql_reads_only", "value": True}]}]}
    database.set_policy(read_query=reads_only, write_query=reads_only)

    async def scenario(client: Client) -> tuple[str, bool, bool]:
        read = text_of(await client.call_tool("read_query", {"query": "SELECT a FROM t"}))
        deleted = is_denied(await client.call_tool("write_query", {"query": "DELETE FROM t"}))
        return (
            read,
            deleted,
            is_denied(await client.call_tool("write_query", {"query": "WITH x AS (SELECT 1) DELETE FROM t"})),
        )

    assert database.run(scenario) == ("[{'a': 42}]", True, True)
    with sqlite3.connect(database.files / "data.db") as db:
        assert db.execute("SELECT a FROM t").fetchall() == [(42,)]
