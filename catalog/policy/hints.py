"""MCP tool annotations that follow from labels, for programs which decide by annotations."""

from __future__ import annotations

from catalog.policy.export import Loss, label_of
from catalog.policy.records import Policy


def hints(policy: Policy) -> tuple[dict[str, dict[str, bool]], list[Loss]]:
    """`readOnlyHint`, `destructiveHint` and, where it is so, `openWorldHint` of every tool the policy names.

    A doubtful label gives the hints of a tool that can destroy. A tool without a known label gets none, which programs
    read as destructive.
    """
    out: dict[str, dict[str, bool]] = {}
    losses: list[Loss] = []
    for name in dict.fromkeys((*policy.tools, *policy.hide)):
        label = label_of(policy, name)
        if label is None:
            losses.append(Loss(name, "no label is known, so no hint is written"))
            continue
        doubtful = label.needs_review
        out[name] = {
            "readOnlyHint": label.category == "Read" and not doubtful,
            "destructiveHint": label.category == "Destructive" or doubtful,
        }
        if {"communicate", "untrusted_content"} & set(label.capabilities):
            out[name]["openWorldHint"] = True
    return out, losses


def rules_left_out(policy: Policy) -> list[Loss]:
    """What annotations cannot say: everything but the label."""
    losses = [
        Loss(name, "hints carry its label, not its rule") for name, r in policy.tools.items() if not r.unconditional
    ]
    losses += [Loss(name, "hints cannot hide a tool") for name in policy.hide]
    return [*losses, Loss(None, "hints cannot say what holds for tools that the policy does not list")]
