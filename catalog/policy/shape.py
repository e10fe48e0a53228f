"""What a tool's input schema says about its parameters, as far as rules need it. Schemas are hostile: bounded walks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.policy.treatments import table
from catalog.records import Tool

MAX_DEPTH = 3
MAX_PARAMETERS = 500
# Left for `re` to compile when one is first needed: most tools have no parameter that they are about.
_SQL = r"\b(?:SQL|SELECT)\b|(?i:\bsql (?:quer|statement|select)|sqlite (?:quer|statement))"
_CENTS = r"(?i)\bcents?\b|smallest (?:currency )?unit|minor unit|\bpence\b"
_OTHER_LANGUAGE = (
    r"(?i)\b(cypher|graphql|sparql|kql|promql|logql|mongo\w*|elasticsearch|lucene|jql|soql|natural language)\b"
)


def parameters(tool: Tool) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    """`(path, schema, required)` of every named parameter down to three levels, in document order, at most 500."""
    budget = [MAX_PARAMETERS]
    yield from _walk(tool.input_schema, "args", True, 1, budget)


def _walk(
    schema: object, base: str, required: bool, depth: int, budget: list[int]
) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
        return
    properties = schema.get("properties")
    needed = schema.get("required")
    for name, inner in properties.items() if isinstance(properties, Mapping) else ():
        budget[0] -= 1
        if budget[0] < 0:
            return
        if (
            not isinstance(name, str)
            or not name
            or "." in name
            or name != name.strip()
            or not isinstance(inner, Mapping)
        ):
            continue
        must = required and isinstance(needed, list | tuple) and name in needed
        path = f"{base}.{name}"
        yield path, inner, must
        yield from _walk(inner, path, must, depth + 1, budget)


def amount_parameters(tool: Tool) -> list[tuple[str, bool, bool]]:
    """`(path, required, in cents)` of the numeric parameters that name an amount of money."""
    wanted, weak = set(table()["amounts"]["parameters"]), set(table()["amounts"]["only_with"])
    found = [
        (path, must, _is_in_cents(path, schema))
        for path, schema, must in parameters(tool)
        if _name(path) in wanted and schema.get("type") in ("number", "integer")
    ]
    plain = [hit for hit in found if _name(hit[0]) not in weak]
    return plain or found


def _is_in_cents(path: str, schema: Mapping[str, Any]) -> bool:
    text = f"{_name(path).replace('_', ' ')} {str(schema.get('description'))[:2000]}"
    return re.search(_CENTS, text) is not None


def _name(path: str) -> str:
    """The parameter's own name in snake case."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", path.rsplit(".", 1)[-1]).lower().replace("-", "_")


def sql_parameter(tool: Tool) -> str | None:
    """The path of the parameter that takes one SQL statement, where the definition says so."""
    always, mentioned = set(table()["sql"]["always"]), set(table()["sql"]["if_mentioned"])
    for path, schema, _ in parameters(tool):
        if schema.get("type") not in ("string", None):
            continue
        text = (
            f"{tool.name} {tool.title or ''} {(tool.description or '')[:4000]} {str(schema.get('description'))[:2000]}"
        )
        if _name(path) in always:
            return path
        if _name(path) not in mentioned:
            continue
        if re.search(_SQL, text.replace("_", " ")) and not re.search(_OTHER_LANGUAGE, text):
            return path
    return None


def place_parameters(tool: Tool, kind: str) -> list[str]:
    """The paths of the text parameters that name a place of this kind: `paths` on disk, or `hosts` (URLs)."""
    wanted = set(table()["places"][kind])
    return [
        path for path, schema, _ in parameters(tool) if _name(path) in wanted and schema.get("type") in ("string", None)
    ]


def place_lists(tool: Tool, kind: str) -> list[str]:
    """Like `place_parameters`, for parameters that hold several places at once."""
    wanted = set(table()["places"][kind])
    return [path for path, schema, _ in parameters(tool) if _name(path) in wanted and schema.get("type") == "array"]
