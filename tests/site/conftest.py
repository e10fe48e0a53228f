from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.site.build import build_site
from catalog.store.read import StoreReader
from tests.site import catalogue

Built = Callable[..., Path]


@pytest.fixture
def built(tmp_path: Path) -> Built:
    """Builds a site from snapshots: `built(notes(), other())` gives its folder."""

    def build(*parts, base_url: str | None = None, into: str = "site") -> Path:
        path = catalogue.store(tmp_path / "c.db", *parts)
        with StoreReader(path) as store:
            return build_site(store, tmp_path / into, base_url).directory

    return build
