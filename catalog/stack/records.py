"""The nouns of a stack: where servers are configured, what each entry starts, and what was found out about it. Frozen.

`Launch` alone holds what a file says in plain text; it shows nothing of itself, and nothing turns it into JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from catalog.findings.records import Report
from catalog.records import Gap, Location, Tool
from catalog.sources.reference import Reference
from classifier.records import Capability, Classification

Scope = Literal["user", "project", "system"]
Platform = Literal["linux", "macos", "windows"]
State = Literal["known", "unknown", "off"]
Leg = Literal["private_data", "untrusted_content", "communicate"]
LEGS: tuple[Leg, ...] = ("private_data", "untrusted_content", "communicate")
LEG_WORDS: dict[Leg, str] = {
    "private_data": "reads private data",
    "untrusted_content": "reads what strangers wrote",
    "communicate": "sends to others",
}


@dataclass(frozen=True, slots=True, repr=False)
class Launch:
    """What the client would start, word for word. Never shown, stored or sent: it may hold secrets."""

    command: str | None = None
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None
    cwd: str | None = None
    project: str | None = None
    secrets: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return "Launch(...)"


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret in plain text, by name; the value is not kept here."""

    name: str
    line: int | None

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "line": self.line}


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A configuration file that is there. `problem` says why it, or a part of it, could not be read."""

    client: str
    path: str
    scope: Scope
    servers: int = 0
    problem: str | None = None
    line: int | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "client": self.client, "path": self.path, "scope": self.scope, "servers": self.servers,
            "problem": self.problem, "line": self.line,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One server in one configuration file. `project` is the folder that it is limited to.

    `name` is fit to be shown; `real_name` is what the client calls it, for policies. `hint` is what the entry says
    about itself where it starts nothing (`builtin`, `extension`).
    """

    client: str
    name: str
    location: Location
    scope: Scope
    project: str | None = None
    enabled: bool = True
    secrets: tuple[Secret, ...] = ()
    hint: str | None = None
    real_name: str = field(default="", repr=False)
    launch: Launch = field(default_factory=Launch, repr=False)


@dataclass(frozen=True, slots=True)
class Resolution:
    """What an entry starts: a reference, or the reason why none can be told.

    `pinned` is None where versions have no meaning (a folder, an address); `wanted` is the version as written; `note`
    says what was assumed.
    """

    reference: Reference | None = None
    reason: str | None = None
    pinned: bool | None = None
    wanted: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class StackTool:
    """A tool of a server of the stack; `label` is None where it has no answer yet."""

    name: str
    label: Classification | None
    definition: Tool | None = field(default=None, repr=False)

    def can(self, capability: Capability) -> bool:
        return self.label is not None and capability in self.label.capabilities


@dataclass(frozen=True, slots=True)
class Member:
    """One server of the stack with every entry that configures it.

    `key` identifies it in one stack: the slug where it is stored, else a name. A server is `unknown` where nothing is
    known of its tools (`why` says the reason), `off` where every entry is switched off. `findings` are those about its
    definitions and code that matter to who runs it, beside its neighbours too, gravest first, at their places in the
    source.
    """

    key: str
    state: State
    entries: tuple[tuple[Entry, Resolution], ...]
    tools: tuple[StackTool, ...] = ()
    why: str | None = None
    version: str | None = None
    gaps: tuple[Gap, ...] = ()
    completeness: float | None = None
    taken_at: str | None = None
    findings: tuple[Report, ...] = ()

    @property
    def reference(self) -> Reference | None:
        return next((r.reference for _, r in self.entries if r.reference is not None), None)

    @property
    def name(self) -> str:
        """What people call it: its name in the first file that has it."""
        return self.entries[0][0].name

    @property
    def clients(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(entry.client for entry, _ in self.entries))

    @property
    def active(self) -> tuple[tuple[Entry, Resolution], ...]:
        return tuple(pair for pair in self.entries if pair[0].enabled)


@dataclass(frozen=True, slots=True)
class Stack:
    """Everything that was found. Members in the order in which the files name them, unknown ones included."""

    files: tuple[ConfigFile, ...]
    members: tuple[Member, ...]

    @property
    def known(self) -> tuple[Member, ...]:
        return tuple(m for m in self.members if m.state == "known")

    @property
    def unknown(self) -> tuple[Member, ...]:
        return tuple(m for m in self.members if m.state == "unknown")
