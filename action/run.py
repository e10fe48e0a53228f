"""The gate as a step of a GitHub workflow: inputs from the environment, commands of the catalogue, one summary.

Inputs reach this script as environment variables and the commands as argument lists; no shell reads either.
The step itself always succeeds, so that reports are uploaded; the exit code is an output that the last step returns.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

MARKER = "<!-- mcp tool risk gate -->"
_FORMATS = ("sarif", "json", "xml", "md", "html")
_MAX_COMMENT = 60_000  # GitHub refuses comments over 65,536 characters
_CLOSED = 10


@dataclass(frozen=True, slots=True)
class Step:
    """One command and the name of its reports."""

    name: str
    arguments: tuple[str, ...]


def steps(inputs: Mapping[str, str]) -> list[Step]:
    """What the inputs ask for, in order. ValueError where they ask for nothing."""
    threshold = ("--fail-on", inputs["INPUT_FAIL_ON"]) if inputs.get("INPUT_FAIL_ON") else ()
    unknown = ("--fail-on-unknown",) if inputs.get("INPUT_FAIL_ON_UNKNOWN") == "true" else ()
    shared = tuple(
        word for name in ("baseline", "suppressions") if (value := inputs.get(f"INPUT_{name.upper()}"))
        for word in (f"--{name}", value)
    )  # fmt: skip
    found = []
    if configs := _lines(inputs.get("INPUT_CONFIG", "")):
        named = tuple(word for path in configs for word in ("--config", path))
        found.append(Step("stack", ("stack", *named, *threshold, *unknown, *shared)))
    if references := _lines(inputs.get("INPUT_REFERENCES", "")):
        found.append(Step("ingest", ("ingest", *threshold, *shared, "--", *references)))
    wrong = ("--fail-on", inputs["INPUT_AUDIT_FAIL_ON"]) if inputs.get("INPUT_AUDIT_FAIL_ON") else ()
    for number, folder in enumerate(_lines(inputs.get("INPUT_AUDIT", "")), 1):
        found.append(Step(f"audit-{number}", ("audit", *wrong, *shared, "--", folder)))
    if not found:
        raise ValueError("Nothing to do: set config, references or audit.")
    return found


def run(step: Step, folder: Path, database: Path) -> int:
    """Runs one step with a report in every format below `folder`; its exit code."""
    reports: list[str] = []
    for format in _FORMATS:
        place = folder / format if format == "sarif" else folder
        place.mkdir(parents=True, exist_ok=True)
        reports += ["--report", str(place / f"{step.name}.{format}")]
    command, *rest = step.arguments
    line = [sys.executable, "-m", "catalog", "--db", str(database), command, *reports, *rest]
    return subprocess.run(line, check=False).returncode


def summary(folder: Path, named: Sequence[Step]) -> str:
    """The Markdown of all steps as one text."""
    texts = [path.read_text(encoding="utf-8") for s in named if (path := folder / f"{s.name}.md").exists()]
    return "\n".join([MARKER, *texts]) if texts else f"{MARKER}\nNo report was written; the log says why.\n"


def comment(text: str, environment: Mapping[str, str]) -> str:
    """Puts the text into the one comment of the pull request that begins with MARKER; a word on what was done."""
    number = _pull_request(environment)
    if number is None:
        return "no pull request, no comment"
    base = f"{environment['GITHUB_API_URL'].rstrip('/')}/repos/{environment['GITHUB_REPOSITORY']}/issues"
    token = environment.get("GITHUB_TOKEN", "").strip()
    headers = {"Accept": "application/vnd.github+json", **({"Authorization": f"Bearer {token}"} if token else {})}
    body = {"body": text if len(text) <= _MAX_COMMENT else text[:_MAX_COMMENT] + "\n\nThe rest is in the reports."}
    try:
        with httpx.Client(headers=headers, timeout=30) as client:
            existing = _own_comment(client, f"{base}/{number}/comments")
            answer = (
                client.patch(f"{base}/comments/{existing}", json=body)
                if existing
                else client.post(f"{base}/{number}/comments", json=body)
            )
            answer.raise_for_status()
    except httpx.HTTPError as error:
        return f"the comment could not be written ({error}); a fork's token may only read"
    return "comment replaced" if existing else "comment written"


def main() -> int:
    inputs = os.environ
    folder = Path(inputs.get("RUNNER_TEMP") or ".") / "catalog-reports"
    try:
        wanted = steps(inputs)
    except ValueError as error:
        print(f"::error::{error}")
        _output("exit-code", "2")
        return 0
    codes = [run(step, folder, folder.parent / "catalog.db") for step in wanted]
    text = summary(folder, wanted)
    if path := inputs.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text + "\n")
    if inputs.get("INPUT_COMMENT") == "true":
        print(comment(text, inputs))
    _output("reports", str(folder))
    _output("exit-code", str(_CLOSED if _CLOSED in codes else next((c for c in codes if c), 0)))
    return 0


def _own_comment(client: httpx.Client, url: str) -> int | None:
    for page in range(1, 31):
        answer = client.get(url, params={"per_page": 100, "page": page}).raise_for_status()
        comments: list[Any] = answer.json()
        for entry in comments:
            if str(entry.get("body", "")).startswith(MARKER):
                return int(entry["id"])
        if len(comments) < 100:
            return None
    return None


def _pull_request(environment: Mapping[str, str]) -> int | None:
    path = environment.get("GITHUB_EVENT_PATH")
    if not path or not Path(path).exists():
        return None
    event = json.loads(Path(path).read_text(encoding="utf-8"))
    number = event.get("pull_request", {}).get("number")
    return number if isinstance(number, int) else None


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _output(name: str, value: str) -> None:
    if path := os.environ.get("GITHUB_OUTPUT"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{name}={value}\n")


if __name__ == "__main__":
    sys.exit(main())
