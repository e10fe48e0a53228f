"""The modules of a tree together: which file an import means, and what a file exports."""

from __future__ import annotations

import json
import posixpath
import re
from collections import OrderedDict
from functools import cached_property
from typing import Any

from tree_sitter import Node

from catalog.extract.tree import SourceTree
from catalog.extract.typescript.sources import SUFFIXES, Module, key_name, named, string_value

_TRAILING = re.compile(r",(\s*[}\]])")
_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*[\s\S]*?\*/')
_ENTRY_GUESSES = ("src/index", "index", "lib/index", "src/main", "dist/index", "build/index")
MAX_LOADED_BYTES = 120_000_000

Export = tuple[str, Any, str]  # ("node", Node, ""), ("name", local name, ""), ("from", specifier, imported name)


class Project:
    """Modules by path, loaded when first asked for."""

    def __init__(self, tree: SourceTree) -> None:
        self.tree = tree
        self._modules: OrderedDict[str, Module] = OrderedDict()
        self._texts: dict[str, bytes] = {}
        self._resolved: dict[tuple[str, str], str | None] = {}

    def data(self, path: str) -> bytes:
        """The file's text as UTF-8."""
        if path in self._modules:
            return self._modules[path].data
        if path not in self._texts:
            raw = self.tree.read_bytes(path)
            if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
                raw = self.tree.read_text(path).encode("utf-8", "replace")
            self._texts[path] = raw
        return self._texts[path]

    def module(self, path: str) -> Module:
        found = self._modules.get(path)
        if found is None:
            found = self._modules[path] = Module(path, self.data(path))
            self._texts.pop(path, None)
        return found

    def parsed(self) -> list[str]:
        return [path for path, module in self._modules.items() if "root" in module.__dict__]

    def unparsed(self) -> list[str]:
        """The files that were given up because parsing them would not end."""
        return [path for path, module in self._modules.items() if module.is_unparsed]

    def json(self, path: str) -> Any:
        """A JSON document, with comments and trailing commas forgiven; None when it is broken."""
        if not self.tree.exists(path) or self.tree.sizes[path] > 4_000_000:
            return None
        text = self.tree.read_text(path)
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass
        try:
            return json.loads(_TRAILING.sub(r"\1", _COMMENT.sub(lambda m: m.group(1) or "", text)))
        except (ValueError, RecursionError):
            return None

    @cached_property
    def packages(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """package.json documents of the tree by package name, each with its folder."""
        found: dict[str, tuple[str, dict[str, Any]]] = {}
        for path in self.tree.sizes:
            if path == "package.json" or path.endswith("/package.json"):
                manifest = self.json(path)
                if isinstance(manifest, dict) and isinstance(manifest.get("name"), str):
                    found.setdefault(manifest["name"], (posixpath.dirname(path), manifest))
        return found

    def manifest_of(self, path: str) -> dict[str, Any]:
        """The nearest package.json above a path; {} when there is none."""
        folder = posixpath.dirname(path)
        while True:
            manifest = self.manifests.get(folder)
            if manifest is not None:
                return manifest
            if not folder:
                return {}
            folder = posixpath.dirname(folder)

    @cached_property
    def manifests(self) -> dict[str, dict[str, Any]]:
        found = {}
        for path in self.tree.sizes:
            if path == "package.json" or path.endswith("/package.json"):
                manifest = self.json(path)
                if isinstance(manifest, dict):
                    found[posixpath.dirname(path)] = manifest
        return found

    @cached_property
    def _aliases(self) -> list[tuple[str, str, str, list[str]]]:
        """Path aliases of every tsconfig: (folder it holds for, prefix, suffix, targets), the deepest folder first."""
        rows: list[tuple[str, str, str, list[str]]] = []
        for path in self.tree.sizes:
            name = posixpath.basename(path)
            if not (name.startswith(("tsconfig", "jsconfig")) and name.endswith(".json")):
                continue
            config = self.json(path)
            options = config.get("compilerOptions") if isinstance(config, dict) else None
            if not isinstance(options, dict):
                continue
            folder = posixpath.dirname(path)
            base = posixpath.join(folder, str(options.get("baseUrl") or "."))
            paths = options.get("paths")
            for pattern, targets in paths.items() if isinstance(paths, dict) else ():
                prefix, _, suffix = str(pattern).partition("*")
                places = [posixpath.normpath(posixpath.join(base, str(t))) for t in targets if isinstance(t, str)]
                rows.append((folder, prefix, suffix if "*" in pattern else "\0", places))
            if options.get("baseUrl"):
                rows.append((folder, "", "", [posixpath.normpath(posixpath.join(base, "*"))]))
        return sorted(rows, key=lambda r: (-len(r[0]), -len(r[1])))

    def resolve(self, importer: str, specifier: str) -> str | None:
        """The file of the tree that an import means, None when it lies outside."""
        key = (posixpath.dirname(importer), specifier)
        if key not in self._resolved:
            self._resolved[key] = self._resolve(importer, specifier)
        return self._resolved[key]

    def _resolve(self, importer: str, specifier: str) -> str | None:
        if specifier.startswith("."):
            return self._file(posixpath.normpath(posixpath.join(posixpath.dirname(importer), specifier)))
        for folder, prefix, suffix, targets in self._aliases:
            if folder and not importer.startswith(folder + "/"):
                continue
            exact = suffix == "\0"
            if specifier != prefix if exact else not (specifier.startswith(prefix) and specifier.endswith(suffix)):
                continue
            middle = "" if exact else specifier[len(prefix) : len(specifier) - len(suffix) or None]
            for target in targets:
                found = self._file(target.replace("*", middle))
                if found:
                    return found
        return (
            self._imports_field(importer, specifier)
            or self._workspace(specifier)
            or self._conventional(importer, specifier)
        )

    def _conventional(self, importer: str, specifier: str) -> str | None:
        if not specifier.startswith(("@/", "~/")):
            return None
        folder = posixpath.dirname(importer)
        while True:
            found = self._file(posixpath.join(folder, "src", specifier[2:])) or self._file(
                posixpath.join(folder, specifier[2:])
            )
            if found or not folder:
                return found
            folder = posixpath.dirname(folder)

    def _imports_field(self, importer: str, specifier: str) -> str | None:
        if not specifier.startswith("#"):
            return None
        folder = posixpath.dirname(importer)
        while folder and folder not in self.manifests:
            folder = posixpath.dirname(folder)
        table = self.manifests.get(folder, {}).get("imports")
        for pattern, target in table.items() if isinstance(table, dict) else ():
            prefix, star, suffix = str(pattern).partition("*")
            place = _first_text(target)
            if place is None or (specifier != pattern and not (star and specifier.startswith(prefix))):
                continue
            middle = specifier[len(prefix) : len(specifier) - len(suffix) or None] if star else ""
            found = self._file(posixpath.normpath(posixpath.join(folder, place.replace("*", middle))))
            if found:
                return found
        return None

    def _workspace(self, specifier: str) -> str | None:
        parts = specifier.split("/")
        name = "/".join(parts[:2]) if specifier.startswith("@") else parts[0]
        if name not in self.packages:
            return None
        folder, manifest = self.packages[name]
        rest = specifier[len(name) + 1 :]
        places: list[str] = []
        exports = manifest.get("exports")
        if isinstance(exports, dict):
            chosen = exports.get("./" + rest if rest else ".", exports if not rest else None)
            places += _all_texts(chosen)
        if not rest:
            places += [
                str(manifest[k]) for k in ("source", "module", "main", "types") if isinstance(manifest.get(k), str)
            ]
            places += list(_ENTRY_GUESSES)
        else:
            places += [f"src/{rest}", rest, f"src/{rest}/index", f"dist/{rest}"]
        for place in places:
            bare = re.sub(r"(\.d)?\.[cm]?[jt]sx?$", "", place.removeprefix("./"))
            source = re.sub(r"^(dist|build|lib|out|esm|cjs)/(esm/|cjs/|src/)?", "src/", bare)
            found = self._file(posixpath.normpath(posixpath.join(folder, source))) or self._file(
                posixpath.normpath(posixpath.join(folder, bare))
            )
            if found:
                return found
        return None

    def _file(self, place: str) -> str | None:
        if place.startswith(".."):
            return None
        exists = self.tree.exists
        if exists(place) and place.endswith((*SUFFIXES, ".json")):
            return place
        stem, ending = posixpath.splitext(place)
        if ending in (".js", ".mjs", ".cjs", ".jsx"):
            for other in (".ts", ".tsx", ".mts", ".cts"):
                if exists(stem + other):
                    return stem + other
        for suffix in SUFFIXES:
            if exists(place + suffix):
                return place + suffix
        for suffix in SUFFIXES:
            index = f"{place}/index{suffix}" if place not in ("", ".") else f"index{suffix}"
            if exists(index):
                return index
        return place + ".json" if exists(place + ".json") else None

    def exports(self, module: Module) -> dict[str, Export]:
        """What a module exports by name; `export *` sources stand under "*0", "*1" and so on."""
        table = module.memo.get("exports")
        if table is None:
            table = module.memo["exports"] = {}
            for node in module.root.named_children:
                _collect_export(module, node, table)
        return table


def _first_text(value: Any) -> str | None:
    texts = _all_texts(value)
    return texts[0] if texts else None


def _all_texts(value: Any, depth: int = 0) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict) and depth < 6:
        return [t for v in value.values() for t in _all_texts(v, depth + 1)]
    return []


def _collect_export(module: Module, node: Node, table: dict[str, Export]) -> None:
    if node.type == "export_statement":
        _esm_export(module, node, table)
    elif node.type == "expression_statement" and node.named_child_count:
        inner = node.named_children[0]
        for part in _sequence(inner):
            _cjs_export(module, part, table)


def _sequence(node: Node) -> list[Node]:
    if node.type != "sequence_expression":
        return [node]
    return [p for c in named(node) for p in _sequence(c)]


def _esm_export(module: Module, node: Node, table: dict[str, Export]) -> None:
    source_node = node.child_by_field_name("source")
    source = string_value(module, source_node) if source_node is not None else None
    declaration, value = node.child_by_field_name("declaration"), node.child_by_field_name("value")
    is_default = any(c.type == "default" for c in node.children)
    if declaration is not None:
        if is_default:
            table["default"] = ("node", declaration, "")
        for name in _declared(module, declaration):
            table[name] = ("name", name, "")
    elif value is not None:
        table["default"] = ("node", value, "")
    for part in node.named_children:
        if part.type == "export_clause":
            for specifier in part.named_children:
                local = specifier.child_by_field_name("name")
                alias = specifier.child_by_field_name("alias") or local
                if local is None or alias is None:
                    continue
                inner, outer = key_name(module, local) or "", key_name(module, alias) or ""
                table[outer] = ("from", source, inner) if source is not None else ("name", inner, "")
        elif part.type == "namespace_export" and source is not None:
            table[module.text(part.named_children[-1])] = ("from", source, "*")
    if source is not None and any(c.type == "*" for c in node.children):
        table[f"*{len(table)}"] = ("from", source, "*")


def _declared(module: Module, node: Node) -> list[str]:
    from catalog.extract.typescript.scopes import pattern_names

    if node.type in ("lexical_declaration", "variable_declaration"):
        names = [d.child_by_field_name("name") for d in node.named_children]
        return [n for target in names if target is not None for n, _ in pattern_names(module, target)]
    name = node.child_by_field_name("name")
    return [module.text(name)] if name is not None else []


def _cjs_export(module: Module, node: Node, table: dict[str, Export]) -> None:
    if node.type == "assignment_expression":
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None or left.type not in ("member_expression", "subscript_expression"):
            return
        target = module.text(left)
        if target == "module.exports":
            table["="] = ("node", right, "")
        elif target.startswith(("exports.", "module.exports.")):
            table[target.rpartition(".")[2]] = ("node", right, "")
            _cjs_export(module, right, table)
        return
    if node.type != "call_expression":
        return
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    args = named(arguments) if arguments is not None else []
    called = module.text(function) if function is not None and function.end_byte - function.start_byte < 80 else ""
    if called == "Object.defineProperty" and len(args) == 3 and module.text(args[0]) in ("exports", "module.exports"):
        if args[1].type == "string":
            table[string_value(module, args[1])] = ("getter", args[2], "")
    elif called.endswith(("__exportStar", "__export")) and args and args[0].type == "call_expression":
        inner = args[0].child_by_field_name("arguments")
        parts = named(inner) if inner is not None else []
        if parts and parts[0].type == "string":
            table[f"*{len(table)}"] = ("from", string_value(module, parts[0]), "*")
    elif len(args) == 2 and args[1].type == "object" and args[0].type == "identifier" and len(called) < 20:
        # a bundler's `__export(target, {name: () => value})`: remembered for the namespace object `target`
        module.memo.setdefault("bundled_namespaces", {}).setdefault(module.text(args[0]), args[1])
