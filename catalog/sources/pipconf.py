"""pip's own configuration: which indexes serve a project (pip's configuration documents, pip 24)."""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PUBLIC_INDEX = "https://pypi.org/simple"
_SECTIONS = ("global", "download", "install")  # the later one is the stronger


@dataclass(frozen=True, slots=True)
class PipSettings:
    """The indexes in the order asked, and the certificate file, if one is set."""

    indexes: tuple[str, ...]
    ca_file: str | None = None


def pip_settings(environment: Mapping[str, str] | None = None) -> PipSettings:
    """Environment over PIP_CONFIG_FILE over the environment's own pip.conf over the user's over the global one."""
    env = os.environ if environment is None else environment
    values: dict[str, str] = {}
    for path in _files(env):
        values.update(_file_values(path))
    for key in ("index-url", "extra-index-url", "no-index", "cert"):
        if value := env.get("PIP_" + key.upper().replace("-", "_")):
            values[key] = value
    extra = tuple(values.get("extra-index-url", "").split())
    if values.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        return PipSettings((), values.get("cert"))
    return PipSettings((values.get("index-url") or PUBLIC_INDEX, *extra), values.get("cert"))


def _files(env: Mapping[str, str]) -> list[Path]:
    """Configuration files, the weakest first. PIP_CONFIG_FILE set to the null device switches all of them off."""
    named = env.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    home = Path(env.get("HOME") or env.get("USERPROFILE") or Path.home())
    if sys.platform == "win32":
        data = Path(env.get("APPDATA") or home / "AppData" / "Roaming")
        files = [Path(env.get("PROGRAMDATA") or "C:/ProgramData") / "pip" / "pip.ini", home / "pip" / "pip.ini"]
        files += [data / "pip" / "pip.ini", Path(sys.prefix) / "pip.ini"]
    else:
        shared = [Path(d) / "pip" / "pip.conf" for d in (env.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":") if d]
        files = [*shared, Path("/etc/pip.conf"), home / ".pip" / "pip.conf"]
        if sys.platform == "darwin":
            files.append(home / "Library" / "Application Support" / "pip" / "pip.conf")
        files.append(Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf")
        files.append(Path(env.get("VIRTUAL_ENV") or sys.prefix) / "pip.conf")
    return [*files, Path(named)] if named else files


def _file_values(path: Path) -> dict[str, str]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, configparser.Error):
        return {}
    values: dict[str, str] = {}
    for section in _SECTIONS:
        if parser.has_section(section):
            values.update({key.replace("_", "-"): value for key, value in parser.items(section) if value})
    return values
