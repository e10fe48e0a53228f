"""How far the audit's hints agree with careful labels, and whether its edits do what they should and nothing else.

usage: python benchmarks/audit.py LABELS... --sources DIR [--own LABELS] [--skip-training] [--table]

SOURCES/ID are source trees, LABELS are JSON Lines of labelled definitions. A tree and a labelled server are matched by
the names of their tools. Each tree is audited twice: with the model that ships, which has learned from many of these
servers, and with one trained here on LABELS (and --own) without any server that shares tools with any of the trees.
Then every tree is copied, edited with --write, put under git before, and read again: as its author would find it, and
once more with every hint stated and narrowed, so that declared ones are edited too. Prints a JSON document.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from catalog.audit.audit import Strictness, audit_tool
from catalog.audit.editing.files import write_files
from catalog.audit.records import ToolAudit
from catalog.audit.run import Audited, audit_reference
from catalog.errors import NothingFound
from catalog.extract import read_tree
from catalog.extract.tree import SourceTree
from catalog.extract.typescript.sources import Module
from catalog.records import Tool
from catalog.sources.reference import parse_reference
from classifier.classify import Classifier, load
from classifier.model.features import extract_features
from classifier.model.labels import LabelledRow, drop_repeats, load_labels
from classifier.modes import find_modes
from classifier.reading import read_definition
from classifier.records import Classification
from classifier.rules.match import load_matcher

_SHARED_NAMES = 0.5  # of a labelled server's tools, for a tree to be its source
_TOLD_APART_BY = 2  # tools that a server shares with a tree before the trained model may not see it
_HINT = r"[\"']?\b(?:readOnly|destructive|idempotent|openWorld|read_only_|destructive_|idempotent_|open_world_)[Hh]int"
_OF_AN_EDIT = tuple(
    re.compile(p)
    for p in (
        rf"{_HINT}\b[\"']?\s*[:=]\s*(?:true|false|True|False|None)\b",
        r"from mcp\.types import ToolAnnotations\b",
        r"\b(?:\w+\.)?ToolAnnotations\b",
        r"[\s,;]+",
        r"(?:publicreadonly|readonly|public)?([\"']?)annotations\1[:=](?:\{\}|\(\)|None)?",
        r"\{\}|\(\)",
    )
)

Row = Mapping[str, Any]


def read_rows(paths: Iterable[Path]) -> list[Row]:
    return [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines() if line.strip()]


def by_server(rows: Iterable[Row]) -> dict[str, dict[str, Row]]:
    out: dict[str, dict[str, Row]] = {}
    for row in rows:
        out.setdefault(row["server"], {})[row["name"]] = row
    return out


def match(names: set[str], servers: Mapping[str, Mapping[str, Row]]) -> str | None:
    """The labelled server most of whose tools are in the tree."""
    shares = {s: len(names & set(tools)) / len(tools) for s, tools in servers.items()}
    best = max(shares, key=lambda s: (shares[s], len(servers[s])), default=None)
    return best if best is not None and shares[best] >= _SHARED_NAMES else None


def relatives(names: set[str], servers: Mapping[str, Mapping[str, Row]]) -> set[str]:
    """Every labelled server that has tools in common with a tree: what a model must not have seen of it."""
    return {
        s
        for s, tools in servers.items()
        if len(names & set(tools)) >= min(_TOLD_APART_BY, len(tools)) and names & set(tools)
    }


def without(paths: Sequence[Path], hidden: set[str], out: Path) -> tuple[int, int]:
    rows = read_rows(paths)
    kept = [r for r in rows if r["server"] not in hidden]
    out.write_text("".join(json.dumps(r) + "\n" for r in kept), "utf-8")
    return len(rows), len(kept)


@dataclass
class Agreement:
    """Proposed readOnlyHint against the labels. `held` are tools for which nothing is proposed."""

    servers: set[str] = field(default_factory=set)
    tools: int = 0
    held: int = 0
    agreed: int = 0
    false_reads: list[str] = field(default_factory=list)
    false_changes: list[str] = field(default_factory=list)
    destructive: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    false_alarms: list[str] = field(default_factory=list)

    def add(self, server: str, audited: Audited, labels: Mapping[str, Row]) -> None:
        for tool in audited.audit.tools:
            row = labels.get(tool.tool.name)
            if row is None or row["label"].get("unsure"):
                continue
            self.servers.add(server)
            self.tools += 1
            answers = {h.name: h.answer.value for h in tool.hints}
            self._compare(f"{server}/{tool.tool.name}", answers, row["label"]["category"])
            self._judge(server, tool, row["label"]["category"])

    def _judge(self, server: str, tool: ToolAudit, category: str) -> None:
        """Declared hints that the audit calls wrong or over-broad, and those of which the labels say otherwise."""
        right = {"readOnlyHint": category == "Read", "destructiveHint": category == "Destructive"}
        for hint in tool.hints:
            if hint.name in right and hint.declared is not None and hint.status in ("wrong", "over-broad"):
                self.verdicts[f"{hint.name} {hint.status}"] += 1
                if hint.answer.value != right[hint.name]:
                    self.false_alarms.append(f"{server}/{tool.tool.name} {hint.name}")

    def _compare(self, name: str, answers: Mapping[str, bool | None], category: str) -> None:
        said = answers["readOnlyHint"]
        if said is None:
            self.held += 1
        elif said == (category == "Read"):
            self.agreed += 1
        else:
            (self.false_reads if said else self.false_changes).append(name)
        if category != "Read" and answers["destructiveHint"] is not None and said is False:
            right = answers["destructiveHint"] == (category == "Destructive")
            self.destructive["agreed" if right else "differed"] += 1

    def to_json(self) -> dict[str, Any]:
        proposed = self.tools - self.held
        return {
            "servers": len(self.servers),
            "tools": self.tools,
            "proposed": proposed,
            "withheld": self.held,
            "agree": self.agreed,
            "agreement": round(self.agreed / max(1, proposed), 4),
            "declared read-only though labelled as changing": self.false_reads,
            "declared changing though labelled Read": self.false_changes,
            "destructiveHint of changing tools": dict(self.destructive),
            "declared hints called wrong or over-broad": dict(self.verdicts),
            "of these against the labels": self.false_alarms,
        }


@dataclass
class RoundTrip:
    """What --write did to one tree."""

    id: str
    tools: int = 0
    edited: int = 0
    read_back: int = 0
    others_changed: int = 0
    files: int = 0
    files_parse: bool = True
    diff_is_clean: bool = True
    refused: Counter[str] = field(default_factory=Counter)
    odd_files: list[str] = field(default_factory=list)


def round_trip(id_: str, source: Path, classifier: Classifier, strictness: Strictness, loosen: bool) -> RoundTrip:
    out = RoundTrip(id_)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "tree"
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns(".git"))
        _git(copy, "init", "-q")
        _git(copy, "add", "-Af")
        _git(copy, "commit", "-qm", "before")
        before = {t.name: t for t in read_tree(SourceTree(copy)).tools}
        out.tools = len(before)
        audited = audit_reference(parse_reference(str(copy)), classifier.classify, strictness, edit=True, loosen=loosen)
        plan = audited.plan
        if plan is None:
            return out
        write_files(copy, plan.before, plan.after)
        out.edited, out.files = len(plan.edited), len(plan.after)
        out.refused = Counter(reason for _, reason in plan.refused)
        after = {t.name: t for t in read_tree(SourceTree(copy)).tools}
        wanted = {w.tool.name: {**w.tool.annotations, **w.hints} for w in plan.edited}
        out.read_back = sum(dict(after[n].annotations) == hints for n, hints in wanted.items() if n in after)
        out.others_changed = sum(_differs(before[n], after.get(n), n in wanted) for n in before)
        out.others_changed += len(after.keys() - before.keys())
        out.files_parse = all(_parses(copy / p, plan.before[p]) for p in plan.after)
        out.odd_files = unverified(copy, plan.before)
        out.diff_is_clean = not out.odd_files
    return out


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=b", "-c", "user.email=b@b", "-c", "core.autocrlf=false", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout.decode("utf-8", "replace")


def _differs(before: Tool, after: Tool | None, is_edited: bool) -> bool:
    """Whether anything of a tool changed beside its lines and, where it was edited, its hints."""
    if after is None:
        return True
    parts = ("title", "description", "input_schema", "conditional", *(() if is_edited else ("annotations",)))
    return any(getattr(before, p) != getattr(after, p) for p in parts)


def _parses(path: Path, before: bytes) -> bool:
    """Python's own parser for Python; for the others the syntax tree, held against that of the file before."""
    if path.suffix != ".py":
        now, then = Module(path.name, path.read_bytes()), Module(path.name, before)
        return not now.root.has_error or then.root.has_error
    try:
        ast.parse(path.read_bytes())
    except SyntaxError:
        return False
    return True


def _residue(data: bytes) -> str:
    """A file's text without its hints, blanks, commas and what imports the hints: the same before and after."""
    text = data.decode("utf-8", "replace")
    for pattern in _OF_AN_EDIT:
        text = pattern.sub("", text)
    return text


def unverified(copy: Path, before: Mapping[str, bytes]) -> list[str]:
    """Changed files that differ in more than hints, and files that git sees changed and the plan does not name."""
    changed = set(_git(copy, "diff", "--name-only", "-z").split("\0")) - {""}
    odd = [p for p, data in before.items() if _residue(data) != _residue((copy / p).read_bytes())]
    return sorted(odd + list(changed ^ before.keys()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("labels", nargs="+", type=Path)
    parser.add_argument("--sources", type=Path, required=True)
    parser.add_argument("--own", type=Path, action="append", default=[], help="labels to train on beside the others")
    parser.add_argument("--skip-training", action="store_true", help="measure the model that ships alone")
    parser.add_argument("--skip-edits", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--table", action="store_true", help="a row per edited tree on standard error")
    options = parser.parse_args()

    trees = {p.name: p for p in sorted(options.sources.iterdir()) if p.is_dir()}
    trees = {i: p for i, p in trees.items() if not options.only or i in options.only.split(",")}
    names = {i: {t.name for t in read_tree(SourceTree(p)).tools} for i, p in trees.items()}
    servers = by_server(read_rows(options.labels))
    sources = {i: s for i, n in names.items() if i.startswith(("npm-", "pypi-")) and (s := match(n, servers))}
    shipped = load()
    out: dict[str, Any] = {"trees": len(trees), "matched trees": len(sources)}
    out["agreement, model that ships"] = agreement(shipped, trees, sources, servers)
    if not options.skip_training:
        out["agreement, trained without these servers"] = trained(options, names, trees, sources, servers)
        out["declared hints, cross-validated"] = declared(options.labels, options.own)
    if not options.skip_edits:
        for title, strict, loosen in (
            ("edits, default", Strictness(), False),
            ("edits, all hints stated and narrowed", Strictness(explicit=True), True),
        ):
            trips = [round_trip(i, p, shipped, strict, loosen) for i, p in trees.items() if names[i]]
            out[title] = summary(trips)
            if options.table:
                show(title, trips)
    json.dump(out, sys.stdout, indent=2)
    print()
    return 0


def trained(
    options: argparse.Namespace,
    names: Mapping[str, set[str]],
    trees: Mapping[str, Path],
    sources: Mapping[str, str],
    servers: Mapping[str, Mapping[str, Row]],
) -> dict[str, Any]:
    from classifier.model.train import train

    hidden = set().union(*(relatives(names[i], servers) for i in trees)) | set(sources.values())
    with tempfile.TemporaryDirectory() as folder:
        rest = Path(folder) / "rest.jsonl"
        rows, kept = without(options.labels, hidden, rest)
        train([rest, *options.own], Path(folder) / "model")
        classifier = load(Path(folder) / "model")
        found = agreement(classifier, trees, sources, servers)
    return {"rows trained on": kept, "rows hidden": rows - kept, "servers hidden": len(hidden), **found}


def declared(labels: Sequence[Path], own: Sequence[Path]) -> dict[str, Any]:
    """What is said of every declared hint of the labelled definitions, by a model that saw no tool of their server.

    Rows that careful readers called unsure are left out. A verdict is false where the label says otherwise.
    """
    from classifier.model.fit import calibrate, cross_logits, fold_numbers, identity_scorer

    folds = 6
    rows = drop_repeats([r for path in labels for r in load_labels(path)])
    every = [*rows, *(r for path in own for r in load_labels(path))]
    bare = [replace(r, definition=replace(r.definition, annotations=None)) for r in every]
    matcher = load_matcher()
    readings = [read_definition(r.definition) for r in bare]
    features = [extract_features(r, matcher.match(r), find_modes(r)) for r in readings]
    logits = cross_logits(features, bare, folds=folds, seed=0, extra=len(every) - len(rows))[: len(rows)]
    fold_of = fold_numbers(bare[: len(rows)], folds, 0)
    verdicts: Counter[str] = Counter()
    false: list[str] = []
    for k in range(folds):
        rest = [i for i in range(len(rows)) if fold_of[i] != k]
        classifier = Classifier(calibrate(identity_scorer(), logits[rest], [rows[i] for i in rest]))
        for i in (i for i in range(len(rows)) if fold_of[i] == k and rows[i].definition.annotations):
            judged = classifier.judge(classifier.scorer.calibrated(logits[[i]]))[0]
            said = classifier.answer(readings[i], judged, matcher.match(readings[i]), tuple(find_modes(readings[i])))
            if not rows[i].unsure:
                _count(rows[i], said, verdicts, false)
    return {"verdicts": dict(sorted(verdicts.items())), "false": false}


def _count(row: LabelledRow, said: Classification, verdicts: Counter[str], false: list[str]) -> None:
    of = row.definition
    tool = Tool(of.name, of.title, of.description, of.input_schema, of.annotations or {})
    right = {"readOnlyHint": row.category == "Read", "destructiveHint": row.category == "Destructive"}
    for hint in audit_tool(tool, said, lambda: False, Strictness()).hints:
        if hint.name in right and hint.status in ("wrong", "missing", "over-broad"):
            verdicts[f"{hint.name} {hint.status}"] += 1
            if hint.answer.value != right[hint.name]:
                false.append(f"{hint.status}: {of.server}/{of.name} {hint.name}, labelled {row.category}")


def agreement(
    classifier: Classifier,
    trees: Mapping[str, Path],
    sources: Mapping[str, str],
    servers: Mapping[str, Mapping[str, Row]],
) -> dict[str, Any]:
    """Each labelled server once: of several trees of it, the one in which most of its tools were found."""
    result = Agreement()
    done: set[str] = set()
    for id_, server in sorted(sources.items()):
        if server in done:
            continue
        done.add(server)
        try:
            audited = audit_reference(parse_reference(str(trees[id_])), classifier.classify, Strictness())
        except NothingFound:
            continue
        result.add(server, audited, servers[server])
    return result.to_json()


def summary(trips: Sequence[RoundTrip]) -> dict[str, Any]:
    edited = [t for t in trips if t.edited]
    return {
        "trees": len(trips),
        "trees edited": len(edited),
        "tools": sum(t.tools for t in trips),
        "tools edited": sum(t.edited for t in trips),
        "read back exactly": sum(t.read_back for t in trips),
        "tools otherwise changed": sum(t.others_changed for t in trips),
        "files edited": sum(t.files for t in trips),
        "trees whose files all parse": sum(t.files_parse for t in edited),
        "trees whose diff is clean": sum(t.diff_is_clean for t in edited),
        "refused": sum(sum(t.refused.values()) for t in trips),
        "refused for": dict(sum((t.refused for t in trips), Counter()).most_common()),
    }


def show(title: str, trips: Sequence[RoundTrip]) -> None:
    print(title, file=sys.stderr)
    for t in trips:
        refused = "; ".join(f"{n} {reason[:60]}" for reason, n in t.refused.most_common(2))
        state = "" if t.files_parse and t.diff_is_clean and not t.others_changed else " !!"
        print(f"  {t.id}: {t.edited}/{t.tools} edited, {t.read_back} back{state} | {refused}", file=sys.stderr)
        for path in t.odd_files[:4]:
            print(f"      more than hints changed in {path}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
