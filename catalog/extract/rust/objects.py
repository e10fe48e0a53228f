"""Tools built by hand: `Tool { name: ..., input_schema: ... }` and `Tool::new(name, description, schema)`."""

from __future__ import annotations

import re
from typing import Any

from tree_sitter import Node

from catalog.extract import syntax
from catalog.extract.rust.patterns import patterns
from catalog.extract.rust.source import Project, RustFile, in_tests, split_commas
from catalog.extract.rust.tools import Tools, _macro_at
from catalog.extract.rust.values import Evaluator, Unknown
from catalog.records import Gap, Location, Tool

_OBJECT = re.compile(rb"\bTool\s*\{|\bTool::new(?:_with_raw)?\s*\(")
_FIELD = re.compile(r"\A\s*(?:#\[[^\]]*\]\s*)*(\w+)\s*(?::(?!:)\s*((?s:.*)))?\Z")


class Objects:
    """Reads tool objects of one project, also those inside macros such as `vec!`."""

    def __init__(self, project: Project, evaluator: Evaluator) -> None:
        self.project, self.evaluator = project, evaluator
        self.reader = Tools(project, evaluator)
        self.tools: list[Tool] = []
        self.gaps: list[Gap] = []

    def read(self, path: str) -> None:
        file = self.project.file(path)
        if file is None or (b"rmcp" not in file.source.raw and b"mcp" not in file.source.raw.lower()):
            return
        for match in _OBJECT.finditer(file.source.raw):
            node = file.source.root.named_descendant_for_byte_range(match.start(), match.start() + 4)
            if node is None or not _is_expression(node) or in_tests(file, node):
                continue
            text = _macro_at(file.source.raw[match.start() :].decode("utf-8", "replace")[:60_000], 0)
            at = Location(file.path, syntax.line(node))
            rest = file.source.raw[match.start() + len(text.encode()) :][:4_000].decode("utf-8", "replace")
            self._object(text, rest, file, at) if text.rstrip().endswith("}") else self._call(text, rest, file, at)

    def _object(self, text: str, rest: str, file: RustFile, at: Location) -> None:
        fields: dict[str, str] = {}
        for part in split_commas(text[text.index("{") + 1 : -1]):
            match = _FIELD.match(part)
            if match is not None:
                fields[match.group(1)] = match.group(2) or match.group(1)
        if "name" in fields and {"input_schema", "description"} & set(fields):
            hints = fields.get("annotations", "")
            self._add(
                fields["name"],
                fields.get("description"),
                fields.get("input_schema"),
                hints,
                fields.get("title"),
                file,
                at,
            )

    def _call(self, text: str, rest: str, file: RustFile, at: Location) -> None:
        arguments = split_commas(text[text.index("(") + 1 : -1])
        chained = _chain(rest)
        if len(arguments) >= 2:
            schema = arguments[2] if len(arguments) > 2 else None
            title = re.search(r"\.with_title\(\s*((?s:.*?))\s*\)\s*(?:\.|\Z)", chained)
            self._add(arguments[0], arguments[1], schema, chained, title.group(1) if title else None, file, at)

    def _add(
        self, name: str, text: str | None, schema: str | None,
        hints: str, title: str | None, file: RustFile, at: Location,
    ) -> None:  # fmt: skip
        value = self.evaluator.text(name, file)
        if not isinstance(value, str) or not value:
            why = value.reason if isinstance(value, Unknown) else "it is no text"
            self.gaps.append(Gap(at.path, at.line, f"a tool whose name is not known from the source: {why}"))
            return
        described = self._described(text, file, at) if text else None
        if isinstance(described, Unknown):
            self.gaps.append(Gap(at.path, at.line, f"the description of {value} is not known: {described.reason}"))
        made = self._schema(schema, file, at) if schema else None
        if schema and made is None:
            self.gaps.append(Gap(at.path, at.line, f"the input schema of {value} is not known"))
        shown = self.evaluator.text(title, file) if title else None
        self.tools.append(
            Tool(
                name=value,
                title=shown if isinstance(shown, str) else None,
                description=described if isinstance(described, str) else None,
                input_schema=made,
                annotations=self._hints(hints, file),
                location=at,
                extractor="rust",
            )
        )

    def _schema(self, text: str, file: RustFile, at: Location) -> dict[str, Any] | None:
        made = self.reader.written_schema(text, file)
        if made is not None:
            return made
        name = re.match(r"\s*(?:Arc::new\(|&)?\s*(\w+)", text)
        return self._local(name.group(1), file, at) if name is not None else None

    def _described(self, text: str, file: RustFile, at: Location) -> Any:
        """A description, also from a variable; of a helper's call the long text that it is given."""
        value = self.evaluator.text(text, file)
        name = re.match(r"\s*(\w+)(?:\.\w+\(\))*\s*\Z", text)
        if isinstance(value, Unknown) and name is not None:
            node = self._variable(name.group(1), file, at)
            text = file.text(node) if node is not None else text
            value = self.evaluator.eval(node, file) if node is not None else value
        given = (
            re.match(r'\s*[\w:]+\(\s*("[^"\\]*+(?:\\(?s:.)[^"\\]*+)*+")', text) if isinstance(value, Unknown) else None
        )
        if given is not None:
            self.gaps.append(Gap(at.path, at.line, "a description may be longer than the text given to its helper"))
            return self.evaluator.text(given.group(1), file)
        return value

    def _local(self, name: str, file: RustFile, at: Location) -> dict[str, Any] | None:
        """The schema in a variable."""
        value = self._variable(name, file, at)
        return self.reader.written_schema(file.text(value), file) if value is not None else None

    def _variable(self, name: str, file: RustFile, at: Location) -> Node | None:
        """What the nearest `let` of that name above the tool is set to."""
        pattern = re.compile(rb"\blet\s+(?:mut\s+)?" + re.escape(name.encode()) + rb"\b[^=;]*=\s*")
        before = [m for m in pattern.finditer(file.source.raw) if file.source.raw.count(b"\n", 0, m.start()) < at.line]
        if not before:
            return None
        node = file.source.root.named_descendant_for_byte_range(before[-1].start(), before[-1].end())
        return node.child_by_field_name("value") if node is not None and node.type == "let_declaration" else None

    def _hints(self, text: str, file: RustFile) -> dict[str, Any]:
        found: dict[str, Any] = {}
        known = patterns()
        for key, value in re.findall(r"\b(\w+_hint|title)\s*:\s*Some\(\s*([^()]+(?:\(\))?)\s*\)", text):
            if key in known["hints"]:
                self._hint(found, known["hints"][key], value, file)
        if "ToolAnnotations" in text:
            for key, value in re.findall(r"(?:\.|::)(\w+)\(\s*(true|false|\"[^\"]*\")\s*\)", text):
                if key in known["builders"]:
                    self._hint(found, known["builders"][key], value, file)
        return found

    def _hint(self, found: dict[str, Any], hint: str, text: str, file: RustFile) -> None:
        value = self.evaluator.text(text, file)
        if isinstance(value, (bool, str)):
            found[hint] = value


def _is_expression(node: Node) -> bool:
    """Whether the word stands in an expression or macro, not in a type, an impl, a pattern or a comment."""
    for above in [node, *syntax.ancestors(node, 3)]:
        if above.type in ("struct_expression", "call_expression", "token_tree"):
            return True
        if above.type in (
            "impl_item",
            "struct_item",
            "struct_pattern",
            "line_comment",
            "block_comment",
            "string_literal",
        ):
            return False
    return False


def _chain(rest: str) -> str:
    """The method calls that follow a call directly."""
    taken = []
    while re.match(r"\s*\.\s*\w+\s*\(", rest) is not None:
        call = _macro_at(rest, 0)
        taken.append(call)
        rest = rest[len(call) :]
        if len(taken) > 12:
            break
    return "".join(taken)
