"""What a method of a tool visibly does, with the methods of the tree that it calls by name."""

from __future__ import annotations

import re

from tree_sitter import Node

from catalog.extract import syntax
from catalog.extract.csharp.source import CsFile, Project
from catalog.extract.facts import distinct, visible
from catalog.records import Fact

MAX_METHODS = 16
MAX_CALLS = 3
_CALL = re.compile(r"\b([A-Z]\w*)\s*(?:<[^<>()]{0,60}>)?\s*\(")
_METHOD = re.compile(
    rb"^[ \t]*(?:(?:public|internal|private|protected|static|async|override|virtual|sealed|partial)[ \t]+)+"
    rb"[\w<>\[\],?. \t]{1,120}?[ \t](\w+)[ \t]*(?:<[\w, ]+>)?[ \t]*\(",
    re.MULTILINE,
)


class Effects:
    """Finds the facts of methods; a call is followed where one method of the project folder bears its name."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._names: dict[str, dict[str, list[tuple[str, int]]]] = {}
        self._known: dict[tuple[str, int], tuple[list[Fact], list[tuple[Node, CsFile]]]] = {}

    def facts(self, node: Node, file: CsFile) -> tuple[Fact, ...]:
        """What the method and the methods it calls visibly do."""
        found: list[Fact] = []
        seen = {(file.path, node.start_byte)}
        waiting = [(node, file, 0)]
        while waiting and len(seen) <= MAX_METHODS:
            node, file, depth = waiting.pop(0)
            own, called = self._looked_at(node, file)
            found.extend(own)
            for method, home in called if depth < MAX_CALLS else ():
                if (home.path, method.start_byte) not in seen:
                    seen.add((home.path, method.start_byte))
                    waiting.append((method, home, depth + 1))
        return distinct(found)

    def _looked_at(self, node: Node, file: CsFile) -> tuple[list[Fact], list[tuple[Node, CsFile]]]:
        """The facts of one method alone, and the methods it calls; each method is looked at once."""
        key = (file.path, node.start_byte)
        if key not in self._known:
            text = file.text(node)
            called = [each for name in dict.fromkeys(_CALL.findall(text)) for each in self._method(name, file)]
            self._known[key] = visible("csharp", text, file.path, syntax.line(node)), called
        return self._known[key]

    def _method(self, name: str, near: CsFile) -> list[tuple[Node, CsFile]]:
        places = self._index(near.path).get(name, [])
        own = [place for place in places if place[0] == near.path]
        chosen = own or places
        if len(chosen) != 1:
            return []
        path, at = chosen[0]
        file = self.project.file(path)
        node = file.source.root.named_descendant_for_byte_range(at, at + 1) if file is not None else None
        method = node.parent if node is not None else None
        return (
            [(method, file)] if file is not None and method is not None and method.type == "method_declaration" else []
        )

    def _index(self, path: str) -> dict[str, list[tuple[str, int]]]:
        """The methods of the files in the same project folder, by name."""
        folder = self._project_folder(path)
        if folder not in self._names:
            found: dict[str, list[tuple[str, int]]] = {}
            for other in self.project.paths:
                if other.startswith(folder):
                    for match in _METHOD.finditer(self.project.raw(other)):
                        found.setdefault(match.group(1).decode("utf-8", "replace"), []).append((other, match.start(1)))
            self._names[folder] = found
        return self._names[folder]

    def _project_folder(self, path: str) -> str:
        """The nearest folder above with a project file, with its slash; the root is empty."""
        parts = path.split("/")[:-1]
        while parts:
            if "/".join(parts) in self.project.project_folders:
                return "/".join(parts) + "/"
            parts.pop()
        return ""
