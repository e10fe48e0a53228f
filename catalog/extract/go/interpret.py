"""Runs Go in the head: statements and calls over partly known values, bounded, with every condition remembered.

Conditions that are not known are taken both ways: the body counts as conditional, an early return as possible.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tree_sitter import Node

from catalog.extract.go import library, types
from catalog.extract.go.expressions import Evaluator
from catalog.extract.go.source import Declaration, GoFile, Project
from catalog.extract.go.values import (
    Array,
    Function,
    Lazy,
    Many,
    Origin,
    Struct,
    Table,
    TypeRef,
    Unknown,
    Value,
    force,
)
from catalog.extract.syntax import named

MAX_FRAMES = 30
MAX_TURNS = 600  # of one loop
LATE_STEPS = 20_000  # of one call that is needed only when its function is done
LATE_STEPS_IN_ALL = 200_000
MAX_HELPER_BYTES = 6_000  # a function that only changes what it is given is not longer
_JUMPS = ("break", "continue")


class Exhausted(Exception):
    """The bound on steps of one run was reached."""


@dataclass(eq=False)
class Scope:
    """Names visible at one place: variables by name, and what type parameters stand for."""

    file: GoFile
    parent: Scope | None = None
    types: Mapping[str, TypeRef] = field(default_factory=dict)
    names: dict[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.parent is not None:
            self.types = {**self.parent.types, **self.types}

    def find(self, name: str) -> Scope | None:
        scope: Scope | None = self
        while scope is not None and name not in scope.names:
            scope = scope.parent
        return scope


@dataclass(frozen=True, eq=False, slots=True)
class Frame:
    """One call under way: the function's node, the call's place and the arguments."""

    function: Function
    file: GoFile
    node: Node
    arguments: tuple[Value, ...]


@dataclass(eq=False)
class Activation:
    possible: list[Value] = field(default_factory=list)  # results of returns under unknown conditions


Signal = None | str | tuple[Value]


class Interpreter(Evaluator):
    """Evaluates functions of a project. What it meets on the way goes to `watch` (see `library.Watcher`)."""

    def __init__(self, project: Project, watch: library.Watcher, steps: int) -> None:
        super().__init__(project, watch)
        self.steps = steps
        self.is_running = (
            False  # whether a function is being evaluated: what is asked for afterwards has steps of its own
        )
        self._late_steps = LATE_STEPS_IN_ALL
        self.frames: list[Frame] = []
        self.conditions: list[str] = []
        self.eager: set[tuple[str, int]] = set()
        self._activations: list[Activation] = [Activation()]
        self._globals: dict[tuple[str, int, int], Value] = {}

    def step(self) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise Exhausted

    # Calls

    def run(self, function: Function) -> Value:
        """The function's result with every parameter unknown but typed."""
        return self.call_function(function, (), function.node, function.file)

    def call_function(self, function: Function, arguments: Sequence[Value], node: Node, file: GoFile) -> Value:
        body = function.node.child_by_field_name("body")
        if body is None:
            return Unknown("a function without a body")
        again = sum(frame.function.node == function.node for frame in self.frames)
        if len(self.frames) >= MAX_FRAMES or again > 2:
            return Unknown("calls nest too deeply")
        inferred = self.infer(function, arguments)
        scope = Scope(function.file, function.scope, {**function.types, **inferred})
        self._bind(function, scope, arguments)
        self.frames.append(Frame(function, file, node, tuple(arguments)))
        self._activations.append(Activation())
        depth = len(self.conditions)
        try:
            signal = self.block(body, scope)
            possible = self._activations[-1].possible
        finally:
            self.frames.pop()
            self._activations.pop()
            del self.conditions[depth:]
        if isinstance(signal, tuple):
            return library.better(signal[0], possible)
        if possible:
            return library.better(possible[-1], possible)
        return self._named_results(function, scope)

    def _call_late(self, function: Function, arguments: Sequence[Value], node: Node, file: GoFile) -> Value:
        """The result of a call that no run has needed; Unknown where it takes more steps than are left for such."""
        self.steps = given = min(LATE_STEPS, self._late_steps)
        self.is_running = True
        try:
            return self.call_function(function, arguments, node, file)
        except (Exhausted, RecursionError):
            return Unknown("a call that takes too many steps to evaluate")
        finally:
            self.is_running = False
            self._late_steps -= given - max(0, self.steps)

    def postpone(self, function: Function, arguments: Sequence[Value], node: Node, file: GoFile) -> Value:
        """The call's result, computed when needed; at once where the function may define tools or is a closure."""
        if function.node.type == "func_literal" or (function.file.path, function.node.start_byte) in self.eager:
            return self.call_function(function, arguments, node, file)
        frames, conditions = list(self.frames), list(self.conditions)

        def later() -> Value:
            now = self.frames, self.conditions
            self.frames, self.conditions = list(frames), list(conditions)
            try:
                if self.is_running:
                    return self.call_function(function, arguments, node, file)
                return self._call_late(function, arguments, node, file)
            finally:
                self.frames, self.conditions = now

        result = function.node.child_by_field_name("result")
        held = [function.receiver, *arguments]
        changes = any(isinstance(each, (Struct, Table)) for each in held) and _size(function.node) < MAX_HELPER_BYTES
        return Lazy(later, TypeRef(result, function.file, function.types) if result else None, changes, tuple(held))

    def _bind(self, function: Function, scope: Scope, arguments: Sequence[Value]) -> None:
        receiver = function.node.child_by_field_name("receiver")
        for declared in named(receiver):
            kind = declared.child_by_field_name("type")
            typed = TypeRef(kind, function.file, scope.types) if kind else None
            for own_name in declared.children_by_field_name("name"):
                own = function.receiver
                scope.names[function.file.text(own_name)] = own if own is not None else Unknown("the receiver", typed)
        for position, (name, kind, variadic) in enumerate(parameters(function)):
            typed = TypeRef(kind, function.file, scope.types)
            override = self.overrides.get((function.file.path, name.start_byte if name else kind.start_byte))
            if override is not None:
                value: Value = override
            elif variadic:
                rest = list(arguments[position:])
                value = Array(rest, typed, open=not arguments)
            elif position < len(arguments):
                value = self.typed(arguments[position], typed)
            else:
                origin = Origin(function.file, name or kind, function.node, typed)
                value = Unknown("a parameter", typed, origin)
            if name is not None:
                scope.names[function.file.text(name)] = value

    def _named_results(self, function: Function, scope: Scope) -> Value:
        result = function.node.child_by_field_name("result")
        names = [n for each in named(result) for n in each.children_by_field_name("name")] if result else []
        values = [scope.names.get(function.file.text(name), Unknown("a named result")) for name in names]
        if not values:
            return Unknown("no result")
        return values[0] if len(values) == 1 else Many(values)

    # Statements

    def block(self, node: Node, scope: Scope) -> Signal:
        if node.type == "block":
            scope = Scope(scope.file, scope)
        return self.statements(self._listed(node), scope)

    def _listed(self, node: Node) -> Iterator[Node]:
        for child in named(node):
            if child.type == "statement_list":
                yield from named(child)
            else:
                yield child

    def statements(self, nodes: Iterator[Node], scope: Scope) -> Signal:
        for node in nodes:
            self.step()
            signal = self.statement(node, scope)
            if signal is not None:
                return signal
        return None

    def statement(self, node: Node, scope: Scope) -> Signal:
        kind = node.type
        if kind == "expression_statement":
            for child in named(node):
                value = self.eval(child, scope)
                if isinstance(value, Lazy) and value.changes:
                    force(value)
        elif kind in ("go_statement", "defer_statement"):
            for child in named(node):
                self.eval(child, scope)
        elif kind == "short_var_declaration":
            self._assign(node, scope, declare=True)
        elif kind == "assignment_statement":
            self._assign(node, scope, declare=False)
        elif kind in ("var_declaration", "const_declaration"):
            self._declare(node, scope)
        elif kind == "return_statement":
            return self._return(node, scope)
        elif kind == "if_statement":
            return self._if(node, scope)
        elif kind == "for_statement":
            return self._for(node, scope)
        elif kind in ("expression_switch_statement", "type_switch_statement", "select_statement"):
            return self._switch(node, scope)
        elif kind == "block":
            return self.block(node, scope)
        elif kind == "labeled_statement":
            return self.statements(iter(named(node)[1:]), scope)
        elif kind in ("break_statement", "continue_statement"):
            return kind.partition("_")[0]
        return None

    def _return(self, node: Node, scope: Scope) -> Signal:
        listed = [each for child in named(node) for each in named(child)]
        values = [self.eval(each, scope) for each in listed]
        self.watch.together(values, self)
        if not values:
            return (None,)
        return (values[0],) if len(values) == 1 else (Many(values),)

    def _assign(self, node: Node, scope: Scope, declare: bool) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        targets, sources = named(left), named(right)
        values = [self.eval(source, scope) for source in sources]
        if len(targets) > 1 and len(values) == 1:
            values = self._asserted(sources[0], values[0], scope) or self._spread(values[0], len(targets))
        operator = node.child_by_field_name("operator")
        symbol = scope.file.text(operator) if operator else "="
        for target, value in zip(targets, values, strict=False):
            if symbol not in ("=", ":="):
                value = library.binary(symbol[:-1], force(self.eval(target, scope)), force(value))
            self._store(target, value, scope, declare)

    def _asserted(self, source: Node, value: Value, scope: Scope) -> list[Value] | None:
        """Both results of `value, ok := x.(T)` where x is known to be of that type; None for everything else."""
        kind = source.child_by_field_name("type") if source.type == "type_assertion_expression" else None
        held = force(value) if kind is not None else None
        if kind is None or not isinstance(held, Struct):
            return None
        wanted = types.resolve(self.project, TypeRef(kind, scope.file, scope.types))
        name = wanted.name or (wanted.declaration.name if wanted.declaration else "")
        return [held, True] if name and (held.module, held.name) == (wanted.module or "", name) else None

    def _spread(self, value: Value, count: int) -> list[Value]:
        """One value as the several results that an assignment expects."""
        if isinstance(value, Many):
            missing: list[Value] = [Unknown("a missing result")]
            return value.items + missing * (count - len(value.items))
        if isinstance(value, Lazy):
            return [self._one_of(value, index) for index in range(count)]
        reason = value.reason if isinstance(value, Unknown) else "whether it worked"
        rest: list[Value] = [Unknown(reason)]
        return [value, *(rest * (count - 1))]

    def _one_of(self, call: Lazy, index: int) -> Value:
        return Lazy(lambda: library.item(force(call), index), _result_type(call.type, index))

    def _store(self, target: Node, value: Value, scope: Scope, declare: bool) -> None:
        if target.type == "identifier":
            name = scope.file.text(target)
            if name == "_":
                return
            home = scope if declare else scope.find(name)
            if home is not None:
                home.names[name] = value
            elif not declare:
                self.assign_global(name, value, scope)
        elif target.type == "selector_expression":
            self.assign_field(target, value, scope)
        elif target.type == "index_expression":
            self.assign_index(target, value, scope)
        elif target.type == "unary_expression":
            operand = target.child_by_field_name("operand")
            if operand is not None and isinstance(held := force(self.eval(operand, scope)), Struct):
                value = force(value)
                if isinstance(value, Struct):
                    held.fields.update(value.fields)

    def _declare(self, node: Node, scope: Scope) -> None:
        for spec in self._specs(node):
            names, kind, values = spec.children_by_field_name("name"), spec.child_by_field_name("type"), []
            typed = TypeRef(kind, scope.file, scope.types) if kind else None
            given = spec.child_by_field_name("value")
            values = [self.eval(each, scope) for each in named(given)]
            if len(values) == 1 and len(names) > 1:
                values = self._spread(values[0], len(names))
            for index, name in enumerate(each for each in names if each.is_named):
                value = self.typed(values[index], typed) if index < len(values) else self.zero(typed)
                scope.names[scope.file.text(name)] = value

    def _specs(self, node: Node) -> Iterator[Node]:
        for child in named(node):
            if child.type.endswith("_list"):
                yield from named(child)
            else:
                yield child

    @contextmanager
    def condition(self, text: str) -> Iterator[None]:
        self.conditions.append(" ".join(text.split())[:200])
        try:
            yield
        finally:
            self.conditions.pop()

    def _if(self, node: Node, scope: Scope) -> Signal:
        scope = Scope(scope.file, scope)
        initial, test = node.child_by_field_name("initializer"), node.child_by_field_name("condition")
        if initial is not None:
            self.statement(initial, scope)
        known = force(self.eval(test, scope)) if test else None
        then, otherwise = node.child_by_field_name("consequence"), node.child_by_field_name("alternative")
        text = scope.file.text(test) if test else ""
        if isinstance(known, bool):
            taken, left = (then, otherwise) if known else (otherwise, then)
            if left is not None and self.watch.holds_site(scope.file, left.start_byte, left.end_byte):
                with self.condition(f"!({text})" if known else text):  # a default may be set otherwise at run time
                    self._branch(left, scope)
            return self._branch(taken, scope) if taken else None
        with self.condition(text):
            first = self._branch(then, scope) if then else None
        if otherwise is None:
            self._maybe(first)
            return None
        with self.condition(f"!({text})"):
            second = self._branch(otherwise, scope)
        if first is not None and second is not None:
            self._maybe(first)
            return second
        self._maybe(first)
        self._maybe(second)
        return None

    def _branch(self, node: Node, scope: Scope) -> Signal:
        return self._if(node, scope) if node.type == "if_statement" else self.block(node, scope)

    def _maybe(self, signal: Signal) -> None:
        if isinstance(signal, tuple):
            self._activations[-1].possible.append(signal[0])

    def _switch(self, node: Node, scope: Scope) -> Signal:
        scope = Scope(scope.file, scope)
        value_node = node.child_by_field_name("value")
        subject = force(self.eval(value_node, scope)) if value_node else Unknown("a switch")
        cases = [child for child in named(node) if child.type.endswith("_case")]
        if isinstance(subject, (str, int, float)) and node.type == "expression_switch_statement":
            taken = self._matching(cases, subject, scope)
            return self._case(taken, scope) if taken else None
        signals: list[Signal] = []
        for case in cases:
            head = scope.file.text(case).partition(":")[0]
            with self.condition(f"{scope.file.text(value_node) if value_node else ''} {head}"):
                signals.append(self._case(case, scope))
        returned = [each for each in signals if isinstance(each, tuple)]
        if len(returned) == len(cases) and cases and any(case.type == "default_case" for case in cases):
            for each in returned[1:]:
                self._maybe(each)
            return returned[0]
        for each in returned:
            self._maybe(each)
        return None

    def _matching(self, cases: list[Node], subject: Value, scope: Scope) -> Node | None:
        for case in cases:
            values = named(case.child_by_field_name("value"))
            if any(force(self.eval(value, scope)) == subject for value in values):
                return case
        return next((case for case in cases if case.type == "default_case"), None)

    def _case(self, case: Node, scope: Scope) -> Signal:
        inner = Scope(scope.file, scope)
        for child in named(case):
            if child.type == "statement_list":
                signal = self.statements(iter(named(child)), inner)
                return None if signal == "break" else signal
        return None

    def _for(self, node: Node, scope: Scope) -> Signal:
        body = node.child_by_field_name("body")
        head = next((child for child in named(node) if child.type in ("range_clause", "for_clause")), None)
        if body is None:
            return None
        scope = Scope(scope.file, scope)
        if head is None or head.type == "for_clause":
            initial = head.child_by_field_name("initializer") if head else None
            if initial is not None:
                self.statement(initial, scope)
                for name in list(scope.names):
                    scope.names[name] = Unknown("a loop counter")
            return self._turn(body, scope)
        return self._range(head, body, scope)

    def _turn(self, body: Node, scope: Scope) -> Signal:
        signal = self.block(body, scope)
        if isinstance(signal, tuple):
            self._maybe(signal)
        return None

    def _range(self, head: Node, body: Node, scope: Scope) -> Signal:
        right = head.child_by_field_name("right")
        names = [scope.file.text(each) for each in named(head.child_by_field_name("left"))]
        if right is None:
            return None
        override = self.overrides.get((scope.file.path, right.start_byte))
        over = override if override is not None else force(self.eval(right, scope))
        pairs: list[tuple[Value, Value]]
        if isinstance(over, Array):
            pairs = list(enumerate(over.items))
            if over.open and not pairs:
                pairs = [(Unknown("an index"), self._any_element(over, right, scope))]
        elif isinstance(over, Table):
            pairs = list(over.items.items())
        elif over is None:
            pairs = []  # nil: nothing to go over
        else:
            pairs = [(Unknown("a key"), self._any_element(over, right, scope))]
        for key, value in pairs[:MAX_TURNS]:
            turn = Scope(scope.file, scope)
            for name, each in zip(names, (key, value), strict=False):
                turn.names[name] = each
            self._turn(body, turn)
        return None

    def _any_element(self, over: Value, node: Node, scope: Scope) -> Unknown:
        """One unknown element of a list, with its type and the loop as its origin."""
        whole = over.type if isinstance(over, Unknown) else None
        element = over.element if isinstance(over, Array) else None
        if element is None and whole is not None:
            found = types.resolve(self.project, whole)
            inner = found.ref.node.child_by_field_name("element") or found.ref.node.child_by_field_name("value")
            element = TypeRef(inner, found.ref.file, found.ref.bindings) if inner else None
        function = self.frames[-1].function.node if self.frames else None
        return Unknown("an element of a list", element, Origin(scope.file, node, function, element))

    # Package level

    def global_value(self, declaration: Declaration) -> Value:
        """The value of a package-level const or var, computed once."""
        key = (declaration.file.path, declaration.node.start_byte, declaration.index)
        if key not in self._globals:
            self._globals[key] = Unknown("a variable that depends on itself")
            frames, conditions = self.frames, self.conditions
            self.frames, self.conditions = [], []
            try:
                self._globals[key] = self._initial(declaration)
            finally:
                self.frames, self.conditions = frames, conditions
        return self._globals[key]

    def _initial(self, declaration: Declaration) -> Value:
        node, scope = declaration.node, Scope(declaration.file)
        given, kind = named(node.child_by_field_name("value")), node.child_by_field_name("type")
        typed = TypeRef(kind, declaration.file) if kind else None
        if declaration.index < len(given):
            return self.typed(self.eval(given[declaration.index], scope), typed)
        if len(given) == 1:
            return library.item(self.eval(given[0], scope), declaration.index)
        if declaration.kind == "const":
            return Unknown("a counted constant", typed)
        value = self.zero(typed)
        return value if isinstance(value, (Struct, Unknown)) else Unknown("a variable set elsewhere", typed)

    def assign_global(self, name: str, value: Value, scope: Scope) -> None:
        package = self.project.package(scope.file.folder)
        declaration = package.names.get(name) if package else None
        if declaration is not None and declaration.kind == "var":
            self._globals[(declaration.file.path, declaration.node.start_byte, declaration.index)] = value


def parameters(function: Function) -> Iterator[tuple[Node | None, Node, bool]]:
    """Each parameter's name (None where it has none), its type and whether it takes the rest."""
    for declared in named(function.node.child_by_field_name("parameters")):
        kind = declared.child_by_field_name("type")
        if kind is None:
            continue
        variadic = declared.type == "variadic_parameter_declaration"
        names = [name for name in declared.children_by_field_name("name") if name.is_named]
        for name in names:
            yield name, kind, variadic
        if not names:
            yield None, kind, variadic


def _size(node: Node) -> int:
    return node.end_byte - node.start_byte


def _result_type(whole: TypeRef | None, index: int) -> TypeRef | None:
    if whole is None or whole.node.type != "parameter_list":
        return whole if index == 0 else None
    kinds = [each.child_by_field_name("type") for each in named(whole.node)]
    kind = kinds[index] if index < len(kinds) else None
    return TypeRef(kind, whole.file, whole.bindings) if kind else None
