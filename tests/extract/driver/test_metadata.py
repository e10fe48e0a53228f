from __future__ import annotations

import json

import pytest

from catalog.extract.metadata import Metadata, metadata
from tests.extract.conftest import MakeTree

SAID = Metadata("name", "1.2", "What it does", "MIT", "https://example.org")
MANIFESTS = {
    "package.json": json.dumps(
        {
            "name": "name",
            "version": "1.2",
            "description": "What it does",
            "license": "MIT",
            "homepage": "https://example.org",
        }
    ),
    "pyproject.toml": '[project]\nname = "name"\nversion = "1.2"\ndescription = "What it does"\nlicense = "MIT"\n'
    '[project.urls]\nHomepage = "https://example.org"\n',
    "Cargo.toml": '[package]\nname = "name"\nversion = "1.2"\ndescription = "What it does"\nlicense = "MIT"\n'
    'repository = "https://example.org"\n',
    "PKG-INFO": "Name: name\nVersion: 1.2\nSummary: What it does\nLicense: MIT\nHome-page: https://example.org\n",
    "name-1.2.dist-info/METADATA": "Name: name\nVersion: 1.2\nSummary: What it does\nLicense-Expression: MIT\n"
    "Project-URL: Homepage, https://example.org\n",
    "manifest.json": json.dumps(
        {
            "manifest_version": "0.3",
            "name": "name",
            "version": "1.2",
            "description": "What it does",
            "license": "MIT",
            "homepage": "https://example.org",
        }
    ),
}


@pytest.mark.parametrize("path", MANIFESTS)
def test_metadata_of_each_manifest(make_tree: MakeTree, path: str) -> None:
    assert metadata(make_tree({path: MANIFESTS[path]})) == SAID


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"name": 3}', "[" * 100_000])
def test_a_broken_manifest_says_nothing(make_tree: MakeTree, text: str) -> None:
    assert metadata(make_tree({"package.json": text})) == Metadata()


def test_the_manifest_with_an_mcp_sdk_speaks_first(make_tree: MakeTree) -> None:
    files: dict[str, str | bytes] = {
        "package.json": json.dumps({"name": "docs-site", "license": "MIT"}),
        "pyproject.toml": '[project]\nname = "server"\ndependencies = ["mcp>=1"]\n',
    }
    assert metadata(make_tree(files)) == Metadata("server", license="MIT")


def test_a_placeholder_is_not_a_version(make_tree: MakeTree) -> None:
    document = {"$schema": "https://static.modelcontextprotocol.io/x.json", "name": "a/b", "version": "${VERSION}"}
    assert metadata(make_tree({"server.json": json.dumps(document)})) == Metadata("a/b")


def test_another_kind_of_manifest_json_says_nothing(make_tree: MakeTree) -> None:
    assert metadata(make_tree({"manifest.json": json.dumps({"name": "web app", "icons": []})})) == Metadata()


def test_a_go_module_is_named_by_its_last_part(make_tree: MakeTree) -> None:
    tree = make_tree({"go.mod": "module github.com/someone/tool-server/v2\n\ngo 1.23\n"})
    assert metadata(tree).name == "tool-server"
