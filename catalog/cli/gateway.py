"""`catalog gateway`: enforce a policy between a client and a server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from catalog.cli.app import new_app
from catalog.cli.output import say
from catalog.errors import UsageError

app = new_app()


@app.command()
def main(
    policy: Annotated[Path, typer.Option(metavar="FILE", help="The policy; read again when it changes.")],
    command: Annotated[
        list[str] | None, typer.Argument(metavar="-- COMMAND ARGS...", help="The server to start.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="A server over Streamable HTTP instead of a command.")] = None,
    listen: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where to serve with --url.")] = "127.0.0.1:8975",
    header: Annotated[list[str] | None, typer.Option(help="'Name: value' to send with --url. Repeatable.")] = None,
    allow_host: Annotated[list[str] | None, typer.Option(help="Another name this gateway is reached by.")] = None,
    audit: Annotated[Path | None, typer.Option(metavar="FILE", help="The log of judged calls.")] = None,
    log_values: Annotated[bool, typer.Option("--log-values", help="Log the arguments' values too.")] = False,
    state: Annotated[Path | None, typer.Option(metavar="FILE", help="The SQLite file of the counters.")] = None,
    grant: Annotated[
        str | None, typer.Option(help="Whose calls are counted together; by default the policy's.")
    ] = None,
    approval_timeout: Annotated[float, typer.Option(help="Seconds that a question waits for an answer.")] = 300.0,
) -> None:
    """Stand between an MCP client and a server, and hide, deny, limit or ask about tool calls as a policy says.

    With COMMAND the client speaks over this command's standard input and output. Whatever cannot be judged is denied.
    """
    from catalog.policy.gateway.run import Settings, run_http, run_stdio

    settings = Settings(policy, state, audit, log_values, grant, approval_timeout)
    if bool(command) == bool(url):
        raise UsageError("name either a server's command or its --url", "For example: ... -- npx -y PACKAGE")
    if command:
        raise typer.Exit(_exit_code(run_stdio(settings, command, say)))
    assert url
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise UsageError(f"{url} is not an http or https address")
    run_http(settings, url, _address(listen), _headers(header or []), frozenset(allow_host or []), say)


def _exit_code(of_server: int) -> int:
    """The server's own code; a signal as shells show it."""
    return of_server if of_server >= 0 else 128 - of_server


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise UsageError(f"{text} is not HOST:PORT", "For example 127.0.0.1:8975.")
    return host.strip("[]"), int(port)


def _headers(given: list[str]) -> dict[str, str]:
    out = {}
    for line in given:
        name, colon, value = line.partition(":")
        if not colon or not name.strip() or not value.strip().isprintable():
            raise UsageError(f"{name} is not a header", "Write it as 'Name: value'.")
        out[name.strip()] = value.strip()
    return out
