from __future__ import annotations

import re
import tomllib

import pytest

from catalog.extract import read_tree
from catalog.extract.handlers import with_facts
from catalog.records import Location, Tool
from classifier.resources import data_path
from tests.extract.conftest import MakeTree


def _facts(make_tree: MakeTree, path: str, text: str, line: int = 1) -> list[tuple[str, str, int]]:
    tree = make_tree({path: text})
    (tool,) = with_facts(tree, [Tool("t", handler=Location(path, line))])
    return [(f.kind, f.detail, f.location.line) for f in tool.facts]


def test_a_language_whose_reader_states_its_own_facts_is_left_alone(make_tree: MakeTree) -> None:
    assert _facts(make_tree, "a.ts", "async () => {\n  fs.unlink('x');\n}\n") == []


RUBY = """def call(path:)
  # FileUtils.rm_rf("/")
  text = "
File.delete in a text that is not indented
"
  client.get(key)
  run("DELETE FROM notes WHERE id = ?")
end

def run(sql)
  File.write("log.txt", sql)
end

def other
  File.unlink("x")
end
"""


def test_a_ruby_handler(make_tree: MakeTree) -> None:
    assert [f for f in _facts(make_tree, "a.rb", RUBY) if f[2] > 5] == [
        ("sql", "DELETE FROM notes WHERE id = ?", 7),
        ("file_write", "File.write", 11),
    ]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("A.java", "String drop() {\n  Files.delete(path);\n}\n", ("file_delete", "Files.delete", 2)),
        ("a.kt", 'fun drop() {\n  ProcessBuilder("rm").start()\n}\n', ("process", "ProcessBuilder", 2)),
        ("a.php", "<?php function drop() {\n  unlink($path);\n}\n", ("file_delete", "unlink", 2)),
        ("a.rb", "def call(path:)\n  FileUtils.rm_rf(path)\nend\n", ("file_delete", "FileUtils.rm_rf", 2)),
        (
            "a.swift",
            "func drop() {\n  try FileManager.default.removeItem(at: url)\n}\n",
            ("file_delete", "removeItem", 2),
        ),
    ],
)
def test_each_language(make_tree: MakeTree, path: str, text: str, expected: tuple[str, str, int]) -> None:
    assert _facts(make_tree, path, text) == [expected]


def test_a_function_of_another_file_counts_when_it_is_the_only_one_of_its_name(make_tree: MakeTree) -> None:
    files: dict[str, str | bytes] = {
        "a.rb": "def handle\n  remove_all(x)\n  helper(x)\nend\n",
        "lib/b.rb": "def remove_all(x)\n  FileUtils.rm_rf(x)\nend\ndef helper(x)\n  File.delete(x)\nend\n",
        "lib/c.rb": "def helper(x)\n  File.delete(x)\nend\n",
    }
    (tool,) = with_facts(make_tree(files), [Tool("t", handler=Location("a.rb", 1))])
    assert [(f.kind, f.location.path) for f in tool.facts] == [("file_delete", "lib/b.rb")]


def test_a_wrapper_that_all_tools_share_says_nothing_of_them(make_tree: MakeTree) -> None:
    tree = make_tree({"a.rb": "def handle\n  File.delete(x)\nend\n"})
    tools = [Tool(f"t{i}", handler=Location("a.rb", 1)) for i in range(5)]
    assert [t.facts for t in with_facts(tree, tools)] == [()] * 5


def test_facts_come_with_the_tools(make_tree: MakeTree) -> None:
    source = "class Wipe < MCP::Tool\n  tool_name 'wipe'\n  def self.call(path:)\n    File.delete(path)\n  end\nend\n"
    (tool,) = read_tree(make_tree({"wipe.rb": source})).tools
    assert [(f.kind, f.detail, f.location) for f in tool.facts] == [
        ("file_delete", "File.delete", Location("wipe.rb", 4))
    ]


def test_every_pattern_compiles_and_names_known_languages() -> None:
    said = tomllib.loads(data_path("extract", "handlers.toml").read_text(encoding="utf-8"))
    languages = {*said["endings"], "*"}
    assert len(said["fact"]) > 20
    for entry in said["fact"]:
        assert set(entry["languages"]) <= languages
        assert re.compile(entry["pattern"]).groups >= 0
    assert set(said["definitions"]) == set(said["endings"])
