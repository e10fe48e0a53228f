"""GitHub repositories arrive through two REST calls, and every refusal is told apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.errors import RateLimited, SourceError, SourceNotFound
from catalog.sources.github import fetch
from catalog.sources.reference import Reference
from tests.local_hosts import Answer, Host, json_answer, serve_repository

REFERENCE = Reference("github", "own/server")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def api(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_API_URL", host.url + "/")


def test_a_repository_is_unpacked_with_its_commit_and_licence(host: Host, work_dir: Path) -> None:
    serve_repository(host, "own/server", {"src/index.ts": "export {}"}, COMMIT)
    fetched = fetch(REFERENCE, work_dir, "own-server")
    assert isinstance(fetched.root, Path)
    assert (fetched.root / "src/index.ts").read_text() == "export {}"
    assert fetched.server.source.commit == COMMIT
    assert fetched.server.source.ref == "main"
    assert fetched.server.license == "MIT"
    assert fetched.server.name == "server"


def test_a_ref_and_a_folder_are_honoured(host: Host, work_dir: Path) -> None:
    serve_repository(host, "own/server", {"packages/a/x.py": "1", "packages/b/y.py": "2"})
    host.routes["/repos/own/server/tarball/v1"] = host.routes["/repos/own/server/tarball/main"]
    fetched = fetch(Reference("github", "own/server", "v1", "packages/a"), work_dir, "s")
    assert isinstance(fetched.root, Path)
    assert [p.name for p in fetched.root.iterdir()] == ["x.py"]
    assert fetched.server.name == "a"


def test_the_token_goes_to_the_api_and_never_to_another_host(
    host: Host, other_host: Host, work_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret-token")
    serve_repository(host, "own/server", {"a": "b"})
    moved = next(path for path in host.routes if path.startswith("/codeload/"))
    other_host.routes[moved] = host.routes[moved]
    host.routes["/repos/own/server/tarball/main"] = Answer(b"", 302, {"Location": other_host.url + moved})
    fetch(REFERENCE, work_dir, "s")
    assert [headers.get("authorization") for _, headers in host.requests] == ["Bearer secret-token"] * 2
    assert len(other_host.requests) == 1
    assert all("authorization" not in headers for _, headers in other_host.requests)


def test_an_unknown_repository_is_not_found(work_dir: Path) -> None:
    with pytest.raises(SourceNotFound, match="no repository own/server") as raised:
        fetch(REFERENCE, work_dir, "s")
    assert "GITHUB_TOKEN" in str(raised.value.hint)


def test_an_unknown_ref_or_folder_is_not_found(host: Host, work_dir: Path) -> None:
    serve_repository(host, "own/server", {"a": "b"})
    with pytest.raises(SourceNotFound, match="no branch, tag or commit 'nope'"):
        fetch(Reference("github", "own/server", "nope"), work_dir, "s")
    with pytest.raises(SourceNotFound, match="no folder 'absent'"):
        fetch(Reference("github", "own/server", None, "absent"), work_dir, "s")


def test_a_rate_limit_says_until_when(host: Host, work_dir: Path) -> None:
    host.routes["/repos/own/server"] = json_answer(
        {"message": "API rate limit exceeded"}, 403, X_RateLimit_Remaining="0", X_RateLimit_Reset="1893456000"
    )
    with pytest.raises(RateLimited, match="2030-01-01 00:00:00 UTC") as raised:
        fetch(REFERENCE, work_dir, "s")
    assert "GITHUB_TOKEN" in str(raised.value.hint)


def test_a_refusal_that_is_no_rate_limit_is_not_called_one(host: Host, work_dir: Path) -> None:
    host.routes["/repos/own/server"] = json_answer({"message": "Forbidden"}, 403)
    with pytest.raises(SourceError, match="refuses access") as raised:
        fetch(REFERENCE, work_dir, "s")
    assert not isinstance(raised.value, RateLimited)


def test_a_host_that_is_not_there_is_named_with_the_setting(work_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with pytest.raises(SourceError, match=r"127\.0\.0\.1 cannot be reached") as raised:
        fetch(REFERENCE, work_dir, "s")
    assert "GITHUB_API_URL" in str(raised.value.hint)


def test_something_that_is_not_github_is_said_to_be_so(host: Host, work_dir: Path) -> None:
    host.routes["/repos/own/server"] = Answer(b"<html>", headers={"Content-Type": "text/html"})
    with pytest.raises(SourceError, match="instead of JSON"):
        fetch(REFERENCE, work_dir, "s")
