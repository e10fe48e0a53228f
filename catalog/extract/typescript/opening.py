"""What a waiting scope runs over: a loop's elements, a callback's list, a function's callers, a class's instances.

The evaluator says which scope an unknown name waits for; `Opener.open` answers with that scope bound in every way that
the tree shows. Callers are found by name and then checked to mean the same function.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from tree_sitter import Node

from catalog.extract.typescript import classes
from catalog.extract.typescript.builtins import arguments_of
from catalog.extract.typescript.evaluate import Evaluator
from catalog.extract.typescript.mutation import below, condition_of
from catalog.extract.typescript.patterns import patterns
from catalog.extract.typescript.scopes import Env, env_at, module_env
from catalog.extract.typescript.sources import CLASSES, FUNCTIONS, Module, key_name, named, path_to
from catalog.extract.typescript.values import (
    Arr,
    Cls,
    Conditional,
    Element,
    External,
    Func,
    Inst,
    Namespace,
    Obj,
    Thunk,
    Unknown,
    Value,
)  # fmt: skip
from catalog.extract.typescript.words import followed, words

Opened = tuple[Env, str | None]
MAX_CALLERS = 1_500
_OVER_ELEMENTS = frozenset({"forEach", "map", "flatMap", "filter", "some", "every", "find", "sort", "each"})


class Opener:
    """Binds waiting scopes. `paths` are the files in which callers are looked for."""

    def __init__(self, evaluator: Evaluator, paths: list[str]) -> None:
        self.evaluator = evaluator
        self.project = evaluator.project
        self.paths = paths
        self.consumed: set[tuple[str, int]] = set()  # call sites that were bound to a function: (path, start byte)
        self._active: set[int] = set()
        self._sites: dict[tuple[str, int], list[tuple[Module, Node]]] = {}

    def open(self, env: Env) -> list[Opened]:
        """The scope bound in turn to everything it runs over; [] when nothing shows."""
        key = env.node.id
        if key in self._active or len(self._active) > 12 or self.evaluator.steps > self.evaluator.step_limit:
            return []
        self.evaluator.steps += 1
        self._active.add(key)
        try:
            if env.node.type == "for_in_statement":
                return self._loop(env)
            if env.node.type in CLASSES:
                return self._instances(env)
            return self._function(env)
        finally:
            self._active.discard(key)

    def _with(self, env: Env, args: list[Value] | None = None, item: Value = None, this: Value = None) -> Env:
        bound = Env(env.module, env.node, env.parent)
        bound.args, bound.item, bound.this = args, item, this if this is not None else env.this
        return bound

    # --- loops and callbacks ------------------------------------------------------------------------------------

    def _loop(self, env: Env) -> list[Opened]:
        right, operator = env.node.child_by_field_name("right"), env.node.child_by_field_name("operator")
        if right is None or env.parent is None:
            return []
        over = self.evaluator.eval(right, env.parent)
        if operator is not None and operator.type == "in":
            settled = self.evaluator.settle(over)
            keys = list(settled.props) if isinstance(settled, Obj) else []
            return [(self._with(env, item=k), None) for k in keys]
        items, missing = self.evaluator.iterate(over)
        waiting = next((m for m in missing if m.free is not None), None)
        if waiting is not None and not items:
            return self._through(env, waiting)
        return [(self._with(env, item=Element(right, env.parent, n)), _condition(i)) for n, i in enumerate(items)]

    def _through(self, env: Env, waiting: Unknown) -> list[Opened]:
        """The list itself waits for an outer scope: open that one, then this."""
        from catalog.extract.typescript.mutation import rebuild

        out: list[Opened] = []
        if waiting.free is None:
            return out
        for opened, condition in self.open(waiting.free):
            rebuilt = rebuild(env, waiting.free, opened)
            if rebuilt is env:
                continue
            self._active.discard(env.node.id)
            for inner, extra in self.open(rebuilt):
                out.append((inner, " and ".join(t for t in (condition, extra) if t) or None))
            self._active.add(env.node.id)
            if len(out) > MAX_CALLERS:
                break
        return out

    def _function(self, env: Env) -> list[Opened]:
        chain = path_to(env.module, env.node.start_byte, env.node.end_byte)
        while chain and chain[-1] != env.node:
            chain.pop()
        parents = chain[:-1][::-1]
        position = 0
        while position < len(parents) and parents[position].type in (
            "parenthesized_expression",
            "as_expression",
            "satisfies_expression",
            "await_expression",
        ):
            position += 1
        if position >= len(parents):
            return []
        parent = parents[position]
        below_parent = parents[position - 1] if position else env.node
        if parent.type == "arguments" and len(parents) > position + 1:
            return self._callback(env, parents[position + 1], parent, below_parent) or self._named_by_wrapper(
                env, parents[position + 1 :]
            )
        if parent.type == "call_expression":  # immediately called
            return [(self._with(env, arguments_of(self.evaluator, parent, env_at(env.module, parent))), None)]
        return self._by_name(env, parents[position:])

    def _callback(self, env: Env, call: Node, arguments: Node, function_node: Node) -> list[Opened]:
        function = call.child_by_field_name("function")
        outer = env.parent
        if function is None or outer is None:
            return []
        position = next((n for n, a in enumerate(named(arguments)) if a == function_node), 0)
        if function.type == "member_expression":
            target, prop = function.child_by_field_name("object"), function.child_by_field_name("property")
            method = env.module.text(prop) if prop is not None else ""
            if target is not None and method in (*_OVER_ELEMENTS, "reduce") and position == 0:
                return self._elements(env, target, outer, method)
            if target is not None and method == "then" and position == 0:
                return [(self._with(env, [Thunk(target, outer)]), None)]
        called = self.evaluator.settle(self.evaluator.eval(function, outer))
        if isinstance(called, Func):
            return self._called_back(env, called, arguments, position, outer)
        return []

    def _elements(self, env: Env, target: Node, outer: Env, method: str) -> list[Opened]:
        over = self.evaluator.eval(target, outer)
        items, missing = self.evaluator.iterate(over)
        waiting = next((m for m in missing if m.free is not None), None)
        if waiting is not None and not items:
            return self._through(env, waiting)
        settled = self.evaluator.settle(over)
        is_map = isinstance(settled, Obj) and settled.kind == "map"
        out: list[Opened] = []
        for index, item in enumerate(items):
            element: Value = Element(target, outer, index)
            if is_map and method == "forEach":
                pair = self.evaluator.force(item)
                args = [pair.items[1], pair.items[0]] if isinstance(pair, Arr) else [element]
            elif method == "reduce":
                args = [Unknown("a reduction"), element, index]
            else:
                args = [element, index]
            out.append((self._with(env, args), _condition(item)))
        return out

    def _called_back(self, env: Env, called: Func, arguments: Node, position: int, outer: Env) -> list[Opened]:
        """The function is handed to one of our own that calls it: bind it to those calls."""
        parameters = called.node.child_by_field_name("parameters")
        names = named(parameters) if parameters is not None else []
        single = called.node.child_by_field_name("parameter")
        parameter = single if single is not None else names[position] if position < len(names) else None
        body = called.node.child_by_field_name("body")
        if parameter is None or body is None:
            return []
        name = called.env.module.text(parameter).partition(":")[0].partition("?")[0].strip()
        frame = Env(called.env.module, called.node, called.env)
        frame.args = [Thunk(a, outer) for a in named(arguments)]
        out: list[Opened] = []
        for call, chain in _calls(called.env.module, name, body):
            inner, condition, _ = below(frame, chain)
            out.append((self._with(env, arguments_of(self.evaluator, call, inner)), condition))
        return out

    def _named_by_wrapper(self, env: Env, parents: list[Node]) -> list[Opened]:
        """`const f = wrap((a, b) => ...)`: calls of `f` reach the inner function where the wrapper is not ours."""
        for index, parent in enumerate(parents[:3]):
            if parent.type == "variable_declarator":
                return self._by_name(env, parents[index:])
        return []

    # --- callers ------------------------------------------------------------------------------------------------

    def _by_name(self, env: Env, parents: list[Node]) -> list[Opened]:
        module, node = env.module, env.node
        parent = parents[0]
        own = node.child_by_field_name("name")
        if node.type == "method_definition":
            return self._method(env, own, parents)
        if own is not None:
            return self._called(env, module.text(own), is_member=False)
        if parent.type == "variable_declarator":
            target = parent.child_by_field_name("name")
            return self._called(env, module.text(target), is_member=False) if target is not None else []
        if parent.type in ("pair", "public_field_definition", "field_definition"):
            key = (
                parent.child_by_field_name("key")
                or parent.child_by_field_name("name")
                or parent.child_by_field_name("property")
            )
            name = key_name(module, key) if key is not None else None
            return self._called(env, name, is_member=True) if name else []
        if parent.type == "assignment_expression":
            left = parent.child_by_field_name("left")
            if left is not None:
                text = module.text(left)
                return self._called(env, text.rpartition(".")[2], is_member="." in text)
        if parent.type in ("return_statement", *FUNCTIONS):
            return self._returned_function(env, parents)
        if parent.type == "export_statement":
            return self._called(env, "default", is_member=False)
        return []

    def _method(self, env: Env, own: Node | None, parents: list[Node]) -> list[Opened]:
        name = key_name(env.module, own) if own is not None else None
        if name is None:
            return []
        if name == "constructor":
            cls = next((p for p in parents if p.type in CLASSES), None)
            label = cls.child_by_field_name("name") if cls is not None else None
            sites = self._find(env.module.text(label), "new") if label is not None else []
            return self._bound_sites(env, sites, None)
        return self._called(env, name, is_member=True)

    def _returned_function(self, env: Env, parents: list[Node]) -> list[Opened]:
        """The function is what another function returns: follow the names that its results are given."""
        maker = next((p for p in parents if p.type in FUNCTIONS), None)
        outer = env.parent
        while outer is not None and maker is not None and outer.node != maker:
            outer = outer.parent
        if maker is None or outer is None:
            return []
        out: list[Opened] = []
        for module, call in self._call_sites_of(outer):
            chain = path_to(module, call.start_byte, call.end_byte)
            parent = chain[-2] if len(chain) > 1 else None
            if parent is None:
                continue
            frame = Env(outer.module, outer.node, outer.parent)
            frame.args = arguments_of(self.evaluator, call, env_at(module, call))
            base = self._rebased(env, outer, frame)
            if parent.type == "call_expression" and parent.child_by_field_name("function") == call:
                out.append((self._with(base, arguments_of(self.evaluator, parent, env_at(module, parent))), None))
            target = parent.child_by_field_name("name") if parent.type == "variable_declarator" else None
            if target is not None and target.type == "identifier":
                for other, site in self._find(module.text(target), "call", only=module.path):
                    out.append(
                        (
                            self._with(base, arguments_of(self.evaluator, site, env_at(other, site))),
                            conditions_at(other, site),
                        )
                    )
                    self.consumed.add((other.path, site.start_byte))
        return out

    def _rebased(self, env: Env, outer: Env, frame: Env) -> Env:
        from catalog.extract.typescript.mutation import rebuild

        return rebuild(env, outer, frame)

    def _called(self, env: Env, name: str, is_member: bool) -> list[Opened]:
        return self._bound_sites(env, self._call_sites(env, name, is_member), name)

    def _call_sites_of(self, env: Env) -> list[tuple[Module, Node]]:
        own = env.node.child_by_field_name("name")
        if own is not None:
            return self._call_sites(env, env.module.text(own), env.node.type == "method_definition")
        chain = path_to(env.module, env.node.start_byte, env.node.end_byte)
        for parent in reversed(chain[:-1][-3:]):
            target = parent.child_by_field_name("name") if parent.type == "variable_declarator" else None
            if target is not None:
                return self._call_sites(env, env.module.text(target), False)
        return []

    def _call_sites(self, env: Env, name: str, is_member: bool) -> list[tuple[Module, Node]]:
        key = (name, env.node.id)
        if key not in self._sites:
            self._sites[key] = list(self._checked_sites(env, name, is_member))[:MAX_CALLERS]
        return self._sites[key]

    def _checked_sites(self, env: Env, name: str, is_member: bool) -> Iterator[tuple[Module, Node]]:
        node = env.node
        if is_member:
            for module, call in self._find(name.lstrip("#"), "member"):
                inside = module is env.module and node.start_byte <= call.start_byte < node.end_byte
                if not inside and self._may_be(env, module, call):
                    yield module, call
            return
        names = {name} | self._aliases(env.module, name)
        for label in sorted(names):
            for module, call in self._find(label, "call"):
                if module is env.module and node.start_byte <= call.start_byte < node.end_byte:
                    continue
                function = call.child_by_field_name("function")
                if function is None:
                    continue
                value = self.evaluator.settle(self.evaluator.eval(function, env_at(module, call)))
                if isinstance(value, Func) and value.node == node:
                    yield module, call

    def _aliases(self, module: Module, name: str) -> set[str]:
        """Other names under which modules of the tree import it."""
        found: set[str] = set()
        exported_default = self.project.exports(module).get("default")
        stem = module.path.rpartition("/")[2].partition(".")[0]
        default = re.compile(
            rb"import\s+([\w$]+)\s*(?:,\s*\{[^}]*\})?\s*from\s*['\"][^'\"]*" + re.escape(stem).encode()
        )
        for path in self.paths:
            data = self.project.data(path)
            if name.encode() in data:
                found |= {(m.group(1) or m.group(2)).decode() for _, m in followed(data, name.encode(), _RENAMED)}
            if exported_default is not None and stem.encode() in data:
                found |= {m.group(1).decode() for m in default.finditer(data)}
        return found

    def _may_be(self, env: Env, module: Module, call: Node) -> bool:
        """Whether a method call can reach the method: the receiver is not known to be something else."""
        function = call.child_by_field_name("function")
        target = function.child_by_field_name("object") if function is not None else None
        if function is None or target is None:
            return False
        text = module.text(target) if target.end_byte - target.start_byte < 60 else ""
        if text in ("this", "self"):
            return self._same_family(env, module, call)
        value = self.evaluator.settle(self.evaluator.eval(target, env_at(module, call)))
        if isinstance(value, Inst):
            return self._descends(value.cls, env)
        if isinstance(value, (Obj, Namespace, Cls)):
            found = self.evaluator.settle(self.evaluator.member(value, _called_name(module, function)))
            return isinstance(found, Func) and found.node == env.node
        if isinstance(value, External):
            return False
        return not self._typed_as_sdk(module, call, text)

    def _typed_as_sdk(self, module: Module, call: Node, name: str) -> bool:
        """A receiver declared with a type that an SDK exports is not ours."""
        if not name:
            return False
        match = next((m for _, m in followed(module.data, name.rpartition(".")[2].encode(), _TYPED)), None)
        if match is None:
            return False
        declared = match.group(1).decode().partition(".")[0]
        value = self.evaluator.lookup(declared, module_env(module))
        return isinstance(value, External) and value.package.startswith(patterns().sdk_packages)

    def _same_family(self, env: Env, module: Module, call: Node) -> bool:
        holder = next((n for n in reversed(path_to(module, call.start_byte, call.end_byte)) if n.type in CLASSES), None)
        scope = env.parent
        own = scope.node if scope is not None and scope.node.type in CLASSES else None
        if holder is None or own is None:
            return holder is None and own is None
        if holder == own:
            return True
        cls = Cls(holder, env_at(module, holder))
        base = Cls(own, scope.parent) if scope is not None and scope.parent is not None else None
        return self._descends(cls, env) or (base is not None and self._is_below(base, holder))

    def _descends(self, cls: Cls, env: Env) -> bool:
        scope = env.parent
        return scope is not None and self._is_below(cls, scope.node)

    def _is_below(self, cls: Cls, ancestor: Node) -> bool:
        current: Value = cls
        for _ in range(12):
            if not isinstance(current, Cls):
                return False
            if current.node == ancestor:
                return True
            current = classes.superclass(self.evaluator, current)
        return False

    def _bound_sites(self, env: Env, sites: list[tuple[Module, Node]], name: str | None) -> list[Opened]:
        out: list[Opened] = []
        for module, call in sites:
            outer = env_at(module, call)
            self.consumed.add((module.path, call.start_byte))
            function = call.child_by_field_name("function")
            target = function.child_by_field_name("object") if function is not None else None
            this = self.evaluator.settle(self.evaluator.eval(target, outer)) if target is not None else None
            bound = self._with(env, arguments_of(self.evaluator, call, outer))
            if isinstance(this, Inst) and env.parent is not None and env.parent.node.type in CLASSES:
                holder = Env(env.parent.module, env.parent.node, env.parent.parent)
                holder.this = this
                bound.parent = holder
            out.append((bound, conditions_at(module, call)))
        return out

    def _find(self, name: str, how: str, only: str | None = None) -> list[tuple[Module, Node]]:
        """Calls of a name: `how` is call, member or new."""
        out: list[tuple[Module, Node]] = []
        word = name.encode()
        for path in self.paths:
            if only is not None and path != only:
                continue
            data = self.project.data(path)
            for start, match in followed(data, word, _OPENS, is_member=how == "member"):
                if (_NEW.search(data, max(0, start - 12), start) is not None) is not (how == "new"):
                    continue
                module = self.project.module(path)
                for node in reversed(path_to(module, start, start + len(word))):
                    if node.type in ("call_expression", "new_expression") and _opens_at(node, match.end() - 1):
                        out.append((module, node))
                        break
                if len(out) >= MAX_CALLERS:
                    return out
        return out

    # --- instances ----------------------------------------------------------------------------------------------

    def _instances(self, env: Env) -> list[Opened]:
        """The class itself and those below it, as far as they are not abstract."""
        out: list[Opened] = []
        if env.parent is None:
            return out
        cls = Cls(env.node, env.parent, _class_name(env.module, env.node))
        family = self.family(cls)
        for member in family:
            if _is_abstract(member) or (len(family) > 1 and member.node == cls.node):
                continue
            out += [(self._with(env, this=Inst(member, args)), None) for args in self._constructions(member)]
        return out

    def family(self, cls: Cls) -> list[Cls]:
        """A class and every class of the tree that extends it, directly or not."""
        found = [cls]
        pending = [cls]
        while pending and len(found) < MAX_CALLERS:
            current = pending.pop()
            if not current.name:
                continue
            for child in self.children(current.name):
                base = classes.superclass(self.evaluator, child)
                if isinstance(base, Cls) and base.node == current.node and all(f.node != child.node for f in found):
                    found.append(child)
                    pending.append(child)
        return found

    def children(self, name: str) -> list[Cls]:
        """Classes whose `extends` names this one."""
        out = []
        for path in self.paths:
            data = self.project.data(path)
            if b"extends" not in data:
                continue
            for start in words(data, name.encode()):
                if not _EXTENDED.search(data, max(0, start - 120), start):
                    continue
                module = self.project.module(path)
                node = next((n for n in reversed(path_to(module, start, start + len(name))) if n.type in CLASSES), None)
                if node is not None:
                    out.append(Cls(node, env_at(module, node), _class_name(module, node)))
        return out

    def _constructions(self, cls: Cls) -> list[list[Value] | None]:
        sites = self._find(cls.name, "new") if cls.name else []
        out: list[list[Value] | None] = []
        for module, call in sites[:50]:
            args = arguments_of(self.evaluator, call, env_at(module, call))
            if args and args not in out:
                out.append(args)
        return out[:50] if out and classes.constructor_of(cls) is not None else [None if not sites else []]


_OPENS = re.compile(rb"\s*(?:\?\.)?(?:<[^()\n]{0,200}>)?\(")
_NEW = re.compile(rb"(?<![\w$.])new\s+\Z")
_RENAMED = re.compile(rb"\s+as\s+([\w$]+)|\s*:\s*([\w$]+)\s*[,}]")
_TYPED = re.compile(rb"\??\s*:\s*([\w$.]+)")
_EXTENDED = re.compile(rb"extends\s+(?:[\w$]+\.)*\Z")


def _condition(item: Value) -> str | None:
    texts: list[str] = []
    while isinstance(item, Conditional):
        texts.insert(0, item.condition)
        item = item.value
    return " and ".join(dict.fromkeys(texts)) or None


def _opens_at(node: Node, end: int) -> bool:
    arguments = node.child_by_field_name("arguments")
    return arguments is not None and arguments.start_byte == end


def _called_name(module: Module, function: Node) -> str:
    prop = function.child_by_field_name("property")
    return module.text(prop) if prop is not None else ""


def _class_name(module: Module, node: Node) -> str:
    name = node.child_by_field_name("name")
    return module.text(name) if name is not None else ""


def _is_abstract(cls: Cls) -> bool:
    return cls.node.type == "abstract_class_declaration"


def _calls(module: Module, name: str, body: Node) -> Iterator[tuple[Node, list[Node]]]:
    if not name.isidentifier():
        return
    for match in re.finditer(
        rb"(?<![\w$.])" + re.escape(name).encode() + rb"\s*(?:\?\.)?\(", module.data[body.start_byte : body.end_byte]
    ):
        start = body.start_byte + match.start()
        chain = path_to(module, start, start + len(name))
        for depth in range(len(chain) - 1, -1, -1):
            if chain[depth].type == "call_expression":
                yield chain[depth], chain[: depth + 1]
                break


def conditions_at(module: Module, node: Node) -> str | None:
    """The conditions under which a place is reached within its own file, as text."""
    chain = path_to(module, node.start_byte, node.end_byte)
    found: list[str] = []
    for index, (parent, child) in enumerate(itertools.pairwise(chain)):
        if parent.type in FUNCTIONS and index:
            found = found[:0] if parent.type == "method_definition" else found
        text = condition_of(module, parent, child)
        if text is not None:
            found.append(text)
    return " and ".join(found) or None
