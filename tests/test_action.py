"""The GitHub Action: its script in an empty folder, as a runner would run it, and its metadata against what it uses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.test_cli_gates import SOURCE

ROOT = Path(__file__).parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


@dataclass
class Comments:
    """Stands in for GitHub's comments on one pull request."""

    url: str = ""
    bodies: dict[int, str] = field(default_factory=lambda: {1: "Looks good to me"})


@pytest.fixture
def github() -> Iterator[Comments]:
    comments = Comments()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path.startswith("/repos/o/r/issues/7/comments?")
            self.answer(200, [{"id": id, "body": body} for id, body in comments.bodies.items()])

        def do_POST(self) -> None:
            comments.bodies[len(comments.bodies) + 1] = self.body()
            self.answer(201, {})

        def do_PATCH(self) -> None:
            comments.bodies[int(self.path.rpartition("/")[2])] = self.body()
            self.answer(200, {})

        def body(self) -> str:
            return str(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"])

        def answer(self, status: int, value: Any) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    comments.url = f"http://127.0.0.1:{server.server_port}"
    yield comments
    server.shutdown()
    server.server_close()


@dataclass
class Runner:
    """A folder that looks like a runner's: a checkout, a temporary folder, the files for outputs and the summary."""

    folder: Path
    api: str

    def run(self, **inputs: str) -> dict[str, str]:
        event = self.folder / "event.json"
        event.write_text(json.dumps({"pull_request": {"number": 7}}), encoding="utf-8")
        output, summary = self.folder / "output", self.folder / "summary.md"
        output.write_text("", encoding="utf-8")
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.folder),
            "RUNNER_TEMP": str(self.folder / "temp"),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_API_URL": self.api,
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_TOKEN": "a-token-of-this-test",
            **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
        }
        (self.folder / "temp").mkdir(exist_ok=True)
        done = subprocess.run(
            [sys.executable, str(ROOT / "action" / "run.py")],
            cwd=self.folder / "checkout",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found = dict(line.split("=", 1) for line in output.read_text(encoding="utf-8").splitlines())
        return {**found, "log": done.stdout + done.stderr}


@pytest.fixture
def runner(tmp_path: Path, github: Comments) -> Runner:
    disks = tmp_path / "checkout" / "servers" / "disks"
    disks.mkdir(parents=True)
    (disks / "server.py").write_text(SOURCE, encoding="utf-8")
    return Runner(tmp_path, github.url)


def test_a_server_over_the_threshold_closes_the_gate_and_leaves_every_report(runner: Runner, github: Comments) -> None:
    outputs = runner.run(references="./servers/disks", fail_on="critical", comment="true")
    assert outputs["exit-code"] == "10"
    reports = Path(outputs["reports"])
    sarif = json.loads((reports / "sarif" / "ingest.sarif").read_text(encoding="utf-8"))
    uri = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert (runner.folder / "checkout" / uri).exists()
    assert {"ingest.json", "ingest.xml", "ingest.md", "ingest.html"} <= {p.name for p in reports.iterdir()}
    assert "wipe_disk" in (runner.folder / "summary.md").read_text(encoding="utf-8")
    assert "wipe_disk" in github.bodies[2]


def test_a_second_run_replaces_its_own_comment_and_leaves_other_peoples(runner: Runner, github: Comments) -> None:
    runner.run(references="./servers/disks", fail_on="critical", comment="true")
    outputs = runner.run(references="./servers/disks", fail_on="", comment="true")
    assert outputs["exit-code"] == "0"
    assert "comment replaced" in outputs["log"]
    assert github.bodies[1] == "Looks good to me"
    assert len(github.bodies) == 2


def test_a_clients_configuration_is_gated_at_its_own_lines(runner: Runner) -> None:
    config = {"mcpServers": {"disks": {"command": "python", "args": ["servers/disks/server.py"]}}}
    path = runner.folder / "checkout" / ".mcp.json"
    path.write_text(json.dumps(config, indent=1), encoding="utf-8")
    outputs = runner.run(config=".mcp.json", fail_on="critical", comment="false")
    assert outputs["exit-code"] == "10", outputs["log"]
    sarif = json.loads((Path(outputs["reports"]) / "sarif" / "stack.sarif").read_text(encoding="utf-8"))
    results = sarif["runs"][0]["results"]
    assert results
    for result in results:
        place = result["locations"][0]["physicalLocation"]
        text = (path.parent / place["artifactLocation"]["uri"]).read_text(encoding="utf-8")
        assert place["region"]["startLine"] <= len(text.splitlines())


def test_an_authors_own_folder_is_audited(runner: Runner) -> None:
    outputs = runner.run(audit="servers/disks", audit_fail_on="missing", comment="false")
    assert outputs["exit-code"] == "10", outputs["log"]
    assert runner.run(audit="servers/disks", audit_fail_on="wrong", comment="false")["exit-code"] == "0"


def test_a_comment_that_cannot_be_written_does_not_change_the_verdict(runner: Runner) -> None:
    runner.api = "http://127.0.0.1:1"
    outputs = runner.run(references="./servers/disks", fail_on="critical", comment="true")
    assert outputs["exit-code"] == "10"
    assert "could not be written" in outputs["log"]


def test_inputs_are_never_read_by_a_shell_or_taken_for_options(runner: Runner) -> None:
    outputs = runner.run(references="--help\n$(touch owned)", fail_on="critical", comment="false")
    assert outputs["exit-code"] != "0"
    assert not (runner.folder / "checkout" / "owned").exists()


def test_a_step_without_inputs_says_what_to_set(runner: Runner) -> None:
    outputs = runner.run(references="", fail_on="high")
    assert outputs["exit-code"] == "2"
    assert "set config, references or audit" in outputs["log"]


def test_every_input_that_the_script_reads_is_declared_and_the_other_way_round() -> None:
    step = next(s for s in ACTION["runs"]["steps"] if s.get("id") == "gate")
    script = (ROOT / "action" / "run.py").read_text(encoding="utf-8")
    passed = {value.split("inputs.")[1].split(" ")[0] for value in step["env"].values()}
    assert passed <= set(ACTION["inputs"])
    used = json.dumps(ACTION["runs"])
    assert [name for name in ACTION["inputs"] if f"inputs.{name} " not in used] == []
    names = [name for name in step["env"] if name.startswith("INPUT_")]
    assert len(names) >= 8
    assert [n for n in names if n not in script and n.removeprefix("INPUT_").lower() not in script] == []


def test_no_input_is_pasted_into_a_shell_script() -> None:
    runs = [step["run"] for step in ACTION["runs"]["steps"] if "run" in step]
    assert len(runs) >= 3
    assert [text for text in runs if "${{" in text] == []
