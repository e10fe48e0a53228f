"""Go source by package: files parsed when first asked for, declarations by name, imports to folders of the tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from tree_sitter import Node

from catalog.extract import syntax
from catalog.extract.go.constraints import released_paths
from catalog.extract.tree import SourceTree

GRAMMAR = "tree_sitter_go"
_MODULE = re.compile(r"^module\s+(\S+)", re.MULTILINE)
_REQUIRED = re.compile(r"^\s*(?:require\s+)?(\S+)\s+v(\d+)\.(\d+)", re.MULTILINE)
_VERSION = re.compile(r"v\d+$")
_GENERATED_SUFFIXES = (".pb.go", "_test.go")


@dataclass(eq=False)
class GoFile:
    """One parsed file, its folder and what its imports are called."""

    source: syntax.Source
    folder: str

    @property
    def path(self) -> str:
        return self.source.path

    def text(self, node: Node) -> str:
        return self.source.text(node)

    @cached_property
    def imports(self) -> dict[str, str]:
        """Import path by the name the file uses for it; a package's usual short names where none is given."""
        found: dict[str, str] = {}
        for declaration in self.source.root.named_children:
            if declaration.type != "import_declaration":
                continue
            for spec in _specs(declaration, "import_spec"):
                path_node, name_node = spec.child_by_field_name("path"), spec.child_by_field_name("name")
                if path_node is None:
                    continue
                path = self.text(path_node).strip('"`')
                for name in [self.text(name_node)] if name_node else _usual_names(path):
                    found.setdefault(name, path)
        return found


@dataclass(frozen=True, eq=False, slots=True)
class Declaration:
    """A package-level name: `kind` is func, type, const or var; `index` the place of the name in its spec."""

    kind: str
    name: str
    node: Node
    file: GoFile
    index: int = 0


@dataclass(eq=False)
class Package:
    """All files of one folder, with the declarations and the methods by receiver type."""

    folder: str
    files: list[GoFile]
    names: dict[str, Declaration] = field(default_factory=dict)
    methods: dict[tuple[str, str], Declaration] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for file in self.files:
            for node in file.source.root.named_children:
                self._declare(file, node)

    def _declare(self, file: GoFile, node: Node) -> None:
        name = node.child_by_field_name("name")
        if node.type == "function_declaration" and name is not None:
            self._add(Declaration("func", file.text(name), node, file))
        elif node.type == "method_declaration" and name is not None:
            receiver = receiver_type(file, node)
            self.methods.setdefault((receiver, file.text(name)), Declaration("func", file.text(name), node, file))
        elif node.type == "type_declaration":
            for spec in node.named_children:
                spec_name = spec.child_by_field_name("name")
                if spec_name is not None:
                    self._add(Declaration("type", file.text(spec_name), spec, file))
        elif node.type in ("const_declaration", "var_declaration"):
            for spec in _specs(node, "const_spec", "var_spec"):
                for index, each in enumerate(spec.children_by_field_name("name")):
                    if each.is_named:
                        self._add(Declaration(node.type.partition("_")[0], file.text(each), spec, file, index))

    @cached_property
    def _method_names(self) -> dict[str, list[Declaration]]:
        found: dict[str, list[Declaration]] = {}
        for (_, name), declaration in self.methods.items():
            found.setdefault(name, []).append(declaration)
        return found

    def method_named(self, name: str) -> Declaration | None:
        """The method of that name, where only one type of the package has one."""
        found = self._method_names.get(name, [])
        return found[0] if len(found) == 1 else None

    def _add(self, declaration: Declaration) -> None:
        self.names.setdefault(declaration.name, declaration)


def receiver_type(file: GoFile, method: Node) -> str:
    """The name of a method's receiver type without pointer and type parameters."""
    receiver = method.child_by_field_name("receiver")
    text = file.text(receiver).strip("() ") if receiver else ""
    return text.rpartition(" ")[2].lstrip("*").partition("[")[0]


def _specs(declaration: Node, *types: str) -> Iterator[Node]:
    for child in declaration.named_children:
        if child.type in types:
            yield child
        elif child.type.endswith("_list"):
            yield from (each for each in child.named_children if each.type in types)


def _usual_names(path: str) -> list[str]:
    parts = [part for part in path.split("/") if not _VERSION.match(part)] or [path]
    last = re.sub(r"\.v\d+$", "", parts[-1])
    names = [last, last.replace("-", "_"), last.removeprefix("go-"), last.removesuffix("-go"), last.rpartition("-")[2]]
    return list(dict.fromkeys(names))


class Project:
    """The Go files of a tree. Files are decoded once, parsed when a package is first needed."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self.paths = released_paths(tree, [p for p in tree.paths(".go") if not p.endswith(_GENERATED_SUFFIXES)])
        self.too_large: list[str] = []
        self._raw: dict[str, bytes] = {}
        self._files: dict[str, GoFile | None] = {}
        self._packages: dict[str, Package | None] = {}
        self._folders: dict[str, str | None] = {}

    def raw(self, path: str) -> bytes:
        if path not in self._raw:
            self._raw[path] = self.tree.read_text(path).encode("utf-8", "replace")
        return self._raw[path]

    def file(self, path: str) -> GoFile | None:
        if path not in self._files:
            source = syntax.parse(path, self.raw(path), GRAMMAR)
            if source is None:
                self.too_large.append(path)
            self._files[path] = GoFile(source, _folder(path)) if source else None
        return self._files[path]

    @cached_property
    def _paths_by_folder(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        left_out = set(self.tree.paths(".go")) - set(self.paths)
        for path in self.tree.sizes:
            if path.endswith(".go") and not path.endswith(_GENERATED_SUFFIXES) and path not in left_out:
                found.setdefault(_folder(path), []).append(path)
        return found

    def package(self, folder: str) -> Package | None:
        """The package in a folder of the tree; None where there is none."""
        if folder not in self._packages:
            files = [self.file(path) for path in self._paths_by_folder.get(folder, ())]
            self._packages[folder] = Package(folder, [f for f in files if f]) if files else None
        return self._packages[folder]

    @cached_property
    def modules(self) -> list[tuple[str, str]]:
        """Module path and folder of every go.mod, longest path first."""
        named_so = [path for path in self.tree.sizes if PurePosixPath(path).name == "go.mod"]
        found = [
            (match.group(1), _folder(path))
            for path in named_so
            if (match := _MODULE.search(self.tree.read_text(path))) is not None
        ]
        return sorted(found, key=lambda each: (-len(each[0]), each))

    @cached_property
    def requirements(self) -> dict[str, tuple[int, int]]:
        """Major and minor version of every module that a go.mod of the tree requires."""
        found: dict[str, tuple[int, int]] = {}
        for path in self.tree.sizes:
            if PurePosixPath(path).name == "go.mod":
                for name, major, minor in _REQUIRED.findall(self.tree.read_text(path)):
                    found.setdefault(name, (int(major[:9]), int(minor[:9])))
        return found

    @cached_property
    def tag_style(self) -> str:
        """Whose rules for struct tags the tree's own reflector follows (see `schema.reflected`)."""
        if not any(b"invopop/jsonschema" in self.raw(path) for path in self.paths):
            return "inferred"
        asked = re.compile(rb"RequiredFromJSONSchemaTags(?::|\s*=)\s*true")
        return "tags" if any(asked.search(self.raw(path)) for path in self.paths) else "omitempty"

    def folder_of(self, import_path: str) -> str | None:
        """The folder that an import path means in this tree, None for a package from elsewhere."""
        if import_path not in self._folders:
            self._folders[import_path] = self._find_folder(import_path)
        return self._folders[import_path]

    def _find_folder(self, import_path: str) -> str | None:
        for module, folder in self.modules:
            if import_path == module or import_path.startswith(module + "/"):
                below = import_path[len(module) :].strip("/")
                return "/".join(part for part in (folder, below) if part)
        if self.modules:
            return None
        parts = import_path.split("/")
        for start in range(3, len(parts)):
            if "/".join(parts[start:]) in self._paths_by_folder:
                return "/".join(parts[start:])
        return None


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
