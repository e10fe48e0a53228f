"""A local server, started to list its tools: the only source that executes anything, hence only on request."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mcp import StdioServerParameters
from mcp.client.stdio import stdio_client

from catalog.errors import SourceError, UsageError
from catalog.records import Server, Source
from catalog.sources.interface import Fetched
from catalog.sources.reference import Reference
from catalog.sources.session import Listed, list_tools

Sandbox = Literal["auto", "require", "off"]
DUMMY_VALUE = "dummy"
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TERM")
_STDERR_LINES = 4


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a server is run: `variables` are set for it, and nothing else of the caller's environment but PATH and LANG.

    `sandbox`: `auto` uses bubblewrap, without network, where it is installed; `require` refuses to run without it.
    """

    sandbox: Sandbox = "auto"
    variables: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 60.0


def fetch(reference: Reference, work_dir: Path, slug: str) -> Fetched:
    """Refuses: running a server takes `fetch_running`, which the command line calls only with --run."""
    raise UsageError(
        f"{reference} would execute a program", "Add --run if you trust it, or ingest its source, which is only read."
    )


def fetch_running(reference: Reference, work_dir: Path, slug: str, options: RunOptions) -> Fetched:
    """Starts the command in `work_dir`, lists its tools and ends its whole process tree.

    Raises UsageError for a command that cannot be parsed or a sandbox that is required and missing, SourceError when
    the server does not list its tools in time.
    """
    command = _parsed(reference.name)
    sandboxed = _with_sandbox(command, work_dir, options)
    listed = _listed(reference.name, sandboxed, work_dir, options)
    source = Source("stdio", reference.identity, listed.protocol)
    return Fetched(Server(slug, listed.name or slug, source, listed.version), None, listed.tools, listed.gaps)


def dummies(names: Iterable[str]) -> dict[str, str]:
    """A harmless value for each variable that a server insists on before it starts."""
    return dict.fromkeys(names, DUMMY_VALUE)


def _parsed(text: str) -> list[str]:
    try:
        command = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"stdio:{text} is not a command line: {error}") from None
    if not command:
        raise UsageError("stdio: needs a command", "Write it like stdio:'npx -y some-server'.")
    return command


def _listed(name: str, command: list[str], work_dir: Path, options: RunOptions) -> Listed:
    errors = work_dir / "stderr.txt"
    parameters = StdioServerParameters(
        command=command[0], args=command[1:], env=_environment(work_dir, options.variables), cwd=work_dir
    )
    with errors.open("w", encoding="utf-8", errors="replace") as log:
        try:
            return list_tools(lambda: stdio_client(parameters, errlog=log), f"stdio:{name}", options.timeout_s)
        except SourceError as error:
            log.flush()
            said = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-_STDERR_LINES:]
            raise SourceError(error.message, "It said: " + " / ".join(said)[:600] if said else None) from error


def _environment(work_dir: Path, variables: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    nobody = {"HOME": str(work_dir), "USER": "nobody", "LOGNAME": "nobody", "SHELL": "/bin/sh"}
    return {**kept, **nobody, **variables}


def _with_sandbox(command: list[str], work_dir: Path, options: RunOptions) -> list[str]:
    """The command inside bubblewrap: everything read-only, home and /tmp hidden, no network, its own processes."""
    program = shutil.which("bwrap") if options.sandbox != "off" else None
    if program is None:
        if options.sandbox == "require":
            raise UsageError("bubblewrap (bwrap) is not installed", "Install it, or choose --sandbox off.")
        return command
    home = str(Path.home())
    hidden = ["/tmp", *([home] if home not in ("/", "/root/") else [])]
    return [
        program, "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc",
        *(word for folder in hidden for word in ("--tmpfs", folder)),
        *(word for folder in _needed(command, options) for word in _bound_again(folder, hidden)),
        "--bind", str(work_dir), str(work_dir), "--chdir", str(work_dir),
        "--unshare-all", "--die-with-parent", "--new-session", "--", *command,
    ]  # fmt: skip


def _needed(command: list[str], options: RunOptions) -> list[Path]:
    """Where the program, those on PATH, and what its variables name lie: an installation is the folder above `bin`."""
    named = [
        text for value in options.variables.values() for text in value.split(os.pathsep) if Path(text).is_absolute()
    ]
    on_path = [Path(folder).resolve().parent for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    program = Path(shutil.which(command[0]) or command[0]).absolute()
    return [*on_path, program.parent.parent, program.resolve().parent.parent, *map(Path, named)]


def _bound_again(folder: Path, hidden: list[str]) -> list[str]:
    """The options that show a folder below a hidden one, read-only; none for any other."""
    is_hidden = any(str(folder).startswith(f"{outer.rstrip('/')}/") for outer in hidden)
    return ["--ro-bind", str(folder), str(folder)] if is_hidden and folder.is_dir() else []
