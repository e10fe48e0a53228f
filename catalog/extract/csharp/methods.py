"""Tools that are methods with an attribute: the SDK's own, and triggers of a function host."""

from __future__ import annotations

import re
from typing import Any

from tree_sitter import Node

from catalog.extract import syntax
from catalog.extract.csharp.effects import Effects
from catalog.extract.csharp.patterns import patterns
from catalog.extract.csharp.schema import Schemas, default_of, description, plain
from catalog.extract.csharp.source import CsFile, Project, TypeDeclaration, modifiers, owner
from catalog.extract.csharp.values import Attribute, Evaluator, Place, Unknown, Value, attributes, doc_summary
from catalog.extract.syntax import named
from catalog.records import Gap, Location, Tool

_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_TYPEOF = re.compile(rb"\b(?:typeof|new)\s*\(?\s*(?:[\w.]+\.)?(\w+)\s*[()]")
_ASYNC = re.compile(r"^(?:[\w.]+\.)?(?:Task|ValueTask|IAsyncEnumerable)\b")
_WRITTEN_INTERFACE = re.compile(r"I[A-Z][A-Za-z]*\Z")
_COLLECTIONS = frozenset(["IEnumerable", "IList", "ICollection", "IReadOnlyList", "IReadOnlyCollection", "IDictionary",
                          "IReadOnlyDictionary", "ISet"])  # fmt: skip

# Registrations with the service container: by type arguments, or by what a factory or `typeof` names.
_SERVICE = re.compile(
    rb"Add(?:Keyed)?(?:Singleton|Scoped|Transient|HttpClient|DbContext|DbContextFactory|HostedService)\s*"
    rb"(?:<([^>(]+)>\s*\(|\(\s*(?:\w+\s*=>\s*new\s+|typeof\s*\(\s*|new\s+)([\w.]+)\s*[({)])"
)


class Methods:
    """Reads attributed methods of one project."""

    def __init__(self, project: Project, evaluator: Evaluator) -> None:
        self.project, self.evaluator = project, evaluator
        self.schemas = Schemas(project, evaluator)
        self.effects = Effects(project)
        self.tools: list[Tool] = []
        self.gaps: list[Gap] = []
        self._holders: dict[str, str] = {}

    def read(self, path: str) -> None:
        file = self.project.file(path)
        if file is None:
            return
        wanted, trigger = patterns()["attributes"]["tool"], patterns()["trigger"]["tool"]
        for node in syntax.captures(file.source.root, "(method_declaration) @m", "tree_sitter_c_sharp").get("m", []):
            found = next((each for each in attributes(file, node) if each.name in wanted), None)
            if found is not None:
                self._attributed(node, file, found)
                continue
            for parameter in named(node.child_by_field_name("parameters")):
                fired = next((each for each in attributes(file, parameter) if each.name in trigger), None)
                if fired is not None:
                    self._triggered(node, file, fired)

    def _attributed(self, node: Node, file: CsFile, attribute: Attribute) -> None:
        declared = owner(node, file, self.project)
        if declared is not None and declared.node.type == "interface_declaration":
            return
        place, location = Place(file, declared), Location(file.path, syntax.line(node))
        name = self._name(node, file, attribute, place, location)
        if name is None:
            return
        text = description(self.evaluator, node, place)
        if isinstance(text, Unknown):
            self.gaps.append(Gap(file.path, location.line, f"the description of {name} is not known: {text.reason}"))
        if text is None and "partial" in modifiers(file, node):
            text = doc_summary(file, node)
        title, hints = self._hints(attribute, place)
        self._holders[name] = declared.name if declared is not None else ""
        self.tools.append(
            Tool(
                name=name,
                title=title,
                description=text if isinstance(text, str) else None,
                input_schema=self.schema(node.child_by_field_name("parameters"), file, declared),
                annotations=hints,
                location=location,
                extractor="csharp",
                handler=location,
                facts=self.effects.facts(node, file),
            )
        )

    def drop_unregistered(self) -> None:
        """Leaves out classes that no registration names, where the tree registers its classes one by one."""
        known = patterns()["registration"]
        chosen = b"|".join(each.encode() for each in known["chosen"])
        named_so = re.compile(rb"\.(?:" + chosen + rb")\s*<\s*([\w.]+)\s*>")
        everything = re.compile(
            rb"\.(?:" + b"|".join(each.encode() for each in known["everything"]) + rb")\b"
            rb"|(?:<|\btypeof\s*\()\s*[\w.]*\b(?:" + b"|".join(e.encode() for e in known["reflected"]) + rb")\s*[>)]"
        )
        listed: set[str] = set()
        for path in self.project.paths:
            raw = self.project.raw(path)
            if everything.search(raw):
                return
            listed.update(each.decode("utf-8", "replace").rpartition(".")[2] for each in named_so.findall(raw))
            given = re.findall(rb"\.(?:" + chosen + rb")\s*\(\s*(\[|typeof|new\b)?", raw)
            if not all(given):
                return  # a list that is made elsewhere: any class may be in it
            if given:
                listed.update(each.decode("utf-8", "replace") for each in _TYPEOF.findall(raw))
        if listed:
            self._keep(listed)

    def _keep(self, listed: set[str]) -> None:
        kept = []
        for tool in self.tools:
            holder = self._holders.get(tool.name, "")
            if not holder or holder in listed:
                kept.append(tool)
            elif tool.location is not None:
                at, reason = tool.location, f"{tool.name} is a tool of {holder}, which nothing in the tree registers"
                self.gaps.append(Gap(at.path, at.line, reason))
        self.tools = kept

    def _name(self, node: Node, file: CsFile, attribute: Attribute, place: Place, at: Location) -> str | None:
        given = attribute.named.get("Name")
        value: Value = self.evaluator.eval(given, place) if given is not None else None
        if value is None and attribute.positional:
            value = self.evaluator.eval(attribute.positional[0], place)
        if isinstance(value, str) and value:
            return value
        if value is not None:
            reason = value.reason if isinstance(value, Unknown) else "it is no text"
            self.gaps.append(Gap(at.path, at.line, f"a tool whose name is not known from the source: {reason}"))
            return None
        name, returns = node.child_by_field_name("name"), node.child_by_field_name("returns")
        if name is None:
            return None
        return derived_name(file.text(name), bool(returns is not None and _ASYNC.match(file.text(returns))))

    def _hints(self, attribute: Attribute, place: Place) -> tuple[str | None, dict[str, Any]]:
        found: dict[str, Any] = {}
        title = self.evaluator.eval(attribute.named["Title"], place) if "Title" in attribute.named else None
        if isinstance(title, str):
            found["title"] = title
        for key, hint in patterns()["attributes"]["hints"].items():
            value = self.evaluator.eval(attribute.named[key], place) if key in attribute.named else None
            if isinstance(value, bool):
                found[hint] = value
        return (title if isinstance(title, str) else None), found

    def schema(self, listed: Node | None, file: CsFile, declared: TypeDeclaration | None) -> dict[str, Any]:
        """The schema of a parameter list, without what the library fills in."""
        properties: dict[str, Any] = {}
        required: list[str] = []
        place = Place(file, declared)
        for node in named(listed):
            name_node = node.child_by_field_name("name")
            if node.type != "parameter" or name_node is None or self._is_injected(node, file):
                continue
            name = file.text(name_node)
            made = self.schemas.of(node.child_by_field_name("type"), file)
            text = description(self.evaluator, node, place)
            if isinstance(text, str):
                made = {"description": text, **made}
            default = default_of(node)
            if default is None:
                required.append(name)
            else:
                made["default"] = plain(self.evaluator.eval(default, place))
            properties[name] = made
        made = {"type": "object", "properties": properties}
        return {**made, "required": required} if required else made

    def _is_injected(self, node: Node, file: CsFile) -> bool:
        known = patterns()["injected"]
        if any(each.name in known["attributes"] for each in attributes(file, node)):
            return True
        kind = node.child_by_field_name("type")
        text = file.text(kind).strip("?").partition("<")[0].rpartition(".")[2] if kind is not None else ""
        if text in known["types"]:
            return True
        if _WRITTEN_INTERFACE.match(text) and text not in _COLLECTIONS:
            return True
        return self._is_service(text, file)

    def _is_service(self, text: str, file: CsFile) -> bool:
        """Whether a class is registered with the service container anywhere in the tree."""
        if not text[:1].isupper() or text not in self.project.index:
            return text.endswith(("Service", "Client", "Context", "Repository", "DbContext")) and text[:1].isupper()
        return text in self._services()

    def _services(self) -> frozenset[str]:
        if not hasattr(self, "_registered"):
            found: set[str] = set()
            for path in self.project.paths:
                for types, made in _SERVICE.findall(self.project.raw(path)):
                    names = (types or made).decode("utf-8", "replace").split(",")
                    found.update(each.strip().rpartition(".")[2] for each in names)
            self._registered = frozenset(found)
        return self._registered

    def _triggered(self, node: Node, file: CsFile, attribute: Attribute) -> None:
        declared = owner(node, file, self.project)
        place, location = Place(file, declared), Location(file.path, syntax.line(node))
        values = [self.evaluator.eval(each, place) for each in attribute.positional]
        name = values[0] if values else Unknown("no name is given")
        if not isinstance(name, str):
            reason = name.reason if isinstance(name, Unknown) else "it is no text"
            self.gaps.append(Gap(file.path, location.line, f"a tool whose name is not known from the source: {reason}"))
            return
        text = values[1] if len(values) > 1 else None
        properties: dict[str, Any] = {}
        required: list[str] = []
        for parameter in named(node.child_by_field_name("parameters")):
            self._trigger_property(parameter, place, properties, required)
        schema: dict[str, Any] = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        described = text if isinstance(text, str) else None
        facts = self.effects.facts(node, file)
        self.tools.append(Tool(name, None, described, schema, {}, location, "csharp", None, location, facts))

    def _trigger_property(self, node: Node, place: Place, properties: dict[str, Any], required: list[str]) -> None:
        for each in attributes(place.file, node):
            if each.name not in patterns()["trigger"]["property"] or not each.positional:
                continue
            values = [self.evaluator.eval(one, place) for one in each.positional]
            texts = [value for value in values if isinstance(value, str)]
            if not texts:
                continue
            made = self.schemas.of(node.child_by_field_name("type"), place.file)
            if len(texts) > 1:
                made = {**made, "description": texts[-1]}
            flag = self.evaluator.eval(each.named["IsRequired"], place) if "IsRequired" in each.named else None
            if flag is True or True in [value for value in values if isinstance(value, bool)]:
                required.append(texts[0])
            properties[texts[0]] = made


def derived_name(method: str, is_async: bool) -> str:
    """The tool name the SDK gives a method: without Async where it is asynchronous, in snake case."""
    if is_async and method.endswith("Async") and len(method) > 5:
        method = method.removesuffix("Async")
    plain_name = re.sub(r"[^0-9A-Za-z]+", "_", method).strip("_") or method
    return re.sub(r"_+", "_", _BOUNDARY.sub("_", plain_name)).lower()
