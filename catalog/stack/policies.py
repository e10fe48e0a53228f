"""The recommended policy of every server, written for the client that it came from, with the stack's cut in it.

Files are only read here; `PolicyFile.write` changes one, after a backup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from catalog.errors import InvalidInput
from catalog.policy.export import Loss
from catalog.policy.recommend import Labelled, ask_before, recommend
from catalog.policy.records import Policy, Strength
from catalog.policy.settings_file import difference, read_settings, replace_settings
from catalog.policy.targets import find_target
from catalog.sources.reference import slugify
from catalog.stack.clearing import cleared
from catalog.stack.clients import Client, clients, expand
from catalog.stack.legs import Legs
from catalog.stack.records import Entry, Member, Stack
from catalog.stack.secrets import holds_secret
from catalog.stack.surroundings import Surroundings

WHY = "With these servers together, private data could leave on the word of a stranger's text; here that is cut."
Tools = Callable[[str], Sequence[Labelled]]


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A settings file with the policies of some servers in it, before and after. `diff` is fit to be shown."""

    client: str
    target: str
    path: Path
    shown: str
    servers: tuple[str, ...]
    diff: str
    losses: tuple[tuple[str, Loss], ...]
    problem: str | None = None
    after: str = field(default="", repr=False)

    def write(self) -> Path | None:
        """Writes the file and returns where the old one is kept. After an InvalidInput the file is as it was."""
        return replace_settings(self.path, self.after)


@dataclass(frozen=True, slots=True)
class Policies:
    """What is to be written, and the servers for which nothing can be: (server, why)."""

    files: tuple[PolicyFile, ...]
    without: tuple[tuple[str, str], ...]


def policies_of(stack: Stack, legs: Legs, tools: Tools, strength: Strength) -> dict[str, Policy]:
    """One policy per known server, by key: the recommended one, with a person asked wherever the stack is cut."""
    cut: dict[str, set[str]] = {}
    for rule in legs.cut.rules if legs.cut else ():
        cut.setdefault(rule.server, set()).add(rule.tool)
    out: dict[str, Policy] = {}
    for member in stack.known:
        labelled = tools(member.key)
        policy = recommend(member.key, labelled, strength)
        out[member.key] = ask_before(policy, labelled, cut.get(member.key, set()), WHY)
    return out


def policy_files(
    stack: Stack, policies: Mapping[str, Policy], around: Surroundings, target: str | None = None
) -> Policies:
    """The settings files of the clients of the stack; only of those that `target` writes for, where one is named."""
    by_id = {client.id: client for client in clients()}
    wanted: dict[Path, list[tuple[Client, Member, Entry]]] = {}
    without: list[tuple[str, str]] = []
    for member in stack.members:
        for entry, _ in member.active:
            client = by_id.get(entry.client)
            why = _why_not(member, entry, client, target)
            path = None if why else _settings_path(client, entry, around)
            if client is None or path is None:
                without.append((f"{entry.client}/{entry.name}", why or "the folder of its settings is not there"))
            else:
                wanted.setdefault(path, []).append((client, member, entry))
    entries = [entry for member in stack.members for entry, _ in member.entries]
    return Policies(
        tuple(_file(path, held, policies, around, entries) for path, held in wanted.items()), tuple(without)
    )


def _why_not(member: Member, entry: Entry, client: Client | None, target: str | None) -> str | None:
    if member.state != "known":
        return "its tools are not known"
    if client is None or client.target is None:
        return "its client has no settings that a policy can be written to; use --target"
    if target is not None and target != client.target:
        return f"its client is not one that {target} is for"
    return "its name holds what looks like a secret" if holds_secret(entry.real_name) else None


def _settings_path(client: Client | None, entry: Entry, around: Surroundings) -> Path | None:
    """Where the client reads its policy about this entry; None where the entry's project is not on this machine."""
    for settings in client.settings if client is not None else ():
        if settings.scope != ("project" if entry.scope == "project" else "user"):
            continue
        if around.platform not in settings.platforms:
            continue
        pattern = settings.path.replace("{server}", slugify(entry.real_name) or "server")
        if "{project}" in pattern:
            project = Path(entry.launch.project or around.cwd)
            return Path(pattern.replace("{project}", str(project))) if project.is_dir() else None
        return next((path for path, _ in expand(pattern, around)), None)
    return None


def _file(
    path: Path,
    held: Sequence[tuple[Client, Member, Entry]],
    policies: Mapping[str, Policy],
    around: Surroundings,
    entries: Sequence[Entry],
) -> PolicyFile:
    client = held[0][0]
    target = find_target(client.target or "")
    names = tuple(dict.fromkeys(entry.name for _, _, entry in held))
    losses = tuple(
        (entry.name, loss)
        for _, member, entry in held
        for loss in target.write(policies[member.key], entry.real_name).losses
    )
    file = PolicyFile(client.id, client.target or "", path, around.shown(path), names, "", losses)
    try:
        before = after = read_settings(path)
        for _, member, entry in held:
            policy = policies[member.key]
            if target.merges:
                after = target.merge(after, policy, entry.real_name)
            else:
                after = target.write(policy, entry.real_name).documents[0].text
        if not before and not after.endswith("\n"):
            after += "\n"
    except InvalidInput as error:
        return replace(file, problem=cleared(error.message, entries))
    # Lines around a change are the user's own and may hold anything, so that none is shown.
    return replace(file, diff=cleared(difference(Path(file.shown), before, after, context=0), entries), after=after)


def documents(
    stack: Stack, policies: Mapping[str, Policy], target: str
) -> Iterator[tuple[str, str, str, tuple[Loss, ...]]]:
    """(server, usual path, text, losses) of each policy for a target that is no client of the stack, under the names
    that the clients use."""
    entries = [entry for member in stack.members for entry, _ in member.entries]
    for member in stack.known:
        entry = member.active[0][0]
        export = find_target(target).write(policies[member.key], entry.real_name)
        for document in export.documents:
            yield entry.name, cleared(document.path, entries), cleared(document.text, entries), export.losses


def summed(losses: Sequence[tuple[str, Loss]]) -> list[tuple[str, str, int]]:
    """Losses that say the same of several tools of a server as one: (server, what, number of tools)."""
    counts: dict[tuple[str, str], int] = {}
    for server, loss in losses:
        counts[(server, loss.what)] = counts.get((server, loss.what), 0) + (loss.tool is not None)
    return [(server, what, number) for (server, what), number in counts.items()]


def to_json(file: PolicyFile, written: bool, backup: Path | None) -> dict[str, Any]:
    return {
        "client": file.client,
        "target": file.target,
        "path": file.shown,
        "servers": list(file.servers),
        "problem": file.problem,
        "diff": file.diff,
        "written": written,
        "backup": str(backup) if backup else None,
        "losses": [{"server": s, "what": what, "tools": n} for s, what, n in summed(file.losses)],
    }
