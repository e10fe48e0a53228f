"""PyPI projects come from the indexes that pip itself would ask: the sdist first, and what was announced."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from catalog.errors import SourceError, SourceNotFound
from catalog.extract.tree import SourceTree
from catalog.sources.pipconf import PUBLIC_INDEX, pip_settings
from catalog.sources.pypi import choose, fetch
from catalog.sources.reference import Reference
from catalog.sources.simple_index import IndexFile
from tests.local_hosts import Answer, Host, json_answer, serve_pypi, tarball, wheel

SDIST = tarball({"src/a.py": "sdist"}, "my_server-1.0")
WHEEL = wheel({"a.py": "wheel", "my_server-2.0.dist-info/METADATA": "Name: my-server\n"})
FILES = {
    "my_server-1.0.tar.gz": SDIST,
    "my_server-1.0-py3-none-any.whl": WHEEL,
    "my_server-2.0-py3-none-any.whl": WHEEL,
}
REFERENCE = Reference("pypi", "My_Server")


@pytest.fixture(autouse=True)
def index(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", f"{host.url}/simple")


@pytest.mark.parametrize("as_html", [False, True])
def test_the_newest_release_is_found_in_json_and_in_html(host: Host, work_dir: Path, as_html: bool) -> None:
    serve_pypi(host, "my-server", FILES, as_html)
    fetched = fetch(REFERENCE, work_dir, "slug")
    assert fetched.root is not None
    assert SourceTree(fetched.root).read_text("a.py") == "wheel"
    assert fetched.server.version == "2.0"


def test_the_sdist_is_preferred_to_the_wheel(host: Host, work_dir: Path) -> None:
    serve_pypi(host, "my-server", FILES)
    fetched = fetch(Reference("pypi", "my-server", "1.0"), work_dir, "slug")
    assert fetched.root is not None
    assert SourceTree(fetched.root).read_text("src/a.py") == "sdist"


def test_an_index_in_a_folder_works_too(work_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "simple" / "my-server"
    page.mkdir(parents=True)
    (tmp_path / "my_server-1.0.tar.gz").write_bytes(SDIST)
    digest = hashlib.sha256(SDIST).hexdigest()
    (page / "index.html").write_text(f'<a href="../../my_server-1.0.tar.gz#sha256={digest}">x</a>')
    monkeypatch.setenv("PIP_INDEX_URL", f"file://{tmp_path}/simple")
    assert fetch(REFERENCE, work_dir, "s").server.version == "1.0"


def test_an_extra_index_fills_in_where_the_first_has_nothing(
    host: Host, other_host: Host, work_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"{other_host.url}/simple")
    serve_pypi(other_host, "my-server", FILES)
    assert fetch(REFERENCE, work_dir, "s").server.version == "2.0"


def test_credentials_of_the_index_go_to_its_own_host_only(
    host: Host, other_host: Host, work_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", host.url.replace("//", "//me:pw@") + "/simple")
    other_host.routes["/f.tar.gz"] = Answer(SDIST)
    host.routes["/simple/my-server/"] = json_answer(
        {"files": [{"filename": "my_server-1.0.tar.gz", "url": f"{other_host.url}/f.tar.gz"}]}
    )
    fetch(REFERENCE, work_dir, "s")
    assert host.requests[0][1]["authorization"].startswith("Basic ")
    assert "authorization" not in other_host.requests[0][1]


def test_errors_never_show_credentials(host: Host, work_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", host.url.replace("//", "//me:hunter2@") + "/simple")
    host.routes["/simple/my-server/"] = json_answer({}, 401)
    with pytest.raises(SourceError) as raised:
        fetch(REFERENCE, work_dir, "s")
    assert "hunter2" not in str(raised.value)


def test_a_project_that_does_not_exist_is_not_found(work_dir: Path) -> None:
    with pytest.raises(SourceNotFound, match="PyPI has no project My_Server") as raised:
        fetch(REFERENCE, work_dir, "s")
    assert "PIP_INDEX_URL" in str(raised.value.hint)


def test_a_version_that_does_not_exist_names_those_that_do(host: Host, work_dir: Path) -> None:
    serve_pypi(host, "my-server", FILES)
    with pytest.raises(SourceNotFound, match=r"no version '9\.9'") as raised:
        fetch(Reference("pypi", "my-server", "9.9"), work_dir, "s")
    assert "1.0, 2.0" in str(raised.value.hint)


def test_a_file_other_than_the_announced_one_is_refused(host: Host, work_dir: Path) -> None:
    serve_pypi(host, "my-server", FILES)
    host.routes["/files/my_server-2.0-py3-none-any.whl"] = Answer(SDIST)
    with pytest.raises(SourceError, match="not the file that was announced"):
        fetch(REFERENCE, work_dir, "s")


def test_yanked_releases_and_previews_are_taken_only_when_asked_for() -> None:
    files = [
        IndexFile("p-1.0.tar.gz", "u"),
        IndexFile("p-1.1rc1.tar.gz", "u"),
        IndexFile("p-1.2.tar.gz", "u", {}, is_yanked=True),
        IndexFile("p-1.3.exe", "u"),
    ]
    assert str(choose(files, Reference("pypi", "p"))[0]) == "1.0"
    assert str(choose(files, Reference("pypi", "p", "1.1rc1"))[0]) == "1.1rc1"
    assert str(choose(files, Reference("pypi", "p", "1.2"))[0]) == "1.2"
    assert str(choose(files[1:2], Reference("pypi", "p"))[0]) == "1.1rc1"


def test_pip_files_count_as_pip_counts_them(tmp_path: Path) -> None:
    (tmp_path / "pip").mkdir()
    (tmp_path / "pip" / "pip.conf").write_text(
        "[global]\nindex-url = https://user.example/simple\nextra_index_url =\n  https://a.example\n  https://b.example\n"
    )
    named = tmp_path / "named.conf"
    named.write_text("[install]\nindex-url = https://named.example/simple\n[global]\ncert = /ca.pem\n")
    env = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "XDG_CONFIG_DIRS": str(tmp_path / "none")}
    assert pip_settings(env).indexes[0] == "https://user.example/simple"
    settings = pip_settings({**env, "PIP_CONFIG_FILE": str(named)})
    assert settings.indexes == ("https://named.example/simple", "https://a.example", "https://b.example")
    assert settings.ca_file == "/ca.pem"
    assert pip_settings({**env, "PIP_INDEX_URL": "https://env.example"}).indexes[0] == "https://env.example"
    assert pip_settings({**env, "PIP_CONFIG_FILE": os.devnull}).indexes == (PUBLIC_INDEX,)
    assert pip_settings({**env, "PIP_NO_INDEX": "1"}).indexes == ()
