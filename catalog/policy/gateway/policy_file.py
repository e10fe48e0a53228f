"""A policy file that is read again when it changes. A broken new version keeps the old one; with no old one, none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from catalog.errors import CatalogError
from catalog.policy.engine import Engine
from catalog.policy.parse import MAX_BYTES, InvalidPolicy, load_policy

Stamp = tuple[int, int, int]
Observer = Callable[[str], None]


class PolicyFile:
    """Gives the engine in force. `observe` is told of every change and every failure to read one."""

    def __init__(self, path: Path, observe: Observer) -> None:
        self._path = path
        self._observe = observe
        self._lock = threading.Lock()
        self._stamp: Stamp | None = None
        self._engine: Engine | None = None
        self._complained: str | None = None
        self.engine()

    def engine(self) -> Engine | None:
        """The engine of the newest readable version; None where no version ever was readable."""
        with self._lock:
            try:
                at = self._path.stat()
                stamp = (at.st_mtime_ns, at.st_size, at.st_ino)
                if stamp == self._stamp:
                    return self._engine
                with self._path.open("rb") as file:
                    text = file.read(MAX_BYTES + 1)
                self._stamp = stamp
                self._engine = Engine(load_policy(text))
                self._complained = None
                self._observe(f"policy in force: {self._path}")
            except (OSError, CatalogError, RecursionError) as error:
                self._complain(error)
            return self._engine

    def _complain(self, error: Exception) -> None:
        kept = "the policy in force stays" if self._engine else "every call is denied"
        what = error.message if isinstance(error, InvalidPolicy) else str(error)
        if what != self._complained:
            self._complained = what
            self._observe(f"policy {self._path} cannot be used, {kept}: {what}")
