"""Policies and calls for property tests: few names, so that rules and calls meet."""

from hypothesis import strategies as st

NAMES = ("read", "write", "wipe", "a/b", "ü")
KEYS = ("action", "amount", "force", "path")
texts = st.sampled_from(("list", "delete", "x", "/srv/a", "SELECT 1", "DROP TABLE t", "true", "5", ""))
numbers = st.one_of(st.integers(-5, 200), st.floats(allow_nan=False, allow_infinity=False, width=32))
scalars = st.one_of(texts, numbers, st.booleans())
paths = st.one_of(st.sampled_from(KEYS).map("args.{}".format), st.just("args.action.inner"))


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, object]:
    op = draw(
        st.sampled_from(
            ("eq", "neq", "in", "not_in", "lt", "lte", "gt", "gte", "regex", "contains", "exists", "sql_reads_only")
        )
    )
    if op in ("in", "not_in"):
        value: object = draw(st.lists(scalars, max_size=3))
    elif op in ("lt", "lte", "gt", "gte"):
        value = draw(numbers)
    elif op in ("exists", "sql_reads_only"):
        value = draw(st.booleans())
    elif op == "regex":
        value = draw(st.sampled_from(("^list$", "a+", "", "^/srv(/|$)")))
    else:
        value = draw(scalars)
    return {"path": draw(paths), "op": op, "value": value}


def guards(message_key: str) -> st.SearchStrategy[dict[str, object]]:
    body = {"conditions": st.lists(conditions(), max_size=2)}
    return st.fixed_dictionaries(body, optional={message_key: st.just("told")})


limits = st.fixed_dictionaries(
    {
        "counter": st.sampled_from(("c", "d")),
        "window": st.sampled_from(("minute", "hour", "day")),
        "max": st.integers(0, 3),
    },
    optional={"scope": st.sampled_from(("grant", "session")), "increment_from": st.just("args.amount")},
)
rules = st.fixed_dictionaries(
    {},
    optional={
        "require": st.lists(guards("on_deny"), max_size=2),
        "deny_if": st.lists(guards("on_deny"), max_size=2),
        "approve": st.lists(guards("reason"), max_size=2),
        "limits": st.lists(limits, max_size=2),
    },
)
documents = st.fixed_dictionaries(
    {"version": st.just("1"), "default": st.sampled_from(("allow", "deny"))},
    optional={
        "hide": st.lists(st.sampled_from((*NAMES, "*")), max_size=2),
        "tools": st.dictionaries(st.sampled_from(NAMES), rules, max_size=4),
        "all_tools": st.fixed_dictionaries({"limits": st.lists(limits, max_size=1)}),
    },
)
arguments = st.dictionaries(
    st.sampled_from(KEYS),
    st.one_of(scalars, st.none(), st.lists(scalars, max_size=2), st.just({"inner": "list"})),
    max_size=4,
)
calls = st.tuples(st.sampled_from((*NAMES, "other")), arguments)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=8,
)
half_documents = st.dictionaries(
    st.sampled_from(("version", "default", "hide", "tools", "all_tools", "x-a")), st.one_of(json_values, st.just("1"))
)
