"""Where a worker unpacks what it reads: in memory where the system has room, and never left behind."""

from __future__ import annotations

import os
import tempfile
from multiprocessing.util import Finalize
from pathlib import Path
from shutil import rmtree

_IN_MEMORY = Path("/dev/shm")  # a file system in memory on Linux: there, making a file costs a tenth
_ROOM_BYTES = 4_000_000_000  # less than this is free: it is somebody's who keeps it small
_PREFIX = "catalog-worker-"


def open_scratch() -> Path:
    """Makes a folder, lets this process put its temporary files there, and removes it when the process ends.

    What workers left that were killed is removed first. TMPDIR, where it is set, says where instead of memory.
    """
    base = _base()
    _sweep(base)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=base))
    tempfile.tempdir = str(folder)
    Finalize(None, rmtree, args=(folder,), kwargs={"ignore_errors": True}, exitpriority=1)
    return folder


def _base() -> Path:
    has_choice = any(name in os.environ for name in ("TMPDIR", "TEMP", "TMP"))
    if not has_choice and os.access(_IN_MEMORY, os.W_OK | os.X_OK):
        free = os.statvfs(_IN_MEMORY)
        if free.f_bavail * free.f_frsize >= _ROOM_BYTES:
            return _IN_MEMORY
    return Path(tempfile.gettempdir())


def _sweep(base: Path) -> None:
    for folder in base.glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and not _runs(int(owner)):
            rmtree(folder, ignore_errors=True)


def _runs(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
