"""The commands as one literal table, each imported only when it is called: `--help` answers from the table alone."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from catalog import __version__
from catalog.cli.quick_start import skip_needless_validation


@dataclass(frozen=True, slots=True)
class Entry:
    """A command: the module whose `app` it is, and its line in the help."""

    module: str
    help: str


COMMANDS: dict[str, Entry] = {
    "ingest": Entry("catalog.cli.ingest", "Fetch, extract, classify and store servers."),
    "extract": Entry("catalog.cli.extract", "Read the tool definitions out of one source; store nothing."),
    "classify": Entry("catalog.cli.classify", "Label tool definitions from a file or standard input."),
    "risk": Entry("catalog.cli.risk", "What a tool or server can do, and what to do about it."),
    "findings": Entry("catalog.cli.findings", "What stored tools hide, deny or ask for, with evidence."),
    "search": Entry("catalog.cli.search", "Find tools by the words of their names and descriptions."),
    "list": Entry("catalog.cli.listing", "List the servers or tools that are stored."),
    "crawl": Entry("catalog.cli.crawl", "Visit many servers: a registry's, a file's, or what is due."),
    "changes": Entry("catalog.cli.changes", "What changed between snapshots, by what it means for risk."),
    "diff": Entry("catalog.cli.diff", "Two snapshots of one server beside each other."),
    "lock": Entry("catalog.cli.lock", "Pin the tools of servers by digest and label."),
    "verify": Entry("catalog.cli.verify", "Hold a lock against the present; fail on drift."),
    "audit": Entry("catalog.cli.audit", "For server authors: the hints that tools should declare, and edits."),
    "export": Entry("catalog.cli.export", "Write the whole catalogue as JSON Lines, CSV or Parquet."),
    "stats": Entry("catalog.cli.stats", "Count what the catalogue holds."),
    "explain": Entry("catalog.cli.explain", "Show which rules and features moved an answer."),
    "train": Entry("catalog.cli.train", "Fit the model from labels."),
    "evaluate": Entry("catalog.cli.evaluate", "Measure the classifier on labels."),
    "stack": Entry("catalog.cli.stack", "What the servers of this machine's clients can do together."),
    "policy": Entry("catalog.cli.policy", "Write, try and check policies."),
    "gateway": Entry("catalog.cli.gateway", "Enforce a policy between a client and a server."),
    "build": Entry("catalog.cli.build", "Build the static site."),
    "preview": Entry("catalog.cli.preview", "Look at a built site on this machine."),
}


class LazyGroup(TyperGroup):
    """A group whose commands come from COMMANDS."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command: Any = typer.main.get_command(import_module(entry.module).app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Like click's, but the commands that a typing error is compared with need not be imported."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = _nearest(args[0])
            ctx.fail(f"No such command {args[0]!r}." + (f" Did you mean {near!r}?" if near else ""))
        return super().resolve_command(ctx, args)


def build_app() -> Any:
    """The root command, ready to be called with arguments."""
    skip_needless_validation()
    app = typer.Typer(
        cls=LazyGroup,
        rich_markup_mode=None,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    return typer.main.get_command(app)


def new_app(**settings: Any) -> typer.Typer:
    """What a command's module builds its `app` from: plain help, `-h` beside `--help`."""
    return typer.Typer(
        rich_markup_mode=None,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        **settings,
    )


def _nearest(word: str) -> str | None:
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, COMMANDS, 1)), None)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"catalog {__version__}")
        raise typer.Exit


def _root(
    db: Annotated[str | None, typer.Option("--db", metavar="PATH", help="The catalogue's SQLite file.")] = None,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    """The open risk catalogue of MCP tools: what each tool can do, and the policy that it needs.

    Standard output carries data, standard error talk. Every command that prints data has --json.
    """
