"""Source text in, definitions out, by reading and never by running.

Each language is one module with `read(tree) -> Found`; a module never imports a sibling language. `READERS` is the one
table that names them; a reader is imported only when the tree holds a file with one of its suffixes.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from types import ModuleType

from catalog.extract.absence import explain_absence
from catalog.extract.choice import choose_definitions, completeness
from catalog.extract.handlers import with_facts
from catalog.extract.tree import SourceTree, is_test
from catalog.records import Found, Gap, Tool


@dataclass(frozen=True, slots=True)
class Reader:
    """A language: the module that reads it and the endings of its files."""

    module: str
    suffixes: tuple[str, ...]


READERS: tuple[Reader, ...] = (
    Reader("catalog.extract.typescript", (".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", ".jsx")),
    Reader("catalog.extract.python", (".py",)),
    Reader("catalog.extract.go", (".go",)),
    Reader("catalog.extract.rust", (".rs",)),
    Reader("catalog.extract.csharp", (".cs",)),
    Reader("catalog.extract.java", (".java",)),
    Reader("catalog.extract.kotlin", (".kt",)),
    Reader("catalog.extract.php", (".php",)),
    Reader("catalog.extract.ruby", (".rb",)),
    Reader("catalog.extract.swift", (".swift",)),
    Reader("catalog.extract.data", (".json", ".yaml", ".yml")),
)


# How complete an answer can be believed to be that comes from tests, examples or documentation alone.
_BESIDE_COMPLETENESS = 0.5
_COLLECTING_AFTER = 50_000  # objects made; Python's own setting is in the hundreds


@contextmanager
def _rarely_collecting() -> Iterator[None]:
    """Python's search for reference cycles, run rarely: readers make many objects that live as long as the tree, and
    the search would visit them all again and again."""
    usual = gc.get_threshold()
    gc.set_threshold(_COLLECTING_AFTER, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@_rarely_collecting()
def read_tree(tree: SourceTree) -> Found:
    """All tools of the tree in name order, one per name, with every gap and how complete the answer is believed to be.

    Examples and documentation are read only when the rest holds no tool, and a gap then says so. Tools that stand only
    in tests are none of the server's: they are a gap. An empty result always carries a gap that says why, and has
    completeness 0.0.
    """
    tools, gaps = _read_view(tree)
    ceiling = 1.0
    if not tools:
        beside, _ = _read_view(tree.peripheral_view())
        tools = [t for t in beside if not (t.location and is_test(t.location.path))]
        if tools:
            ceiling = _BESIDE_COMPLETENESS
            gaps.append(Gap("", None, "tools were found only among examples or documentation"))
        else:
            gaps.extend(_tested_alone(beside))
            gaps.extend(explain_absence(tree))
    gaps = sorted({*gaps, *tree.gaps}, key=lambda g: (g.path, g.line or 0, g.reason))
    ordered = tuple(sorted(with_facts(tree, tools), key=lambda t: t.name))
    return Found(ordered, tuple(gaps), min(ceiling, completeness(ordered, gaps)))


def _tested_alone(tools: list[Tool]) -> Iterator[Gap]:
    if tools:
        path = min(t.location.path for t in tools if t.location)
        reason = f"{len(tools)} tools were found only among tests; they are not taken for the server's own"
        yield Gap(path, None, reason)


def candidate_paths(tree: SourceTree) -> tuple[str, ...]:
    """The files that the readers parse in this tree, in path order: those that a registration can be seen in."""
    return tuple(sorted({path for module in _modules(tree) for path in module.candidate_paths(tree)}))


def _modules(tree: SourceTree) -> Iterable[ModuleType]:
    present = {_suffix(path) for path in tree.paths()}
    for reader in READERS:
        if present.isdisjoint(reader.suffixes):
            continue
        try:
            yield import_module(reader.module)
        except ModuleNotFoundError as error:
            if error.name != reader.module:
                raise


def _suffix(path: str) -> str:
    return path[path.rfind(".") :] if "." in path else ""


def _read_view(tree: SourceTree) -> tuple[list[Tool], list[Gap]]:
    tools: list[Tool] = []
    gaps: list[Gap] = []
    for module in _modules(tree):
        found = _read_bounded(module, tree)
        tools.extend(found.tools)
        gaps.extend(found.gaps)
    chosen, notes = choose_definitions(tree, tools, gaps)
    return chosen, [*gaps, *notes]


def _read_bounded(module: ModuleType, tree: SourceTree) -> Found:
    """What the reader finds. Where it fails, the files that it fails on alone are left out and named in a gap."""
    try:
        found: Found = module.read(tree)
        return found
    except Exception as error:
        failures = _failing_files(module, tree)
        if not failures:
            return Found((), (Gap("", None, _failure(module, error)),))
    gaps = tuple(Gap(path, None, reason) for path, reason in failures.items())
    try:
        rest: Found = module.read(tree.restricted(tree.sizes.keys() - failures.keys()))
    except Exception as error:
        return Found((), (*gaps, Gap("", None, _failure(module, error))))
    return replace(rest, gaps=(*rest.gaps, *gaps))


def _failing_files(module: ModuleType, tree: SourceTree) -> dict[str, str]:
    failures: dict[str, str] = {}
    for path in tree.paths(*next(r.suffixes for r in READERS if r.module == module.__name__)):
        try:
            module.read(tree.restricted({path}))
        except Exception as error:
            failures[path] = _failure(module, error)
    return failures


def _failure(module: ModuleType, error: Exception) -> str:
    language = module.__name__.rpartition(".")[2]
    return f"the {language} reader stopped here: {type(error).__name__} {str(error)[:120]}".rstrip()
