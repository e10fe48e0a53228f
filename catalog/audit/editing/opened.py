"""Files as they are edited: their bytes, and why some are left alone."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from catalog.extract.tree import SourceTree
from classifier.resources import data_path

BOM = b"\xef\xbb\xbf"
_MARKED_WITHIN = 3_000  # characters at either end of a file in which its maker leaves a mark
_LARGEST_FILE_BYTES = 2_000_000


@dataclass(frozen=True, eq=False, slots=True)
class File:
    """A file that may be edited. `data` is without the byte order mark that `mark` holds."""

    path: str
    data: bytes
    mark: bytes = b""


@cache
def knowledge() -> dict[str, Any]:
    """What `data/audit/editing.toml` says."""
    return tomllib.loads(data_path("audit", "editing.toml").read_text("utf-8"))


def open_file(tree: SourceTree, path: str) -> File | str:
    """The file, or why it is not edited."""
    if not tree.exists(path):
        return "the file is not in the tree"
    raw = tree.read_bytes(path)
    mark = BOM if raw.startswith(BOM) else b""
    data = raw[len(mark) :]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return "the file is not UTF-8"
    reason = _made_by_program(path, text)
    return reason or File(path, data, mark)


def _made_by_program(path: str, text: str) -> str | None:
    built = knowledge()["built"]
    if any(folder in built["folders"] for folder in path.split("/")[:-1]) or path.endswith(tuple(built["endings"])):
        return "the file is the product of a build; edit what it is built from"
    if any(mark in text[:_MARKED_WITHIN] or mark in text[-_MARKED_WITHIN:] for mark in built["marks"]):
        return "the file says that a program made it; edit what it is made from"
    if len(text) > _LARGEST_FILE_BYTES or max(map(len, text.split("\n"))) > built["longest_line"]:
        return "the file looks minified or bundled; edit what it is made from"
    return None
