"""What operators, built-ins and functions of other packages give: the few that definitions are made with."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from tree_sitter import Node

from catalog.extract.go.patterns import is_library, patterns
from catalog.extract.go.source import GoFile
from catalog.extract.go.values import (
    Array,
    Call,
    External,
    Function,
    Many,
    Reflected,
    Struct,
    Table,
    TypeRef,
    Unknown,
    Value,
    force,
)

if TYPE_CHECKING:
    from catalog.extract.go.expressions import Evaluator

_VERB = re.compile(r"%(?:%|[-+# 0]*\d*(?:\.\d+)?[sdvqtf])")
_MAX_TEXT = 200_000


class Watcher(Protocol):
    """Who is told what the evaluation meets."""

    def created(self, struct: Struct, node: Node, file: GoFile, by: Evaluator) -> None:
        """A composite literal or constructor made a struct."""

    def together(self, values: Sequence[Value], by: Evaluator) -> None:
        """Values stand side by side: arguments of a call, results, fields of a literal."""

    def called(self, name: str, arguments: Sequence[Value], node: Node, file: GoFile, by: Evaluator) -> Value:
        """A method of something unknown was called; its result where that defines a tool, else None."""

    def used(self, receiver: Struct, by: Evaluator) -> None:
        """A method of a struct is called."""

    def holds_site(self, file: GoFile, start: int, end: int) -> bool:
        """Whether definitions, or uses of them, lie in a part of a file."""

    def literal(self, function: Function, by: Evaluator) -> None:
        """A function literal was met."""


def number(text: str) -> Value:
    text = text.replace("_", "")
    try:
        return int(text, 0) if not re.fullmatch(r"0\d+", text) else int(text, 8)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return Unknown("a number")


def zero(name: str) -> Value:
    """The zero value of a built-in type."""
    if name == "string":
        return ""
    if name == "bool":
        return False
    return 0 if name not in ("any", "error") else None


def item(value: Value, index: int) -> Value:
    """One of several results."""
    value = force(value)
    if isinstance(value, Many):
        return value.items[index] if index < len(value.items) else Unknown("a missing result")
    if index == 0:
        return value
    return Unknown("whether it worked")


def better(result: Value, possible: list[Value]) -> Value:
    """The result of a function that may return early: the last one that says something."""
    results = [force(each) for each in (result, *possible)]
    if any(isinstance(each, bool) for each in results) and any(each is not results[0] for each in results):
        return Unknown("a condition")
    for each in [result, *reversed(possible)]:
        first = item(each, 0) if isinstance(each, Many) else force(each)
        if first is not None and not isinstance(first, Unknown):
            return each
    return result


def binary(operator: str, left: Value, right: Value) -> Value:
    if operator == "+":
        return _sum(left, right)
    known = not isinstance(left, (Unknown, Call, External)) and not isinstance(right, (Unknown, Call, External))
    if operator in ("&&", "||"):
        stop = operator == "||"
        if left is stop or right is stop:
            return stop
        return right if isinstance(left, bool) and isinstance(right, bool) else Unknown("a condition")
    if operator in ("==", "!=") and known:
        scalars = (str, int, float, bool)
        if isinstance(left, scalars) and isinstance(right, scalars):
            return (left == right) is (operator == "==")
        if left is None or right is None:
            empty = all(each is None or (isinstance(each, Array) and not each.items) for each in (left, right))
            return empty is (operator == "==")
        return Unknown("a condition")
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return _arithmetic(operator, left, right)
    return Unknown("a condition" if operator in ("<", ">", "<=", ">=", "==", "!=") else "arithmetic")


def _sum(left: Value, right: Value) -> Value:
    if isinstance(left, str) and isinstance(right, str):
        return left + right if len(left) + len(right) < _MAX_TEXT else Unknown("a very long text")
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left + right
    return next((each for each in (left, right) if isinstance(each, Unknown)), Unknown("a sum"))


def _arithmetic(operator: str, left: float, right: float) -> Value:
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right if abs(left) < 1e18 and abs(right) < 1e18 else Unknown("a large number")
    if operator == "/" and right:
        return left // right if isinstance(left, int) and isinstance(right, int) else left / right
    if operator == "<<" and isinstance(left, int) and isinstance(right, int) and 0 <= right < 64:
        return left << right
    compared = {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}
    return compared.get(operator, Unknown("arithmetic"))


def builtin(name: str, arguments: list[Value], by: Evaluator) -> Value:
    values = [force(each) for each in arguments]
    if name == "append" and values:
        base = values[0]
        by.watch.together(values[1:], by)
        if isinstance(base, Array):
            return Array([*base.items, *arguments[1:]], base.element, base.open)
        return Array(list(arguments[1:]), None, open=base is not None)
    if name in ("make", "new") and values and isinstance(values[0], TypeRef):
        made = by.zero(values[0])
        if made is None:
            resolved_text = values[0].text
            return Table({}) if "map[" in resolved_text else Array([])
        return made
    if name == "len" and values:
        held = values[0]
        if isinstance(held, str):
            return len(held.encode())
        if isinstance(held, (Array, Table)) and not (isinstance(held, Array) and held.open):
            return len(held.items)
    return Unknown(f"the result of {name}")


def receiver_name(callee: str) -> str:
    return callee.rpartition(".")[0]


def translated(found: Value, name: str, hint: str, arguments: Sequence[Value]) -> Value:
    """A translation helper's default text, where the call is one and its result is not known otherwise."""
    known = patterns()["translation"]
    if len(arguments) < 2 or not (name in known["names"] or any(each in hint for each in known["types"])):
        return found
    if isinstance(force(found), str):
        return found
    default = force(arguments[-1])
    return default if isinstance(default, str) and isinstance(force(arguments[0]), str) else found


# Functions of other packages


def external(by: Evaluator, callee: External, arguments: list[Value], node: Node, file: GoFile) -> Value:
    """The result of a call into a package that is not in the tree."""
    package, name = callee.module.rpartition("/")[2], callee.name
    if is_library(callee.module) and name in patterns()["constructors"]:
        tool = _constructed(by, callee, arguments, node, file)
        if tool is not None:
            return tool
    if name in patterns()["schema_builders"]:
        return _built_schema(by, callee, arguments)
    known = _KNOWN.get(f"{package}.{name}")
    if known is not None:
        return known([force(each) for each in arguments])
    if package.startswith("jsonschema") and name in ("For", "ForType"):
        style_of = callee.types[0] if callee.types else None
        return Many([Reflected(style_of, "inferred"), None]) if style_of else Unknown("a reflected schema")
    if name in patterns()["identity"]["names"] and len(arguments) == 1:
        return arguments[0]
    defined = by.watch.called(name, arguments, node, file, by)
    return defined if defined is not None else Call(callee.module, name, tuple(arguments), callee.types)


def _constructed(by: Evaluator, callee: External, arguments: list[Value], node: Node, file: GoFile) -> Struct | None:
    """The tool that a library's constructor makes: name, perhaps a description, then options, a schema or a handler."""
    if not arguments or isinstance(force(arguments[0]), (Struct, Function)):
        return None
    fields: dict[str, Value] = {"Name": arguments[0]}
    tool = Struct(callee.module, "Tool", fields)
    for default in patterns()["defaults"]:
        if default["module"] in callee.module and default["constructor"] == callee.name:
            fields["Annotations"] = Struct(callee.module, "ToolAnnotations", dict(default["annotations"]))
    rest = list(arguments[1:])
    second = force(rest[0]) if rest else None
    described = isinstance(second, str) or (isinstance(second, Unknown) and len(rest) > 1 and callee.name != "NewTool")
    if described:
        fields["Description"] = rest.pop(0)
    by.watch.created(tool, node, file, by)
    for each in rest:
        value = force(each)
        if isinstance(value, str) and "RawInputSchema" not in fields:
            fields["RawInputSchema"] = value
        elif isinstance(value, Struct) and value.type is not None and not value.module:
            fields["InputSchema"] = Reflected(value.type, "inferred")
        elif isinstance(value, Function) and described:
            by.watch.together([tool, value], by)
        else:
            apply_option(by, tool, value)
    if described and rest and not {"InputSchema", "RawInputSchema"} & set(fields):
        return tool
    fields.setdefault(
        "InputSchema", Struct(callee.module, "ToolInputSchema", {"Type": "object", "Properties": Table({})})
    )
    return tool


def _built_schema(by: Evaluator, callee: External, arguments: list[Value]) -> Struct:
    """A schema that a library's builder makes of options, outside of any tool."""
    holder = Struct(callee.module, "", {})
    schema = _input_schema(holder, Call(callee.module, callee.name, ()))
    for each in arguments:
        apply_option(by, holder, each)
    return schema


def apply_option(by: Evaluator, tool: Struct, option: Value, depth: int = 0) -> None:
    """Does to the tool what one functional option does."""
    option, known = force(option), patterns()["options"]
    if isinstance(option, Array) and depth < 8:
        for each in option.items:
            apply_option(by, tool, each, depth + 1)
    elif isinstance(option, Function) and depth < 8:
        by.call_function(option, [tool], option.node, option.file)
    elif isinstance(option, Unknown):
        tool.fields.setdefault("?", option)
    elif isinstance(option, Call):
        first = option.arguments[0] if option.arguments else None
        if option.name in known["fields"]:
            tool.fields[known["fields"][option.name]] = first
        elif option.name in known["annotations"]:
            _annotations(tool, option).fields[known["annotations"][option.name]] = first
        elif option.name == "WithToolAnnotation":
            tool.fields["Annotations"] = first
        elif option.name == "WithInputSchema" and option.types:
            tool.fields["InputSchema"] = Reflected(option.types[0], "inferred")
        elif option.name == "WithSchemaAdditionalProperties":
            _input_schema(tool, option).fields["AdditionalProperties"] = first
        elif (plain := option.name.replace("Required", "", 1)) in known["parameters"]:
            _parameter(by, tool, option, known["parameters"][plain])


def _annotations(tool: Struct, option: Call) -> Struct:
    held = force(tool.fields.get("Annotations"))
    if not isinstance(held, Struct):
        held = Struct(option.module, "ToolAnnotations", {})
        tool.fields["Annotations"] = held
    return held


def _input_schema(tool: Struct, option: Call) -> Struct:
    held = force(tool.fields.get("InputSchema"))
    if not isinstance(held, Struct):
        held = Struct(option.module, "ToolInputSchema", {"Type": "object", "Properties": Table({})})
        tool.fields["InputSchema"] = held
    return held


def _parameter(by: Evaluator, tool: Struct, option: Call, kind: str) -> None:
    name = force(option.arguments[0]) if option.arguments else None
    schema = _input_schema(tool, option)
    if not isinstance(name, str):
        tool.fields.setdefault("?", name if isinstance(name, Unknown) else Unknown("the name of a parameter"))
        return
    keywords: dict[str | int | float | bool, Value] = {"type": kind} if kind else {}
    if kind == "object":
        keywords["properties"] = Table({})
    table = Table(keywords)
    for each in option.arguments[1:]:
        apply_property(by, table, each)
    required = table.items.pop("required", None)
    properties = force(schema.fields.setdefault("Properties", Table({})))
    if isinstance(properties, Table):
        properties.items[name] = table
    if required is True or option.name.startswith("WithRequired"):
        listed = force(schema.fields.get("Required"))
        schema.fields["Required"] = Array([*(listed.items if isinstance(listed, Array) else []), name])


def apply_property(by: Evaluator, table: Table, option: Value, depth: int = 0) -> None:
    """Does to one parameter's schema what a property option does."""
    option, known = force(option), patterns()["options"]
    if isinstance(option, str):
        table.items["description"] = option
    elif isinstance(option, Array) and depth < 8:
        for each in option.items:
            apply_property(by, table, each, depth + 1)
    elif isinstance(option, Function) and depth < 8:
        by.call_function(option, [table], option.node, option.file)
    elif isinstance(option, Call):
        if option.name == "Required":
            table.items["required"] = True
        elif option.name == "Enum":
            table.items["enum"] = Array(list(option.arguments))
        elif option.name in known["items"]:
            inner = Table({"type": known["items"][option.name]})
            if option.name == "WithStringEnumItems" and option.arguments:
                inner.items["enum"] = option.arguments[0]
            else:
                for each in option.arguments:
                    apply_property(by, inner, each, depth + 1)
            table.items["items"] = inner
        elif option.name in known["properties"] and option.arguments:
            table.items[known["properties"][option.name]] = option.arguments[0]


# Standard library


def _sprintf(values: list[Value]) -> Value:
    form, rest = (values[0] if values else None), values[1:]
    if not isinstance(form, str):
        return form if isinstance(form, Unknown) else Unknown("a format")
    missing = next((each for each in rest if isinstance(each, Unknown)), None)
    if missing is not None or not all(isinstance(each, (str, int, float, bool)) for each in rest):
        listed = [_plain_list(each) for each in rest]
        if missing is not None or any(each is None for each in listed):
            return missing or Unknown("a formatted value")
        rest = [each for each in listed if each is not None]
    waiting = iter(rest)

    def fill(match: re.Match[str]) -> str:
        if match.group() == "%%":
            return "%"
        value = next(waiting, "%!s(MISSING)")
        if isinstance(value, bool):
            return "true" if value else "false"
        if match.group().endswith("q"):
            return f'"{value}"'
        if match.group().endswith("f") and isinstance(value, (int, float)):
            return match.group() % value if len(match.group()) < 8 else str(value)
        return str(value)

    return _VERB.sub(fill, form)


def _plain_list(value: Value) -> Value:
    if isinstance(value, Array):
        items = [force(each) for each in value.items]
        return (
            "[" + " ".join(str(each) for each in items) + "]" if all(isinstance(e, (str, int)) for e in items) else None
        )
    return value if isinstance(value, (str, int, float, bool)) else None


def _join(values: list[Value]) -> Value:
    listed, by = (*values, None, None)[:2]
    if not isinstance(listed, Array) or not isinstance(by, str) or listed.open:
        return listed if isinstance(listed, Unknown) else Unknown("a joined list")
    items = [force(each) for each in listed.items]
    texts = [each for each in items if isinstance(each, str)]
    return by.join(texts) if len(texts) == len(items) else Unknown("a joined list")


def _text(change: Callable[..., str]) -> Callable[[list[Value]], Value]:
    def run(values: list[Value]) -> Value:
        if all(isinstance(each, (str, int)) for each in values) and values and isinstance(values[0], str):
            try:
                made = change(*values)
            except (TypeError, ValueError):
                return Unknown("a changed text")
            return made if len(made) < _MAX_TEXT else Unknown("a very long text")
        return next((each for each in values if isinstance(each, Unknown)), Unknown("a changed text"))

    return run


def _repeat(text: str, count: int) -> str:
    return text * max(0, min(count, _MAX_TEXT // max(1, len(text))))


def _print(values: list[Value]) -> Value:
    return (
        "".join(str(each) for each in values) if all(isinstance(e, (str, int)) for e in values) else Unknown("a text")
    )


def _copy(values: list[Value]) -> Value:
    target, source = (*values, None, None)[:2]
    if isinstance(target, Table) and isinstance(source, Table):
        target.items.update(source.items)
    return None


def _concat(values: list[Value]) -> Value:
    items = [each for value in values if isinstance(value, Array) for each in value.items]
    element = next((value.element for value in values if isinstance(value, Array)), None)
    return Array(items, element, open=any(not isinstance(value, Array) for value in values))


def _clone(values: list[Value]) -> Value:
    held = values[0] if values else None
    if isinstance(held, Table):
        return Table(dict(held.items), held.element)
    return Array(list(held.items), held.element, held.open) if isinstance(held, Array) else held


def _keys(values: list[Value]) -> Value:
    held = values[0] if values else None
    return Array(list(held.items)) if isinstance(held, Table) else held


def _sorted(values: list[Value]) -> Value:
    held = values[0] if values else None
    if not isinstance(held, Array):
        return held
    items = [force(each) for each in held.items]
    texts = sorted(each for each in items if isinstance(each, str))
    return Array(list(texts), held.element) if len(texts) == len(items) else held


def _unmarshal(values: list[Value]) -> Value:
    data, target = (*values, None, None)[:2]
    if isinstance(target, Struct) and isinstance(data, str):
        target.fields[""] = data
    return None


def build(name: str, builder: Struct, arguments: Sequence[Value]) -> Value:
    """One call on a strings.Builder or bytes.Buffer; its text so far is the field ""."""
    text = builder.fields.get("", "")
    if name == "String":
        return text
    if name.startswith("Write") and arguments:
        builder.fields[""] = _sum(text, force(arguments[0]))
    return Many([0, None])


def _print_to(values: list[Value]) -> Value:
    target = values[0] if values else None
    if isinstance(target, Struct) and target.module in ("strings", "bytes"):
        build("WriteString", target, [_sprintf(values[1:])])
    return Many([0, None])


def _marshal(values: list[Value]) -> Value:
    return Many([values[0] if values else None, None])


def _deref(values: list[Value]) -> Value:
    held, otherwise = (*values, None, None)[:2]
    return otherwise if held is None else held


_KNOWN: dict[str, Callable[[list[Value]], Value]] = {
    "fmt.Sprintf": _sprintf,
    "fmt.Sprint": _print,
    "fmt.Fprintf": _print_to,
    "fmt.Fprint": lambda values: _print_to([values[0], "%s", _print(values[1:])]) if values else None,
    "strings.Join": _join,
    "strings.ToLower": _text(str.lower),
    "strings.ToUpper": _text(str.upper),
    "strings.Title": _text(str.title),
    "strings.TrimSpace": _text(str.strip),
    "strings.Trim": _text(str.strip),
    "strings.TrimLeft": _text(str.lstrip),
    "strings.TrimRight": _text(str.rstrip),
    "strings.TrimPrefix": _text(str.removeprefix),
    "strings.TrimSuffix": _text(str.removesuffix),
    "strings.ReplaceAll": _text(str.replace),
    "strings.Replace": _text(lambda text, old, new, count=-1: text.replace(old, new, count)),
    "strings.Repeat": _text(_repeat),
    "maps.Copy": _copy,
    "maps.Clone": _clone,
    "maps.Keys": _keys,
    "maps.Values": lambda values: Array(list(values[0].items.values())) if isinstance(values[0], Table) else values[0],
    "slices.Clone": _clone,
    "slices.Concat": _concat,
    "slices.Sorted": _sorted,
    "slices.Collect": lambda values: values[0],
    "json.Marshal": _marshal,
    "json.MarshalIndent": _marshal,
    "json.Unmarshal": _unmarshal,
    "ptr.Deref": _deref,
}
