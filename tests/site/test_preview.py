"""Serving a built site on this machine."""

from __future__ import annotations

import threading
import urllib.request

import pytest

from catalog.errors import UsageError
from catalog.site import preview
from tests.site.catalogue import notes


def test_the_front_page_is_served(built) -> None:
    with preview.server(built(notes()), 0) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        with urllib.request.urlopen(f"http://127.0.0.1:{running.server_port}/") as answer:
            assert answer.status == 200
            assert b"Notes" in answer.read()
        running.shutdown()


def test_a_folder_without_a_site_is_refused(tmp_path) -> None:
    with pytest.raises(UsageError):
        preview.server(tmp_path)


def test_a_taken_port_is_refused(built) -> None:
    site = built(notes())
    with preview.server(site, 0) as running, pytest.raises(UsageError):
        preview.server(site, running.server_port)
