"""The machine as discovery sees it: platform, home, working directory and variables, all replaceable in tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from catalog.stack.records import Platform
from catalog.stack.secrets import redacted

MAX_ANCESTORS = 40


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where files are looked for. `root` stands in for the root of the file system."""

    platform: Platform
    home: Path
    cwd: Path
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    root: Path = Path("/")

    @classmethod
    def here(cls) -> Surroundings:
        """This machine, this user, this folder."""
        platforms: dict[str, Platform] = {"darwin": "macos", "win32": "windows", "cygwin": "windows"}
        home = Path(os.path.expanduser("~"))  # noqa: PTH111 (pathlib raises where there is no home)
        root = Path(os.environ.get("SYSTEMDRIVE", "C:") + "\\") if sys.platform == "win32" else Path("/")
        return cls(platforms.get(sys.platform, "linux"), home, Path.cwd(), os.environ, root)

    def projects(self) -> tuple[Path, ...]:
        """The working directory and the folders above it, up to the repository's; it alone outside of one."""
        found: list[Path] = []
        for folder in (self.cwd, *self.cwd.parents)[:MAX_ANCESTORS]:
            if folder == self.home and folder != self.cwd:
                break
            found.append(folder)
            if (folder / ".git").exists():
                return tuple(found)
        return (self.cwd,)

    def shown(self, path: Path) -> str:
        """A path as it is shown: relative below the working directory, else as it is; secrets taken out."""
        text = str(path.relative_to(self.cwd)) if path.is_relative_to(self.cwd) else str(path)
        return redacted(text.replace("\\", "/"))
