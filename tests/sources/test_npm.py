"""npm packages come from the registry that npm itself would ask, and are what it announced."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.errors import SourceError, SourceNotFound
from catalog.extract.tree import SourceTree
from catalog.sources import archive, download
from catalog.sources.npm import fetch
from catalog.sources.npmrc import PUBLIC_REGISTRY, npm_settings
from catalog.sources.reference import Reference
from tests.local_hosts import Answer, Host, json_answer, serve_npm

VERSIONS = {"1.0.0": {"index.js": "one"}, "2.0.0": {"index.js": "two"}}


@pytest.fixture(autouse=True)
def registry(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("npm_config_registry", host.url)


@pytest.mark.parametrize(("version", "content"), [(None, "two"), ("1.0.0", "one"), ("latest", "two")])
def test_a_version_a_tag_or_the_latest_is_unpacked(
    host: Host, work_dir: Path, version: str | None, content: str
) -> None:
    serve_npm(host, "@scope/pkg", VERSIONS)
    fetched = fetch(Reference("npm", "@scope/pkg", version), work_dir, "slug")
    assert fetched.root is not None
    assert SourceTree(fetched.root).read_text("index.js") == content
    assert fetched.server.version == ("1.0.0" if content == "one" else "2.0.0")


def test_a_package_too_large_for_memory_is_verified_and_unpacked_on_disk(
    host: Host, work_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_KEPT_BYTES", 10)
    monkeypatch.setattr(archive, "_WHOLE", 10)
    serve_npm(host, "pkg", VERSIONS)
    assert fetch(Reference("npm", "pkg"), work_dir, "slug").root == work_dir / "tree" / "package"
    host.routes["/pkg/-/2.0.0.tgz"] = Answer(b"something else")
    with pytest.raises(SourceError, match="not the one that was announced"):
        fetch(Reference("npm", "pkg"), work_dir, "slug")


def test_a_package_that_does_not_exist_is_not_found(work_dir: Path) -> None:
    with pytest.raises(SourceNotFound, match="npm has no package absent") as raised:
        fetch(Reference("npm", "absent"), work_dir, "s")
    assert "npm_config_registry" in str(raised.value.hint)


def test_a_version_that_does_not_exist_names_those_that_do(host: Host, work_dir: Path) -> None:
    serve_npm(host, "pkg", VERSIONS)
    with pytest.raises(SourceNotFound, match="no version '3'") as raised:
        fetch(Reference("npm", "pkg", "3"), work_dir, "s")
    assert "1.0.0, 2.0.0" in str(raised.value.hint)


def test_the_last_published_versions_are_told_by_their_times(host: Host, work_dir: Path) -> None:
    times = {f"1.{n}.0": f"2026-{n:02}-01T00:00:00Z" for n in range(1, 11)}
    document = {"versions": {version: {} for version in sorted(times)}, "time": times}
    host.routes["/pkg"] = json_answer(document)
    with pytest.raises(SourceNotFound) as raised:
        fetch(Reference("npm", "pkg", "3"), work_dir, "s")
    assert "1.6.0, 1.7.0, 1.8.0, 1.9.0, 1.10.0." in str(raised.value.hint)


def test_a_tarball_other_than_the_announced_one_is_refused(host: Host, work_dir: Path) -> None:
    serve_npm(host, "pkg", VERSIONS)
    host.routes["/pkg/-/2.0.0.tgz"] = host.routes["/pkg/-/1.0.0.tgz"]
    with pytest.raises(SourceError, match="not the one that was announced"):
        fetch(Reference("npm", "pkg"), work_dir, "s")


def test_a_tarball_that_is_no_archive_is_said_to_be_so(host: Host, work_dir: Path) -> None:
    host.routes["/pkg"] = json_answer(
        {"dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {"dist": {"tarball": f"{host.url}/x.tgz"}}}}
    )
    host.routes["/x.tgz"] = Answer(b"<html>maintenance</html>")
    with pytest.raises(SourceError, match="not an archive"):
        fetch(Reference("npm", "pkg"), work_dir, "s")


def test_a_mirror_is_asked_for_tarballs_of_the_public_registry(host: Host, work_dir: Path) -> None:
    serve_npm(host, "pkg", VERSIONS)
    route = host.routes["/pkg"]
    assert isinstance(route, Answer)
    host.routes["/pkg"] = Answer(route.body.replace(host.url.encode() + b"/", PUBLIC_REGISTRY.encode()))
    assert fetch(Reference("npm", "pkg"), work_dir, "s").server.version == "2.0.0"


def test_npmrc_scopes_tokens_and_variables_count_as_npm_counts_them(tmp_path: Path) -> None:
    home, project = tmp_path / "home", tmp_path / "project"
    home.mkdir()
    project.mkdir()
    (home / ".npmrc").write_text(
        "; a comment\nregistry=https://user.example/\n@mine:registry=https://npm.mine.example/path\n"
        "//npm.mine.example/path/:_authToken=${MY_TOKEN}\n//basic.example/:username=me\n//basic.example/:_password=cHc=\n"
    )
    (project / ".npmrc").write_text('registry = "https://project.example"\n')
    settings = npm_settings({"HOME": str(home), "MY_TOKEN": "t0ken"}, project)
    assert settings.registry_for("pkg") == "https://project.example/"
    assert settings.registry_for("@mine/pkg") == "https://npm.mine.example/path/"
    assert settings.credentials_for("https://npm.mine.example/path/@mine%2fpkg") == {"Authorization": "Bearer t0ken"}
    assert settings.credentials_for("https://npm.mine.example/elsewhere/x") == {}
    assert settings.credentials_for("https://basic.example/a/b") == {"Authorization": "Basic bWU6cHc="}
    assert settings.credentials_for("https://project.example/pkg") == {}


def test_the_environment_wins_over_files(tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_text("registry=https://file.example/\n")
    settings = npm_settings({"HOME": str(tmp_path), "NPM_CONFIG_REGISTRY": "https://env.example"}, tmp_path)
    assert settings.registry_for("pkg") == "https://env.example/"


def test_without_any_setting_the_public_registry_is_asked(tmp_path: Path) -> None:
    assert (
        npm_settings({"HOME": str(tmp_path), "npm_config_globalconfig": "/nonexistent"}, tmp_path).values.get(
            "registry"
        )
        is None
    )
    assert npm_settings({"HOME": str(tmp_path)}, tmp_path).registry_for("x") == PUBLIC_REGISTRY
