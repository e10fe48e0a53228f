"""From definitions, answers and code facts to hints: what each tool should declare, held against what it declares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from catalog.audit.reach import contrary, idempotence, knowledge, open_world, shown
from catalog.audit.records import DEFAULTS, HINTS, Answer, Hint, HintName, ServerAudit, Status, ToolAudit
from catalog.records import Snapshot, Tool
from classifier.records import Classification, Definition

Classify = Callable[[Sequence[Definition]], Sequence[Classification]]
_ALWAYS_STATED: tuple[HintName, ...] = ("readOnlyHint", "destructiveHint")
# An author knows the tool: to contradict what is declared takes more certainty than to fill in what is not. Chosen on
# cross-validated answers about declared hints (docs/audit.md).
CONTRADICTS_FROM = 0.95
_NO_MEANING = "it has a meaning only for tools that change something"


@dataclass(frozen=True, slots=True)
class Strictness:
    """How much is asked of an author. `explicit`: every known hint is stated, also where its absence says the same, as
    some directories want. `review`: answers that a person should check are proposed too, where they loosen nothing.
    """

    explicit: bool = False
    review: bool = False


def audit(
    snapshot: Snapshot,
    classifier: Classify,
    is_local: Callable[[], bool] = lambda: False,
    strictness: Strictness | None = None,
) -> ServerAudit:
    """Every tool of the snapshot, in its order. `is_local` tells whether the source can speak to no network at all.

    The tools are classified without the hints they declare: those are what is judged.
    """
    asked = [replace(tool.definition(snapshot.server.name), annotations={}) for tool in snapshot.tools]
    answers = classifier(asked)
    local = cache(is_local)
    strict = strictness or Strictness()
    tools = tuple(audit_tool(tool, said, local, strict) for tool, said in zip(snapshot.tools, answers, strict=True))
    return ServerAudit(snapshot.server, tools, snapshot.gaps, snapshot.completeness)


def audit_tool(tool: Tool, said: Classification, is_local: Callable[[], bool], strict: Strictness) -> ToolAudit:
    """One tool's hints. Where the answer is doubtful nothing is proposed, unless a review is asked for."""
    doubt = _doubt(tool, said)
    answers: dict[HintName, Answer] = {
        "readOnlyHint": _read_only(said),
        "destructiveHint": _destructive(said),
        "idempotentHint": _idempotent(tool, said),
        "openWorldHint": open_world(tool, said, is_local),
    }
    is_read = said.category == "Read"
    hints = tuple(
        _hint(tool, name, _when_doubtful(name, answers[name], doubt, strict), is_read, strict) for name in HINTS
    )
    return ToolAudit(tool, said, hints, doubt)


def _doubt(tool: Tool, said: Classification) -> str | None:
    """Why a person must look before a hint can be declared; None where the answer stands."""
    if said.needs_review:
        return f"the answer {said.category} has a probability of {said.confidence:.2f} only"
    if said.confidence < CONTRADICTS_FROM and (promise := _broken_promise(tool, said)):
        return f"it declares {promise}, and the answer {said.category} has a probability of {said.confidence:.2f} only"
    claim = {"Read": "denies_read", "Write": "denies_additive"}.get(said.category)
    fact = contrary(tool, claim) if claim else None
    if fact is None or said.override is not None:
        return None
    reads = "only reads" if said.category == "Read" else "deletes nothing"
    return f"the definition says that it {reads}, yet its code has {shown(fact)}"


def _broken_promise(tool: Tool, said: Classification) -> str | None:
    """The declared hint that the answer contradicts, None where it contradicts none."""
    if tool.annotations.get("readOnlyHint") is True and said.category != "Read":
        return "readOnlyHint: true"
    if tool.annotations.get("destructiveHint") is False and said.category == "Destructive":
        return "destructiveHint: false"
    return None


def _when_doubtful(name: HintName, answer: Answer, doubt: str | None, strict: Strictness) -> Answer:
    """Under doubt an answer is withheld; with a review it stays where it only asks for more care."""
    if doubt is None or answer.value is None:
        return answer
    if strict.review and answer.value == DEFAULTS[name]:
        return replace(answer, is_firm=False, why=f"{answer.why}; a person should look: {doubt}")
    return Answer(None, f"a person must decide: {doubt}", False, answer.confidence)


def _read_only(said: Classification) -> Answer:
    return Answer(said.category == "Read", said.reason, True, said.confidence)


def _destructive(said: Classification) -> Answer:
    if said.category == "Read":
        return Answer(False, "a tool that only reads destroys nothing", True, said.confidence)
    if said.category == "Destructive":
        return Answer(True, said.reason, True, said.confidence)
    why = f"what was there before is not lost for good: {said.reason}"
    if any(q.rule.rpartition(":")[2] in knowledge()["in_place"]["verbs"] for q in said.evidence):
        why += (
            " It changes in place, and the specification calls only additions not destructive: decide which you mean."
        )
    return Answer(False, why, True, said.confidence)


def _idempotent(tool: Tool, said: Classification) -> Answer:
    return Answer(None, _NO_MEANING) if said.category == "Read" else idempotence(tool)


def _hint(tool: Tool, name: HintName, answer: Answer, is_read: bool, strict: Strictness) -> Hint:
    declared = tool.annotations.get(name)
    status = _status(name, declared, answer, is_read, strict)
    if status == "missing" and answer.value is True and tool.annotations.get("destructiveHint") is True:
        status = "over-broad" if name == "readOnlyHint" else status  # its author says that it destroys
    return Hint(name, declared, answer, status)


def _status(name: HintName, declared: Any, answer: Answer, is_read: bool, strict: Strictness) -> Status:
    if declared is not None and not isinstance(declared, bool):
        return "wrong" if answer.value is not None else "undecided"
    if answer.value is None:
        return "undecided" if name == "readOnlyHint" else "ok"
    if declared == answer.value:
        return "ok"
    if declared is None:
        return "missing" if strict.explicit or _is_missed(name, answer.value, is_read) else "ok"
    if declared == DEFAULTS[name]:
        is_sure = answer.confidence is None or answer.confidence >= CONTRADICTS_FROM
        return "over-broad" if is_sure else "ok"
    return "wrong" if answer.is_firm else "ok"


def _is_missed(name: HintName, value: bool, is_read: bool) -> bool:
    """Whether the absence of a hint is worth telling: it says something else, or directories refuse servers for it."""
    if name == "destructiveHint":
        return not is_read
    return name == "readOnlyHint" or value != DEFAULTS[name]
