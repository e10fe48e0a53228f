"""The lists of servers: where each lies, which servers it has, and in what order."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.site import vocabulary
from classifier.records import CAPABILITIES, RISKS

_COLUMNS = (*reversed(RISKS), *(name.lower() for name in vocabulary.CATEGORIES), *CAPABILITIES)


@dataclass(frozen=True, slots=True)
class Listing:
    """One list: its path without `.html`, and which servers it has (`column` > 0, or a source kind, or all)."""

    stem: str
    title: str
    lead: str
    column: str | None = None
    kind: str | None = None

    @property
    def where(self) -> tuple[str, tuple[str, ...]]:
        """The condition in the plan's SQL, with its values."""
        if self.kind is not None:
            return "kind = ?", (self.kind,)
        return (f"{self.column} > 0" if self.column else "1"), ()  # a name of the literal tables here

    @property
    def order(self) -> str:
        return f"{self.column} DESC, slug" if self.column else "name COLLATE NOCASE, slug"


# `face` is a digest of what a list shows of a server, so a list's digest is read from its index alone.
PLAN_INDEXES = (
    *(
        f"CREATE INDEX IF NOT EXISTS server_by_{c} ON server({c} DESC, slug, face) WHERE {c} > 0"
        for c in _COLUMNS
    ),
    "CREATE INDEX IF NOT EXISTS server_by_name ON server(name COLLATE NOCASE, slug, face)",
    "CREATE INDEX IF NOT EXISTS server_by_kind ON server(kind, name COLLATE NOCASE, slug, face)",
)  # fmt: skip


def listings(kinds: list[str]) -> list[Listing]:
    """All lists; `kinds` are the kinds of source that there are."""
    found = [Listing("servers/index", "Servers A to Z", "Every server that was read, with what its tools can do.")]
    found += [
        Listing(f"risk/{risk}", f"{risk.capitalize()} risk", vocabulary.RISKS[risk], column=risk)
        for risk in reversed(RISKS)
    ]
    found += [
        Listing(f"category/{name.lower()}", f"{name} tools", f"A {name} tool {text}.", column=name.lower())
        for name, text in vocabulary.CATEGORIES.items()
    ]
    found += [
        Listing(
            f"capability/{c}",
            vocabulary.CAPABILITIES[c][0],
            "A tool with this capability {}. Not: {}.".format(*vocabulary.capability_meanings()[c]),
            column=c,
        )
        for c in CAPABILITIES
    ]
    return found + [
        Listing(f"source/{kind}", f"Servers from {kind}", f"Servers whose tools were read from {kind}.", kind=kind)
        for kind in kinds
    ]
