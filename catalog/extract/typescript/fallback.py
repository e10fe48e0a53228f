"""Definitions found by their shape, for registrations that load them in a way that reading cannot follow.

A registration such as `server.registerTool(tool.method, {description: tool.description, inputSchema: tool.input})`
tells which fields its definitions have. Modules that export these names, and objects that hold them, are what it means.
"""

from __future__ import annotations

import re

from tree_sitter import Node

from catalog.extract.typescript import classes
from catalog.extract.typescript.definitions import Draft
from catalog.extract.typescript.patterns import patterns
from catalog.extract.typescript.registrations import Finder, Site
from catalog.extract.typescript.scopes import Env, env_at
from catalog.extract.typescript.sources import CLASSES, Module, named, part_name, path_to
from catalog.extract.typescript.values import UNDEFINED, Func, Inst, Namespace, Obj, Thunk, Unknown, Value

MAX_FOUND = 2_000


def exported_definitions(finder: Finder, site: Site) -> list[Draft]:
    """Drafts of everything that has the fields which an unresolved registration reads from its definition."""
    fields = fields_read(site.module, site.node)
    if fields is None:
        return shaped_definitions(finder)
    name, others = fields
    out: list[Draft] = []
    for path in finder.paths:
        data = finder.project.data(path)
        if name.encode() not in data or not any(o.encode() in data for o in others):
            continue
        out += _module_exports(finder, path, name, others, site)
        if len(out) > MAX_FOUND:
            break
    if out:
        return out
    for path in finder.paths:
        data = finder.project.data(path)
        if name.encode() in data and any(o.encode() in data for o in others):
            out += _objects(finder, path, name, others, site)
        if len(out) > MAX_FOUND:
            break
    return out or _shaped_classes(finder)


_NAME = re.compile(r"[A-Za-z0-9][\w.\-/:]{1,127}\Z")
_NAMED = re.compile(rb"(?<![\w$.])[\"']?(?:name|toolName|id)[\"']?\s*:\s*(?![{\[])")
_TOOL_SCHEMAS = ("inputSchema", "parameters", "paramsSchema", "inputShape", "argsSchema", "input_schema", "schema")
_NAME_FIELD = re.compile(
    rb"(?m)^[ \t]*(?:(?:public|readonly|override|static)[ \t]+)*name[ \t]*(?::[ \t]*[\w.]+[ \t]*)?=[ \t]*['\"`]"
)
_DESCRIBED = ("description", "getDescription")
_SCHEMA_FIELDS = (*_TOOL_SCHEMAS, "getInputSchema", "getSchema")
_WINDOW = 6_000


def shaped_definitions(finder: Finder) -> list[Draft]:
    """Every object, or else class, of the tree that has a name, a description and a schema of its input."""
    if finder.has_searched_shapes or len(finder.paths) == 0:
        return []
    finder.has_searched_shapes = True
    return _shaped_objects(finder) or _shaped_classes(finder)


def _shaped_classes(finder: Finder) -> list[Draft]:
    if finder.has_searched_classes:
        return []
    finder.has_searched_classes = True
    out: list[Draft] = []
    for path in finder.paths:
        data = finder.project.data(path)
        for match in _NAME_FIELD.finditer(data) if b"escription" in data else ():
            module = finder.project.module(path)
            chain = path_to(module, match.end() - 1, match.end())
            node = next((n for n in reversed(chain) if n.type in CLASSES), None)
            draft = _class_draft(finder, module, node) if node is not None else None
            out += [draft] if draft is not None else []
            if len(out) > MAX_FOUND:
                return out
    return out


def _class_draft(finder: Finder, module: Module, node: Node) -> Draft | None:
    """The definition in the fields of a class, or in methods without arguments that get them."""
    evaluator = finder.evaluator
    instance = Inst(classes.of_env(Env(module, node, env_at(module, node))), [])
    declared = {part_name(module, part) for part in classes.members(instance.cls)}
    held: dict[str, Value] = {"name": evaluator.member(instance, "name")}
    for key, names in (("description", _DESCRIBED), ("inputSchema", _SCHEMA_FIELDS), ("annotations", ("annotations",))):
        for name in names:
            value = evaluator.settle(evaluator.member(instance, name))
            if isinstance(value, Func):
                value = evaluator.settle(evaluator.call(value, []))
            if value is not UNDEFINED and (name in declared or not isinstance(value, Unknown)):
                held[key] = value
                break
    if not isinstance(evaluator.settle(held["name"]), str) or not {"description", "inputSchema"} <= held.keys():
        return None
    return finder.reader.from_object(Obj(props=held), None, node, module)


def _shaped_objects(finder: Finder) -> list[Draft]:
    out: list[Draft] = []
    for path in finder.paths:
        data = finder.project.data(path)
        keys = [k.encode() for k in _TOOL_SCHEMAS if k.encode() in data]
        if not keys or b"description" not in data:
            continue
        for match in _NAMED.finditer(data):
            near = data[match.start() : match.start() + _WINDOW]
            if b"description" in near and any(k in near for k in keys):
                out += _shaped(finder, path, match.start(), match.end())
            if len(out) > MAX_FOUND:
                return out
    return out


def _shaped(finder: Finder, path: str, start: int, end: int) -> list[Draft]:
    module = finder.project.module(path)
    chain = path_to(module, start, end - 1)
    if len(chain) < 3 or chain[-1].type == "comment":
        return []
    node = next((n for n in reversed(chain) if n.type == "object"), None)
    if node is None or node.start_byte > start:
        return []
    keys = {part_name(module, part) for part in node.named_children}
    if "description" not in keys or not keys & set(_TOOL_SCHEMAS) or _is_something_else(module, node, keys):
        return []
    value = finder.evaluator.eval(node, env_at(module, node))
    if any(_is_reference(finder, finder.evaluator.member(value, key)) for key in keys & set(_TOOL_SCHEMAS) if key):
        return []
    draft = finder.reader.from_object(value, None, node, module)
    name = finder.evaluator.settle(draft.name)
    if not isinstance(name, str) or not _NAME.match(name) or draft.schema is None:
        return []
    draft.name = name
    draft.open = [o for o in draft.open if o[0] != "name"]
    return [draft]


def _is_reference(finder: Finder, schema: Value) -> bool:
    """Whether a schema only says which schema is meant: plain texts that name no type, as `{id: "order.v1"}`."""
    schema = finder.evaluator.settle(schema)
    if not isinstance(schema, Obj) or not schema.props or schema.missing:
        return False
    texts = [finder.evaluator.settle(value) for value in schema.props.values()]
    return all(isinstance(t, str) and t not in patterns().parameter_kinds for t in texts)


def fields_read(module: Module, node: Node) -> tuple[str, set[str]] | None:
    """The field that gives the name, and the other fields that a registration reads from the same variable."""
    arguments = node.child_by_field_name("arguments")
    args = named(arguments) if arguments is not None else []
    if not args:
        return None
    first = args[0]
    if first.type == "member_expression":
        target, prop = first.child_by_field_name("object"), first.child_by_field_name("property")
        if target is None or prop is None or target.type != "identifier":
            return None
        variable, name = module.text(target), module.text(prop)
    else:
        return None
    text = module.text(node)
    others = set(re.findall(r"(?<![\w$.])" + re.escape(variable) + r"\.([\w$]+)", text)) - {name}
    return (name, others) if others else None


def _module_exports(finder: Finder, path: str, name: str, others: set[str], site: Site) -> list[Draft]:
    data = finder.project.data(path)
    if not re.search(rb"exports?\b[^\n;]{0,40}\b" + re.escape(name).encode(), data):
        return []
    module = finder.project.module(path)
    exports = finder.project.exports(module)
    if name not in exports or not others & set(exports):
        return []
    value = finder.evaluator.settle(finder.evaluator.export(module, name))
    if not isinstance(value, str):
        return []
    draft = _draft(finder, Namespace(module), value, name, others, module.root, module)
    draft.condition = None
    return [draft]


def _objects(finder: Finder, path: str, name: str, others: set[str], site: Site) -> list[Draft]:
    module: Module | None = None
    out: list[Draft] = []
    pattern = re.compile(rb"(?<![\w$.])[\"']?" + re.escape(name).encode() + rb"[\"']?\s*:")
    for match in pattern.finditer(finder.project.data(path)):
        module = module or finder.project.module(path)
        chain = path_to(module, match.start(), match.end())
        node = next((n for n in reversed(chain) if n.type == "object"), None)
        if node is None or node == chain[0]:
            continue
        keys = {part_name(module, part) for part in node.named_children}
        if _is_something_else(module, node, keys):
            continue
        if name not in keys or len(others & keys) < min(2, len(others)):
            continue
        value = finder.evaluator.eval(node, env_at(module, node))
        if isinstance(value, Obj):
            text = finder.evaluator.settle(finder.evaluator.member(value, name))
            if isinstance(text, str):
                out.append(_draft(finder, value, text, name, others, node, module))
        if len(out) > MAX_FOUND:
            break
    return out


def _is_something_else(module: Module, node: Node, keys: set[str | None]) -> bool:
    """Whether an object shows that it describes a parameter, a package or a resource, and no tool."""
    if keys & set(patterns().not_tools):
        return True
    kind = next((p.child_by_field_name("value") for p in node.named_children if part_name(module, p) == "type"), None)
    if kind is not None and module.text(kind).strip("'\"`") in patterns().parameter_kinds:
        return True
    return _is_listed_as_parameter(module, node)


def _is_listed_as_parameter(module: Module, node: Node) -> bool:
    """Whether the object is an element of a list that a definition or an endpoint calls its parameters."""
    above = node.parent
    if above is None or above.type != "array" or above.parent is None or above.parent.type != "pair":
        return False
    return part_name(module, above.parent) in patterns().keys["schema"]


def _draft(finder: Finder, value: Value, text: str, name: str, others: set[str], node: Node, module: Module) -> Draft:
    draft = finder.reader.from_object(value, text, node, module)
    draft.name = text
    draft.open = [o for o in draft.open if o[0] != "name"]
    return draft


__all__ = ["UNDEFINED", "Thunk", "exported_definitions", "fields_read"]
