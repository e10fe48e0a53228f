"""The one place where errors end: each becomes a sentence on standard error and an exit code of the contract."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

import typer

from catalog.cli.app import build_app
from catalog.cli.terminal import harmless
from catalog.errors import CatalogError

# Typer carries its own click since 0.29, and imported the real one before: the base of its complaints is found by name.
_COMPLAINT: type[Exception] = next(
    c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException" and issubclass(c, Exception)
)
DEBUG_SETTING = "CATALOG_DEBUG"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code. Raises nothing, unless CATALOG_DEBUG asks for the traceback."""
    _prepare_streams()
    signal.signal(signal.SIGTERM, _terminate)
    try:
        code = build_app()(args=arguments, prog_name="catalog", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except CatalogError as error:
        return _say(error.message, error.hint, error.exit_code)
    except _COMPLAINT as error:
        return _usage(error)
    except (typer.Abort, KeyboardInterrupt):
        return _say("stopped", None, 130)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    except OSError as error:
        if os.environ.get(DEBUG_SETTING):
            raise
        return _say(*_system_error(error), 1)
    except Exception as error:
        if os.environ.get(DEBUG_SETTING):
            raise
        return _say(
            f"unexpected failure: {type(error).__name__}: {error}",
            f"This is a bug. {DEBUG_SETTING}=1 shows where it happened.",
            1,
        )


def _usage(error: BaseException) -> int:
    message = getattr(error, "format_message", lambda: str(error))()
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":  # a group called without a command
        sys.stderr.write(f"{message}\n")
        return 2
    return _say(message, f"See {context.command_path if context else 'catalog'} --help.", 2)


def _system_error(error: OSError) -> tuple[str, str]:
    """The system refused a file or a stream: a full disk, no permission. The next step is the user's, not ours."""
    place = f"{error.filename}: " if error.filename else ""
    return (
        f"{place}{error.strerror or error}",
        f"Check the permissions and the free space there. {DEBUG_SETTING}=1 shows where it happened.",
    )


def _say(message: str, hint: str | None, code: int) -> int:
    sys.stderr.write(f"catalog: {harmless(message)}\n")
    if hint:
        sys.stderr.write(f"{harmless(hint)}\n")
    return code


def _prepare_streams() -> None:
    """UTF-8 on both streams whatever the locale says; what cannot be encoded is escaped, never a crash."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _terminate(signum: int, frame: FrameType | None) -> None:
    """Turns SIGTERM into an orderly exit, so that temporary folders are removed."""
    sys.exit(128 + signum)
