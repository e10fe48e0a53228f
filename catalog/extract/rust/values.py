"""Values of Rust expressions that definitions are written with: literals, constants, `concat!`, `json!`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tree_sitter import Node

from catalog.extract import syntax
from catalog.extract.rust.source import GRAMMAR, Project, RustFile, split_commas
from catalog.extract.syntax import named, unescape

MAX_DEPTH = 40


@dataclass(frozen=True, eq=False, slots=True)
class Unknown:
    """A value that the source alone does not give."""

    reason: str


class Evaluator:
    """Evaluates expressions to plain Python values; never raises, `Unknown` says what was not followed."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._depth = 0

    def text(self, text: str, near: RustFile) -> Any:
        """The value of an expression given as text, as attributes and macros hold it."""
        source = syntax.parse(near.path, f"const X: T = {text};", GRAMMAR)
        items = named(source.root) if source is not None else []
        value = items[0].child_by_field_name("value") if items else None
        return (
            self.eval(value, RustFile(source), near)
            if source is not None and value is not None
            else Unknown("an expression")
        )

    def eval(self, node: Node, file: RustFile, near: RustFile | None = None) -> Any:
        """The expression's value; names are looked up as seen from `near` where the text was taken out of a file."""
        if self._depth > MAX_DEPTH:
            return Unknown("an expression that nests too deeply")
        self._depth += 1
        try:
            return self._dispatch(node, file, near or file)
        finally:
            self._depth -= 1

    def _dispatch(self, node: Node, file: RustFile, near: RustFile) -> Any:
        kind, text = node.type, file.text(node)
        if kind == "string_literal":
            return unescape(re.sub(r"\\\r?\n\s*", "", text[text.index('"') + 1 : -1]))
        if kind == "raw_string_literal":
            return text[text.index('"') + 1 : text.rindex('"')]
        if kind == "boolean_literal":
            return text == "true"
        if kind in ("integer_literal", "float_literal"):
            return _number(text)
        if kind == "unary_expression" and text.startswith("-"):
            value = self.eval(named(node)[0], file, near)
            return -value if isinstance(value, (int, float)) else Unknown("a number")
        if kind in ("identifier", "scoped_identifier"):
            return self._constant(text, near)
        if kind in ("reference_expression", "parenthesized_expression", "try_expression", "await_expression"):
            inner = named(node)
            return self.eval(inner[-1], file, near) if inner else Unknown("nothing")
        if kind == "macro_invocation":
            return self._macro(node, file, near)
        if kind == "call_expression":
            return self._call(node, file, near)
        if kind == "block":
            inner = named(node)
            return self.eval(inner[-1], file, near) if len(inner) == 1 else Unknown("a block")
        if kind == "array_expression":
            return [self.eval(each, file, near) for each in named(node)]
        return Unknown(f"a {kind.replace('_', ' ')}")

    def _constant(self, text: str, near: RustFile) -> Any:
        if text == "None":
            return None
        item = self.project.item(text, near, "const", "static")
        value = item.node.child_by_field_name("value") if item is not None else None
        if item is None or value is None:
            return Unknown(f"{text} is not a constant of this tree")
        return self.eval(value, item.file)

    def _call(self, node: Node, file: RustFile, near: RustFile) -> Any:
        function, listed = node.child_by_field_name("function"), named(node.child_by_field_name("arguments"))
        if function is None:
            return Unknown("a broken call")
        if function.type == "field_expression" and not listed:
            held = function.child_by_field_name("value")
            return self.eval(held, file, near) if held is not None else Unknown("a broken call")
        name = file.text(function).rpartition("::")[2]
        if (
            name in ("Some", "Ok", "from", "new", "Borrowed", "Owned", "Box", "Arc", "String", "Cow")
            and len(listed) == 1
        ):
            return self.eval(listed[0], file, near)
        if not listed:
            return self._function(file.text(function), near)
        return Unknown(f"the result of {name}")

    def _function(self, text: str, near: RustFile) -> Any:
        """The result of a function of the tree that only holds an expression."""
        item = self.project.item(text, near, "fn")
        body = named(item.node.child_by_field_name("body")) if item is not None else []
        if item is not None and len(body) == 1:
            return self.eval(body[0], item.file)
        return Unknown(f"the result of {text}")

    def _macro(self, node: Node, file: RustFile, near: RustFile) -> Any:
        name_node, tree = node.child_by_field_name("macro"), named(node)[-1]
        name = file.text(name_node).rpartition("::")[2] if name_node is not None else ""
        inside = file.text(tree)[1:-1]
        if name in ("concat", "concatcp", "formatcp", "const_format"):
            values = [self.text(part, near) for part in split_commas(inside)]
            unknown = next((each for each in values if isinstance(each, Unknown)), None)
            return unknown or "".join(_shown(each) for each in values)
        if name == "include_str":
            return self._included(self.text(inside, near), near)
        if name in ("json", "object"):
            return JsonText(self, near).parse(inside)
        if name == "indoc":
            value = self.text(inside, near)
            return syntax.dedent(value).strip("\n") if isinstance(value, str) else value
        if name == "format":
            return self._format(list(split_commas(inside)), near)
        if name == "vec":
            return [self.text(part, near) for part in split_commas(inside)]
        return Unknown(f"the result of {name}!")

    def _included(self, value: Any, near: RustFile) -> Any:
        """The text of a file of the tree that the source includes."""
        if not isinstance(value, str):
            return Unknown("an included file")
        parts = near.path.split("/")[:-1]
        for part in value.split("/"):
            if part == ".." and parts:
                parts.pop()
            elif part not in (".", ".."):
                parts.append(part)
        path = "/".join(parts)
        return self.project.tree.read_text(path) if self.project.tree.exists(path) else Unknown(f"the file {path}")

    def _format(self, parts: list[str], near: RustFile) -> Any:
        form = self.text(parts[0], near) if parts else None
        if not isinstance(form, str):
            return Unknown("a formatted text")
        waiting = iter(parts[1:])
        pieces: list[str] = []
        for piece in re.split(r"(\{\{|\}\}|\{[^{}]*\})", form):
            if piece in ("{{", "}}"):
                pieces.append(piece[0])
            elif piece.startswith("{"):
                name = piece[1:-1].partition(":")[0]
                value = self.text(name or next(waiting, "missing"), near)
                if isinstance(value, Unknown) or value is None:
                    return Unknown("a formatted text")
                pieces.append(_shown(value))
            else:
                pieces.append(piece)
        return "".join(pieces)


class JsonText:
    """Reads the inside of `json!(...)`: JSON whose values may be Rust expressions."""

    def __init__(self, evaluator: Evaluator, near: RustFile) -> None:
        self.evaluator, self.near = evaluator, near

    def parse(self, text: str, depth: int = 0) -> Any:
        text = re.sub(r"\A(?:\s|//[^\n]*\n)+", "", text).strip()
        if depth > MAX_DEPTH:
            return Unknown("JSON that nests too deeply")
        if text.startswith("{") and text.endswith("}"):
            made: dict[str, Any] = {}
            for part in split_commas(text[1:-1]):
                key, value = _split_pair(part)
                name = self.evaluator.text(key, self.near) if key else None
                if isinstance(name, str):
                    parsed = self.parse(value, depth + 1)
                    made[name] = {} if isinstance(parsed, Unknown) else parsed
            return made
        if text.startswith("[") and text.endswith("]"):
            items = [self.parse(part, depth + 1) for part in split_commas(text[1:-1])]
            return [each for each in items if not isinstance(each, Unknown)]
        if text == "null":
            return None
        return self.evaluator.text(text, self.near)


def _split_pair(part: str) -> tuple[str, str]:
    match = re.match(r'\s*("[^"\\]*+(?:\\.[^"\\]*+)*+"|\(?[\w:.]+\)?)\s*:(?!:)', part)
    return (match.group(1), part[match.end() :]) if match else ("", "")


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(text: str) -> Any:
    plain = re.sub(r"_?[iuf](?:8|16|32|64|128|size)\Z", "", text).replace("_", "")
    try:
        return int(plain, 0)
    except ValueError:
        try:
            return float(plain)
        except ValueError:
            return Unknown("a number")
