"""Hostile and broken trees: every one is read to its end, and what is sound in it is still found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catalog.extract import candidate_paths, read_tree
from catalog.extract.syntax import MAX_PARSED_BYTES
from catalog.extract.tree import Limits, SourceTree
from tests.extract.conftest import MakeTree

# One sound registration for each language, every one of a tool called `sound`.
SOUND = {
    "sound.ts": "import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';\n"
    "const server = new McpServer({ name: 'x', version: '1' });\n"
    "server.registerTool('sound', { description: 'Sounds', inputSchema: {} }, async () => ({ content: [] }));\n",
    "sound.py": "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\n\n@mcp.tool()\n"
    "def sound() -> str:\n    '''Sounds'''\n",
    "sound.go": 'package main\n\nimport "github.com/mark3labs/mcp-go/mcp"\n\n'
    'var sound = mcp.NewTool("sound", mcp.WithDescription("Sounds"))\n\nfunc main() { s.AddTool(sound, handle) }\n',
    "Sound.java": "import io.quarkiverse.mcp.server.Tool;\n"
    'class Sound { @Tool(description = "Sounds") void sound() {} }\n',
    "Sound.kt": 'fun reg(server: Server) { server.addTool(name = "sound", description = "Sounds") { r -> done(r) } }\n',
    "Sound.php": "<?php\nuse PhpMcp\\Server\\Attributes\\McpTool;\n"
    "class S { #[McpTool(description: 'Sounds')] function sound() {} }\n",
    "sound.rb": "class S < MCP::Tool\n  tool_name 'sound'\n  description 'Sounds'\nend\n",
}


@pytest.mark.parametrize("path", SOUND)
def test_the_sound_registration_is_found(make_tree: MakeTree, path: str) -> None:
    assert [(t.name, t.description) for t in read_tree(make_tree({path: SOUND[path]})).tools] == [("sound", "Sounds")]


@pytest.mark.parametrize("path", SOUND)
def test_a_file_may_be_cut_anywhere(make_tree: MakeTree, path: str) -> None:
    text = SOUND[path]
    cuts = {f"cut{i}/{path}": text[: len(text) * i // 12] for i in range(1, 12)}
    found = read_tree(make_tree({**cuts, path: text}))
    assert "sound" in {t.name for t in found.tools}


@pytest.mark.parametrize("path", SOUND)
@pytest.mark.parametrize(
    "junk",
    [
        b"\x00\x01\x02" * 400,
        b"caf\xe9 \xff\xfe",
        "wide \u2603".encode("utf-16"),
        b"\xef\xbb\xbf",
        b"\r\r\n\x0c\x1b[31m",
        b"\xed\xa0\x80",
    ],
    ids=["nul", "latin1", "utf16", "bom", "controls", "surrogate"],
)
def test_other_encodings_do_not_hide_the_rest(make_tree: MakeTree, path: str, junk: bytes) -> None:
    suffix = path[path.rfind(".") :]
    hint = SOUND[path].encode()
    found = read_tree(make_tree({f"junk/other{suffix}": junk + hint[:40] + junk, path: SOUND[path]}))
    assert "sound" in {t.name for t in found.tools}


NESTED = {
    "nested.ts": "server.registerTool('deep', { inputSchema: " + "{ a: " * 3_000 + "1" + " }" * 3_000 + " });\n",
    "nested.py": "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\nD = " + "[" * 3_000 + "]" * 3_000 + "\n",
    "nested.go": "package main\n\nvar d = mcp.NewTool(" + "f(" * 3_000 + ")" * 3_000 + ")\n",
    "Nested.java": "import io.quarkiverse.mcp.server.Tool;\nclass N { @Tool(description = "
    + "(" * 3_000
    + '"a"'
    + ")" * 3_000
    + ") void n() {} }\n",
    "Nested.kt": 'fun n(s: Server) { s.addTool(name = "n", inputSchema = ' + "f(" * 3_000 + ")" * 3_000 + ") { } }\n",
    "Nested.php": "<?php // mcp\nclass N { #[McpTool(description: "
    + "(" * 3_000
    + "'a'"
    + ")" * 3_000
    + ")] function n() {} }\n",
    "nested.rb": "class N < MCP::Tool\n  description " + "[" * 3_000 + "]" * 3_000 + "\nend\n",
    "nested.json": '{"inputSchema": ' * 3_000 + "1" + "}" * 3_000,
    "nested.yaml": "description: " + "[" * 3_000 + "]" * 3_000 + "\n",
}


@pytest.mark.parametrize("nested", NESTED)
def test_deep_nesting_does_not_hide_the_rest(make_tree: MakeTree, nested: str) -> None:
    found = read_tree(make_tree({nested: NESTED[nested], **SOUND}))
    assert "sound" in {t.name for t in found.tools}


LONG_SUM = 4_000


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("A.java", "import io.quarkiverse.mcp.server.Tool;\nclass A {{ @Tool(description = {}) void sound() {{}} }}\n"),
        ("A.kt", 'fun reg(server: Server) {{ server.addTool(name = "sound", description = {}) {{ r -> r }} }}\n'),
        ("a.rb", "class S < MCP::Tool\n  tool_name 'sound'\n  description {}\nend\n"),
    ],
)
def test_a_long_sum_of_texts_is_added_up(make_tree: MakeTree, path: str, text: str) -> None:
    (tool,) = read_tree(make_tree({path: text.format(" + ".join(['"a"'] * LONG_SUM))})).tools
    assert tool.description == "a" * LONG_SUM


@pytest.mark.parametrize("path", SOUND)
def test_a_line_of_ten_megabytes_is_passed_over_or_a_gap(make_tree: MakeTree, path: str) -> None:
    suffix = path[path.rfind(".") :]
    long = SOUND[path] + "// " + "x" * 10_000_000 + "\n"
    found = read_tree(make_tree({f"long/huge{suffix}": long, path: SOUND[path]}))
    assert len(long) > MAX_PARSED_BYTES
    assert "sound" in {t.name for t in found.tools}


def test_values_that_name_each_other_end(make_tree: MakeTree) -> None:
    files: dict[str, str | bytes] = {
        "A.java": "import io.quarkiverse.mcp.server.Tool;\n"
        "class A { static final String X = A.Y, Y = A.X;\n@Tool(description = X) void a() {} }",
        "B.kt": "val x = y\nval y = x\nfun f(s: Server) { s.addTool(name = x) { } }\nfun g(n: String) = g(n)\n",
        "C.php": "<?php // mcp\n"
        "class C extends C { const X = self::Y; const Y = self::X; #[McpTool(description: self::X)] function c() {} }",
        "d.rb": "X = Y\nY = X\nclass D < MCP::Tool\n  description X\nend\n",
    }
    found = read_tree(make_tree(files))
    assert {"a", "c", "d"} <= {t.name for t in found.tools}
    assert {g.path for g in found.gaps} >= {"A.java", "B.kt", "C.php", "d.rb"}


def test_loops_of_links_end(make_tree: MakeTree, tmp_path: Path) -> None:
    tree = make_tree({"src/sound.rb": SOUND["sound.rb"], "src/deep/other.rb": ""})
    (tmp_path / "src" / "deep" / "up").symlink_to(tmp_path / "src")
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert candidate_paths(tree) == ("src/sound.rb",)


def test_the_number_of_files_is_bounded_and_the_rest_is_read(make_tree: MakeTree, tmp_path: Path) -> None:
    make_tree({f"many/f{i:04}.rb": "x = 1\n" for i in range(300)} | {"a.rb": SOUND["sound.rb"]})
    found = read_tree(SourceTree(tmp_path, Limits(max_files=100)))
    assert [t.name for t in found.tools] == ["sound"]
    assert any("100 files" in g.reason for g in found.gaps)
    assert found.completeness is not None
    assert found.completeness < 1.0


def test_an_answer_can_be_written_as_json_whatever_the_source_held(make_tree: MakeTree) -> None:
    ruby = "class S < MCP::Tool\n  tool_name 'sound'\n  description \"\\u202E \\e[31m <script>\"\nend\n"
    (tool,) = read_tree(make_tree({"a.rb": ruby})).tools
    assert json.loads(json.dumps(tool.to_json(), ensure_ascii=False))["description"] == "\u202e \x1b[31m <script>"
