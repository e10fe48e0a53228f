"""Whether code of the tree reads a document: only then are tools made of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from catalog.extract.choice import MADE_OPERATIONS, NAMED_OPERATIONS
from catalog.extract.data.entries import knowledge
from catalog.extract.tree import SourceTree

_SUMMARY_FIRST = re.compile(r"\.summary\b\s*(?:\|\||\?\?|or\b)\s*\w+\.description\b")
_SPEAKS_OF_TOOLS = re.compile(r"mcp|modelcontextprotocol|registerTool|addTool|inputSchema|input_schema", re.IGNORECASE)
_MOST_NAMESAKES = 3  # documents of one name in a tree that code may mean by that name alone
_MANIFESTS = {
    "package.json", "pyproject.toml", "setup.py", "go.mod", "Cargo.toml", "composer.json", "Gemfile", "pom.xml",
    "build.gradle", "build.gradle.kts",
}  # fmt: skip
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

    def makes_tools_of_openapi(self, path: str) -> str | None:
        """Which extractor stands for it that code turns this OpenAPI document into tools: a library's function is
        called within the document's package (`MADE_OPERATIONS`); or code that speaks of tools names it, or it is named
        in a package where one file speaks of operations and of tools (`NAMED_OPERATIONS`). None where nothing does.

        A web application's own description beside a server is no document of the server.
        """
        home = self._package(path)
        if any(not home or p.startswith(f"{home}/") for p in self._calling_openapi):
            return MADE_OPERATIONS
        naming = tuple(self._naming(path))
        named_in = {self._package(p) for p in naming}
        about_tools = re.compile(knowledge()["code"]["tools"])
        is_named = any(about_tools.search(self.tree.read_text(p)) for p in naming) or any(
            self._package(p) in named_in for p in self._making_operations
        )
        return NAMED_OPERATIONS if is_named else None

    @cached_property
    def _calling_openapi(self) -> tuple[str, ...]:
        pattern = re.compile(knowledge()["code"]["from_openapi"])
        return tuple(p for p in self._code if pattern.search(self.tree.read_text(p)))

    @cached_property
    def _making_operations(self) -> tuple[str, ...]:
        patterns = [re.compile(knowledge()["code"][key]) for key in ("operations", "tools")]
        return tuple(p for p in self._code if all(x.search(self.tree.read_text(p)) for x in patterns))

    @cached_property
    def _package_roots(self) -> frozenset[str]:
        paths = map(PurePosixPath, self.tree.sizes)
        return frozenset(str(p.parent) for p in paths if p.name in _MANIFESTS or p.suffix == ".csproj")

    def _package(self, path: str) -> str:
        """The folder of the package that the file is part of; "" for the tree itself."""
        folders = (str(f) for f in PurePosixPath(path).parents)
        return next((f for f in folders if f in self._package_roots and f != "."), "")

    @cached_property
    def prefers_summaries(self) -> bool:
        """Whether code takes an operation's summary before its description."""
        return any(_SUMMARY_FIRST.search(self.tree.read_text(p)) for p in self._code)

    @cached_property
    def _speaks_of_tools(self) -> bool:
        return any(_SPEAKS_OF_TOOLS.search(self.tree.read_text(p)) for p in self._code)

    def names(self, path: str) -> bool:
        """Whether code names the file, by its name with or without its ending."""
        return next(self._naming(path), None) is not None

    def _naming(self, path: str) -> Iterator[str]:
        """The code files that name the file."""
        name = PurePosixPath(path)
        if not self._speaks_of_tools:
            return
        is_common = self._namesakes[name.name] > _MOST_NAMESAKES  # the bare name says nothing of this one
        forms = ["/".join(name.parts[-2:]) if is_common else name.name]
        if name.stem.lower() not in _TOO_COMMON and not is_common:
            forms += [f'"{name.stem}"', f"'{name.stem}'", f'/{name.stem}"', f"/{name.stem}'"]
        for code, text in zip(self._code, self._texts(), strict=True):
            if any(form in text for form in forms):
                yield code

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
