"""Walking a registry: its pages, its two API versions, its faults, and the best source of each server."""

from __future__ import annotations

import pytest

from catalog.errors import SourceError, SourceNotFound
from catalog.sources.registry import walk
from tests.crawl.fixtures import entry, npm_entry, serve_registry
from tests.local_hosts import Answer, Host, json_answer


@pytest.mark.parametrize("api", ["v0.1", "v0"])
def test_every_page_is_walked(host: Host, api: str) -> None:
    serve_registry(host, [[npm_entry("a"), npm_entry("b")], [npm_entry("c")]], api)
    assert [e.name for e in walk(host.url)] == ["io.example/a", "io.example/b", "io.example/c"]
    asked = host.requests[-1][0]
    assert "version=latest" in asked
    assert "cursor=1" in asked


def test_since_and_limit_bound_the_walk(host: Host) -> None:
    serve_registry(host, [[npm_entry("a"), npm_entry("b")], [npm_entry("c")]])
    assert len(list(walk(host.url, since="2026-01-01T00:00:00Z", limit=2))) == 2
    assert "updated_since=2026-01-01T00%3A00%3A00Z" in host.requests[-1][0]
    assert len(host.requests) == 1


def test_the_older_flat_shape_is_read_too(host: Host) -> None:
    serve_registry(host, [[{"name": "io.example/flat", "repository": {"url": "https://github.com/ann/flat"}}]], "v0")
    (flat,) = walk(host.url)
    assert [str(c.reference) for c in flat.candidates] == ["ann/flat"]


def test_packages_come_before_the_repository_and_that_before_remotes(host: Host) -> None:
    serve_registry(
        host,
        [
            [
                entry(
                    "io.example/all",
                    remotes=[{"type": "streamable-http", "url": "https://mcp.example.com/mcp"}],
                    repository={"url": "https://github.com/ann/mono.git", "subfolder": "servers/one"},
                    packages=[
                        {"registryType": "oci", "identifier": "docker.io/ann/one"},
                        {"registryType": "pypi", "identifier": "one", "version": "2.0"},
                    ],
                )
            ]
        ],
    )
    (found,) = walk(host.url)
    assert [str(c.reference) for c in found.candidates] == [
        "pypi:one@2.0",
        "ann/mono//servers/one",
        "https://mcp.example.com/mcp",
    ]
    assert all(c.why for c in found.candidates)


def test_an_entry_that_names_nothing_readable_has_no_candidates(host: Host) -> None:
    serve_registry(host, [[entry("io.example/none", packages=[{"registryType": "npm", "identifier": "../../etc"}])]])
    (found,) = walk(host.url)
    assert found.candidates == ()


def test_a_cursor_that_comes_twice_ends_the_walk_with_a_word(host: Host) -> None:
    host.routes["/v0.1/servers"] = json_answer({"servers": [npm_entry("a")], "metadata": {"nextCursor": "x"}})
    said: list[str] = []
    assert len(list(walk(host.url, report=said.append))) == 2
    assert "came twice" in said[0]


def test_entries_without_a_name_are_passed_over_aloud(host: Host) -> None:
    serve_registry(host, [[{"server": {"name": None}}, [], npm_entry("a")]])  # type: ignore[list-item]
    said: list[str] = []
    assert [e.name for e in walk(host.url, report=said.append)] == ["io.example/a"]
    assert len(said) == 2


@pytest.mark.parametrize("body", [b"<html>", b'{"servers": 3}', b"[]"])
def test_a_page_that_is_none_is_an_error_after_what_was_given(host: Host, body: bytes) -> None:
    first = json_answer({"servers": [npm_entry("a")], "metadata": {"nextCursor": "1"}})
    host.routes["/v0.1/servers"] = [first, Answer(body)]
    entries = walk(host.url)
    assert next(entries).name == "io.example/a"
    with pytest.raises(SourceError):
        next(entries)


def test_a_host_without_a_registry_says_so(host: Host) -> None:
    with pytest.raises(SourceNotFound, match="no MCP registry"):
        list(walk(host.url))
