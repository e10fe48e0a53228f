"""Why a tree without tools has none: a native binary, a thin layer over a dependency, a language that is not read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from catalog.extract.manifest import platform_packages, record_lines
from catalog.extract.shim import shim_dependency
from catalog.extract.tree import SourceTree
from catalog.records import Gap

_BINARY_SUFFIXES = {
    ".exe": "a Windows program", ".dll": "a compiled library", ".so": "a compiled library",
    ".dylib": "a compiled library",
    ".node": "a compiled add-on", ".wasm": "WebAssembly", ".jar": "a compiled Java archive", ".class": "compiled Java",
    ".pyc": "compiled Python", ".pyd": "a compiled library", ".war": "a compiled Java archive", ".asar": "an archive",
}  # fmt: skip
_BINARY_MAGIC = (b"\x7fELF", b"MZ\x90\x00", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xce\xfa\xed\xfe")
_UNREAD_LANGUAGES = {
    ".c": "C", ".cc": "C++", ".cpp": "C++", ".ex": "Elixir", ".exs": "Elixir", ".erl": "Erlang", ".scala": "Scala",
    ".clj": "Clojure", ".dart": "Dart", ".lua": "Lua", ".pl": "Perl", ".hs": "Haskell", ".zig": "Zig", ".nim": "Nim",
    ".r": "R", ".R": "R", ".jl": "Julia", ".fs": "F#", ".vb": "Visual Basic", ".sh": "shell", ".ps1": "PowerShell",
    ".ml": "OCaml", ".groovy": "Groovy", ".cr": "Crystal", ".gleam": "Gleam", ".sol": "Solidity", ".pas": "Pascal",
}  # fmt: skip
_LAUNCH = re.compile(
    r"(?:execFileSync|execFile|spawnSync|spawn|execvp?e?|execl|execa|subprocess\.(?:call|run|Popen))\s*\(", re.ASCII
)
_PLATFORM = re.compile(
    r"process\.(?:platform|arch)\b|sys\.platform|platform\.(?:system|machine)\(|os\.name\b", re.ASCII
)
_WRAPPER_BYTES = 60_000
_READ_SUFFIXES = (
    ".ts", ".tsx", ".mts", ".js", ".mjs", ".cjs", ".py", ".go", ".rs", ".cs", ".java", ".kt", ".php", ".rb", ".swift",
)  # fmt: skip


def explain_absence(tree: SourceTree) -> tuple[Gap, ...]:
    """At least one gap for a tree in which no tool was found, most telling first."""
    code = sum(tree.sizes[path] for path in tree.paths(*_READ_SUFFIXES))
    gaps = [*_in_dependency(tree), *(_in_binaries(tree) if code <= _WRAPPER_BYTES else ())]
    if gaps:
        return tuple(gaps)
    unread = _unread_language(tree, code)
    if unread:
        return (unread,)
    if not tree.sizes:
        return (Gap("", None, "the tree is empty"),)
    return (Gap("", None, f"no tool registration was recognised in the {len(tree.sizes)} files of this tree"),)


def _in_binaries(tree: SourceTree) -> Iterator[Gap]:
    for path, what in _binaries(tree):
        yield Gap(path, None, f"the tools may be defined in {what}, which is not read")
        return
    packages = platform_packages(tree)
    if packages:
        manifest, names = packages
        yield Gap(
            manifest, None, f"the tools are defined in a native binary of the platform packages: {', '.join(names[:4])}"
        )
        return
    for path, size in record_lines(tree):
        if size > 500_000 and (PurePosixPath(path).suffix in ("", *_BINARY_SUFFIXES)):
            yield Gap(
                path, None, f"the package lists a native binary of {size} bytes, which holds the tools and is not read"
            )
            return
    for path in _small_scripts(tree):
        text = tree.read_text(path)
        launch = _LAUNCH.search(text)
        if launch and _PLATFORM.search(text):
            line = text.count("\n", 0, launch.start()) + 1
            yield Gap(
                path, line, "starts a native binary chosen by platform; the tools are defined there and are not read"
            )
            return


def _binaries(tree: SourceTree) -> Iterator[tuple[str, str]]:
    for path, size in tree.sizes.items():
        suffix = PurePosixPath(path).suffix
        if path.endswith("-wrapper.jar"):
            continue
        if suffix in _BINARY_SUFFIXES:
            yield path, _BINARY_SUFFIXES[suffix]
        elif not suffix and size > 100_000 and tree.read_bytes(path)[:4] in _BINARY_MAGIC:
            yield path, "a native binary"


def _small_scripts(tree: SourceTree) -> Iterator[str]:
    return tree.paths(".js", ".cjs", ".mjs", ".ts", ".py")


def _in_dependency(tree: SourceTree) -> Iterator[Gap]:
    reference = shim_dependency(tree)
    if reference:
        yield Gap("", None, f"nothing is registered here; the definitions are in the dependency {reference}")


def _unread_language(tree: SourceTree, code_bytes: int) -> Gap | None:
    sizes: dict[str, int] = {}
    for path in tree.paths():
        language = _UNREAD_LANGUAGES.get(PurePosixPath(path).suffix)
        if language:
            sizes[language] = sizes.get(language, 0) + tree.sizes[path]
    language = max(sizes, key=lambda name: sizes[name], default="")
    if sizes.get(language, 0) <= code_bytes:
        return None
    return Gap("", None, f"no tool registration was recognised; {language}, which this tree holds, is not read")
