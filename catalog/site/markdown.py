"""Pages as Markdown, for programs and people that read text. Strangers' text stands in fences that it cannot close."""

from __future__ import annotations

import re
from collections.abc import Sequence

from catalog.site.views import ServerView
from catalog.site.visible import plain, revealed
from catalog.store.read import StoredTool

_SPECIAL = "\\`*[]<>|~#"
_UNDERSCORE = re.compile(r"_(?:\b|(?<!\w_))")  # at the edge of a word; inside one it means nothing to Markdown


def tool_markdown(
    view: ServerView, stored: StoredTool, does: str, policy: str, questions: Sequence[tuple[str, str]]
) -> str:
    """The tool's page: label, definition, evidence, policy (as JSON text), questions."""
    label = stored.classification
    lines = [f"# {inline(stored.tool.name)}", "", f"Tool of {inline(view.name)} (`{view.slug}`).", ""]
    if label:
        review = ", needs review" if label.needs_review else ""
        lines.append(f"**{label.risk.capitalize()} risk**, {label.category}, {label.confidence:.0%} sure{review}")
        lines += ["", f"Capabilities: {', '.join(label.capabilities) or 'none found'}", ""]
    else:
        lines += ["**Not labelled.** Treat it as able to do anything its server can do.", ""]
        lines += [f"What was found in its definition is not shown here: `catalog findings {view.slug}` lists it.", ""]
    if view.gaps:
        lines += [f"Not everything in the server's source could be read ({len(view.gaps)} places).", ""]
    lines += [inline(does), "", "## Description as written", "", fenced(stored.tool.description or "(none)"), ""]
    if label:
        lines += ["## Why", "", inline(label.reason), ""]
        lines += [f"- {e.field}: {inline(e.text)} (rule {inline(e.rule)})" for e in label.evidence]
        lines += [f"- Finding {inline(f.id)}: {inline(f.message)}" for f in label.findings]
    lines += ["", "## Recommended policy", "", fenced(policy, "json"), "", "## Questions", ""]
    for question, answer in questions:
        lines += [f"### {inline(question)}", "", inline(answer), ""]
    return "\n".join(lines)


def inline(text: str) -> str:
    """Text on one line with Markdown's characters escaped."""
    text = plain(text)
    for character in _SPECIAL:
        if character in text:
            text = text.replace(character, f"\\{character}")
    return _UNDERSCORE.sub(r"\\_", text) if "_" in text and _UNDERSCORE.search(text) else text


def fenced(text: str, language: str = "text") -> str:
    """Text in a fence longer than any that it holds; hidden characters shown by their code points."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2) if "```" in text else 2
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{revealed(text)}\n{fence}"
