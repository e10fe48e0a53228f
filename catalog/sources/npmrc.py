"""npm's own configuration: which registry serves a package, and what opens it (npm-config and .npmrc, npm 10)."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

PUBLIC_REGISTRY = "https://registry.npmjs.org/"


@dataclass(frozen=True, slots=True)
class NpmSettings:
    """npm's settings by lower-case key, the strongest source already chosen."""

    values: Mapping[str, str]

    def registry_for(self, package: str) -> str:
        """The registry's address with a slash at its end: that of the package's scope, else the general one."""
        scope = package.partition("/")[0] if package.startswith("@") else ""
        chosen = self.values.get(f"{scope}:registry") if scope else None
        return (chosen or self.values.get("registry") or PUBLIC_REGISTRY).rstrip("/") + "/"

    @property
    def ca_file(self) -> str | None:
        return self.values.get("cafile") or None

    def credentials_for(self, url: str) -> dict[str, str]:
        """The Authorization header that npm would send to this address, by the longest matching path; {} for none."""
        parts = urlsplit(url)
        path = f"//{parts.netloc.rpartition('@')[2]}{parts.path}"
        while len(path) > 2:
            path = path.rstrip("/")
            for prefix in (f"{path}/", path):
                if header := self._header(prefix):
                    return {"Authorization": header}
            path = path.rpartition("/")[0] + "/"
            if path in ("//", "/"):
                break
        return {}

    def _header(self, prefix: str) -> str | None:
        if token := self.values.get(f"{prefix}:_authtoken"):
            return f"Bearer {token}"
        if basic := self.values.get(f"{prefix}:_auth"):
            return f"Basic {basic}"
        user, password = self.values.get(f"{prefix}:username"), self.values.get(f"{prefix}:_password")
        if user and password:
            plain = base64.b64decode(password + "==").decode("utf-8", "replace")
            return "Basic " + base64.b64encode(f"{user}:{plain}".encode()).decode()
        return None


def npm_settings(environment: Mapping[str, str] | None = None, project: Path | None = None) -> NpmSettings:
    """Environment over the project's .npmrc over the user's over the global one."""
    env = os.environ if environment is None else environment
    from_env = _environment_values(env)
    home = Path(env.get("HOME") or env.get("USERPROFILE") or Path.home())
    user = Path(from_env.get("userconfig") or home / ".npmrc")
    prefix = Path(from_env.get("prefix") or "/usr")
    everywhere = Path(from_env["globalconfig"]) if "globalconfig" in from_env else prefix / "etc" / "npmrc"
    values: dict[str, str] = {}
    for path in (Path("/etc/npmrc"), everywhere, user, (project or Path.cwd()) / ".npmrc"):
        values.update(_file_values(path, env))
    values.update(from_env)
    return NpmSettings(values)


def _environment_values(env: Mapping[str, str]) -> dict[str, str]:
    values = {}
    for key in env:
        lower = key.lower()
        if lower.startswith("npm_config_") and (value := env[key]):
            name = lower.removeprefix("npm_config_")
            values[name if name.startswith(("//", "@", "_")) else name.replace("_", "-")] = value
    return values


def _file_values(path: Path, env: Mapping[str, str]) -> dict[str, str]:
    try:
        state = path.stat()
    except OSError:
        return {}
    return {key: _expanded(value, env) for key, value in _lines(path, state.st_mtime_ns, state.st_size)}


@lru_cache(maxsize=16)
def _lines(path: Path, changed_ns: int, size_bytes: int) -> tuple[tuple[str, str], ...]:
    """Keys and values of a file in this state: a crawl asks for the same ones with every package."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    pairs = (line.strip().partition("=") for line in text.splitlines())
    return tuple(
        (key.strip().lower(), value.strip().strip("\"'"))
        for key, equals, value in pairs
        if equals and not key.startswith((";", "#"))
    )


def _expanded(value: str, env: Mapping[str, str]) -> str:
    """`${NAME}` from the environment; left as it stands where it is not set, empty for `${NAME?}`."""

    def replace(match: re.Match[str]) -> str:
        return env.get(match["name"], "" if match["optional"] else match[0])

    return value if "$" not in value else re.sub(r"\$\{(?P<name>[^}?]+)(?P<optional>\?)?\}", replace, value)
