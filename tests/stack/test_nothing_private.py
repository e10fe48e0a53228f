"""No secret of a configuration is printed, logged, stored or drawn, wherever in which file it stands.

A strong secret looks like one and is planted in every field; a weak one (a word, a number) where its name tells.
"""

from __future__ import annotations

import json
import logging
import os
import random
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.cli import labelling
from catalog.errors import SourceError
from catalog.records import Server, Source, Tool
from catalog.sources.interface import Fetched
from catalog.sources.reference import Reference
from tests.cli.conftest import Run, run  # noqa: F401 (a fixture)
from tests.plain_classifier import PlainClassifier
from tests.stack.homes import USER_FILES, as_client, document, write

TOOLS = (Tool("get_thing", description="Get a thing"), Tool("delete_thing", description="Delete a thing"))
_WORD = string.ascii_letters + string.digits


def _drawn(length: int, letters: str = _WORD) -> Any:
    return st.integers(0, 2**64).map(lambda seed: _mixed(random.Random(seed), length, letters))


def _mixed(source: random.Random, length: int, letters: str) -> str:
    """Random characters in which letters and digits change places, as in real tokens of this length."""
    while True:
        text = "".join(source.choice(letters) for _ in range(length))
        if sum(c.isdigit() for c in text) >= length // 8 and any(c.isalpha() for c in text):
            return text


STRONG = st.one_of(
    _drawn(36).map(lambda s: f"ghp_{s}"),
    _drawn(40).map(lambda s: f"sk-ant-{s}"),
    _drawn(24).map(lambda s: f"xoxb-1234567890-{s}"),
    _drawn(16, string.ascii_uppercase + string.digits).map(lambda s: f"AKIA{s}"),
    _drawn(20).map(lambda s: f"glpat-{s}"),
    _drawn(30).map(lambda s: f"eyJ{s[:12]}.{s[12:24]}.{s[24:]}"),
    _drawn(32, "0123456789abcdef"),
    _drawn(43),
)
WEAK = _drawn(9, string.ascii_lowercase + string.digits).map(lambda s: f"pw{s}")

# Where a strong secret stands. `{s}` is the secret.
ANYWHERE: dict[str, dict[str, Any]] = {
    "command": {"command": "{s}", "args": []},
    "path of the command": {"command": "/opt/{s}/bin/server", "args": []},
    "package": {"command": "npx", "args": ["-y", "{s}"]},
    "scope": {"command": "npx", "args": ["-y", "@{s}/server"]},
    "version": {"command": "npx", "args": ["-y", "thing@{s}"]},
    "python package": {"command": "uvx", "args": ["{s}"]},
    "python version": {"command": "uvx", "args": ["thing=={s}"]},
    "source of a tool": {"command": "uvx", "args": ["--from", "git+https://{s}@github.com/o/r", "thing"]},
    "branch": {"command": "uvx", "args": ["--from", "git+https://github.com/o/r@{s}", "thing"]},
    "option before the package": {"command": "npx", "args": ["--what", "{s}", "thing"]},
    "argument": {"command": "npx", "args": ["-y", "thing", "{s}"]},
    "shell": {"command": "bash", "args": ["-c", "export K={s}; npx -y thing"]},
    "script": {"command": "node", "args": ["/srv/{s}/index.js"]},
    "module": {"command": "python", "args": ["-m", "{s}"]},
    "folder": {"command": "uv", "args": ["--directory", "/srv/{s}", "run", "x"]},
    "image": {"command": "docker", "args": ["run", "--rm", "mcp/{s}"]},
    "tag": {"command": "docker", "args": ["run", "ghcr.io/github/github-mcp-server:{s}"]},
    "variable of a container": {"command": "docker", "args": ["run", "-e", "X={s}", "mcp/git"]},
    "relayed address": {"command": "npx", "args": ["mcp-remote", "https://h.example/{s}/mcp", "--header", "X: {s}"]},
    "user of an address": {"url": "https://{s}@h.example/mcp"},
    "password of an address": {"url": "https://u:{s}@h.example/mcp"},
    "path of an address": {"url": "https://h.example/{s}/mcp"},
    "query of an address": {"url": "https://h.example/mcp?x={s}"},
    "fragment of an address": {"url": "https://h.example/mcp#{s}"},
    "host": {"url": "https://{s}.example/mcp"},
    "strange address": {"url": "ws://{s}"},
    "value of a variable": {"command": "npx", "args": ["-y", "thing"], "env": {"X": "{s}"}},
    "name of a variable": {"command": "npx", "args": ["-y", "thing"], "env": {"{s}": "x"}},
    "value of a header": {"url": "https://h.example/mcp", "headers": {"X-Y": "{s}"}},
    "name of a header": {"url": "https://h.example/mcp", "headers": {"{s}": "x"}},
    "working folder": {"command": "node", "args": ["x.js"], "cwd": "/srv/{s}"},
    "unknown field": {"command": "npx", "args": ["-y", "thing"], "what": {"deep": [{"er": "{s}"}]}},
    "unknown name": {"command": "npx", "args": ["-y", "thing"], "{s}": True},
    "kind": {"command": "npx", "args": ["-y", "thing"], "type": "{s}", "source": "{s}"},
    "list of tools": {"command": "npx", "args": ["-y", "thing"], "autoApprove": ["{s}"]},
}
# Where a weak one stands, beside a name that says what it is.
NAMED: dict[str, dict[str, Any]] = {
    "variable": {"command": "npx", "args": ["-y", "thing"], "env": {"THING_API_KEY": "{s}", "DB_PASSWORD": "{s}"}},
    "header": {"url": "https://h.example/mcp", "headers": {"Authorization": "Bearer {s}", "X-Api-Key": "{s}"}},
    "option": {"command": "npx", "args": ["-y", "thing", "--token", "{s}", "--api-key={s}"]},
    "option before the package": {"command": "npx", "args": ["--token", "{s}", "thing"]},
    "header of a relay": {"command": "npx", "args": ["mcp-remote", "https://h/mcp", "--header", "X-Token: {s}"]},
    "variable of a container": {"command": "docker", "args": ["run", "-e", "GH_TOKEN={s}", "mcp/git"]},
    "address in a variable": {"command": "npx", "args": ["-y", "thing"], "env": {"URL": "postgres://u:{s}@db/x"}},
    "address in an argument": {"command": "npx", "args": ["-y", "thing", "postgres://u:{s}@db/x"]},
    "query": {"url": "https://h.example/mcp?api_key={s}"},
    "unknown field": {"command": "npx", "args": ["-y", "thing"], "oauth": {"client_secret": "{s}"}},
    "program": {"command": "env", "args": ["API_TOKEN={s}", "npx", "-y", "thing"]},
}


def planted(value: Any, secret: str) -> Any:
    if isinstance(value, str):
        return value.replace("{s}", secret)
    if isinstance(value, dict):
        return {k.replace("{s}", secret): planted(v, secret) for k, v in value.items()}
    return [planted(v, secret) for v in value] if isinstance(value, list) else value


def fake_fetch(reference: Reference, work_dir: Path, slug: str) -> Fetched:
    """Reads npm packages; the rest fails with an error that repeats what it was asked for."""
    if reference.kind != "npm":
        raise SourceError(f"{reference.name} {reference.version} could not be read", f"Asked for {reference}.")
    return Fetched(Server(slug, reference.name, Source("npm", reference.identity), "1.0.0"), None, TOOLS)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(labelling, "load_classifier", lambda overrides=None: PlainClassifier())
    monkeypatch.setattr("catalog.sources.fetch", fake_fetch)
    monkeypatch.setattr("catalog.pipeline.fetch_by_kind", fake_fetch)
    monkeypatch.setenv("CATALOG_DB", "stack.db")
    return tmp_path


def everything_said(call: Run, home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> str:
    """All output of every form of the command, the logs, and every byte it wrote."""
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    reports = [word for kind in ("sarif", "json", "xml", "md", "html") for word in ("--report", f"out.{kind}")]
    said = []
    with caplog.at_level(logging.DEBUG):
        for words in (
            ["stack", "--svg", "out.svg", *reports, "--fail-on", "low"],
            ["stack", "--json", "--offline"],
            ["stack", "--policy", "--offline"],
            ["stack", "--policy", "--target", "catalog", "--json", "--offline"],
            ["stack", "--policy", "--write", "--offline", "--json"],
            ["ingest", "config:", "--json"],
            ["extract", "config:"],
        ):
            outcome = call(*words)
            assert outcome.code != 1, outcome.err
            said += [outcome.out, outcome.err]
    said += [record.getMessage() for record in caplog.records]
    made = [p for p in home.iterdir() if p.name.startswith(("stack.db", "out."))]
    assert {p.name for p in made} >= {"stack.db", "out.svg", "out.sarif"}
    return "\n".join([*said, *(p.read_bytes().decode("utf-8", "replace") for p in made)])


def leaked(secret: str, said: str) -> str | None:
    """Where the secret is, if it is anywhere: as it stands, in lower case (slugs), or the longest part of it."""
    kernel = max(secret.replace(".", "-").split("-"), key=len)
    for form in {secret, secret.lower(), kernel, kernel.lower()}:
        if form in said:
            at = said.index(form)
            return said[max(0, at - 200) : at + len(form) + 50]
    return None


def home_of(client: str, entries: dict[str, Any], folder: Path) -> None:
    _, _, path, form, keys = next(row for row in USER_FILES if row[0] == client and "linux" in row[1])
    write(folder / path, document(client, form, keys, entries))


FORMS = tuple(dict.fromkeys(row[3] for row in USER_FILES))
LINUX = tuple(dict.fromkeys(row[0] for row in USER_FILES if "linux" in row[1]))
EXAMPLES = int(os.environ.get("CATALOG_TEST_EXAMPLES", "2"))  # more of them: the variable, before a release
slowly = settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)


@pytest.mark.parametrize("form", FORMS)
@slowly
@given(data=st.data())
def test_no_secret_of_any_field_is_said_anywhere(
    form: str,
    data: st.DataObject,
    machine: Path,
    run: Run,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home = tmp_path_factory.mktemp("home")
    caplog.clear()
    client = data.draw(st.sampled_from([row[0] for row in USER_FILES if row[3] == form and "linux" in row[1]]))
    strong, weak = data.draw(STRONG), data.draw(WEAK)
    entries = {f"a{i}": planted(entry, strong) for i, entry in enumerate(ANYWHERE.values())}
    entries |= {f"b{i}": planted(entry, weak) for i, entry in enumerate(NAMED.values())}
    entries["plain"] = {"command": "npx", "args": ["-y", "plain-server"]}
    if data.draw(st.booleans()):
        entries[strong] = {"command": "npx", "args": ["-y", "named-so"]}
    home_of(client, entries, home)
    said = everything_said(run, home, monkeypatch, caplog)
    assert "plain" in said
    for secret in (strong, weak):
        assert leaked(secret, said) is None, client


@slowly
@given(secret=STRONG, at=st.integers(0, 400), client=st.sampled_from(LINUX))
def test_no_secret_of_a_broken_file_is_said(
    secret: str,
    at: int,
    client: str,
    machine: Path,
    run: Run,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home = tmp_path_factory.mktemp("home")
    caplog.clear()
    _, _, path, form, keys = next(row for row in USER_FILES if row[0] == client and "linux" in row[1])
    entry = {"command": "npx", "args": ["-y", "thing", secret], "env": {"A_TOKEN": secret}}
    text = document(client, form, keys, {"a": as_client(client, entry), secret: {}})
    write(home / path, text[: at % len(text)] + secret + "\x00:{[" + text[at % len(text) :])
    home_of("cursor" if client != "cursor" else "codex", {"plain": {"command": "npx", "args": ["-y", "fine"]}}, home)
    assert leaked(secret, everything_said(run, home, monkeypatch, caplog)) is None


@slowly
@given(secret=STRONG)
def test_no_secret_of_a_projects_path_or_of_other_settings_is_said(
    secret: str,
    machine: Path,
    run: Run,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home = tmp_path_factory.mktemp("home")
    caplog.clear()
    entry = {"command": "npx", "args": ["-y", "thing"]}
    settings_of_claude = {
        "oauthAccount": {"token": secret},
        "projects": {f"/work/{secret}": {"mcpServers": {"a": entry}, "history": [{"pasted": secret}]}},
    }
    write(home / ".claude.json", json.dumps(settings_of_claude))
    write(home / ".claude" / "settings.json", json.dumps({"env": {"X": secret}, "permissions": {"allow": [secret]}}))
    codex = document("codex", "toml", ("mcp_servers",), {"a": {**entry, "env": {"X": secret}}}, key=secret)
    write(home / ".codex" / "config.toml", codex)
    assert leaked(secret, everything_said(run, home, monkeypatch, caplog)) is None
