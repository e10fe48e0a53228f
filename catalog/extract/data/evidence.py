"""Whether code of the tree reads a document: only then are tools made of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from catalog.extract.data.entries import knowledge
from catalog.extract.tree import SourceTree

_SUMMARY_FIRST = re.compile(r"\.summary\b\s*(?:\|\||\?\?|or\b)\s*\w+\.description\b")
_SPEAKS_OF_TOOLS = re.compile(r"mcp|modelcontextprotocol|registerTool|addTool|inputSchema|input_schema", re.IGNORECASE)
_MOST_NAMESAKES = 3  # documents of one name in a tree that code may mean by that name alone
_KEPT_BYTES = 32_000_000
_TOO_COMMON = {"index", "data", "config", "package", "src", "lib", "dist", "main", "."}


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the code of a tree says of the documents in it."""

    tree: SourceTree

    @cached_property
    def _code(self) -> tuple[str, ...]:
        return tuple(self.tree.paths(*knowledge()["code"]["suffixes"]))

    @cached_property
    def _loading_yaml(self) -> tuple[str, ...]:
        pattern = re.compile(knowledge()["code"]["loads_yaml"])
        return tuple(p for p in self._code if pattern.search(self.tree.read_text(p)))

    @cached_property
    def makes_tools_of_openapi(self) -> bool:
        """Whether code calls something that makes tools of OpenAPI documents."""
        pattern = re.compile(knowledge()["code"]["from_openapi"])
        return any(pattern.search(self.tree.read_text(p)) for p in self._code)

    @cached_property
    def prefers_summaries(self) -> bool:
        """Whether code takes an operation's summary before its description."""
        return any(_SUMMARY_FIRST.search(self.tree.read_text(p)) for p in self._code)

    @cached_property
    def _speaks_of_tools(self) -> bool:
        return any(_SPEAKS_OF_TOOLS.search(self.tree.read_text(p)) for p in self._code)

    def names(self, path: str) -> bool:
        """Whether code names the file, by its name with or without its ending."""
        name = PurePosixPath(path)
        if not self._speaks_of_tools:
            return False
        is_common = self._namesakes[name.name] > _MOST_NAMESAKES  # the bare name says nothing of this one
        forms = ["/".join(name.parts[-2:]) if is_common else name.name]
        if name.stem.lower() not in _TOO_COMMON and not is_common:
            forms += [f'"{name.stem}"', f"'{name.stem}'", f'/{name.stem}"', f"/{name.stem}'"]
        return any(form in text for text in self._texts() for form in forms)

    def _texts(self) -> Iterable[str]:
        """The text of every code file, kept where it is little."""
        small = sum(self.tree.sizes.get(p, 0) for p in self._code) <= _KEPT_BYTES
        return self._kept_texts if small else (self.tree.read_text(p) for p in self._code)

    @cached_property
    def _kept_texts(self) -> tuple[str, ...]:
        return tuple(self.tree.read_text(p) for p in self._code)

    @cached_property
    def _namesakes(self) -> Counter[str]:
        return Counter(PurePosixPath(p).name for p in self.tree.sizes)

    def loads_folder(self, path: str) -> bool:
        """Whether code that loads YAML names the file, its folder, or the ending that its name shares with others."""
        if not self._speaks_of_tools:
            return False
        place = PurePosixPath(path)
        folders = [f for f in place.parts[:-1][-3:] if f.lower() not in _TOO_COMMON]
        ending = place.name[place.name.find("_") :] if "_" in place.name else place.name
        forms = [place.name, ending, *(q + f + q for f in folders for q in "\"'"), *(f"/{f}" for f in folders)]
        return any(form in text for p in self._loading_yaml for text in (self.tree.read_text(p),) for form in forms)
