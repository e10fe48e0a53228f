"""Settings files keep their comments, their order and every key that is not ours."""

import json

import pytest

from catalog.errors import InvalidInput
from catalog.policy.jsonc import edit_list, edit_members, plain_value
from catalog.policy.records import Policy
from catalog.policy.settings_file import difference, read_settings, replace_settings
from catalog.policy.targets import TARGETS

SETTINGS = """{
  // how the agent looks
  "theme": "dark", /* keep */
  "permissions": {
    "allow": [
      // shell
      "Bash(ls)",
      "mcp__srv__old", // gone soon
      "mcp__other__x",
    ],
    "defaultMode": "acceptEdits"
  },
}
"""
POLICY = Policy.from_json(
    {
        "version": "1",
        "default": "deny",
        "hide": ["wipe"],
        "tools": {"peek": {}, "add": {"approve": [{"conditions": []}]}},
    }
)


def test_claude_code_settings_keep_comments_and_foreign_rules():
    merged = TARGETS["claude-code"].merge(SETTINGS, POLICY, "srv")
    assert plain_value(merged) == {
        "theme": "dark",
        "permissions": {
            "allow": ["Bash(ls)", "mcp__other__x", "mcp__srv__peek"],
            "defaultMode": "acceptEdits",
            "deny": ["mcp__srv__wipe"],
            "ask": ["mcp__srv__add"],
        },
    }
    for kept in ("// how the agent looks", "/* keep */", "// shell"):
        assert kept in merged


@pytest.mark.parametrize("target", [name for name, target in TARGETS.items() if target.merges])
def test_merging_twice_changes_nothing_more(target: str):
    once = TARGETS[target].merge("", POLICY, "srv")
    assert TARGETS[target].merge(once, POLICY, "srv") == once


@pytest.mark.parametrize("target", [name for name, target in TARGETS.items() if target.merges and name != "codex"])
def test_a_server_whose_name_begins_alike_is_left_alone(target: str):
    other = TARGETS[target].merge("", POLICY, "srv2")
    both = TARGETS[target].merge(other, POLICY, "srv")
    alone = TARGETS[target].merge(both, Policy(tools={}), "srv")
    assert "srv2" in alone
    assert json.dumps(plain_value(alone)).count("peek") == json.dumps(plain_value(other)).count("peek")


def test_codex_settings_keep_comments_and_foreign_keys():
    existing = '# mine\nmodel = "x"  # fast\n\n[mcp_servers.srv]\ncommand = "npx"  # how\nenabled_tools = ["old"]\n'
    merged = TARGETS["codex"].merge(existing, POLICY, "srv")
    for kept in ("# mine", 'model = "x"  # fast', 'command = "npx"  # how'):
        assert kept in merged
    assert '"old"' not in merged
    assert 'enabled_tools = ["peek", "add"]' in merged


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", '{\n  "a": [\n    "x"\n  ]\n}'),
        ("{}", '{\n  "a": [\n    "x"\n  ]\n}'),
        ('{"a": []}', '{"a": [\n  "x"\n]}'),
        ('{"a": ["old1", "k"]}', '{"a": [ "k",\n  "x"\n]}'),
        ('{"a": ["k", "old1",]}', '{"a": ["k",\n  "x"\n]}'),
    ],
)
def test_a_list_is_edited_in_place(text: str, expected: str):
    assert edit_list(text, ("a",), lambda item: str(item).startswith("old"), ["x"]) == expected


def test_members_are_replaced_by_prefix():
    text = '{"k": {"s/a": true, /* b */ "o/b": false}}'
    edited = edit_members(text, ("k",), lambda key: key.startswith("s/"), {"s/c": False})
    assert plain_value(edited) == {"k": {"o/b": False, "s/c": False}}
    assert "/* b */" in edited


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        '{"permissions": 5}',
        '{"permissions": {"allow": {}}}',
        "{",
        '{"a" 1}',
        '{"a": 1 "b": 2}',
        "[" * 500,
        "{'a': 1}",
    ],
)
def test_a_file_that_is_not_understood_is_left_alone(text: str):
    with pytest.raises(InvalidInput):
        TARGETS["claude-code"].merge(text, POLICY, "srv")


def test_toml_that_is_not_understood_is_left_alone():
    with pytest.raises(InvalidInput):
        TARGETS["codex"].merge("a = ", POLICY, "srv")


def test_a_replaced_file_leaves_a_backup_each_time(tmp_path):
    path = tmp_path / "settings.json"
    path.write_text("one")
    path.chmod(0o600)
    backups = [replace_settings(path, text) for text in ("two", "three")]
    assert [backup and backup.read_text() for backup in backups] == ["one", "two"]
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("three", 0o600)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["settings.json", "settings.json.bak", "settings.json.bak1"]


def test_a_new_file_needs_no_backup_and_the_difference_shows_it_whole(tmp_path):
    path = tmp_path / "new" / "settings.json"
    assert read_settings(path) == ""
    assert "+{}" in difference(path, "", "{}")
    assert replace_settings(path, "{}") is None
    assert path.read_text() == "{}"
