"""Servers for crawls: Go sources with chosen tools, and a registry that lists them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.local_hosts import Answer, Host, json_answer, serve_npm


def go_source(tools: Iterable[str]) -> str:
    """A mcp-go server that registers the tools; each describes itself by its name."""
    added = "\n".join(
        f'\ts.AddTool(mcp.NewTool("{name}", mcp.WithDescription("{name.replace("_", " ").capitalize()}")), handle)'
        for name in tools
    )
    return (
        'package main\n\nimport (\n\t"github.com/mark3labs/mcp-go/mcp"\n\t"github.com/mark3labs/mcp-go/server"\n)\n\n'
        f'func main() {{\n\ts := server.NewMCPServer("x", "1")\n{added}\n}}\n'
    )


def serve_package(host: Host, name: str, tools: Iterable[str], version: str = "1.0.0") -> None:
    serve_npm(host, name, {version: {"main.go": go_source(tools), "package.json": json.dumps({"name": name})}})


def serve_notes(host: Host, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """The host as the npm registry of this test, with one server of two tools; the store lies in the folder."""
    monkeypatch.setenv("CATALOG_DB", str(folder / "catalog.db"))
    monkeypatch.setenv("npm_config_registry", host.url)
    monkeypatch.setenv("CATALOG_HTTP_CACHE", "")
    serve_package(host, "notes", ["list_notes", "delete_note"])
    return host


def entry(name: str, **server: Any) -> dict[str, Any]:
    """An entry of the registry's list, in its present shape."""
    meta = {"io.modelcontextprotocol.registry/official": {"updatedAt": "2026-01-01T00:00:00Z", "isLatest": True}}
    return {"server": {"name": name, "version": "1.0.0", **server}, "_meta": meta}


def npm_entry(name: str, version: str = "1.0.0") -> dict[str, Any]:
    package = {"registryType": "npm", "identifier": name, "version": version}
    return entry(f"io.example/{name}", version=version, packages=[package])


def serve_registry(host: Host, pages: Sequence[Sequence[Mapping[str, Any]]], api: str = "v0.1") -> None:
    """A registry with those pages; its cursors are the numbers of pages."""

    def list_servers(number: int) -> Answer:
        metadata = {"count": len(pages[number])}
        if number + 1 < len(pages):
            metadata["nextCursor"] = str(number + 1)  # type: ignore[assignment]
        return json_answer({"servers": list(pages[number]), "metadata": metadata})

    original = host.answer

    def answer(path: str, headers: dict[str, str]) -> Answer:
        before, _, query = path.partition("?")
        if before != f"/{api}/servers":
            return original(path, headers)
        host.requests.append((path, headers))
        cursor = dict(part.split("=", 1) for part in query.split("&")).get("cursor", "0")
        return list_servers(int(cursor))

    host.answer = answer  # type: ignore[method-assign]


def with_etags(host: Host) -> list[int]:
    """Makes the host answer conditional requests; gives the list of statuses that it will have sent."""
    statuses: list[int] = []
    original: Callable[[str, dict[str, str]], Answer] = host.answer

    def answer(path: str, headers: dict[str, str]) -> Answer:
        import hashlib

        plain = original(path, headers)
        tag = f'"{hashlib.sha256(plain.body).hexdigest()[:16]}"'
        if plain.status == 200 and headers.get("if-none-match") == tag:
            plain = Answer(b"", 304, {"ETag": tag, "Cache-Control": "no-cache"})
        elif plain.status == 200:
            plain = Answer(plain.body, 200, {**plain.headers, "ETag": tag, "Cache-Control": "no-cache"})
        statuses.append(plain.status)
        return plain

    host.answer = answer  # type: ignore[method-assign]
    return statuses
