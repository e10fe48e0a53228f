"""`catalog stack --policy`: the policies of a stack, shown as differences and written only when asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from catalog.cli.output import say, write, write_json
from catalog.cli.terminal import harmless
from catalog.errors import NothingFound
from catalog.policy.records import Policy, Strength
from catalog.policy.targets import find_target
from catalog.stack.legs import Legs
from catalog.stack.policies import PolicyFile, documents, policies_of, policy_files, summed, to_json
from catalog.stack.records import Stack
from catalog.stack.surroundings import Surroundings
from catalog.store.read import Filters, StoreReader


def show_policies(
    stack: Stack,
    legs: Legs,
    db: Path,
    around: Surroundings,
    target: str | None,
    strength: Strength,
    is_written: bool,
    json: bool,
) -> None:
    """Shows the policies, and with `is_written` changes the settings files. NothingFound without a known server."""
    if target is not None:
        find_target(target)
    if not stack.known:
        raise NothingFound("No server of the stack is known, so there is nothing to write a policy for.")
    policies = _policies(stack, legs, db, strength)
    planned = policy_files(stack, policies, around, target)
    texts = []
    if target is not None and not planned.files:
        texts = list(documents(stack, policies, target))
    backups = {file.path: file.write() for file in planned.files if is_written and file.diff and not file.problem}
    if json:
        write_json(_json(planned.files, planned.without, texts, backups, target))
        return
    for file in planned.files:
        _show(file, file.path in backups, backups.get(file.path))
    for server, place, text, losses in texts:
        say(f"for {server} ({place}):")
        _tell([(server, loss) for loss in losses])
        write(text if text.endswith("\n") else f"{text}\n")
    if not texts:
        for server, why in planned.without:
            say(f"no policy for {server}: {why}")
    if planned.files and not is_written:
        say("nothing was written; --write writes it and keeps the old files")


def _policies(stack: Stack, legs: Legs, db: Path, strength: Strength) -> dict[str, Policy]:
    with StoreReader(db) as store:

        def tools(slug: str) -> Sequence[Any]:
            stored = store.tools(Filters(server=slug))
            return [(t.tool, t.classification) for t in stored if t.classification is not None]

        return policies_of(stack, legs, tools, strength)


def _show(file: PolicyFile, is_written: bool, backup: Path | None) -> None:
    if file.problem is not None:
        say(f"{file.shown}: {file.problem}")
        return
    _tell(file.losses)
    if not file.diff:
        say(f"{file.shown} already says this")
        return
    for line in file.diff.splitlines():
        blanks = len(line[1:]) - len(line[1:].lstrip(" "))  # harmless() would make one of them
        write(f"{line[:1]}{' ' * blanks}{harmless(line[1:].lstrip(' '))}\n")
    if is_written:
        say(f"wrote {file.shown}" + (f"; the old file is {backup}" if backup else ""))


def _tell(losses: Sequence[Any]) -> None:
    for server, what, number in summed(losses):
        say(f"not said: {server}: {what}" + (f" ({number} tools)" if number > 1 else ""))


def _json(
    files: Sequence[PolicyFile],
    without: Sequence[tuple[str, str]],
    texts: Sequence[tuple[str, str, str, Any]],
    backups: dict[Path, Path | None],
    target: str | None,
) -> dict[str, Any]:
    return {
        "files": [to_json(file, file.path in backups, backups.get(file.path)) for file in files],
        "documents": [
            {"server": server, "target": target, "path": place, "text": text} for server, place, text, _ in texts
        ],
        "without": [] if texts else [{"server": server, "why": why} for server, why in without],
    }
