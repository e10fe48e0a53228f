"""The site's folder: what is written where, so that no reader ever meets half a page or half a site.

A first build is made beside the folder and renamed into place. A later one stages the pages that differ under
`.catalog-site/staging`, then writes a journal; from then on the next run finishes what this one may not. Pages are put
in place by renames, stale ones deleted after them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from catalog.errors import UsageError

META = ".catalog-site"  # in every folder that a build may replace; not for the public
_STATE = "state.jsonl"
_JOURNAL = "journal"
_PLAN = "plan.sqlite"


class Output:
    """One build's way to the folder. `fresh` tells that no earlier build is there to compare with."""

    def __init__(self, directory: Path) -> None:
        """Finishes an interrupted build first. Raises UsageError when the folder holds what no build made."""
        _refuse_foreign(directory)
        self.directory = directory
        self.fresh = not (directory / META).is_dir()
        self._aside = directory.with_name(f".{directory.name}.building")
        shutil.rmtree(self._aside, ignore_errors=True)
        if not self.fresh:
            self._finish()
        self.staging = self._aside if self.fresh else directory / META / "staging"
        shutil.rmtree(self.staging, ignore_errors=True)
        try:
            self.staging.mkdir(parents=True)
            if self.fresh:
                (self.staging / META).mkdir()
        except OSError as error:
            raise UsageError(
                f"No site can be written to {directory}: {error.strerror}.", "Name another folder with -o."
            ) from error

    @property
    def scratch(self) -> Path:
        """A folder for this build's own files, gone when it ends."""
        path = self.directory.with_name(f".{self.directory.name}.scratch")
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def writer(self) -> Writer:
        return Writer(str(self.staging), None if self.fresh else str(self.directory))

    def old_state(self) -> Iterator[str]:
        """The lines that the last build left, none for a fresh one."""
        path = self.directory / META / _STATE
        if path.is_file():
            with path.open(encoding="utf-8") as lines:
                yield from lines

    @property
    def plan(self) -> Path:
        """Where the plan lies: with the site, or what becomes the site."""
        return (self.staging if self.fresh else self.directory) / META / _PLAN

    def new_state(self) -> Path:
        """Where this build writes its lines."""
        folder = self.staging / META
        folder.mkdir(exist_ok=True)
        return folder / _STATE

    def commit(self, stale: Iterable[str]) -> None:
        """Makes the staged build the site. `stale` are paths of pages that are no more."""
        if self.fresh:
            if self.directory.exists():
                self.directory.rmdir()
            self.staging.rename(self.directory)
            return
        journal = self.directory / META / _JOURNAL
        part = journal.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            file.writelines(f"{path}\n" for path in stale)
            file.flush()
            os.fsync(file.fileno())
        part.rename(journal)
        self._finish()

    def _finish(self) -> None:
        """Puts staged pages in place and deletes stale ones, if a journal says that staging was complete."""
        journal = self.directory / META / _JOURNAL
        staging = self.directory / META / "staging"
        if not journal.is_file():
            return
        for source, target in sorted(_moves(staging, self.directory)):
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            Path(source).replace(target)
        for line in journal.read_text("utf-8").splitlines():
            _delete(self.directory, line)
        shutil.rmtree(staging, ignore_errors=True)
        journal.unlink()


class Writer:
    """Writes pages that differ from those in place. Plain strings and system calls: it runs for every page."""

    def __init__(self, staging: str, current: str | None) -> None:
        self._staging = staging
        self._current = current
        self._folders: set[str] = set()
        self.written = 0

    def write(self, path: str, text: str | bytes) -> None:
        """`path` is relative to the site's root. Lone surrogates become question marks."""
        data = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
        if self._current is not None and _same(f"{self._current}/{path}", data):
            return
        folder = path.rpartition("/")[0]
        if folder not in self._folders:
            os.makedirs(f"{self._staging}/{folder}", exist_ok=True)  # noqa: PTH103
            self._folders.add(folder) if len(self._folders) < 1000 else self._folders.clear()
        descriptor = os.open(f"{self._staging}/{path}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            os.write(descriptor, data) if len(data) < 1 << 20 else _write_all(descriptor, data)
        finally:
            os.close(descriptor)
        self.written += 1


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _same(path: str, data: bytes) -> bool:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return os.fstat(file.fileno()).st_size == len(data) and file.read() == data
    except FileNotFoundError:
        return False


def _moves(staging: Path, directory: Path) -> Iterator[tuple[str, str]]:
    for folder, _, names in os.walk(staging):
        below = os.path.relpath(folder, staging)
        for name in names:
            yield os.path.join(folder, name), os.path.normpath(directory / below / name)  # noqa: PTH118


def _delete(directory: Path, path: str) -> None:
    target = directory / path
    target.unlink(missing_ok=True)
    for folder in target.relative_to(directory).parents:
        if folder == Path() or any((directory / folder).iterdir()):
            return
        (directory / folder).rmdir()


def _refuse_foreign(directory: Path) -> None:
    if directory.exists() and not directory.is_dir():
        raise UsageError(f"{directory} is a file.", "Name a folder with -o.")
    if directory.is_dir() and any(directory.iterdir()) and not (directory / META).is_dir():
        raise UsageError(f"{directory} holds files that no build made.", "Name an empty or new folder with -o.")
