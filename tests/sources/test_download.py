"""Downloads are patient where that helps, bounded always, and protected where they began protected."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from catalog.errors import RateLimited, SourceError
from catalog.sources import download as download_module
from catalog.sources.download import Downloader, DownloadLimits
from tests.local_hosts import Answer, Host, json_answer


def downloader(pauses: list[float], **limits: float) -> Downloader:
    return Downloader("the hint", None, DownloadLimits(**limits), pauses.append)  # type: ignore[arg-type]


def test_a_busy_host_is_asked_again_after_the_pause_that_it_names(host: Host) -> None:
    pauses: list[float] = []
    host.routes["/x"] = [json_answer({}, 503), json_answer({}, 429, Retry_After="7"), json_answer({"a": 1})]
    with downloader(pauses) as download:
        assert download.json(f"{host.url}/x") == {"a": 1}
    assert pauses == [0.5, 7.0]


def test_a_host_that_stays_busy_is_given_up(host: Host) -> None:
    pauses: list[float] = []
    host.routes["/x"] = json_answer({}, 500)
    with downloader(pauses) as download, pytest.raises(SourceError, match="answered HTTP 500"):
        download.json(f"{host.url}/x")
    assert pauses == [0.5, 1.0, 2.0]


def test_a_pause_longer_than_our_patience_ends_at_once(host: Host) -> None:
    pauses: list[float] = []
    host.routes["/x"] = json_answer({}, 429, Retry_After="3600")
    with downloader(pauses) as download, pytest.raises(RateLimited, match="another 3600 s") as raised:
        download.json(f"{host.url}/x")
    assert pauses == []
    assert raised.value.hint == "the hint"


def test_a_body_past_the_limit_is_refused_also_when_compressed(host: Host, tmp_path: Path) -> None:
    import gzip

    host.routes["/plain"] = Answer(b"x" * 2000)
    host.routes["/packed"] = Answer(gzip.compress(b"x" * 200_000), headers={"Content-Encoding": "gzip"})
    with downloader([], max_bytes=1000) as download:
        for path in ("/plain", "/packed"):
            with pytest.raises(SourceError, match="larger than the 1000 bytes"):
                download.save(host.url + path, tmp_path / "out")


def test_a_small_body_is_given_and_a_larger_one_written(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.routes["/x"] = Answer(b"ab" * 50_000)
    with downloader([], max_bytes=150_000) as download:
        assert download.body(f"{host.url}/x", tmp_path / "small") == b"ab" * 50_000
        assert not (tmp_path / "small").exists()
        monkeypatch.setattr(download_module, "_KEPT_BYTES", 70_000)
        assert download.body(f"{host.url}/x", tmp_path / "large") is None
        assert (tmp_path / "large").read_bytes() == b"ab" * 50_000
        host.routes["/x"] = Answer(b"ab" * 80_000)
        with pytest.raises(SourceError, match="larger than the 150000 bytes"):
            download.body(f"{host.url}/x", tmp_path / "beyond")


def test_a_cookie_is_sent_back_until_the_downloader_closes(host: Host) -> None:
    host.routes["/x"] = json_answer({}, Set_Cookie="session=1; Path=/")
    for expected in ("session=1", None):
        with downloader([]) as download:
            download.json(f"{host.url}/x")
            if expected:
                download.json(f"{host.url}/x")
        assert host.requests[-1][1].get("cookie") == expected


def test_a_header_of_the_question_replaces_the_usual_one(host: Host) -> None:
    host.routes["/x"] = json_answer({})
    with downloader([]) as download:
        download.json(f"{host.url}/x", {"Accept": "application/x", "authorization": "Bearer t"})
    (_, sent) = host.requests[0]
    assert (sent["accept"], sent["authorization"]) == ("application/x", "Bearer t")
    assert sent["user-agent"].startswith("mcp-tool-catalog/")


def test_a_redirect_loop_ends(host: Host) -> None:
    host.routes["/x"] = Answer(b"", 302, {"Location": f"{host.url}/x"})
    with downloader([]) as download, pytest.raises(SourceError, match="cannot be fetched"):
        download.json(f"{host.url}/x")


def test_an_address_without_meaning_is_a_source_error() -> None:
    with downloader([]) as download, pytest.raises(SourceError):
        download.json("http://[half/x")


def test_json_that_nests_without_end_is_a_source_error(host: Host) -> None:
    host.routes["/x"] = Answer(b"[" * 200_000)
    with downloader([]) as download, pytest.raises(SourceError, match="instead of JSON"):
        download.json(f"{host.url}/x")


def test_a_document_is_asked_for_with_the_validator_that_it_came_with(host: Host) -> None:
    def answer(headers: Mapping[str, str]) -> Answer:
        known = headers.get("if-none-match") == '"v1"'
        return Answer(b"" if known else b"text", 304 if known else 200, {"ETag": '"v1"'})

    host.routes["/doc"] = answer
    with Downloader("hint") as download:
        document = download.document_unless(f"{host.url}/doc", "")
        assert document is not None
        assert (document.text, document.validator) == ("text", '"v1"')
        assert download.document_unless(f"{host.url}/doc", document.validator) is None


def test_the_time_of_the_last_change_serves_where_there_is_no_tag(host: Host) -> None:
    stamp = "Mon, 05 Jan 2026 12:00:00 GMT"
    host.routes["/doc"] = lambda headers: Answer(
        b"", 304 if headers.get("if-modified-since") == stamp else 200, {"Last-Modified": stamp}
    )
    with Downloader("hint") as download:
        document = download.document_unless(f"{host.url}/doc", "")
        assert document is not None
        assert download.document_unless(f"{host.url}/doc", document.validator) is None
