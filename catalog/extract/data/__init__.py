"""Data: OpenAPI documents, endpoint lists and manifests that code turns into tools; lists of tools beside the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from catalog.extract.choice import MADE_OPERATIONS, NAMED_OPERATIONS
from catalog.extract.data.documents import Unreadable, read_documents
from catalog.extract.data.entries import (
    endpoint_tools,
    is_single_tool,
    listed_tools,
    manifest_tools,
    single_tool,
)
from catalog.extract.data.evidence import Evidence
from catalog.extract.data.openapi import is_openapi, operation_tools
from catalog.extract.tree import SourceTree
from catalog.records import Found, Gap, Tool

_SUFFIXES = (".json", ".yaml", ".yml")
_NEVER = {
    "package.json", "package-lock.json", "tsconfig.json", "composer.lock", "composer.json", "pnpm-lock.yaml",
    "docker-compose.yml", "docker-compose.yaml", "mkdocs.yml", "renovate.json", "turbo.json", "nx.json", "lerna.json",
    "Chart.yaml", "values.yaml",
}  # fmt: skip
_MADE_BY_CODE = (MADE_OPERATIONS, "manifest", "endpoint list")
_NEVER_BELOW = (".github/", ".circleci/", "charts/", "helm/", ".vscode/", "locales/", "i18n/")
_JSON_HINT = re.compile(
    r'"(?:inputSchema|input_schema|operationId|toolName|tool_name|manifest_version|dxt_version|pathPattern|mcpName)"\s*:'
)
_YAML_HINT = re.compile(
    r"^[ \t]*-?[ \t]*(?:operationId|inputSchema|input_schema|toolName|tool_name)[ \t]*:"
    r"|^(?:[ \t]*-[ \t]*|[ \t]{2,})?description[ \t]*:",
    re.MULTILINE,
)


def candidate_paths(tree: SourceTree) -> tuple[str, ...]:
    """The documents in which tools can be seen."""
    return tuple(p for p in tree.paths(*_SUFFIXES) if _is_candidate(tree, p))


def _is_candidate(tree: SourceTree, path: str) -> bool:
    name = PurePosixPath(path).name
    if name in _NEVER or path.startswith(_NEVER_BELOW) or tree.sizes[path] < 40:
        return False
    pattern = _JSON_HINT if path.endswith(".json") else _YAML_HINT
    return bool(pattern.search(tree.read_text(path)))


def read(tree: SourceTree) -> Found:
    """The tools that documents define. Those of plain lists are marked: code may not register them."""
    tools: list[Tool] = []
    gaps: list[Gap] = []
    evidence = Evidence(tree)
    for path in candidate_paths(tree):
        try:
            documents = read_documents(tree, path)
        except Unreadable as error:
            if evidence.names(path) or evidence.loads_folder(path):
                gaps.append(Gap(path, None, str(error)))
            continue
        for document in documents:
            for item in _items(document, path, tree.read_text(path), evidence):
                if isinstance(item, Tool):
                    tools.append(item)
                else:
                    gaps.append(item)
        gaps.extend(_made_by_code(path, [t for t in tools if t.location and t.location.path == path]))
    return Found(tuple(tools), tuple(gaps))


def _made_by_code(path: str, tools: list[Tool]) -> Iterator[Gap]:
    """What is not known of tools that code makes of a document."""
    made = sum(1 for t in tools if t.extractor in _MADE_BY_CODE)
    named = sum(1 for t in tools if t.extractor == NAMED_OPERATIONS)
    if made:
        yield Gap(path, None, f"code makes {made} tools of this document; what it adds or leaves out is not seen")
    if named:
        yield Gap(path, None, f"code names this description of {named} operations; it may make tools of them")


def _items(document: Any, path: str, text: str, evidence: Evidence) -> Iterator[Tool | Gap]:
    if is_openapi(document):
        how = evidence.makes_tools_of_openapi(path)
        if how:
            yield from operation_tools(document, path, text, evidence.prefers_summaries, how)
        return
    endpoints = list(endpoint_tools(document, path, text))
    if endpoints:
        if evidence.names(path):
            yield from endpoints
        return
    listed = list(listed_tools(document, path, text))
    if listed:
        yield from listed
        return
    if is_single_tool(document):
        tool = single_tool(document, path, text, "list:tools" if path.endswith(".json") else "manifest")
        if tool and (path.endswith(".json") or evidence.loads_folder(path)):
            yield tool
        return
    if path.endswith(".json"):
        return
    manifest = list(manifest_tools(document, path, text))
    if manifest and evidence.loads_folder(path):
        yield from manifest
