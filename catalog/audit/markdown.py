"""An audit as a Markdown table for a pull request, and one tool's row in words."""

from __future__ import annotations

from collections.abc import Callable

from catalog.audit.records import Hint, ServerAudit, ToolAudit, spelled

_LONGEST = 300


def table(audit: ServerAudit, inline: Callable[[str], str]) -> str:
    """A line with the counts, and a row per tool that has something to change or to decide.

    `inline` makes a stranger's text one line that neither formats nor hides anything. Nobody is mentioned by it.
    """

    def cell(text: str) -> str:
        short = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
        return inline(short).replace("@", "@<!-- -->")

    counts = [f"{n} {status}" for status, n in audit.counts().items() if n]
    lines = [f"**Tool hints of {cell(audit.server.name)}**: {len(audit.tools)} tools ({', '.join(counts)})", ""]
    rows = [t for t in audit.tools if t.status != "ok"]
    if not rows:
        return "\n".join([*lines, "Every hint that follows from what was found is declared."]) + "\n"
    lines += ["| Tool | Status | Declare | Why |", "|---|---|---|---|"]
    for tool in rows:
        parts = (tool.tool.name, tool.status, changes(tool), why(tool))
        lines.append("| " + " | ".join(cell(part) for part in parts) + " |")
    return "\n".join(lines) + "\n"


def changes(tool: ToolAudit) -> str:
    """What is to be declared in one line; empty where a person must decide."""
    return ", ".join(_change(h) for h in tool.hints if h.proposed is not None)


def declared(tool: ToolAudit) -> str:
    """The hints that the tool declares, in one line."""
    return ", ".join(f"{h.name}: {spelled(h.declared)}" for h in tool.hints if h.declared is not None)


def _change(hint: Hint) -> str:
    was = "" if hint.declared is None else f" (is {spelled(hint.declared)})"
    return f"{hint.name}: {spelled(hint.proposed)}{was}"


def why(tool: ToolAudit) -> str:
    """The reason of the answer, or of the doubt about it, with its probability."""
    if tool.doubt:
        return f"A person must decide: {tool.doubt}."
    extra = [h.answer.why for h in tool.hints if h.proposed is not None and h.answer.confidence is None]
    return f"{tool.classification.reason} [{tool.classification.confidence:.2f}]" + "".join(f" {e}." for e in extra)
