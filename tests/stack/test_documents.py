"""Every format gives its values and the line of any key, and broken text an error that quotes nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.stack.documents import Unreadable, read_document

JSONC = """{
  // "a": wrong, /* not here */
  "other": {"a": [1, {"b": "}"}]}, /* "servers": { */
  "servers": {
    "one": {"command": "x"}, "two": {
      "env": {
        "K": "v", // trailing
      },
      "args": ["p", "q",
        "r"],
    },
  },
}
"""
TOML = """# [mcp_servers.one]
model = "x"
[mcp_servers.one]
command = "x"
[mcp_servers."a b".env]
"K" = "v"
[mcp_servers.two]
env = { K = "v" }
env2.K = "v"
"""
YAML = """# servers
servers:
  one: {command: x}
  two:
    env:
      K: v
    args:
      - p
      - q
"""


def test_lines_of_json_with_comments() -> None:
    line = read_document(JSONC, "jsonc").line
    assert line(("servers", "one")) == 5
    assert line(("servers", "two", "env", "K")) == 7
    assert line(("servers", "two", "args", 2)) == 10
    assert line(("servers", "two", "none")) == 5
    assert line(()) == 1


def test_lines_of_toml() -> None:
    line = read_document(TOML, "toml").line
    assert line(("mcp_servers", "one")) == 3
    assert line(("mcp_servers", "one", "command")) == 4
    assert line(("mcp_servers", "a b", "env", "K")) == 6
    assert line(("mcp_servers", "two", "env", "K")) == 8
    assert line(("mcp_servers", "two", "env2", "K")) == 9
    assert line(("model",)) == 2


def test_lines_of_yaml() -> None:
    line = read_document(YAML, "yaml").line
    assert line(("servers", "one")) == 3
    assert line(("servers", "two", "env", "K")) == 6
    assert line(("servers", "two", "args", 1)) == 9
    assert line(("servers", "none")) == 2


def test_of_equal_keys_the_last_counts_for_value_and_line() -> None:
    document = read_document('{"a": {"x": 1},\n "a": {\n"x": 2}}', "json")
    assert document.value == {"a": {"x": 2}}
    assert document.line(("a", "x")) == 3


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20), st.integers(0, 4))  # fmt: skip # noqa: E501
def test_json_lines_are_those_where_the_keys_stand(value: object, indent: int) -> None:
    text = json.dumps({"first": value, "wanted": {"inner": value}}, indent=indent)
    lines = text.splitlines()
    assert '"wanted"' in lines[read_document(text, "json").line(("wanted",)) - 1]
    assert '"inner"' in lines[read_document(text, "json").line(("wanted", "inner")) - 1]


@pytest.mark.parametrize(("text", "form"), [
    ('{"token": "hunter2', "json"), ('{"a": hunter2}', "jsonc"), ('a = "hunter2', "toml"), ("a = hunter2", "toml"),
    ("a: 'hunter2", "yaml"), ("a: *hunter2", "yaml"), ("[" * 100_000, "json"), ("[" * 100_000, "yaml"),
    ("a = " + "[" * 100_000, "toml"), ("x" * 10 + "\x00", "yaml"), ("1" * 10_000, "json"),
])  # fmt: skip
def test_broken_text_is_an_error_that_quotes_nothing(text: str, form: str) -> None:
    with pytest.raises(Unreadable) as raised:
        read_document(text, form)  # type: ignore[arg-type]
    assert "hunter2" not in str(raised.value)


def test_aliases_cannot_grow_and_merges_are_followed() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*{'a' if i == 0 else f'b{i - 1}'}, *a]\n" for i in range(200))
    assert len(read_document(bomb, "yaml").value) == 201
    merged = read_document("base: &b {command: x}\ns: {<<: *b, args: [y]}\n", "yaml").value
    assert merged["s"] == {"command": "x", "args": ["y"]}


def test_an_empty_file_is_an_empty_document() -> None:
    for form in ("json", "jsonc", "toml", "yaml"):
        assert read_document(" \n", form).value == {}  # type: ignore[arg-type]
