"""What a tool's function visibly does, with the functions of the tree that it calls by name."""

from __future__ import annotations

import re

from tree_sitter import Node

from catalog.extract import syntax
from catalog.extract.facts import distinct, visible
from catalog.extract.rust.source import Project, RustFile
from catalog.records import Fact

MAX_FUNCTIONS = 16
MAX_CALLS = 3
_CALL = re.compile(r"\b([a-z_]\w*)\s*(?:::<[^<>()]{0,60}>)?\s*\(")


class Effects:
    """Finds the facts of functions; a call is followed where one function of the tree bears its name."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def facts(self, node: Node, file: RustFile) -> tuple[Fact, ...]:
        """What the function, or the functions of the impl block, and those they call visibly do."""
        found: list[Fact] = []
        seen = {(file.path, node.start_byte)}
        waiting = [(node, file, 0)]
        while waiting and len(seen) <= MAX_FUNCTIONS:
            node, file, depth = waiting.pop(0)
            text = file.text(node)
            found.extend(visible("rust", text, file.path, syntax.line(node)))
            for name in dict.fromkeys(_CALL.findall(text)) if depth < MAX_CALLS else ():
                item = self.project.only(name, file, "fn")
                if item is not None and (item.file.path, item.node.start_byte) not in seen:
                    seen.add((item.file.path, item.node.start_byte))
                    waiting.append((item.node, item.file, depth + 1))
        return distinct(found)

    def of_struct(self, name: str, file: RustFile) -> tuple[Node, RustFile] | None:
        """The impl block of a struct that is a tool: there its handler is."""
        for node in file.source.root.named_children:
            kind = node.child_by_field_name("type") if node.type == "impl_item" else None
            if kind is not None and file.text(kind).partition("<")[0] == name and not node.child_by_field_name("trait"):
                return node, file
        return None
