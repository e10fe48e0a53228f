"""From values to tools: which part of a call or object is the name, the description, the schema, the hints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tree_sitter import Node

from catalog.extract.typescript import classes, schemas
from catalog.extract.typescript.evaluate import Evaluator
from catalog.extract.typescript.patterns import patterns
from catalog.extract.typescript.scopes import Env
from catalog.extract.typescript.sources import Module
from catalog.extract.typescript.values import (
    UNDEFINED,
    Arr,
    Cls,
    Conditional,
    Either,
    External,
    Func,
    Inst,
    Namespace,
    Obj,
    Schema,
    Thunk,
    Unknown,
    Value,
)  # fmt: skip

MAX_NAME = 200
_JSON_MARKS = ("type", "properties", "$schema", "$ref", "anyOf", "oneOf", "allOf", "jsonSchema")


@dataclass(slots=True)
class Draft:
    """A tool in the making. `open` lists what could not be resolved, by the part it belongs to."""

    name: Value = UNDEFINED
    title: Value = UNDEFINED
    description: Value = UNDEFINED
    schema: dict[str, Any] | None = None
    annotations: dict[str, Any] = field(default_factory=dict)
    handler: Value = None
    node: Node | None = None
    module: Module | None = None
    condition: str | None = None
    open: list[tuple[str, Unknown]] = field(default_factory=list)

    def waits_for(self) -> Env | None:
        """The scope whose binding would resolve more of it."""
        for _, unknown in self.open:
            if unknown.free is not None:
                return unknown.free
        return None


class Reader:
    """Reads drafts from values."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.keys = patterns().keys
        self._hint_keys = patterns().hints | {"title"}

    # --- calls --------------------------------------------------------------------------------------------------

    def from_arguments(self, args: list[Value], node: Node, module: Module) -> list[Draft]:
        """The tools of a registration call: a name and parts, one definition object, or a list of those."""
        if not args:
            return []
        first = self.evaluator.force(args[0])
        if isinstance(first, (Arr,)):
            return self.from_list(first, node, module)
        if isinstance(first, Either) and not isinstance(self.evaluator.settle(first), str):
            first = self.evaluator.settle(first)
        if isinstance(first, (Obj, Inst, Cls)) and not (isinstance(first, Obj) and first.kind == "map"):
            draft = self.from_object(first, None, node, module)
            self._rest(draft, args[1:])
            return [draft]
        draft = Draft(node=node, module=module)
        self._set_name(draft, self._static_name(args[0]) if isinstance(first, Unknown) else first)
        self._rest(draft, args[1:])
        return [draft]

    def _static_name(self, arg: Value) -> Value:
        """The name that a class holds statically, where the instance gets it through its constructor."""
        value = self.evaluator.force(arg)
        if isinstance(arg, Thunk) and arg.node.type == "member_expression":
            target = arg.node.child_by_field_name("object")
            this = self.evaluator.this_of(arg.env) if target is not None and target.type == "this" else None
            for key in self.keys["name"] if isinstance(this, Inst) else ():
                found = classes.static_member(self.evaluator, this.cls, key) if isinstance(this, Inst) else None
                if isinstance(found, str):
                    return found
            if isinstance(this, Unknown) and this.free is not None:
                return this
        return value

    def _rest(self, draft: Draft, args: list[Value]) -> None:
        texts = 0
        objects = 0
        for arg in args:
            value = self.evaluator.settle(arg)
            if isinstance(value, str):
                texts += 1
                if draft.description is UNDEFINED:
                    draft.description = value
                elif texts == 2:  # a title between name and description
                    draft.title, draft.description = draft.description, value
            elif isinstance(value, Schema):
                self.set_schema(draft, value)
            elif isinstance(value, Func):
                draft.handler = value
            elif isinstance(value, Obj):
                objects += 1
                self._positional(draft, value)
            elif isinstance(value, Unknown) and (
                value.free is not None or (arg is args[0] and draft.description is UNDEFINED and len(args) > 1)
            ):
                draft.open.append(("a part", value))
                if draft.description is UNDEFINED and objects == 0 and value.free is None and _looks_textual(arg):
                    draft.open[-1] = ("description", value)
        if draft.schema is None:
            draft.schema = {"type": "object", "properties": {}} if not draft.open else None

    def _positional(self, draft: Draft, value: Obj) -> None:
        keys = set(value.props)
        if keys and keys <= self._hint_keys and keys & patterns().hints:
            self._set_annotations(draft, value)
        elif schemas.is_shape(self.evaluator, value) or not keys or keys & {"$schema", "properties"}:
            if self._is_configuration(value):
                self._fill(draft, value)
            else:
                self.set_schema(draft, value)
        elif self._is_configuration(value) or keys & {"_meta", "outputSchema", "title"}:
            self._fill(draft, value)
        elif draft.schema is None:
            self.set_schema(draft, value)

    def _is_configuration(self, value: Obj) -> bool:
        """An object with definition keys whose values are not schemas of parameters with those names."""
        for key in (*self.keys["description"], *self.keys["title"]):
            if key in value.props and isinstance(self.evaluator.settle(value.props[key]), (str, Unknown)):
                return True
        for key in self.keys["schema"][:6]:
            inner = self.evaluator.settle(value.props[key]) if key in value.props else None
            if isinstance(inner, Schema) and inner.shape is not None:
                return True
            if isinstance(inner, Obj):
                return True
        return any(k in value.props for k in self.keys["annotations"]) and len(value.props) <= 3

    # --- objects ------------------------------------------------------------------------------------------------

    def from_list(self, value: Value, node: Node, module: Module) -> list[Draft]:
        """Every definition of a list or of an object whose keys are names."""
        value = self.evaluator.force(value)
        drafts: list[Draft] = []
        if isinstance(value, Either):
            settled = self.evaluator.settle(value)
            value = value if isinstance(settled, Arr) else settled
        if isinstance(value, Obj) and value.kind != "map":
            items, missing = self._keyed(value), value.missing
        elif isinstance(value, Namespace):
            items, missing = self._keyed(self.evaluator.namespace_object(value)), []
        else:
            plain_items, missing = self.evaluator.iterate(value)
            items = [(None, i) for i in plain_items]
            if isinstance(value, Obj):
                items = [(None, pair.items[1]) for pair in map(self.evaluator.force, plain_items)]
        for key, item in items:
            condition = item.condition if isinstance(item, Conditional) else None
            inner = self.evaluator.settle(item)
            if isinstance(inner, Arr):
                nested = self.from_list(inner, node, module)
                for draft in nested:
                    draft.condition = draft.condition or condition
                drafts += nested
                continue
            draft = self.from_object(inner, key, node, module)
            draft.condition = condition
            drafts.append(draft)
        for unknown in missing:
            drafts.append(Draft(name=unknown, node=node, module=module, open=[("name", unknown)]))
        return drafts

    def _keyed(self, value: Obj) -> list[tuple[str | None, Value]]:
        out: list[tuple[str | None, Value]] = []
        for key, inner in value.props.items():
            condition = value.conditions.get(key)
            out.append((key, Conditional(condition, inner) if condition is not None else inner))
        return out

    def from_object(self, value: Value, key: str | None, node: Node, module: Module) -> Draft:
        """One definition object, class or instance. `key` is its name where it has none of its own."""
        draft = Draft(node=node, module=module)
        value = self.evaluator.settle(value)
        if isinstance(value, Func) and not key:
            value = self.evaluator.settle(self.evaluator.call(value, []))
        if isinstance(value, Cls):
            static = self.evaluator.member(value, "description")
            value = value if isinstance(static, str) else Inst(value, [])
        if isinstance(value, (Unknown, External)):
            unknown = (
                value
                if isinstance(value, Unknown)
                else Unknown(f"the definition comes from {value.package or 'outside the tree'}")
            )
            draft.open.append(("name", unknown))
            draft.name = unknown
            return draft
        if not isinstance(value, (Obj, Inst, Cls, Namespace)):
            return draft
        if isinstance(value, Obj) and value.node is not None and value.module is not None:
            draft.node, draft.module = value.node, value.module
        elif isinstance(value, (Inst, Cls)):
            cls = value.cls if isinstance(value, Inst) else value
            draft.node, draft.module = cls.node, cls.env.module
        self._set_name(draft, self._first_raw(value, "name"))
        if key is not None and not isinstance(self.evaluator.settle(draft.name), str):
            draft.name = key
            draft.open = [o for o in draft.open if o[0] != "name"]
        self._fill(draft, value)
        return draft

    def _first_raw(self, value: Value, part: str) -> Value:
        for key in self.keys[part]:
            found = self.evaluator.member(value, key)
            if found is not UNDEFINED and found is not None:
                return found
        return UNDEFINED

    def _fill(self, draft: Draft, value: Value) -> None:
        definition = self.evaluator.settle(self.evaluator.member(value, "definition"))
        sources = [value, definition] if isinstance(definition, Obj) else [value]
        for source in sources:
            self._fill_from(draft, source)

    def _fill_from(self, draft: Draft, value: Value) -> None:
        if draft.name is UNDEFINED:
            self._set_name(draft, self._first_raw(value, "name"))
        for key in self.keys["description"]:
            found = self.evaluator.member(value, key)
            if isinstance(found, (Func,)):
                found = self.evaluator.call(found, [])
            if isinstance(found, (str, Unknown, Either)) and draft.description is UNDEFINED:
                self._set_description(draft, found)
                break
        for key in self.keys["title"]:
            found = self.evaluator.settle(self.evaluator.member(value, key))
            if isinstance(found, str):
                draft.title = found
                break
        if draft.schema is None:
            self._schema_from(draft, value)
        for key in self.keys["annotations"]:
            found = self.evaluator.settle(self.evaluator.member(value, key))
            if isinstance(found, Obj):
                self._set_annotations(draft, found)
                break
            if isinstance(found, Unknown) and found.free is not None:
                draft.open.append(("annotations", found))
        self._flat_hints(draft, value)
        if draft.handler is None:
            draft.handler = self._handler_of(value)

    def _schema_from(self, draft: Draft, value: Value) -> None:
        unresolved: Unknown | None = None
        for key in self.keys["schema"]:
            found = self.evaluator.settle(self.evaluator.member(value, key))
            if isinstance(found, Func):
                found = self.evaluator.settle(self.evaluator.call(found, []))
            if isinstance(found, (Schema, Obj)):
                self.set_schema(draft, found)
                return
            if isinstance(found, Unknown) and unresolved is None:
                unresolved = found
        if unresolved is not None:
            draft.open.append(("input schema", unresolved))

    def _flat_hints(self, draft: Draft, value: Value) -> None:
        if draft.annotations or not isinstance(value, Obj):
            return
        flat = {
            k: v
            for k in patterns().hints
            if k in value.props and isinstance(v := self.evaluator.settle(value.props[k]), bool)
        }
        draft.annotations.update(flat)

    def _handler_of(self, value: Value) -> Value:
        for key in (
            "execute",
            "handler",
            "run",
            "handle",
            "callback",
            "cb",
            "call",
            "invoke",
            "func",
            "fn",
            "action",
            "logic",
            "implementation",
        ):
            found = self.evaluator.settle(self.evaluator.member(value, key))
            if isinstance(found, Func):
                return found
        return None

    # --- parts --------------------------------------------------------------------------------------------------

    def _set_name(self, draft: Draft, value: Value) -> None:
        draft.name = value
        waiting = first_free(value)
        if waiting is not None:
            draft.open.append(("name", waiting))
        elif isinstance(value, Unknown):
            draft.open.append(("name", value))

    def _set_description(self, draft: Draft, value: Value) -> None:
        waiting = first_free(value)
        draft.description = self.evaluator.settle(value)
        if waiting is not None:
            draft.open.append(("description", waiting))
        elif isinstance(draft.description, Unknown):
            draft.open.append(("description", draft.description))

    def _set_annotations(self, draft: Draft, value: Value) -> None:
        if not isinstance(value, Obj):
            return
        for key in [k for k in value.props if k in self._hint_keys]:
            found = self.evaluator.settle(value.props[key])
            if isinstance(found, (bool, str)):
                draft.annotations[key] = found
            elif isinstance(found, Unknown) and key in patterns().hints:
                draft.open.append(("annotations", found))
        draft.open += [("annotations", m) for m in value.missing]

    def set_schema(self, draft: Draft, value: Value) -> None:
        found, missing = self.schema_of(value)
        draft.schema = found
        draft.open += [("input schema", m) for m in missing]

    def schema_of(self, value: Value) -> tuple[dict[str, Any] | None, list[Unknown]]:
        """A schema value, a map of schemas or a JSON Schema literal as JSON Schema."""
        if isinstance(value, Schema):
            found, missing = schemas.schema_json(self.evaluator, value)
            if value.shape is None and "type" not in found and not found.get("properties"):
                return {"type": "object", "properties": {}, **found}, missing
            return found, missing
        if not isinstance(value, Obj):
            return None, []
        if not value.props and not value.missing:
            return {"type": "object", "properties": {}}, []
        marks = [k for k in _JSON_MARKS if k in value.props]
        kind = self.evaluator.settle(value.props.get("type", UNDEFINED))
        if isinstance(kind, str) or (marks and not schemas.is_shape(self.evaluator, value)):
            inner = self.evaluator.settle(value.props.get("jsonSchema", UNDEFINED))
            found, missing = schemas.to_json(self.evaluator, inner if isinstance(inner, Obj) else value)
            return (found if isinstance(found, dict) else None), missing
        if schemas.is_shape(self.evaluator, value) or value.missing:
            return schemas.schema_json(
                self.evaluator, Schema("object", shape=dict(value.props), missing=list(value.missing))
            )
        return self._field_map(value)

    def _field_map(self, value: Obj) -> tuple[dict[str, Any], list[Unknown]]:
        """`{field: {type: z.string(), description: "..."}}` and `{field: {type: "string", required: true}}`."""
        properties: dict[str, Any] = {}
        required: list[str] = []
        missing = list(value.missing)
        for key, inner in value.props.items():
            entry = self.evaluator.settle(inner)
            if not isinstance(entry, Obj):
                continue
            kind = self.evaluator.settle(entry.props.get("type", entry.props.get("schema", UNDEFINED)))
            found, more = schemas.to_json(self.evaluator, entry)
            missing += more
            properties[key] = found
            if isinstance(kind, Schema):
                body, more = schemas.schema_json(self.evaluator, kind)
                text = self.evaluator.settle(entry.props.get("description", UNDEFINED))
                properties[key] = {**body, **({"description": text} if isinstance(text, str) else {})}
                if not schemas.is_optional(self.evaluator, kind):
                    required.append(key)
            elif isinstance(found, dict):
                wanted = found.pop("required", None)
                optional = found.pop("optional", None)
                if wanted is True or optional is False:
                    required.append(key)
        out: dict[str, Any] = {"type": "object", "properties": properties}
        return ({**out, "required": required} if required else out), missing


def first_free(value: Value) -> Unknown | None:
    """The first part of a value that waits for a scope."""
    if isinstance(value, Unknown):
        return value if value.free is not None else None
    if isinstance(value, Either):
        return first_free(value.then) or first_free(value.otherwise)
    if isinstance(value, Conditional):
        return first_free(value.value)
    return None


def _looks_textual(arg: Value) -> bool:
    return isinstance(arg, Thunk) and arg.node.type in (
        "template_string",
        "binary_expression",
        "identifier",
        "member_expression",
        "call_expression",
    )
