"""The answer in one or two plain sentences."""

from __future__ import annotations

from collections.abc import Sequence

from classifier.records import Capability, Category, Evidence, Mode
from classifier.text import shorten

_EFFECT: dict[Category, str] = {
    "Read": "it returns information and changes nothing",
    "Write": "it changes something, and nothing is lost for good",
    "Destructive": "it can delete, overwrite or end something for good",
}
_CAN: dict[Capability, str] = {
    "execute": "run code or commands",
    "financial": "move money",
    "communicate": "reach other people",
    "access_control": "touch credentials or permissions",
    "private_data": "return private data",
    "untrusted_content": "return text that strangers wrote",
}
_FIELD = {
    "name": "name",
    "title": "title",
    "description": "description",
    "server": "server",
}


def _quote(evidence: Evidence) -> str:
    """The quote as the beginning of a sentence."""
    text = shorten(evidence.text, 60)
    if evidence.field == "inputSchema":
        chosen = "/enum/" in (evidence.path or "") or evidence.rule.startswith("mode:")
        return f"It offers the choice “{text}”" if chosen else f"It takes the parameter “{text}”"
    return f"The {_FIELD.get(evidence.field, evidence.field)} says “{text}”"


def explain_answer(
    category: Category,
    capabilities: Sequence[Capability],
    evidence: Sequence[Evidence],
    modes: Sequence[Mode],
    sure: bool,
) -> str:
    """One sentence on the category with its best quote, one on the capabilities where there are any."""
    first = evidence[0] if evidence else None
    said = _quote(first) if first and first.text else ""
    effect = _EFFECT[category]
    risky = [str(m.value) for m in modes if m.category == category and m.value is not None]
    if category != "Read" and risky and len(risky) < len(modes):
        effect += f" (with {modes[0].parameter.rpartition('/')[2]} {', '.join(risky[:3])})"
    lead = "" if sure else "Probably, but a person should look: "
    sentence = f"{said}: {effect}." if said else f"{effect.capitalize()}."
    sentence = lead + sentence if not lead else lead + sentence[0].lower() + sentence[1:]
    if capabilities:
        can = [_CAN[c] for c in capabilities]
        sentence += " It can " + (", ".join(can[:-1]) + " and " + can[-1] if len(can) > 1 else can[0]) + "."
    return sentence
