"""The sentences of pages, made from labels and rules alone: the same facts as badge and policy, so they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from catalog.site.views import ServerView
from catalog.site.visible import short
from catalog.site.vocabulary import CAPABILITIES
from catalog.store.read import StoredTool
from classifier.records import Category, Classification

_DOES: dict[Category, str] = {
    "Read": "returns information from {server} and leaves everything as it was",
    "Write": "creates or changes something on {server} that outlives the call",
    "Destructive": "can delete, overwrite or end something on {server} for good",
}
_USED: dict[Category, str] = {
    "Read": "Agents call it to look something up before they act.",
    "Write": "Agents call it to carry out a step of a task.",
    "Destructive": "Agents call it to clean up, to replace or to carry out a command; one wrong call may be final.",
}


@dataclass(frozen=True, slots=True)
class ServerWords:
    """A server's name in the lengths that sentences want, and what answers which server has a tool."""

    short: str
    shorter: str
    provides: str


def server_words(view: ServerView) -> ServerWords:
    name, reference = short(view.name, 100), short(view.stored.server.source.reference)
    provides = f"{name} ({reference}), one of {view.stored.tool_count} tools found there."
    unread = " Not everything in its source could be read." if view.gaps else ""
    return ServerWords(name, short(view.name, 60), provides + unread)


def does(server: str, stored: StoredTool) -> str:
    """One to three sentences: what an agent's call of this tool can do, and what agents use it for."""
    name, label = short(stored.tool.name, 100), stored.classification
    if label is None:
        return f"What {name} does has not been determined."
    text = f"{name} {_DOES[label.category].format(server=server)}."
    also = [CAPABILITIES[c][1] for c in label.capabilities]
    return " ".join([text, *([f"It {_joined(also)}."] if also else []), _USED[label.category]])


def risk_line(label: Classification | None) -> str:
    """The risk with what it follows from: `Critical risk: Destructive, with execute`."""
    if label is None:
        return "not labelled: treat it as able to do anything its server can do"
    held = f", with {_joined([CAPABILITIES[c][0].lower() for c in label.capabilities])}" if label.capabilities else ""
    sure = " The label needs review." if label.needs_review else ""
    hand = " It was set by hand." if label.override else ""
    return f"{label.risk} ({label.category}{held}; {label.confidence:.0%} sure of the category).{sure}{hand}"


def questions(
    server: ServerWords, stored: StoredTool, does: str, effect: str, parameters: str
) -> list[tuple[str, str]]:
    """Question and answer pairs about one tool. `parameters` is the sentence about what it accepts."""
    name, label = short(stored.tool.name, 100), stored.classification
    return [
        (f"What does {name} do?", does),
        (
            f"What risk level is {name}?",
            f"{name} is {risk_line(label)} The level follows from the category and the capabilities, never from the"
            " name alone.",
        ),
        (f"What parameters does {name} accept?", parameters),
        (
            f"How do I enforce a policy on {name}?",
            "Save the policy of this page as policy.json and start the server through the gateway:"
            f" catalog gateway --policy policy.json -- COMMAND. {effect}",
        ),
        (
            f"Can I rate-limit {name}?",
            'Yes. Give it an entry under "tools" with "limits": [{"counter": "calls", "window": "minute", "max": 10,'
            ' "scope": "grant"}]: ten calls a minute for each grant.',
        ),
        (
            f"How do I block {name} completely?",
            f'Put its name into "hide" and leave it out of "tools": {name} is then neither listed nor callable.',
        ),
        (
            f"Which server provides {name}?",
            server.provides,
        ),
    ]


def json_ld(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The questions as a schema.org FAQPage."""
    return {
        "@context": "https://schema.org",
        "@type": "FAQPage",
        "mainEntity": [
            {"@type": "Question", "name": q, "acceptedAnswer": {"@type": "Answer", "text": a}} for q, a in pairs
        ],
    }


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
