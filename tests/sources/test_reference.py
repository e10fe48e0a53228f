"""References parse as the contract's table says, and slugs follow its rules."""
# ruff: noqa: E501 (one reference a line reads best)

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import UsageError
from catalog.sources.reference import Reference, parse_reference, slug_of, slugify


def nowhere(path: str) -> bool:
    return False


@pytest.mark.parametrize(
    ("text", "expected", "slug"),
    [
        ("yrvelez/qualtrics-mcp-server", Reference("github", "yrvelez/qualtrics-mcp-server"), "yrvelez-qualtrics-mcp-server"),
        ("Own/Re.po_x@v1.2", Reference("github", "Own/Re.po_x", "v1.2"), "own-re-po-x"),
        ("own/repo@feat/x//src/git", Reference("github", "own/repo", "feat/x", "src/git"), "own-repo-src-git"),
        ("own/repo//src/git/", Reference("github", "own/repo", None, "src/git"), "own-repo-src-git"),
        ("https://github.com/own/repo", Reference("github", "own/repo"), "own-repo"),
        ("https://github.com/own/repo.git", Reference("github", "own/repo"), "own-repo"),
        ("https://github.com/own/repo/tree/main/src/a?x=1#y", Reference("github", "own/repo", "main", "src/a"), "own-repo-src-a"),
        ("git@github.com:own/repo.git", Reference("github", "own/repo"), "own-repo"),
        ("npm:left-pad", Reference("npm", "left-pad"), "npm-left-pad"),
        ("npm:@scope/name", Reference("npm", "@scope/name"), "npm-scope-name"),
        ("npm:@scope/name@1.2.3-beta.1", Reference("npm", "@scope/name", "1.2.3-beta.1"), "npm-scope-name"),
        ("pypi:mcp-server-git", Reference("pypi", "mcp-server-git"), "pypi-mcp-server-git"),
        ("pypi:mcp_server==1.0", Reference("pypi", "mcp_server", "1.0"), "pypi-mcp-server"),
        ("pypi:a@2026.1!b+c", Reference("pypi", "a", "2026.1!b+c"), "pypi-a"),
        ("./My Server", Reference("local", "./My Server"), "my-server"),
        ("/tmp/thing-1.2.tar.gz", Reference("local", "/tmp/thing-1.2.tar.gz"), "thing-1-2"),
        ("server.mcpb", Reference("local", "server.mcpb"), "server"),
        ("dump/tools.json", Reference("snapshot", "dump/tools.json"), "tools"),
        ("tools.jsonl", Reference("snapshot", "tools.jsonl"), "tools"),
        ("-", Reference("snapshot", "-"), "stdin"),
        ("https://mcp.example.com/mcp", Reference("http", "https://mcp.example.com/mcp"), "mcp-example-com-mcp"),
        ("stdio:npx -y thing", Reference("stdio", "npx -y thing"), "stdio-npx-y-thing"),
        ("registry:", Reference("registry", ""), "registry"),
        ("config:/home/x/mcp.json", Reference("config", "/home/x/mcp.json"), "config-home-x-mcp-json"),
    ],
)  # fmt: skip
def test_each_form_of_the_contract_is_understood(text: str, expected: Reference, slug: str) -> None:
    assert parse_reference(text, nowhere) == expected
    assert slug_of(expected) == slug


@pytest.mark.parametrize(
    "text", ["", "word", "a/b/c", "npm:", "npm:../x", "npm:a b", "pypi:", "pypi:-x", "own/..", "own/repo//../x", "stdio:", "a\0b"]
)  # fmt: skip
def test_text_that_names_nothing_is_refused_with_the_accepted_forms(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_reference(text, nowhere)
    assert raised.value.hint


def test_credentials_in_an_address_reach_neither_slug_nor_identity_nor_messages() -> None:
    reference = parse_reference("https://me:hunter2@mcp.example.com/mcp?key=s3cret#t0ken", nowhere)
    assert slug_of(reference) == "mcp-example-com-mcp"
    assert reference.identity == str(reference) == "https://mcp.example.com/mcp"
    assert "hunter2" in reference.name


def test_a_folder_on_disk_wins_over_owner_and_repo() -> None:
    assert parse_reference("own/repo", lambda path: path == "own/repo").kind == "local"


def test_a_version_changes_neither_slug_nor_identity() -> None:
    old, new = parse_reference("npm:@a/b@1.0.0"), parse_reference("npm:@a/b@2.0.0")
    assert slug_of(old) == slug_of(new)
    assert old.identity == new.identity


def test_different_packages_that_share_a_slug_differ_in_identity() -> None:
    dot, dash = parse_reference("npm:a.b"), parse_reference("npm:a-b")
    assert slug_of(dot) == slug_of(dash)
    assert dot.identity != dash.identity


@given(st.text(max_size=60))
def test_any_text_is_a_reference_or_a_usage_error(text: str) -> None:
    try:
        reference = parse_reference(text, nowhere)
    except UsageError:
        return
    assert reference.name or reference.kind in ("registry", "config")


@given(st.text())
def test_a_slug_is_lower_case_words_with_single_dashes(words: str) -> None:
    assert re.fullmatch(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*)?", slugify(words))


@given(st.text())
def test_making_a_slug_twice_changes_nothing(words: str) -> None:
    assert slugify(slugify(words)) == slugify(words)
