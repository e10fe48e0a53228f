"""Declared hints: missing, contradicted by the definition, or so broad that they say nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from catalog.findings.wording import Spoken
from catalog.records import Tool
from classifier.records import Classification, Evidence
from classifier.resources import data_path

SURE = 0.95  # confidence from which a plain read is held against its author


def find_in_hints(tool: Tool, label: Classification | None) -> Iterator[Spoken]:
    """What is to be said of the hints, in the order of the checks."""
    hints = tool.annotations
    if not isinstance(hints.get("readOnlyHint"), bool) and not (
        isinstance(hints.get("destructiveHint"), bool) and label is not None and label.category != "Read"
    ):
        yield Spoken("hint-missing", Evidence("name", tool.name, "hint:missing", 0, len(tool.name)))
    if label is None:
        return
    for finding in label.findings:
        if finding.id != "hints-contradict-each-other" and (label.needs_review or not _is_plain(label)):
            continue  # an answer that a person should check first accuses nobody
        for evidence in finding.evidence:
            yield Spoken(finding.id, evidence, finding.message)
    if label.category == "Read" and label.confidence >= SURE and not label.needs_review:
        for name, broad in (("destructiveHint", True), ("readOnlyHint", False)):
            if hints.get(name) is broad:
                value = "true" if broad else "false"
                yield Spoken("hint-over-broad", Evidence("annotations", value, f"hint:{name}", path=f"/{name}"))
                return


def _is_plain(label: Classification) -> bool:
    """Whether the answer rests on a ground that has proved right where authors said otherwise."""
    return any(e.rule in plain_grounds() for e in label.evidence)


@lru_cache(maxsize=1)
def plain_grounds() -> frozenset[str]:
    import tomllib  # here, because few tools have a contradicted hint

    with data_path("contradictions.toml").open("rb") as file:
        raw = tomllib.load(file)
    return frozenset((*(f"rule:{r}" for r in raw["rules"].split()), *(f"name-verb:{v}" for v in raw["verbs"].split())))
