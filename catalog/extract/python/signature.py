"""A function's parameters as the framework sees them, and the input schema they make."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from catalog.extract.python.objects import ancestry, decorator_names
from catalog.extract.python.schema import Schemas, field_schema
from catalog.extract.python.values import (
    Alternatives,
    Bound,
    Class,
    External,
    Function,
    Generic,
    Instance,
    Invocation,
    Parameter,
    Partial,
    Signature,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from catalog.extract.python.machine import Machine


def function_of(value: Value) -> Function | None:
    """The function of the tree behind a callable, None when there is none."""
    for _ in range(20):
        if isinstance(value, Function):
            return value
        if isinstance(value, Bound):
            return value.function
        if isinstance(value, Partial):
            value = value.callee
        elif isinstance(value, Invocation) and value.args:
            value = value.args[0]
        else:
            return None
    return None


def parameters_of(m: Machine, value: Value) -> list[Parameter] | None:
    """The parameters a caller sees, as `inspect.signature` gives them; None when the callable is not of the tree."""
    if isinstance(value, Partial):
        found = parameters_of(m, value.callee)
        if found is None:
            return None
        return [p for p in found[len(value.args) :] if p.name not in value.kwargs]
    if isinstance(value, Bound):
        found = _of_function(m, value.function)
        if found is None:
            return None
        static = value.function.is_static or "staticmethod" in decorator_names(value.function)
        return found if static or "__signature__" in value.function.attributes else found[1:]
    if isinstance(value, Function):
        found = _of_function(m, value)
        if found is None:
            return None
        receiver = value.origin.owner is not None and found and found[0].name in ("self", "cls")
        return found[1:] if receiver else found
    if isinstance(value, Instance):
        method = m.attribute(value, "__call__")
        return parameters_of(m, method) if isinstance(method, Bound) else None
    return None


def _of_function(m: Machine, function: Function) -> list[Parameter] | None:
    """As declared, wrapped or set; None where what is set is not known and the declared ones only stand in for it."""
    given = function.attributes.get("__signature__")
    if isinstance(given, Signature):
        return given.parameters
    if function.wraps is not None:
        below = _of_function(m, function.wraps)
        return below[1:] if below and function.wraps.attributes.get("__bound__") else below
    return None if "__signature__" in function.attributes else _declared(m, function)


def _declared(m: Machine, function: Function) -> list[Parameter]:
    spec = function.node.args
    positional = [*spec.posonlyargs, *spec.args]
    defaults: list[ast.expr | None] = [*([None] * (len(positional) - len(spec.defaults))), *spec.defaults]
    pairs = [(p, d, "POSITIONAL_OR_KEYWORD") for p, d in zip(positional, defaults, strict=True)]
    if spec.vararg is not None:
        pairs.append((spec.vararg, None, "VAR_POSITIONAL"))
    pairs.extend((p, d, "KEYWORD_ONLY") for p, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True))
    if spec.kwarg is not None:
        pairs.append((spec.kwarg, None, "VAR_KEYWORD"))
    overrides = function.attributes.get("__annotations__")
    out = []
    for parameter, default, kind in pairs:
        annotation: ast.expr | Value = parameter.annotation
        if isinstance(overrides, dict) and parameter.arg in overrides:
            annotation = overrides[parameter.arg]
        value = m.evaluate(default, function.scope) if default is not None else None
        out.append(Parameter(parameter.arg, kind, annotation, value, default is not None, function.scope))
    return out


@dataclass(slots=True)
class Options:
    """How the framework at hand makes a schema."""

    style: str  # sdk or fastmcp
    major: int = 4
    excluded: Collection[str] = ()
    descriptions: dict[str, str] = field(default_factory=dict)


def input_schema(m: Machine, value: Value, name: str, options: Options) -> dict[str, Any] | None:
    """The input schema that the framework derives from a callable; None when its signature is not known."""
    parameters = parameters_of(m, value)
    if parameters is None:
        return None
    schemas = Schemas(m, plain_texts=options.style == "fastmcp")
    properties: dict[str, Any] = {}
    required: list[str] = []
    for parameter in parameters:
        if parameter.name in options.excluded or _is_left_out(parameter, options):
            continue
        annotation = annotation_of(m, parameter)
        if is_injected(m, annotation, parameter.default):
            continue
        rendered = field_schema(schemas, parameter.name, annotation, parameter.default, parameter.has_default)
        if parameter.annotation is None and options.style == "sdk":
            rendered.schema = {**rendered.schema, "title": parameter.name, "type": "string"}
        properties[rendered.name] = rendered.schema
        if rendered.required:
            required.append(rendered.name)
    out: dict[str, Any] = {"properties": properties}
    if required:
        out["required"] = required
    return _finished(out, schemas, name, options)


def _is_left_out(parameter: Parameter, options: Options) -> bool:
    return options.style == "fastmcp" and parameter.kind in ("VAR_POSITIONAL", "VAR_KEYWORD")


def _finished(out: dict[str, Any], schemas: Schemas, name: str, options: Options) -> dict[str, Any]:
    if options.style == "sdk":
        out["title"] = f"{name}Arguments"
        out["type"] = "object"
        return {"$defs": schemas.definitions, **out} if schemas.definitions else out
    out["type"] = "object"
    for parameter, text in options.descriptions.items():
        if parameter in out["properties"]:
            out["properties"][parameter].setdefault("description", text)
    titled = {n: p["title"] for n, p in out["properties"].items() if p.get("title") not in (None, title_of(n))}
    pruned = _without_titles({**out, "$defs": schemas.definitions})
    definitions = pruned.pop("$defs")
    assert isinstance(pruned, dict)
    for parameter, title in titled.items():
        pruned["properties"][parameter]["title"] = title
    kept = definitions
    if options.major >= 3:
        try:
            pruned, kept = _inlined(pruned, definitions, (), [MAX_INLINED]), {}
        except _Unfit:
            kept = definitions
    if kept:
        pruned["$defs"] = kept
    pruned["additionalProperties"] = False
    return dict(pruned)


def title_of(name: str) -> str:
    """The title that pydantic derives from a field's name."""
    return name.replace("_", " ").title()


MAX_INLINED = 5_000  # schema objects of one tool
_STRUCTURE = frozenset({"type", "properties", "$ref", "items", "allOf", "oneOf", "anyOf", "required"})
_VALUES = ("default", "enum", "const", "examples")


def _without_titles(schema: Any, is_names: bool = False) -> Any:
    """A schema without titles; `is_names` where the keys are names of properties or definitions."""
    if isinstance(schema, list):
        return [_without_titles(v) for v in schema]
    if not isinstance(schema, dict):
        return schema
    keys = set(schema)
    titled = not is_names and isinstance(schema.get("title"), str)
    pruned = titled and (keys & _STRUCTURE or keys <= {"title", "description", "deprecated"})
    return {
        k: v if k in _VALUES and not is_names else _without_titles(v, not is_names and k in ("properties", "$defs"))
        for k, v in schema.items()
        if not (pruned and k == "title")
    }


def _inlined(schema: Any, definitions: dict[str, Any], inside: tuple[str, ...], left: list[int]) -> Any:
    """References replaced by what they refer to. Raises _Unfit for a definition that refers to itself, or too many."""
    if isinstance(schema, list):
        return [_inlined(v, definitions, inside, left) for v in schema]
    if not isinstance(schema, dict):
        return schema
    left[0] -= 1
    reference = schema.get("$ref")
    name = reference.rsplit("/", 1)[-1] if isinstance(reference, str) else None
    rest = {k: v if k in _VALUES else _inlined(v, definitions, inside, left) for k, v in schema.items() if k != "$ref"}
    if name is None or name not in definitions:
        return rest if name is None else schema
    if name in inside or left[0] < 0:
        raise _Unfit
    return {**_inlined(definitions[name], definitions, (*inside, name), left), **rest}


class _Unfit(Exception):
    """A definition refers to itself, directly or not, or the whole would be too large."""


def annotation_of(m: Machine, parameter: Parameter) -> Value:
    """The evaluated annotation; Unknown where there is none."""
    if parameter.annotation is None:
        return External("typing.Any")
    if isinstance(parameter.annotation, ast.expr):
        return m.evaluate(parameter.annotation, parameter.scope) if parameter.scope else Unknown()
    return parameter.annotation


def is_injected(m: Machine, annotation: Value, default: Value) -> bool:
    """Whether the framework fills this parameter in, so that callers never see it."""
    patterns = m.patterns
    if isinstance(default, Invocation) and default.name in patterns.injected_defaults:
        return True
    if isinstance(default, External) and default.last in patterns.injected_defaults:
        return True
    if isinstance(annotation, str):
        return annotation.split("[")[0].split("|")[0].strip().rsplit(".", 1)[-1] in patterns.injected_annotations
    if isinstance(annotation, External):
        return annotation.last in patterns.injected_annotations
    if isinstance(annotation, Unknown):
        return annotation.reason in patterns.injected_annotations
    if isinstance(annotation, Alternatives):
        return any(is_injected(m, a, None) for a in annotation.members)
    if isinstance(annotation, Generic):
        base = annotation.base
        last = base.last if isinstance(base, External) else ""
        if last in ("Optional", "Union"):
            return any(is_injected(m, a, None) for a in annotation.args)
        if last == "Annotated":
            marked = any(
                isinstance(a, (Invocation, External)) and _last(a) in patterns.injected_defaults
                for a in annotation.args[1:]
            )
            return marked or is_injected(m, annotation.args[0], None)
        return is_injected(m, base, None)
    if isinstance(annotation, Class):
        from catalog.extract.python.objects import external_bases

        return any(b.rsplit(".", 1)[-1] in patterns.injected_annotations for b in external_bases(m, annotation)) or any(
            a.name in patterns.injected_annotations and not _is_model(m, a) for a in ancestry(m, annotation)
        )
    return False


def _is_model(m: Machine, cls: Class) -> bool:
    from catalog.extract.python.objects import external_bases

    return any(b.endswith(("BaseModel", "TypedDict")) for b in external_bases(m, cls))


def _last(value: Invocation | External) -> str:
    return value.name if isinstance(value, Invocation) else value.last
