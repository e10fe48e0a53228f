"""Lexical scopes: which declaration a name refers to. Tables are static and shared; an `Env` adds what is bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tree_sitter import Node

from catalog.extract.typescript.sources import CLASSES, FUNCTIONS, SCOPES, Module, key_name, named, path_to
from catalog.extract.typescript.values import Value

Step = tuple[str, Any]  # ("key", name), ("index", n), ("rest", n or names), ("default", node), ("computed", node)
MAX_CHAIN = 400


@dataclass(slots=True)
class Declaration:
    """Where a name comes from. `kind` is var, function, class, enum, import, param, loop, namespace or catch.

    `steps` lead from the declared value to the name (destructuring); `index` is the parameter's position.
    """

    kind: str
    node: Node
    steps: tuple[Step, ...] = ()
    index: int = 0
    source: str = ""
    imported: str = ""


class Env:
    """A scope at run time. `args` are a function's arguments, `item` a loop's element, `this` a class's instance.

    Each is None while it is not known; an expression that needs it is then worth `Unknown(free=env)`.
    """

    __slots__ = ("args", "item", "memo", "module", "node", "parent", "this")

    def __init__(self, module: Module, node: Node, parent: Env | None) -> None:
        self.module = module
        self.node = node
        self.parent = parent
        self.args: list[Value] | None = None
        self.item: Value = None
        self.this: Value = None
        self.memo: dict[str, Value] = {}

    def find(self, name: str) -> tuple[Env, Declaration] | None:
        """The nearest declaration of the name and the scope that holds it."""
        env: Env | None = self
        while env is not None:
            found = declarations(env.module, env.node).get(name)
            if found is not None:
                return env, found
            env = env.parent
        return None


def module_env(module: Module) -> Env:
    env = module.memo.get("env")
    if env is None:
        env = module.memo["env"] = Env(module, module.root, None)
    return env


def env_at(module: Module, node: Node) -> Env:
    """The scope around a node, with nothing bound. The same node always gives the same scope objects."""
    cache: dict[int, Env] = module.memo.setdefault("envs", {})
    env = module_env(module)
    for step in path_to(module, node.start_byte, node.end_byte)[1:MAX_CHAIN]:
        if step == node:
            break
        if step.type in SCOPES:
            env = cache.setdefault(step.id, Env(module, step, env))
    return env


def declarations(module: Module, scope: Node) -> dict[str, Declaration]:
    """The names that a scope itself declares."""
    table = module.tables.get(scope.id)
    if table is None:
        table = module.tables[scope.id] = {}
        _fill(module, scope, table)
    return table


def _fill(module: Module, scope: Node, table: dict[str, Declaration]) -> None:
    kind = scope.type
    if kind in FUNCTIONS:
        _parameters(module, scope, table)
    elif kind == "for_in_statement":
        left = scope.child_by_field_name("left")
        if left is not None:
            for name, steps in pattern_names(module, left):
                table[name] = Declaration("loop", scope, steps)
    elif kind == "for_statement":
        first = scope.child_by_field_name("initializer")
        if first is not None:
            _statement(module, first, table)
    elif kind in CLASSES:
        return
    else:
        for statement in scope.named_children:
            _statement(module, statement, table)


def _parameters(module: Module, function: Node, table: dict[str, Declaration]) -> None:
    single = function.child_by_field_name("parameter")
    if single is not None:
        table[module.text(single)] = Declaration("param", function)
        return
    parameters = function.child_by_field_name("parameters")
    name = function.child_by_field_name("name")
    if function.type in ("function_expression", "function") and name is not None:
        table[module.text(name)] = Declaration("function", function)
    index = 0
    for parameter in named(parameters) if parameters is not None else []:
        for bound, steps in pattern_names(module, parameter):
            table[bound] = Declaration("param", function, steps, index)
        index += 1
        if parameter.child_count and module.text(parameter).startswith("this:"):
            index -= 1


def _statement(module: Module, node: Node, table: dict[str, Declaration]) -> None:
    kind = node.type
    if kind in ("lexical_declaration", "variable_declaration"):
        for declarator in node.named_children:
            if declarator.type == "variable_declarator":
                target = declarator.child_by_field_name("name")
                for name, steps in pattern_names(module, target) if target is not None else []:
                    table[name] = Declaration("var", declarator, steps)
    elif kind == "export_statement":
        inner = node.child_by_field_name("declaration")
        if inner is not None:
            _statement(module, inner, table)
    elif kind in ("function_declaration", "generator_function_declaration"):
        _named(module, node, "function", table)
    elif kind in CLASSES:
        _named(module, node, "class", table)
    elif kind == "enum_declaration":
        _named(module, node, "enum", table)
    elif kind == "import_statement":
        _imports(module, node, table)
    elif kind == "ambient_declaration":
        for inner in node.named_children:
            _statement(module, inner, table)
    elif kind in ("internal_module", "module"):
        _named(module, node, "namespace", table)
    elif kind == "expression_statement" and node.named_child_count:
        inner = node.named_children[0]
        if inner.type == "internal_module":
            _named(module, inner, "namespace", table)
    elif kind in ("if_statement", "try_statement", "labeled_statement"):
        _hoisted(module, node, table)


def _hoisted(module: Module, node: Node, table: dict[str, Declaration]) -> None:
    """`var` declarations directly inside a branch belong to the scope around it."""
    for child in node.named_children:
        if child.type in ("statement_block", "else_clause"):
            for inner in child.named_children:
                if inner.type == "variable_declaration":
                    _statement(module, inner, table)


def _named(module: Module, node: Node, kind: str, table: dict[str, Declaration]) -> None:
    name = node.child_by_field_name("name")
    if name is not None:
        table.setdefault(module.text(name), Declaration(kind, node))


def _imports(module: Module, node: Node, table: dict[str, Declaration]) -> None:
    source = node.child_by_field_name("source")
    origin = module.text(source)[1:-1] if source is not None else ""
    for clause in node.named_children:
        if clause.type == "import_require_clause":  # import x = require("y")
            parts = named(clause)
            if len(parts) == 2:
                table[module.text(parts[0])] = Declaration(
                    "import", node, source=module.text(parts[1])[1:-1], imported="*"
                )
        if clause.type != "import_clause":
            continue
        for part in clause.named_children:
            if part.type == "identifier":
                table[module.text(part)] = Declaration("import", node, source=origin, imported="default")
            elif part.type == "namespace_import":
                table[module.text(part.named_children[-1])] = Declaration("import", node, source=origin, imported="*")
            elif part.type == "named_imports":
                for specifier in part.named_children:
                    _specifier(module, specifier, origin, table)


def _specifier(module: Module, specifier: Node, origin: str, table: dict[str, Declaration]) -> None:
    name = specifier.child_by_field_name("name")
    if specifier.type == "import_specifier" and name is not None:
        alias = specifier.child_by_field_name("alias") or name
        imported = key_name(module, name) or ""
        table[module.text(alias)] = Declaration("import", specifier, source=origin, imported=imported)


def pattern_names(module: Module, node: Node, steps: tuple[Step, ...] = ()) -> list[tuple[str, tuple[Step, ...]]]:
    """The names that a binding pattern introduces, each with the steps from the bound value to it."""
    kind = node.type
    if kind in ("identifier", "shorthand_property_identifier_pattern"):
        return [(module.text(node), steps)]
    if kind in ("required_parameter", "optional_parameter"):
        pattern = node.child_by_field_name("pattern")
        default = node.child_by_field_name("value")
        if pattern is None:
            return []
        return pattern_names(module, pattern, (*steps, ("default", default)) if default is not None else steps)
    if kind in ("assignment_pattern", "object_assignment_pattern"):
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return []
        if left.type == "shorthand_property_identifier_pattern":
            steps = (*steps, ("key", module.text(left)))
        return pattern_names(module, left, (*steps, ("default", right)))
    if kind == "rest_pattern":
        return pattern_names(module, node.named_children[0], (*steps, ("rest", 0))) if node.named_child_count else []
    if kind == "object_pattern":
        return _object_pattern(module, node, steps)
    if kind == "array_pattern":
        return _array_pattern(module, node, steps)
    return []


def _object_pattern(module: Module, node: Node, steps: tuple[Step, ...]) -> list[tuple[str, tuple[Step, ...]]]:
    names: list[tuple[str, tuple[Step, ...]]] = []
    taken: list[str] = []
    for part in node.named_children:
        if part.type == "shorthand_property_identifier_pattern":
            taken.append(module.text(part))
            names.append((module.text(part), (*steps, ("key", module.text(part)))))
        elif part.type == "object_assignment_pattern":
            names += pattern_names(module, part, steps)
        elif part.type == "pair_pattern":
            key, value = part.child_by_field_name("key"), part.child_by_field_name("value")
            spelled = key_name(module, key) if key is not None else None
            if value is not None and spelled is not None:
                taken.append(spelled)
                names += pattern_names(module, value, (*steps, ("key", spelled)))
        elif part.type == "rest_pattern" and part.named_child_count:
            names += pattern_names(module, part.named_children[0], (*steps, ("rest", tuple(taken))))
    return names


def _array_pattern(module: Module, node: Node, steps: tuple[Step, ...]) -> list[tuple[str, tuple[Step, ...]]]:
    names: list[tuple[str, tuple[Step, ...]]] = []
    index = 0
    for part in node.children:
        if part.type == ",":
            index += 1
        elif part.type == "rest_pattern" and part.named_child_count:
            names += pattern_names(module, part.named_children[0], (*steps, ("rest", index)))
        elif part.is_named:
            names += pattern_names(module, part, (*steps, ("index", index)))
    return names
