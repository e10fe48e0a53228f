"""`catalog ingest` stores what it finds, says what it could not, and changes nothing when nothing changed."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from catalog.cli import labelling
from tests.cli.conftest import Run
from tests.local_hosts import Answer, Host, json_answer, serve_npm, serve_pypi, serve_repository, tarball
from tests.plain_classifier import PlainClassifier

SOURCE = """
package x;
import io.quarkiverse.mcp.server.Tool;
public class Surveys {
    @Tool(description = "Delete a survey for good")
    String delete_survey(String id) { return ""; }
    @Tool(description = "Check the status of an export")
    String check_export_status(String id) { return ""; }
}
"""
FILES = {"src/main/java/x/Surveys.java": SOURCE, "pom.xml": "<project><artifactId>surveys</artifactId></project>"}


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CATALOG_DB", str(tmp_path / "catalog.db"))
    monkeypatch.setattr(labelling, "load_classifier", lambda overrides=None: PlainClassifier())
    return tmp_path / "catalog.db"


def definitions(tmp_path: Path, name: str, *tools: str) -> str:
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps([{"name": tool, "description": f"About {tool}"} for tool in tools]))
    return str(path)


def everything(store: Path) -> list[str]:
    with sqlite3.connect(store) as connection:
        return list(connection.iterdump())


def test_a_repository_is_stored_with_its_risks(run: Run, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_API_URL", host.url)
    serve_repository(host, "own/survey-server", FILES, "c" * 40)
    outcome = run("ingest", "own/survey-server")
    assert outcome.code == 0, outcome.err
    assert outcome.out == "own-survey-server: 2 tools (1 critical, 1 low); 2 new\n"
    answer = run("risk", "own-survey-server/check_export_status", "--json").json
    assert (answer["category"], answer["risk"]) == ("Read", "low")
    assert answer["policy"] == {"version": "1", "default": "deny", "tools": {"check_export_status": {}}}
    assert answer["source"]["commit"] == "c" * 40
    assert answer["source"]["location"]["path"] == "src/main/java/x/Surveys.java"
    assert run("risk", "delete_survey", "--json").json["risk"] == "critical"


def test_packages_of_npm_and_pypi_are_stored(run: Run, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("npm_config_registry", host.url)
    monkeypatch.setenv("PIP_INDEX_URL", f"{host.url}/simple")
    serve_npm(host, "@own/surveys", {"1.0.0": FILES})
    serve_pypi(host, "surveys", {"surveys-2.0.tar.gz": tarball(FILES, "surveys-2.0")})
    outcome = run("ingest", "npm:@own/surveys", "pypi:surveys", "--json")
    assert outcome.code == 0, outcome.err
    assert [(row["server"], row["version"], row["tools"]) for row in outcome.json_lines] == [
        ("npm-own-surveys", "1.0.0", 2),
        ("pypi-surveys", "2.0", 2),
    ]


def test_a_thin_package_is_read_with_what_it_is_a_layer_over(
    run: Run, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", host.url)
    manifest = json.dumps({"name": "shim", "version": "1.0.0", "dependencies": {"real-mcp": "3.1.0"}})
    serve_npm(host, "shim", {"1.0.0": {"package.json": manifest, "index.js": "import 'real-mcp'"}})
    serve_npm(host, "real-mcp", {"3.1.0": FILES})
    outcome = run("extract", "npm:shim", "--json")
    assert outcome.code == 0, outcome.err
    assert [tool["name"] for tool in outcome.json["tools"]] == ["check_export_status", "delete_survey"]
    assert "npm:real-mcp@3.1.0" in outcome.json["tools"][0]["extractor"]
    assert outcome.json["server"]["slug"] == "npm-shim"


def test_ingesting_twice_says_unchanged_and_leaves_every_row_alone(run: Run, tmp_path: Path, store: Path) -> None:
    path = definitions(tmp_path, "server", "get_a", "delete_b")
    run("ingest", path)
    before = everything(store)
    outcome = run("ingest", path)
    assert outcome.out == "server: 2 tools (1 critical, 1 low); unchanged\n"
    assert everything(store) == before


def test_what_changed_is_counted(run: Run, tmp_path: Path) -> None:
    run("ingest", definitions(tmp_path, "server", "get_a", "get_b"))
    outcome = run("ingest", definitions(tmp_path, "server", "get_b", "create_c"))
    assert outcome.out.endswith("1 new, 1 removed\n")
    assert "no longer has this tool" in run("risk", "server/get_a").out


def test_one_failure_does_not_stop_the_others(run: Run, tmp_path: Path) -> None:
    good = definitions(tmp_path, "good", "get_a")
    outcome = run("ingest", str(tmp_path / "absent"), good, "--json")
    assert outcome.code == 4
    assert [row.get("server") for row in outcome.json_lines] == [None, "good"]
    assert outcome.json_lines[0]["error"]["exit_code"] == 4
    assert "1 of 2 sources failed" in outcome.err


def test_a_source_without_tools_is_nothing_found_and_removes_nothing(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "server"
    folder.mkdir()
    run("ingest", definitions(tmp_path, "known", "get_a"))
    assert run("ingest", str(folder)).code == 3
    outcome = run("ingest", definitions(tmp_path, "known"))
    assert outcome.code == 3
    assert "does not mean that it has none" in outcome.err
    assert run("risk", "known/get_a", "--json").json.get("removed_at") is None


def test_a_folder_without_a_server_says_why(run: Run, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.py").write_text("print('hello')\n")
    outcome = run("ingest", str(tmp_path / "app"))
    assert outcome.code == 3
    assert "No tools were found" in outcome.err


def test_another_source_never_takes_a_slug_that_is_taken(run: Run, tmp_path: Path) -> None:
    run("ingest", definitions(tmp_path, "server", "get_a"))
    (tmp_path / "other").mkdir()
    other = definitions(tmp_path / "other", "server", "delete_everything")
    outcome = run("ingest", other)
    assert outcome.code == 2
    assert "--slug" in outcome.err
    assert run("ingest", other, "--slug", "second").code == 0
    assert run("risk", "server").out.startswith("server  1 tool\n")


def test_a_threshold_that_is_reached_has_its_own_exit_code(run: Run, tmp_path: Path) -> None:
    path = definitions(tmp_path, "server", "get_a", "delete_b")
    assert run("ingest", path, "--fail-on", "critical").code == 10
    assert run("ingest", definitions(tmp_path, "mild", "get_a"), "--fail-on", "medium").code == 0
    assert run("ingest", path, "--fail-on", "awful").code == 2


@pytest.mark.parametrize(
    ("reference", "code", "message"),
    [
        ("own/absent", 4, "no repository own/absent"),
        ("own/busy", 4, "until 2030-01-01 00:00:00 UTC"),
        ("npm:absent", 4, "npm has no package absent"),
        ("pypi:absent", 4, "PyPI has no project absent"),
        ("npm:there@9.9.9", 4, "there has no version '9.9.9'"),
        ("pypi:there@9.9.9", 4, "there has no version '9.9.9'"),
        ("npm:broken", 4, "not an archive that can be read"),
        ("npm:escaping", 4, "leaves the archive's folder"),
        ("no such reference", 2, "names no source"),
    ],
)
def test_each_bad_source_has_its_own_message_and_exit_code(
    run: Run, host: Host, monkeypatch: pytest.MonkeyPatch, reference: str, code: int, message: str
) -> None:
    monkeypatch.setenv("GITHUB_API_URL", host.url)
    monkeypatch.setenv("npm_config_registry", host.url)
    monkeypatch.setenv("PIP_INDEX_URL", f"{host.url}/simple")
    host.routes["/repos/own/busy"] = json_answer({}, 403, X_RateLimit_Remaining="0", X_RateLimit_Reset="1893456000")
    serve_npm(host, "there", {"1.0.0": FILES})
    serve_pypi(host, "there", {"there-1.0.tar.gz": tarball(FILES, "there-1.0")})
    for name, body in (("broken", b"no archive"), ("escaping", tarball({"../../x": "y"}, "package"))):
        versions = {"1.0.0": {"dist": {"tarball": f"{host.url}/{name}.tgz"}}}
        host.routes[f"/{name}"] = json_answer({"dist-tags": {"latest": "1.0.0"}, "versions": versions})
        host.routes[f"/{name}.tgz"] = Answer(body)
    outcome = run("ingest", reference)
    assert outcome.code == code
    assert message in outcome.err
    assert "Traceback" not in outcome.err


def test_temporary_folders_are_gone_whatever_happened(
    run: Run, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setenv("npm_config_registry", host.url)
    serve_npm(host, "good", {"1.0.0": FILES})
    serve_npm(host, "escaping", {"1.0.0": {"../../x": "y"}})
    assert run("ingest", "npm:good").code == 0
    assert run("ingest", "npm:escaping").code == 4
    assert list(temporary.iterdir()) == []


def test_a_database_of_someone_else_or_of_the_future_is_left_alone(run: Run, tmp_path: Path, store: Path) -> None:
    path = definitions(tmp_path, "server", "get_a")
    store.write_text("this is no database, but it is long enough to look like one" * 20)
    outcome = run("ingest", path)
    assert (outcome.code, "not a SQLite database" in outcome.err) == (5, True)
    store.unlink()
    with sqlite3.connect(store) as connection:
        connection.execute("CREATE TABLE mine (x)")
    assert (run("ingest", path).code, run("stats").code) == (5, 5)
    store.unlink()
    run("ingest", path)
    with sqlite3.connect(store) as connection:
        connection.execute("PRAGMA user_version = 999")
    outcome = run("ingest", path)
    assert outcome.code == 5
    assert "newer" in outcome.err
