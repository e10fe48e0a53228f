"""`catalog policy`: show, check and lint policies."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from catalog.cli.app import new_app
from catalog.cli.options import Db, Json, database
from catalog.cli.output import say, write, write_json, write_json_line
from catalog.cli.terminal import harmless
from catalog.errors import InvalidInput, ThresholdReached, UsageError

app = new_app()
policy_app = app

Strength = Literal["strict", "recommended", "permissive"]


@app.callback()
def _group() -> None:
    """Policies: recommend one, try calls against one, look for mistakes in one."""


@app.command()
def show(
    context: typer.Context,
    servers: Annotated[
        list[str], typer.Argument(metavar="SERVER | SERVER/TOOL...", help="For what to write a policy.")
    ],
    strength: Annotated[Strength, typer.Option(help="How much is left open.")] = "recommended",
    target: Annotated[str, typer.Option(help="The program to write it for; 'list' names them.")] = "catalog",
    strict_target: Annotated[
        bool, typer.Option("--strict-target", help="Fail where the target loses something.")
    ] = False,
    name: Annotated[str | None, typer.Option(help="What the target calls the server; its slug by default.")] = None,
    path: Annotated[list[str] | None, typer.Option("--path", help="Only files below this folder. Repeatable.")] = None,
    host: Annotated[list[str] | None, typer.Option("--host", help="Only URLs of this host. Repeatable.")] = None,
    max_amount: Annotated[float | None, typer.Option(help="The most that one call may pay.")] = None,
    merge: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Edit this settings file: shows the difference.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write what --merge shows; the old file is kept.")] = False,
    reasons: Annotated[bool, typer.Option("--reasons", help="Say for each rule what it follows from.")] = False,
    pin: Annotated[bool, typer.Option("--pin", help="Keep digests of the definitions, for 'policy lint'.")] = False,
    json: Json = False,
    db: Db = None,
) -> None:
    """Write the recommended policy of servers or tools: unlisted tools denied, reads open, the rest held.

    What a target cannot say goes to standard error; exit code 10 with --strict-target.
    """
    from catalog.policy.bounds import Bounds
    from catalog.policy.recommend import recommend_stack
    from catalog.policy.targets import TARGETS, find_target

    if target == "list":
        write("".join(f"{key:12}  {value.title}\n" for key, value in TARGETS.items()))
        return
    chosen = find_target(target)
    labelled = _labelled(context, db, servers)
    if name and len(labelled) > 1:
        raise UsageError("--name names one server, and several are given", "Write one policy at a time.")
    policies = recommend_stack(labelled, strength, Bounds(tuple(path or ()), tuple(host or ()), max_amount))
    exports = {slug: chosen.write(policy, name or slug) for slug, policy in policies.items()}
    losses = [(slug, loss) for slug, export in exports.items() for loss in export.losses]
    if strict_target and losses:
        _tell(losses)
        raise ThresholdReached(
            f"{chosen.title} cannot say all of this policy", "Leave --strict-target out to accept that."
        )
    if merge is not None:
        _tell(losses)
        _merge(merge, [(policy, name or slug) for slug, policy in policies.items()], target, yes)
    elif target == "catalog":
        shown = {slug: policy.to_json(reasons=reasons, pins=pin) for slug, policy in policies.items()}
        write_json(next(iter(shown.values())) if len(shown) == 1 else shown)
    elif json:
        documents = [{"server": s, "path": d.path, "text": d.text} for s, e in exports.items() for d in e.documents]
        write_json(
            {"target": target, "documents": documents, "losses": [{"server": s, **x.to_json()} for s, x in losses]}
        )
    else:
        _tell(losses)
        _print(chosen, [(policy, name or slug) for slug, policy in policies.items()])


def _labelled(context: Any, db: str | None, names: Sequence[str]) -> dict[str, list[Any]]:
    """The labelled tools by server slug. Tools without a label are left out: the default denies them."""
    from catalog.cli.risk import find
    from catalog.store.read import Filters, StoreReader

    out: dict[str, list[Any]] = {}
    with StoreReader(database(context, db)) as store:
        for wanted in names:
            server, tools = find(store, wanted)
            stored = list(store.tools(Filters(server=server.server.slug))) if server else list(tools)
            if server:
                out.setdefault(server.server.slug, [])
            for tool in stored:
                if tool.classification is None:
                    say(f"{tool.server_slug}/{tool.tool.name} has no label, so the policy denies it")
                else:
                    out.setdefault(tool.server_slug, []).append((tool.tool, tool.classification))
    return out


def _print(target: Any, policies: Sequence[tuple[Any, str]]) -> None:
    if target.merges:
        text = ""
        for policy, name in policies:
            text = target.merge(text, policy, name) if text else target.write(policy, name).documents[0].text
        write(text)
        return
    documents = [d for policy, name in policies for d in target.write(policy, name).documents]
    for document in documents:
        if len(documents) > 1:
            say(f"for {document.path}:")
        write(document.text)


def _tell(losses: Sequence[tuple[str, Any]]) -> None:
    for slug, loss in losses:
        say(f"not said: {slug}{'/' + loss.tool if loss.tool else ''}: {loss.what}")


def _merge(path: Path, policies: Sequence[tuple[Any, str]], target: str, yes: bool) -> None:
    from catalog.policy.settings_file import difference, read_settings, replace_settings
    from catalog.policy.targets import find_target

    before = after = read_settings(path)
    for policy, name in policies:
        after = find_target(target).merge(after, policy, name)
    changes = difference(path, before, after)
    if not changes:
        say(f"{path} already says this")
        return
    for line in changes.splitlines():
        blanks = len(line[1:]) - len(line[1:].lstrip(" "))  # harmless() would make one of them
        write(f"{line[:1]}{' ' * blanks}{harmless(line[1:].lstrip(' '))}\n")
    if not yes and not (sys.stdin.isatty() and typer.confirm(f"Write {path}?", err=True)):
        say("nothing was written; --yes writes it")
        return
    backup = replace_settings(path, after)
    say(f"wrote {path}" + (f"; the old file is {backup}" if backup else ""))


@app.command()
def check(
    policy: Annotated[Path, typer.Argument(metavar="POLICY", help="The policy file.")],
    call: Annotated[list[str] | None, typer.Option("--call", help='A call: {"name": ..., "arguments": ...}.')] = None,
    calls: Annotated[
        str | None, typer.Option("--calls", metavar="FILE", help="Calls as JSON Lines; - for stdin.")
    ] = None,
    now: Annotated[float | None, typer.Option(help="The time in seconds since 1970 UTC.", show_default="now")] = None,
    json: Json = False,
) -> None:
    """Say what a policy answers to calls, in their order: allow, deny, approve or limited, and the rule that decided.

    Calls that are allowed count towards the limits of the calls after them.
    """
    import time

    from catalog.policy.engine import CounterKey, Engine

    engine = Engine(_load(policy))
    counts: dict[CounterKey, float] = {}
    for asked in _calls(call or [], calls):
        decision = engine.decide(asked.get("name"), asked.get("arguments"), counts, time.time() if now is None else now)
        for charge in decision.charges if decision.outcome == "allow" else ():
            counts[charge.key] = counts.get(charge.key, 0) + charge.amount
        if json:
            write_json_line({"name": asked.get("name"), **decision.to_json()})
        else:
            reason = f"  {harmless(decision.reason)}" if decision.reason else ""
            write(f"{decision.outcome:8} {harmless(str(asked.get('name')))}  {harmless(decision.rule)}{reason}\n")


def _load(path: Path) -> Any:
    from catalog.policy.parse import MAX_BYTES, load_policy

    try:
        with path.open("rb") as file:
            return load_policy(file.read(MAX_BYTES + 1))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error}") from error


def _calls(given: Sequence[str], source: str | None) -> Iterator[dict[str, Any]]:
    """Calls as objects with `name` and `arguments`; a JSON-RPC `tools/call` request counts as one."""
    if not given and source is None:
        raise UsageError("no call to check", "Give one with --call or a file with --calls.")
    for text in given:
        yield _call(text, "--call")
    if source is not None:
        try:
            lines = sys.stdin if source == "-" else Path(source).open(encoding="utf-8")  # noqa: SIM115
            with lines:
                for number, line in enumerate(lines, 1):
                    if line.strip():
                        yield _call(line, f"{source}:{number}")
        except (OSError, UnicodeError) as error:
            raise InvalidInput(f"{source} cannot be read: {error}") from error


def _call(text: str, where: str) -> dict[str, Any]:
    try:
        call = json_module.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{where} is not JSON: {error}") from error
    if isinstance(call, dict) and isinstance(call.get("params"), dict) and call.get("method") == "tools/call":
        call = call["params"]
    if not isinstance(call, dict):
        raise InvalidInput(f"{where} is not an object", 'A call is {"name": ..., "arguments": {...}}.')
    return call


@app.command()
def lint(
    context: typer.Context,
    policy: Annotated[Path, typer.Argument(metavar="POLICY", help="The policy file.")],
    server: Annotated[str | None, typer.Option(help="The server that it is for, as stored.")] = None,
    fail_on: Annotated[
        str | None, typer.Option("--fail-on", metavar="KIND", help="Exit 10 on this kind, or on any.")
    ] = None,
    json: Json = False,
    db: Db = None,
) -> None:
    """Find rules that match no tool, tools that no rule covers, contradictions, and tools that changed since."""
    from catalog.policy.lint import lint as remarks_on

    loaded = _load(policy)
    tools = None
    if server is not None:
        from catalog.cli.risk import find
        from catalog.store.read import Filters, StoreReader

        with StoreReader(database(context, db)) as store:
            found, single = find(store, server)
            stored = store.tools(Filters(server=found.server.slug)) if found else iter(single)
            tools = [tool.tool for tool in stored]
    remarks = remarks_on(loaded, tools)
    if json:
        write_json([remark.to_json() for remark in remarks])
    else:
        for remark in remarks:
            write(f"{remark.kind:17} {harmless(remark.where)}  {harmless(remark.message)}\n")
        say(f"{len(remarks)} remarks" + ("" if server else "; name the server with --server to compare with its tools"))
    if fail_on and any(fail_on in ("any", remark.kind) for remark in remarks):
        raise ThresholdReached(f"the policy has remarks of the kind {fail_on}")
