"""The sentences of a tool page, made from labels alone: the same facts as badge and policy, so they cannot disagree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catalog.site.visible import plain
from catalog.store.read import StoredServer, StoredTool
from classifier.records import Capability, Category, Classification

_DOES: dict[Category, str] = {
    "Read": "returns information from {server} and leaves everything as it was",
    "Write": "creates or changes something on {server} that outlives the call",
    "Destructive": "can delete, overwrite or end something on {server} for good",
}
_ALSO: dict[Capability, str] = {
    "execute": "runs code, commands or workflows",
    "financial": "moves money or changes what is paid",
    "communicate": "delivers content to other people or outside places",
    "access_control": "reads or changes who has access, secrets included",
    "private_data": "returns content private to a person or organisation",
    "untrusted_content": "returns text that strangers wrote",
}


def does(server: StoredServer, stored: StoredTool) -> str:
    """One or two sentences: what an agent's call of this tool can do."""
    name, label = plain(stored.tool.name), stored.classification
    if label is None:
        return f"What {name} does has not been determined."
    text = f"{name} {_DOES[label.category].format(server=plain(server.server.name))}."
    also = [_ALSO[c] for c in label.capabilities]
    return f"{text} It {_joined(also)}." if also else text


def policy_effect(label: Classification | None) -> str:
    """What the recommended rule means for an agent, in one sentence."""
    if label is None or label.needs_review:
        return "The label is not certain enough to allow calls unseen: each one waits for a person, or is denied."
    if label.risk == "critical":
        return "Calls that could do lasting harm wait for a person, or are denied where nobody can be asked."
    if label.risk == "high":
        return "Calls wait for a person, or are denied where nobody can be asked; everything else is denied."
    if label.risk == "medium":
        return "Calls stay possible within a limit; everything else on the server is denied unless you say otherwise."
    return "Calls stay allowed; everything else on the server is denied unless you say otherwise."


def questions(server: StoredServer, stored: StoredTool) -> list[tuple[str, str]]:
    """Question and answer pairs about one tool."""
    name, server_name, label = plain(stored.tool.name), plain(server.server.name), stored.classification
    slug = server.server.slug
    level = f"{label.risk} ({label.category})" if label else "unknown: it has not been labelled"
    return [
        (f"What does {name} do?", does(server, stored)),
        (
            f"How do I enforce a policy on {name}?",
            "Save the policy above as policy.json and put the gateway between client and server:"
            " catalog gateway --policy policy.json -- COMMAND. For the settings of a client you already use, run"
            f" catalog policy show {slug}/{name} --target TARGET.",
        ),
        (
            f"What risk level is {name}?",
            f"{level}. The level follows from the category and the capabilities, never from the name alone.",
        ),
        (
            f"Can I rate-limit {name}?",
            'Yes. Add to its rule: "limits": [{"counter": "calls", "window": "minute", "max": 10, "scope": "grant"}].',
        ),
        (
            f"How do I block {name}?",
            f'Put its name into "hide" in the policy: {name} is then neither listed nor callable.',
        ),
        (
            f"Which server provides {name}?",
            f"{server_name} ({server.server.source.reference}), among {server.tool_count} tools found in its source.",
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
