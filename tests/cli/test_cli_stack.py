"""`catalog stack` answers for the whole machine: what is known, what is not, what leaks, and what to write."""

from __future__ import annotations

import json
import sqlite3
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from catalog.cli import labelling
from catalog.errors import SourceNotFound
from catalog.records import Gap, Server, Source, Tool
from catalog.sources import fetch as real_fetch
from catalog.sources.interface import Fetched
from catalog.sources.reference import Reference
from classifier.records import Capability, Category, Classification
from classifier.risk import risk_of
from tests.cli.conftest import Run
from tests.stack.homes import CLIENTS, document, write, write_home

ABILITIES: dict[str, tuple[Category, tuple[Capability, ...]]] = {
    "read_mail": ("Read", ("private_data", "untrusted_content")),
    "send_mail": ("Write", ("communicate",)),
    "delete_file": ("Destructive", ()),
    "pay": ("Write", ("financial",)),
    "run_code": ("Write", ("execute",)),
}
PACKAGES = {"mail-server": ("read_mail", "send_mail"), "file-server": ("get_file", "delete_file", "pay", "run_code")}


class NamedClassifier:
    """Knows these tools by name; everything else is a plain read."""

    version = "named-1"

    def classify(self, definitions: Any) -> list[Classification]:
        return [self._answer(d.server, d.name) for d in definitions]

    def _answer(self, server: str | None, name: str) -> Classification:
        category, held = ABILITIES.get(name, ("Read", ()))
        return Classification(server, name, category, risk_of(category, held), held, 0.9, False, "By its name.", ())


def fetch(reference: Reference, work_dir: Path, slug: str) -> Fetched:
    if reference.kind != "npm":
        return real_fetch(reference, work_dir, slug)
    if reference.name not in PACKAGES:
        raise SourceNotFound(f"npm has no package {reference.name}", "Look again.")
    fetched.append(str(reference))
    tools = tuple(Tool(name, description=f"About {name}") for name in PACKAGES[reference.name])
    gaps = (Gap("x.js", 3, "not resolved"),) if reference.name == "file-server" else ()
    version = reference.version or "1.0.0"
    source = Source(reference.kind, reference.identity, reference.version)  # type: ignore[arg-type]
    return Fetched(Server(slug, reference.name, source, version), None, tools, gaps)


ROOT = Path(__file__).parent.parent.parent
fetched: list[str] = []
MAIL = {"command": "npx", "args": ["-y", "mail-server"]}
FILES = {"command": "npx", "args": ["-y", "file-server@2.0.0"], "env": {"A_TOKEN": "hunter2"}}
ODD = {"command": "odd-program"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with Cursor and Codex, and a catalogue that is not there yet."""
    fetched.clear()
    monkeypatch.setattr(labelling, "load_classifier", lambda overrides=None: NamedClassifier())
    monkeypatch.setattr("catalog.sources.fetch", fetch)
    monkeypatch.setattr("catalog.pipeline.fetch_by_kind", fetch)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CATALOG_DB", str(tmp_path / "catalog.db"))
    monkeypatch.setattr("sys.platform", "linux")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    cursor = {"mail": MAIL, "files": FILES, "odd": ODD, "off": {**MAIL, "disabled": True}}
    write(tmp_path / ".cursor/mcp.json", document("cursor", "json", ("mcpServers",), cursor))
    write(tmp_path / ".codex/config.toml", document("codex", "toml", ("mcp_servers",), {"files": FILES}, model="m"))
    return tmp_path


def bytes_of(home: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in home.rglob("*") if p.is_file() and "catalog.db" not in p.name}


def test_the_stack_is_read_and_shown(run: Run, home: Path) -> None:
    before = bytes_of(home)
    outcome = run("stack")
    assert outcome.code == 0, outcome.err
    assert fetched == ["npm:mail-server", "npm:file-server@2.0.0"]
    for line in (
        "high", "critical", "UNKNOWN", "files  delete_file", "files  pay", "files  run_code", "mail  send_mail",
        "~/.cursor/mcp.json", "files: variable A_TOKEN", "mail: no version", "mail alone, in cursor",
        "ask before mail/send_mail", "whose source is not known", "files  1 gap",
    ):  # fmt: skip
        assert line in outcome.out.replace("     ", "  ") or line in outcome.out, line
    assert "hunter2" not in outcome.out + outcome.err
    assert bytes_of(home) == before


def test_json_says_all_of_it(run: Run, home: Path) -> None:
    found = run("stack", "--json").json
    assert found["counts"] == {
        "servers": 3, "known": 2, "unknown": 1, "off": 0, "tools": 6, "destroy": 1, "spend": 1, "run": 1, "publish": 1,
        "secrets": 2, "unpinned": 1,
    }  # fmt: skip
    servers = {s["server"]: s for s in found["servers"]}
    assert set(servers) == {"npm-mail-server", "npm-file-server", "cursor/odd"}
    assert [c["enabled"] for c in servers["npm-mail-server"]["configured"]] == [True, False]
    assert {c["client"] for c in servers["npm-file-server"]["configured"]} == {"cursor", "codex"}
    assert servers["npm-file-server"]["version"] == "2.0.0"
    assert servers["cursor/odd"]["state"] == "unknown"
    assert found["legs"]["combinations"] == [{"agent": "cursor", "servers": ["npm-mail-server"]}]
    assert [r["tool"] for r in found["legs"]["cut"]["rules"]] == ["send_mail"]
    checks = [r["check"] for r in found["reports"]]
    assert sorted(checks) == [
        "exfiltration-path", "secret-in-plain-text", "secret-in-plain-text", "server-unknown", "version-unpinned",
    ]  # fmt: skip
    lines = (home / ".codex/config.toml").read_text().splitlines()
    secret = next(r for r in found["reports"] if r["location"]["path"].endswith("config.toml"))
    assert "A_TOKEN" in lines[secret["location"]["line"] - 1]


def test_what_is_stored_and_fresh_is_not_fetched_again(run: Run, home: Path) -> None:
    run("stack")
    fetched.clear()
    assert run("stack").code == 0
    assert fetched == []
    run("stack", "--max-age", "0")
    assert fetched == ["npm:mail-server"]  # the other one is pinned, and stored in that version


def test_offline_uses_only_what_is_stored(run: Run, home: Path) -> None:
    nothing = run("stack", "--offline", "--json").json
    assert (nothing["counts"]["known"], fetched) == (0, [])
    assert not (home / "catalog.db").exists()
    run("ingest", "npm:mail-server")
    assert run("stack", "--offline", "--json").json["counts"]["known"] == 1


def test_a_pinned_version_that_is_not_stored_is_unknown_offline(run: Run, home: Path) -> None:
    run("ingest", "npm:file-server@1.0.0")
    found = {s["server"]: s for s in run("stack", "--offline", "--json").json["servers"]}
    assert found["npm-file-server"]["state"] == "unknown"
    assert "1.0.0" in found["npm-file-server"]["why"]


def test_two_versions_of_one_package_are_two_servers(run: Run, home: Path) -> None:
    other = {"files": {**FILES, "args": ["-y", "file-server@1.0.0"]}}
    write(home / ".codex/config.toml", document("codex", "toml", ("mcp_servers",), other))
    found = {s["server"]: s["version"] for s in run("stack", "--json").json["servers"] if s["state"] == "known"}
    assert found == {"npm-mail-server": "1.0.0", "npm-file-server": "2.0.0", "npm-file-server-1-0-0": "1.0.0"}


@pytest.mark.parametrize(("words", "code"), [
    ((), 0), (("--fail-on", "critical"), 10), (("--fail-on", "low"), 10), (("--fail-on-unknown",), 10),
    (("--fail-on", "nonsense"), 2), (("--client", "codex", "--fail-on-unknown"), 0), (("--client", "nobody"), 2),
    (("--client", "goose"), 3), (("--write",), 2), (("--config", "none.json"), 6),
    (("--config", "x", "--client", "codex"), 2), (("--as", "odd"), 2), (("--sandbox", "maybe"), 2),
    (("--policy", "--target", "nobody"), 2),
])  # fmt: skip
def test_exit_codes(run: Run, words: tuple[str, ...], code: int) -> None:
    outcome = run("stack", *words)
    assert outcome.code == code, outcome.err


def test_an_unknown_server_can_be_named_by_hand(run: Run) -> None:
    assert run("stack", "--as", "odd=npm:mail-server", "--json").json["counts"]["unknown"] == 0


def test_a_stored_server_whose_source_is_gone_is_used_and_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("stack")
    monkeypatch.setitem(PACKAGES, "gone", ())
    monkeypatch.delitem(PACKAGES, "mail-server")
    found = run("stack", "--max-age", "0")
    assert "Known from an earlier reading only" in found.out
    assert "mail alone, in cursor" in found.out


def test_broken_files_are_told_and_fail_when_unknown_ones_do(run: Run, home: Path) -> None:
    write(home / ".gemini/settings.json", '{"mcpServers": {\n  "a": ')
    outcome = run("stack", "--client", "gemini-cli", "--client", "codex", "--fail-on-unknown")
    assert outcome.code == 10
    assert "~/.gemini/settings.json:2" in outcome.out
    assert "delete_file" in outcome.out


def test_a_named_file_that_cannot_be_read_is_an_invalid_input(run: Run, home: Path) -> None:
    broken = write(home / "mine.json", '{"mcpServers": ')
    assert run("stack", "--config", str(broken)).code == 6
    assert run("stack", "--config", str(broken), "--fail-on-unknown").code == 10
    assert run("stack", "--config", str(home)).code == 6


def test_a_file_without_servers_says_so(run: Run, home: Path) -> None:
    outcome = run("stack", "--config", str(write(home / "mine.json", '{"mcpServers": {}}')))
    assert (outcome.code, outcome.out) == (0, "")
    assert "no server is configured" in outcome.err


def test_policies_are_shown_and_written_only_when_asked(run: Run, home: Path) -> None:
    permissions = write(home / ".cursor/permissions.json", '{\n  // mine\n  "mcpAllowlist": ["other:tool"],\n}\n')
    before = bytes_of(home)
    shown = run("stack", "--policy")
    assert shown.code == 0, shown.err
    assert "+" in shown.out and "files:get_file" in shown.out
    assert "// mine" not in shown.out
    assert "nothing was written" in shown.err
    assert bytes_of(home) == before
    written = run("stack", "--policy", "--write")
    assert written.code == 0, written.err
    assert "// mine" in permissions.read_text()
    assert '"files:get_file"' in permissions.read_text()
    assert "send_mail" not in permissions.read_text()
    backup = home / ".cursor/permissions.json.bak"
    assert backup.read_bytes() == before[str(permissions)]
    codex = (home / ".codex/config.toml").read_text()
    assert "delete_file" in codex.split("disabled_tools")[1].splitlines()[0]
    assert (home / ".codex/config.toml.bak").read_bytes() == before[str(home / ".codex/config.toml")]
    assert "hunter2" not in shown.out + shown.err + written.out + written.err
    again = run("stack", "--policy", "--write")
    assert "already says this" in again.err
    assert not (home / ".cursor/permissions.json.bak1").exists()


def test_the_policy_cuts_every_way_out(run: Run, home: Path) -> None:
    found = run("stack", "--policy", "--target", "catalog", "--strength", "permissive", "--json").json
    policies = {d["server"]: json.loads(d["text"]) for d in found["documents"]}
    assert set(policies) == {"mail", "files"}
    assert "approve" in policies["mail"]["tools"]["send_mail"]
    assert "approve" not in policies["mail"]["tools"]["read_mail"]


def test_a_name_cannot_lead_out_of_the_folder_of_policies(run: Run, home: Path) -> None:
    names = {"../../../evil": FILES, "..": FILES}
    write(home / ".gemini/settings.json", document("gemini-cli", "jsonc", ("mcpServers",), names))
    before = set(bytes_of(home))
    assert run("stack", "--client", "gemini-cli", "--policy", "--write").code == 0
    made = set(bytes_of(home)) - before
    assert {str(Path(p).parent) for p in made} == {str(home / ".gemini/policies")}


def test_a_settings_file_that_cannot_be_parsed_is_left_alone(run: Run, home: Path) -> None:
    broken = write(home / ".cursor/permissions.json", '{"mcpAllowlist": [')
    outcome = run("stack", "--policy", "--write")
    assert outcome.code == 0
    assert broken.read_text() == '{"mcpAllowlist": ['
    assert "permissions.json" in outcome.err


def test_the_picture_and_the_reports_are_files(run: Run, home: Path) -> None:
    outcome = run("stack", "--svg", "legs.svg", "--report", "out.sarif", "--fail-on", "high")
    assert outcome.code == 10
    assert Path("legs.svg").read_text().startswith("<svg")
    results = json.loads(Path("out.sarif").read_text())["runs"][0]["results"]
    assert {r["ruleId"] for r in results} >= {"secret-in-plain-text", "tool-risk", "exfiltration-path"}


def test_a_server_is_started_only_with_run_and_keeps_its_secrets(run: Run, home: Path) -> None:
    script = textwrap.dedent("""
        import os, runpy, sys
        from tests.servers import notes
        notes.TOOLS[0].description = "Uses " + os.environ["A_TOKEN"]
        sys.argv = ["notes", "stdio"]
        notes.main()
    """)
    variables = {"A_TOKEN": "hunter2hunter2", "PYTHONPATH": str(ROOT)}
    entry = {"command": sys.executable, "args": ["-c", script], "env": variables}
    write(home / ".cursor/mcp.json", document("cursor", "json", ("mcpServers",), {"odd": entry}))
    assert run("stack", "--client", "cursor", "--json").json["counts"]["unknown"] == 1
    outcome = run("stack", "--client", "cursor", "--run", "--sandbox", "off", "--json")
    assert outcome.json["counts"]["known"] == 1, outcome.out
    assert [s["server"] for s in outcome.json["servers"]] == ["stdio-cursor-odd"]
    with sqlite3.connect(home / "catalog.db") as connection:
        stored = "\n".join(connection.iterdump())
    assert "Uses [redacted]" in stored
    assert "hunter2" not in stored + outcome.out + outcome.err


def test_config_as_a_reference_ingests_all_configured_servers(run: Run, home: Path) -> None:
    outcome = run("ingest", "config:")
    assert outcome.code == 4
    assert [line.split(":")[0] for line in outcome.out.splitlines()] == ["npm-mail-server", "npm-file-server"]
    assert "config:cursor/odd" in outcome.err
    only = run("ingest", f"config:{home / '.codex/config.toml'}", "--json")
    assert only.code == 0, only.err
    assert [line["server"] for line in only.json_lines] == ["npm-file-server"]
    assert run("ingest", "config:none.json").code == 6
    assert run("extract", "config:").code == 2


def test_no_file_at_all_is_nothing_found(run: Run, home: Path) -> None:
    for path in (".cursor/mcp.json", ".codex/config.toml"):
        (home / path).unlink()
    assert run("stack").code == 3
    assert run("ingest", "config:").code == 3


def test_twelve_clients_are_told_together(run: Run, home: Path) -> None:
    write_home(home, "linux", {client: {"one": MAIL} for client in CLIENTS})
    found = run("stack", "--json").json
    assert {c["client"] for c in found["servers"][0]["configured"]} == set(CLIENTS)
    assert len(found["legs"]["agents"]) == 12
