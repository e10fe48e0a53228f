"""`catalog risk`: what a tool or server can do, and what to do about it."""

from __future__ import annotations

import json as json_module
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalog.cli.app import new_app
from catalog.cli.listing import server_row
from catalog.cli.options import Db, Json, database
from catalog.cli.output import Column, counted, write, write_facts, write_json, write_table
from catalog.errors import NothingFound
from catalog.store.read import Filters, StoredServer, StoredTool, StoreReader
from classifier.records import RISKS, Evidence

if TYPE_CHECKING:
    from catalog.findings.records import Report

app = new_app()
_SHOWN_GAPS = 5


@app.command()
def main(
    context: typer.Context,
    target: Annotated[str, typer.Argument(metavar="TOOL | SERVER/TOOL | SERVER", help="What to look up.")],
    json: Json = False,
    db: Db = None,
) -> None:
    """Show what a tool or server can do: category, risk, capabilities, the evidence, and the policy that it needs."""
    with StoreReader(database(context, db)) as store:
        server, tools = find(store, target)
        if server is not None:
            _server(store, server, json)
        elif json:
            answers = [tool_json(store, tool) for tool in tools]
            write_json(answers[0] if len(answers) == 1 else {"tools": answers})
        else:
            for index, tool in enumerate(tools):
                write("\n" if index else "")
                _tool(store, tool)


def find(store: StoreReader, target: str) -> tuple[StoredServer | None, Sequence[StoredTool]]:
    """The server, or the tools, that the text names: a server's slug or reference, SERVER/TOOL, or a tool's name.

    A bare name that several servers use gives the tool of each. NothingFound names what is near.
    """
    if "/" not in target and store.has_server(target):
        return store.server(target), ()
    if named := store.tools_named(target):
        return None, named
    for slug, name in _splits(target):
        if not store.has_server(slug):
            continue
        return (None, [store.tool(slug, name)]) if name else (store.server(slug), ())
    near = [f"{t.server_slug}/{t.tool.name}" for t in store.search(target.rpartition("/")[2], limit=3)]
    raise NothingFound(
        f"{target} is not in the catalogue. That says nothing about its risk.",
        f"Near: {', '.join(near)}." if near else "Ingest its server first: catalog ingest REF.",
    )


def tool_json(store: StoreReader, stored: StoredTool) -> dict[str, Any]:
    """The contract's object about one tool, with its policy, its source, and how completely its server was read."""
    from catalog.findings.stored import findings_of_tool

    answer, tool = stored.classification, stored.tool
    server = store.server(stored.server_slug)
    said = answer.to_json() if answer else {"name": tool.name, "category": None, "risk": None, "needs_review": True}
    out = {
        **said,
        "server": stored.server_slug,
        "findings": [{"id": f.check, **f.to_json()} for f in findings_of_tool(store, stored)],
        "title": tool.title,
        "description": tool.description,
        "policy": policy_json([stored]),
        "source": {
            **server.server.source.to_json(),
            "version": server.server.version,
            "location": tool.location.to_json() if tool.location else None,
        },
        "completeness": {"share": server.completeness, "gaps": server.gap_count},
    }
    if tool.annotations:
        out["annotations"] = dict(tool.annotations)
    if tool.conditional:
        out["conditional"] = tool.conditional
    if stored.removed_at:
        out["removed_at"] = stored.removed_at
    return out


def policy_json(tools: Sequence[StoredTool]) -> dict[str, Any]:
    """The recommended policy for these tools of one server; tools without an answer are left to its default, deny."""
    from catalog.policy.recommend import recommend

    labelled = [(t.tool, t.classification) for t in tools if t.classification is not None]
    return recommend(tools[0].server_slug, labelled, pins=False).to_json()


def _splits(target: str) -> Iterator[tuple[str, str]]:
    """Every way to read the text as a server and a tool of it; "" for the server itself. References count as slugs."""
    head, _, tail = target.partition("/")
    yield head, tail
    from catalog.sources.reference import slugify

    yield slugify(target), ""
    parts = target.split("/")
    for cut in range(len(parts) - 1, 0, -1):
        yield slugify("/".join(parts[:cut])), "/".join(parts[cut:])


def _server(store: StoreReader, stored: StoredServer, json: bool) -> None:
    tools = list(store.tools(Filters(server=stored.server.slug)))
    gaps = store.gaps(stored.server.slug)
    if json:
        write_json(
            {
                "server": server_row(stored),
                "counts": {"tools": stored.tool_count, **stored.risks},
                "tools": [tool_json(store, tool) for tool in tools],
                "gaps": [gap.to_json() for gap in gaps],
            }
        )
        return
    counts = ", ".join(f"{stored.risks[r]} {r}" for r in reversed(RISKS) if stored.risks[r])
    source = stored.server.source
    shown = [f"{g.path}{f':{g.line}' if g.line else ''}  {g.reason}".strip() for g in gaps[:_SHOWN_GAPS]]
    more = [f"and {len(gaps) - _SHOWN_GAPS} more"] if len(gaps) > _SHOWN_GAPS else []
    write_facts(
        [stored.server.slug, counted(stored.tool_count, "tool")],
        [
            ("name", [stored.server.name]),
            ("about", [stored.server.description] if stored.server.description else []),
            ("risks", [counts or "none labelled"]),
            ("source", [_origin(stored)]),
            ("page", [source.url] if source.url else []),
            ("complete", [_completeness(stored), *shown, *more]),
        ],
    )
    write("\n")
    rows = [_row(tool) for tool in tools]
    write_table(
        (
            Column("risk"),
            Column("category"),
            Column("tool", wraps=True),
            Column("capabilities", wraps=True),
            Column("why", shrinks=True),
        ),
        rows,
    )


def _row(stored: StoredTool) -> list[object]:
    answer = stored.classification
    if answer is None:
        return ["?", "not labelled", stored.tool.name, "", ""]
    return [answer.risk, answer.category, stored.tool.name, " ".join(answer.capabilities), answer.reason]


def _tool(store: StoreReader, stored: StoredTool) -> None:
    answer, tool = stored.classification, stored.tool
    server = store.server(stored.server_slug)
    heading = [f"{stored.server_slug}/{tool.name}", *((answer.category, answer.risk) if answer else ("not labelled",))]
    place = f"{tool.location.path}:{tool.location.line}" if tool.location else ""
    facts: list[tuple[str, Sequence[str]]] = [("title", [tool.title] if tool.title else [])]
    if stored.removed_at:
        facts.append(("removed", [f"the server no longer has this tool (since {stored.removed_at})"]))
    if answer:
        review = "; a person should check this answer" if answer.needs_review else ""
        facts += [
            ("confidence", [f"{answer.confidence:.2f}{review}"]),
            ("capabilities", [", ".join(answer.capabilities) or "none"]),
            ("why", [answer.reason]),
            ("evidence", [_quote(e) for e in answer.evidence]),
        ]
        if answer.override:
            facts.append(("override", [f"set by hand: {answer.override.reason}"]))
    facts += [
        ("findings", [f"{f.severity}: {f.message}" for f in _telling(store, stored)]),
        ("declared", [json_module.dumps(dict(tool.annotations), ensure_ascii=False)] if tool.annotations else []),
        ("policy", [json_module.dumps(policy_json([stored]), ensure_ascii=False)]),
        ("source", [" ".join(filter(None, [place, f"({_origin(server)})"]))]),
        ("only when", [tool.conditional] if tool.conditional else []),
        ("complete", [_completeness(server)]),
    ]
    write_facts(heading, facts)


def _telling(store: StoreReader, stored: StoredTool) -> list[Report]:
    """The findings without those that only inform; the JSON has them all."""
    from catalog.findings.stored import findings_of_tool

    return [f for f in findings_of_tool(store, stored, ("hint-missing",)) if f.severity != "info"]


def _quote(evidence: Evidence) -> str:
    place = f"{evidence.field}{evidence.path}" if evidence.path else evidence.field
    return f'{place}: "{evidence.text}"'


def _origin(stored: StoredServer) -> str:
    source = stored.server.source
    commit = f"commit {source.commit[:12]}" if source.commit else ""
    words = [source.reference, stored.server.version or "", f"ref {source.ref}" if source.ref else "", commit]
    return ", ".join(word for word in words if word)


def _completeness(stored: StoredServer) -> str:
    if stored.completeness is None:
        return "the server's own list" + (f", with {counted(stored.gap_count, 'gap')}" if stored.gap_count else "")
    if not stored.gap_count:
        return "every registration seen was resolved"
    return (
        f"about {stored.completeness:.0%} of the registrations seen were resolved, {counted(stored.gap_count, 'gap')}:"
        " the server may have tools that are not listed"
    )
