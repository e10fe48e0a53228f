"""Changes a settings file the careful way: difference first, a backup beside it, and the new file in one step."""

from __future__ import annotations

import difflib
import os
import shutil
import tempfile
from pathlib import Path

from catalog.errors import InvalidInput


def read_settings(path: Path) -> str:
    """The file's text; empty where there is none yet. Raises InvalidInput where it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8") if path.exists() else ""
    except (OSError, UnicodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}", "Nothing was changed.") from error


def difference(path: Path, before: str, after: str, context: int = 3) -> str:
    """A unified diff with that many unchanged lines around each change; empty where nothing changes."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"{path} (now)", f"{path} (after)", n=context
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def replace_settings(path: Path, text: str) -> Path | None:
    """Writes `text`; returns where the old file is kept, None where there was none. Follows a symbolic link."""
    path = path.resolve()
    try:
        backup = _backup(path) if path.exists() else None
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        if backup:
            shutil.copymode(path, name)
        Path(name).replace(path)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error}", "The old file is as it was.") from error
    return backup


def _backup(path: Path) -> Path:
    """A copy beside the file under the first free name `FILE.bak`, `FILE.bak1`, ..."""
    number = 0
    while True:
        backup = path.with_name(f"{path.name}.bak{number or ''}")
        try:
            with backup.open("xb") as copy, path.open("rb") as original:
                shutil.copyfileobj(original, copy)
        except FileExistsError:
            number += 1
            continue
        shutil.copymode(path, backup)
        return backup
