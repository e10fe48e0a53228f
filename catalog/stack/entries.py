"""One entry of a configuration file, read: what it starts, whether it is on, and which secrets stand in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from catalog.records import Location
from catalog.stack.clients import Client
from catalog.stack.documents import Keys
from catalog.stack.records import Entry, Launch, Scope, Secret
from catalog.stack.secrets import named_secrets, redacted
from catalog.stack.surroundings import Surroundings

MAX_WORDS = 500
MAX_NAME = 200
_HINTS = ("builtin", "platform", "frontend", "extension")


def entry_of(
    client: Client,
    name: str,
    raw: Mapping[str, Any],
    shown: str,
    line: Callable[[Keys], int],
    at: Keys,
    scope: Scope,
    project: Path | None,
    off: frozenset[str],
    around: Surroundings,
    folder: Path,
) -> Entry:
    """The entry at the keys `at` of the file that is shown as `shown` and lies in `folder`."""
    found = list(named_secrets(dict(raw)))
    secrets = {called: Secret(called, line([*at, *path])) for path, called, _ in reversed(found)}
    values = frozenset(value for _, _, value in found)
    return Entry(
        client=client.id,
        name=redacted(name)[:MAX_NAME],
        location=Location(shown, line(at)),
        scope=scope,
        project=around.shown(project) if project is not None else None,
        enabled=_enabled(client, raw) and name not in off,
        secrets=tuple(reversed(secrets.values())),
        hint=_hint(raw),
        real_name=name,
        launch=_launch(client, raw, values, folder, project),
    )


def _launch(
    client: Client, raw: Mapping[str, Any], secrets: frozenset[str], folder: Path, project: Path | None
) -> Launch:
    fields = client.fields
    command: Any = _first(raw, fields.command)
    args, env = _first(raw, fields.args), _first(raw, fields.env)
    if isinstance(command, Mapping):  # {"path": ..., "args": ..., "env": ...}
        args, env, command = command.get("args", args), command.get("env", env), command.get("path")
    if isinstance(command, list):
        command, args = next(iter(command), None), [*command[1:], *_list(args)]
    cwd = _first(raw, fields.cwd)
    return Launch(
        command=command if isinstance(command, str) and command.strip() else None,
        args=tuple(str(word) for word in _list(args)[:MAX_WORDS] if isinstance(word, str | int | float)),
        env={str(k): str(v) for k, v in env.items()} if isinstance(env, Mapping) else {},
        url=next((url for key in fields.url if isinstance(url := raw.get(key), str) and url.strip()), None),
        cwd=cwd if isinstance(cwd, str) and cwd else str(project or folder),
        project=str(project) if project is not None else None,
        secrets=secrets,
    )


def _list(value: Any) -> list[Any]:
    if isinstance(value, str):
        return value.split()
    return value if isinstance(value, list) else []


def _first(raw: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((raw[key] for key in keys if raw.get(key) is not None), None)


def _enabled(client: Client, raw: Mapping[str, Any]) -> bool:
    if any(raw.get(key) is True for key in client.fields.disabled):
        return False
    return not any(raw.get(key) is False for key in client.fields.enabled)


def _hint(raw: Mapping[str, Any]) -> str | None:
    """What an entry without a command says of itself: `builtin` in Goose, `extension` in Zed."""
    return next((word for key in ("type", "source") if (word := raw.get(key)) in _HINTS), None)
