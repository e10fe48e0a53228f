"""A small catalogue that tests build sites from: two servers, each kind of label, and one of hostile text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from catalog.records import Gap, Location, Server, Snapshot, Source, Tool
from catalog.store.write import StoreWriter
from classifier.records import Capability, Category, Classification, Evidence, Finding, Mode, Override
from classifier.risk import risk_of

MONDAY = datetime(2026, 1, 5, 12, tzinfo=UTC)
TUESDAY = datetime(2026, 1, 6, 12, tzinfo=UTC)

STATUS = Tool(
    "check_status",
    title="Check status",
    description="Look up how far a nightly export has come.",
    input_schema={
        "type": "object",
        "properties": {
            "export": {"type": "string", "description": "Which export"},
            "format": {"enum": ["short", "long"], "default": "short"},
            "filter": {"type": "object", "properties": {"since": {"type": "string"}}, "required": ["since"]},
        },
        "required": ["export"],
    },
    location=Location("src/status.ts", 17),
)
MANAGE = Tool(
    "manage_note",
    description="Lists, adds or deletes a note for good, as the action says.",
    input_schema={"type": "object", "properties": {"action": {"enum": ["list", "add", "delete"]}}},
    annotations={"readOnlyHint": True},
)
SEND = Tool("send_note", description="Send a note by mail.", input_schema=None)
HOSTILE = "<script>document.title='owned'</script>\x1b[31m\u202egnirts\u202c </title>\"' onmouseover=alert(1) {{ 7*7 }}"


def labelled(
    tool: Tool, category: Category = "Read", *capabilities: Capability, server: str = "Notes", **more: object
) -> Classification:
    """A label whose evidence is the first word of the description."""
    word = (tool.description or "").split(" ")[0]
    evidence = (Evidence("description", word, "test.word", 0, len(word)),) if word else ()
    values: dict[str, object] = {
        "confidence": 0.97, "needs_review": False, "reason": f"Made for a test of {category}.", "evidence": evidence,
        "classifier_version": "t1", **more,
    }  # fmt: skip
    risk = risk_of(category, capabilities)
    return Classification(server, tool.name, category, risk, tuple(capabilities), **values)  # type: ignore[arg-type]


def server(slug: str, name: str, version: str = "1.0", kind: str = "npm") -> Server:
    source = Source(kind, f"{kind}:{slug}", version)  # type: ignore[arg-type]
    return Server(slug, name, source, version, f"{name} for tests", "MIT")


def notes(
    *, version: str = "1.0", status: Tool = STATUS, with_send: bool = True
) -> tuple[Snapshot, list[Classification]]:
    modes = (Mode("/action", "choice", "list", "Read"), Mode("/action", "choice", "delete", "Destructive"))
    finding = Finding("hint-contradicts-text", "It says readOnlyHint: true, yet the text speaks of deleting.")
    labels = [
        labelled(status),
        labelled(MANAGE, "Destructive", modes=modes, findings=(finding,)),
        labelled(SEND, "Write", "communicate", needs_review=True, confidence=0.55),
    ]
    tools = (status, MANAGE, SEND)
    count = 3 if with_send else 2
    snapshot = Snapshot(
        server("npm-notes", "Notes", version), tools[:count], (Gap("src/b.ts", 7, "computed name"),), 0.75
    )
    return snapshot, labels[:count]


def other() -> tuple[Snapshot, list[Classification]]:
    tool = Tool("check-status", description="Tell whether the door is open.", input_schema={})
    override = Override("seen by hand", "Write", (), "overrides.toml:3")
    return Snapshot(server("npm-door", "Door"), (tool,), (), 1.0), [labelled(tool, server="Door", override=override)]


def hostile() -> tuple[Snapshot, list[Classification]]:
    properties = {f"p{i}": {"type": "string", "description": HOSTILE} for i in range(5000)}
    cyclic = {"$ref": "#/$defs/a", "$defs": {"a": {"properties": {"again": {"$ref": "#/$defs/a"}}}}}
    tools = (
        Tool(HOSTILE, title=HOSTILE, description=HOSTILE * 20, input_schema={"properties": properties}),
        Tool("Twin", description="upper", input_schema=cyclic),
        Tool("twin", description="lower", input_schema={"properties": {"x": 3, "y": {"type": ["a", 1], "enum": "no"}}}),
        Tool("n" * 4000, description="\U0001f600 e\u0301 \u2066hidden\u2069 \u200b\ufeff"),
        Tool("../../../etc/passwd", description="up", annotations={"title": HOSTILE, "deep": [[[[["x"]]]]]}),
        Tool("con", description=None, input_schema={"properties": {HOSTILE: {"type": "string"}}}),
    )
    labels = [labelled(t, "Destructive", "execute", server=HOSTILE, reason=HOSTILE) for t in tools]
    identity = Server(
        "hostile", HOSTILE, Source("npm", f"npm:{HOSTILE}", HOSTILE), HOSTILE, HOSTILE, HOSTILE, "javascript:alert(1)"
    )
    return Snapshot(identity, tools, (Gap(HOSTILE, None, HOSTILE),), 0.5), labels


def store(path: Path, *parts: tuple[Snapshot, Sequence[Classification]], now: datetime = MONDAY) -> Path:
    """Saves the snapshots into the file at `path` and gives it back."""
    with StoreWriter(path) as writer:
        for snapshot, labels in parts:
            writer.save(snapshot, labels, now)
    return path
