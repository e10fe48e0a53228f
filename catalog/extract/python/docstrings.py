"""A docstring split as the standalone FastMCP (3 and later) splits it: what precedes the first section, and parameters.

Google, NumPy and Sphinx styles are tried in that order, and the first that finds a section wins. The rules of what is a
section are those of the griffe parser that FastMCP uses (read August 2026): a section needs a blank line above and an
indented block directly below; unknown titles ("Note:") count as sections too.
"""

from __future__ import annotations

import re

_TITLE = re.compile(r"^(\w[\s\w-]*):(?:\s+(\S.*))?\s*$")
_GOOGLE_PARAMETERS = frozenset({"args", "arguments", "params", "parameters"})
_GOOGLE_OTHER = frozenset(
    {
        "keyword args", "keyword arguments", "other args", "other arguments", "other params", "other parameters",
        "type args", "type arguments", "type params", "type parameters", "raises", "exceptions", "returns", "yields",
        "receives", "examples", "attributes", "functions", "methods", "classes", "type aliases", "modules", "warns",
        "warnings",
    }
)  # fmt: skip
_SPHINX = re.compile(
    r"^:(param|parameter|arg|argument|key|keyword|type|var|ivar|cvar|vartype|raises|raise|except|exception|return|returns|rtype)"
)
_SPHINX_PARAMETERS = frozenset({"param", "parameter", "arg", "argument", "key", "keyword"})

Split = tuple[str | None, dict[str, str]]


def split(text: str) -> Split:
    """The description (None when a section comes first) and the parameters' descriptions of a cleaned docstring."""
    for style in (_google, _numpy, _sphinx):
        found = style(text.split("\n"))
        if found is not None:
            return found
    return text, {}


def _joined(lines: list[str]) -> str | None:
    return "\n".join(lines).rstrip("\n") if any(lines) else None


def _is_blank(line: str) -> bool:
    return not line or line.isspace()


def _google(lines: list[str]) -> Split | None:
    before: list[str] = []
    description: str | None = None
    described = found = fenced = False
    parameters: dict[str, str] = {}
    at = 0
    while at < len(lines):
        line = lines[at]
        fence = line.lstrip(" ").startswith("```")
        match = None if fenced or fence or ":" not in line else _TITLE.match(line)
        if fence:
            fenced = not fenced
        if match is None or not _opens_section(lines, at):
            before.append(line)
            at += 1
            continue
        title = match.group(1).lower()
        known = title in _GOOGLE_PARAMETERS or title in _GOOGLE_OTHER
        end = _block_end(lines, at + 1)
        if known or end > at + 1:
            if not described and any(before):
                description, described = _joined(before), True
            before, found = [], True
        if title in _GOOGLE_PARAMETERS:
            parameters.update(_google_items(lines[at + 1 : end]))
        at = max(end, at + 1)
    if not found:
        return None
    return (description if described else _joined(before)), parameters


def _opens_section(lines: list[str], at: int) -> bool:
    above = at == 0 or _is_blank(lines[at - 1])
    below = at + 1 < len(lines) and not _is_blank(lines[at + 1]) and lines[at + 1].startswith(" ")
    return above and below


def _block_end(lines: list[str], at: int) -> int:
    """The first line after the indented block that begins at `at`."""
    indent = len(lines[at]) - len(lines[at].lstrip())
    while at < len(lines) and (_is_blank(lines[at]) or lines[at].startswith(" " * indent)):
        at += 1
    return at


def _google_items(lines: list[str]) -> dict[str, str]:
    indent = len(lines[0]) - len(lines[0].lstrip())
    items: list[list[str]] = []
    for line in lines:
        if _is_blank(line):
            if items:
                items[-1].append("")
        elif line.startswith(" " * (indent * 2)) and items:
            items[-1].append(line[indent * 2 :])
        elif line.startswith(" " * (indent + 1)) and items:
            items[-1].append(line.lstrip())
        else:
            items.append([line[indent:]])
    out: dict[str, str] = {}
    for first, *rest in items:
        name, colon, text = first.partition(":")
        if colon:
            if "(" in name and name.endswith(")"):
                name = name.partition("(")[0].strip()
            out[name] = "\n".join([text.lstrip(), *rest]).rstrip("\n")
    return out


def _is_dashes(line: str) -> bool:
    return "-" in line and _is_blank(line.replace("-", ""))


def _numpy(lines: list[str]) -> Split | None:
    for at, line in enumerate(lines[:-1]):
        if _is_dashes(lines[at + 1]) and not _is_blank(line):
            break
    else:
        return None
    parameters: dict[str, str] = {}
    for start in range(at, len(lines) - 2):
        if lines[start].lower() == "parameters" and _is_dashes(lines[start + 1]):
            parameters = _numpy_items(lines[start + 2 :])
    return _joined(lines[:at]), parameters


def _numpy_items(lines: list[str]) -> dict[str, str]:
    out: dict[str, str] = {}
    names: list[str] = []
    for index, line in enumerate(lines):
        if index + 1 < len(lines) and _is_dashes(lines[index + 1]):
            break
        if _is_blank(line):
            continue
        if not line.startswith(" "):
            names = [n.strip() for n in line.partition(":")[0].split(",")]
        for name in names if line.startswith(" ") else ():
            out[name] = f"{out[name]}\n{line.strip()}" if name in out else line.strip()
    return out


def _sphinx(lines: list[str]) -> Split | None:
    before: list[str] = []
    parameters: dict[str, str] = {}
    name: str | None = None
    found = False
    for line in lines:
        match = _SPHINX.match(line)
        if match is not None:
            found = True
            head, _, text = line[1:].partition(":")
            words = head.split()
            name = words[-1] if words[0] in _SPHINX_PARAMETERS and len(words) > 1 else ""
            if name:
                parameters[name] = text.strip()
        elif name is None:
            before.append(line)
        elif name and not _is_blank(line):
            parameters[name] = f"{parameters[name]}\n{line.strip()}".strip()
    return (_joined(before), parameters) if found else None
