"""What all tests share: hosts on this machine, and no trace of the settings of whoever runs the tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.local_hosts import Host, running_host

# A busy machine must not fail a test: what is asserted is behaviour, never time.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

_SETTINGS = ("NPM_CONFIG_", "PIP_", "GITHUB_", "CATALOG_", "FORCE_COLOR", "XDG_CONFIG", "HTTP_PROXY", "HTTPS_PROXY")


@pytest.fixture(autouse=True)
def no_settings(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An empty home, and none of the variables that clients read. Tests marked `registry` keep the real settings."""
    if request.node.get_closest_marker("registry"):
        return
    for name in list(os.environ):
        if name.upper().startswith(_SETTINGS):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)


@pytest.fixture
def host() -> Iterator[Host]:
    with running_host() as running:
        yield running


@pytest.fixture
def other_host() -> Iterator[Host]:
    with running_host() as running:
        yield running


@pytest.fixture
def work_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder
