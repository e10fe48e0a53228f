"""The gateway over stdio, end to end: a real server process behind it, the official SDK's client in front."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mcp import Client

from tests.policy.gateway_bench import HERE, NOON_S, ROOT, Bench, is_denied, text_of

ASK = {"approve": [{"conditions": [], "reason": "It writes."}]}
READS_ONLY = {"require": [{"conditions": [{"path": "args.sql", "op": "sql_reads_only", "value": True}]}]}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    (made.files / "a.txt").write_text("hello")
    return made


def test_reads_pass(bench: Bench):
    bench.set_policy(read_file={})
    assert text_of(bench.call("read_file", path="a.txt")) == "hello"


def test_a_write_that_a_person_approves_is_carried_out(bench: Bench):
    bench.set_policy(write_file=ASK)
    assert text_of(bench.call("write_file", "accept", path="b.txt", content="x")) == "written"
    assert (bench.files / "b.txt").read_text() == "x"


@pytest.mark.parametrize("answer", ["decline", "cancel", None])
def test_a_write_that_nobody_approves_never_reaches_the_server(bench: Bench, answer: str | None):
    bench.set_policy(write_file=ASK)
    assert is_denied(bench.call("write_file", answer, path="b.txt", content="x"))
    assert not (bench.files / "b.txt").exists()


def test_a_limit_blocks_the_next_call_and_opens_again_with_the_window(bench: Bench):
    bench.set_policy(read_file={"limits": [{"counter": "reads", "window": "minute", "max": 2}]})

    async def scenario(client: Client) -> list[bool]:
        first = [is_denied(await client.call_tool("read_file", {"path": "a.txt"})) for _ in range(3)]
        bench.set_clock(NOON_S + 60)
        return [*first, is_denied(await client.call_tool("read_file", {"path": "a.txt"}))]

    assert bench.run(scenario) == [False, False, True, False]


def test_counts_survive_a_restart(bench: Bench):
    bench.set_policy(read_file={"limits": [{"counter": "reads", "window": "day", "max": 2}]})
    assert [is_denied(bench.call("read_file", path="a.txt")) for _ in range(3)] == [False, False, True]


def test_counts_survive_a_kill(bench: Bench):
    bench.set_policy(read_file={"limits": [{"counter": "reads", "window": "day", "max": 1}]})
    launch = bench.parameters()
    gateway = subprocess.Popen(
        [launch.command, *launch.args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **(launch.env or {})},
    )
    assert gateway.stdin and gateway.stdout
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "read_file", "arguments": {"path": "a.txt"}},
    }
    gateway.stdin.write(json.dumps(call).encode() + b"\n")
    gateway.stdin.flush()
    assert b"hello" in gateway.stdout.readline()
    gateway.kill()
    gateway.communicate()
    assert is_denied(bench.call("read_file", path="a.txt"))


def test_a_deletion_is_refused_where_only_reading_statements_are_allowed(bench: Bench):
    bench.set_policy(query=READS_ONLY)
    assert text_of(bench.call("query", sql="SELECT 41 + 1")) == "[[42]]"
    assert is_denied(bench.call("query", sql="WITH x AS (SELECT 1) DELETE FROM t"))


def test_a_hidden_tool_is_neither_listed_nor_callable(bench: Bench):
    bench.set_policy(["delete_all"], read_file={})

    async def scenario(client: Client) -> tuple[list[str], bool]:
        names = [tool.name for tool in (await client.list_tools()).tools]
        return names, is_denied(await client.call_tool("delete_all", {}))

    assert bench.run(scenario) == (["read_file", "write_file", "query"], True)
    assert (bench.files / "a.txt").exists()


@pytest.mark.parametrize("text", [None, "", "{", '{"version": "1"}', '{"version": "2", "default": "allow"}'])
def test_an_unreadable_policy_denies_everything(bench: Bench, text: str | None):
    if text is not None:
        bench.policy.write_text(text)

    async def scenario(client: Client) -> tuple[int, bool]:
        return len((await client.list_tools()).tools), is_denied(await client.call_tool("read_file", {"path": "a.txt"}))

    assert bench.run(scenario) == (0, True)


def test_a_changed_policy_takes_effect_and_a_broken_one_does_not(bench: Bench):
    bench.set_policy(read_file={})

    async def scenario(client: Client) -> list[bool]:
        denied = [is_denied(await client.call_tool("read_file", {"path": "a.txt"}))]
        bench.policy.write_text("{ broken")
        denied.append(is_denied(await client.call_tool("read_file", {"path": "a.txt"})))
        bench.set_policy(query={})
        denied.append(is_denied(await client.call_tool("read_file", {"path": "a.txt"})))
        bench.policy.unlink()
        denied.append(is_denied(await client.call_tool("query", {"sql": "SELECT 1"})))
        return denied

    assert bench.run(scenario) == [False, False, True, False]


def test_the_audit_log_names_arguments_and_keeps_their_values_to_itself(bench: Bench):
    bench.set_policy(read_file={})
    bench.call("read_file", path="a.txt")
    (entry,) = bench.log()
    assert (entry["tool"], entry["arguments"], entry["outcome"]) == ("read_file", ["path"], "allow")
    assert "a.txt" not in bench.audit.read_text()


def test_other_methods_pass_through(bench: Bench):
    bench.set_policy(read_file={})

    async def scenario(client: Client) -> object:
        await client.send_ping()
        return (await client.list_prompts()).prompts, client.server_capabilities.experimental

    assert bench.run(scenario) == ([], {"x": {}})


def test_a_client_of_the_newest_revision_is_asked_by_a_result_that_requires_input(bench: Bench):
    bench.command = [sys.executable, str(HERE / "servers" / "modern.py"), str(bench.files / "notes")]
    bench.set_policy(add_note=ASK, read_notes={})

    async def scenario(client: Client) -> tuple[str, str, str]:
        added = text_of(await client.call_tool("add_note", {"text": "one"}))
        return client.protocol_version, added, text_of(await client.call_tool("read_notes", {}))

    assert bench.run(scenario, "accept") == ("2026-07-28", "added", "one\n")
    assert bench.run(scenario, "decline")[1].startswith("[POLICY DENIED]")
    assert bench.run(scenario, None)[1].startswith("[POLICY DENIED]")
    assert (bench.files / "notes").read_text() == "one\n"


def start(bench: Bench, server: str) -> subprocess.Popen[bytes]:
    """The command itself in front of a server given as a script."""
    files = ["--policy", str(bench.policy), "--state", str(bench.state), "--audit", str(bench.audit)]
    command = [sys.executable, "-m", "catalog", "gateway", *files, "--", sys.executable, "-c", server]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)


def test_a_server_that_ends_ends_the_gateway_with_its_exit_code(bench: Bench):
    bench.set_policy()
    gateway = start(bench, "raise SystemExit(3)")
    assert gateway.wait(30) == 3
    gateway.communicate()


def test_a_gateway_that_is_terminated_takes_its_server_with_it(bench: Bench):
    bench.set_policy()
    beat = bench.files / "server.pid"
    script = (
        f"import os, sys; open({str(beat)!r}, 'w').write(str(os.getpid())); sys.stderr.write('up\\n'); sys.stdin.read()"
    )
    gateway = start(bench, script)
    assert gateway.stderr
    while b"up" not in gateway.stderr.readline():
        assert gateway.poll() is None
    gateway.terminate()
    assert gateway.wait(30) == 128 + 15
    gateway.communicate()
    with pytest.raises(ProcessLookupError):
        os.kill(int(beat.read_text()), 0)
