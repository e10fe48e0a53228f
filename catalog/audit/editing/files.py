"""A plan as a unified diff, and a plan written: whole files, atomically, only where nothing changed meanwhile."""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from catalog.errors import SourceError

_UNUSUAL = re.compile(r'[\x00-\x1f\x7f-\U0010ffff"\\]')


def unified_diff(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> str:
    """The change of every file as `git apply` and `patch -p1` take it, in path order."""
    return "".join(line for path in sorted(after) for line in _diff(path, before[path], after[path]))


def _diff(path: str, before: bytes, after: bytes) -> Iterator[str]:
    old, new = _lines(before), _lines(after)
    for line in difflib.unified_diff(old, new, _quoted(f"a/{path}"), _quoted(f"b/{path}")):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _quoted(path: str) -> str:
    """The path as git quotes it, so that no file name can pose as a line of the diff."""
    if not _UNUSUAL.search(path):
        return path
    octal = (f"\\{b:03o}" if b < 0x20 or b >= 0x7F else chr(b) for b in path.replace("\\", "\\\\").encode())
    return '"' + "".join(octal).replace('"', '\\"') + '"'


def _lines(data: bytes) -> list[str]:
    r"""Lines as diff knows them: ended by \n alone, whatever else Unicode calls a line break."""
    lines = [line + "\n" for line in data.decode("utf-8").split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def write_files(root: Path, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> None:
    """Replaces every file of a plan below `root`, keeping its mode.

    All files are checked before the first is written. SourceError where one is not a regular file inside `root`
    reached without links, or is not what it was when it was read.
    """
    places = {path: _checked(root, path, before[path]) for path in sorted(after)}
    for path, place in places.items():
        _replace(place, before[path], after[path])


def _checked(root: Path, path: str, before: bytes) -> Path:
    place = root
    for part in path.split("/"):
        if part in ("", ".", ".."):
            raise SourceError(f"{path} does not lie inside {root}")
        place = place / part
        if place.is_symlink():
            raise SourceError(f"{path} is reached through a link; nothing was written", "Edit what it points to.")
    if not stat.S_ISREG(place.lstat().st_mode) or place.read_bytes() != before:
        raise SourceError(f"{path} changed while it was being read; nothing was written", "Run the command again.")
    return place


def _replace(place: Path, before: bytes, after: bytes) -> None:
    """Writes beside the file and renames over it, so that a reader sees the old text or the new one."""
    owned = place.stat()
    handle, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(OSError, AttributeError):  # only root may give files away; Windows has no owners
            os.chown(new, owned.st_uid, owned.st_gid)
        new.chmod(stat.S_IMODE(owned.st_mode))
        if place.is_symlink() or place.read_bytes() != before:
            raise SourceError(f"{place} changed while it was being written; it was left as it is")
        new.replace(place)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
