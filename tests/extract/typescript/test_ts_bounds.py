"""Hostile and broken sources cost themselves, not the tree."""

from __future__ import annotations

from typing import Any

import pytest

GOOD = "server.tool('good', 'Fine', {}, run);"


@pytest.mark.parametrize(
    "hostile",
    [
        "server.tool('x', " + "(" * 5000 + "'d'" + ")" * 5000 + ", {}, run);",
        "server.tool('x', " + " + ".join(["'a'"] * 20000) + ", {}, run);",
        "server.tool(" + "a.b" * 20000 + ", 'd');",
        "server.tool('x', 'd', " + "{a: " * 3000 + "1" + "}" * 3000 + ", run);",
        "const a = () => b(); const b = () => a(); server.tool(a(), 'd', {}, run);",
        "const a = [...b]; const b = [...a]; for (const t of a) server.tool(t.name, 'd', {}, run);",
        "class A extends A { name = this.name; register(s) { s.tool(this.name, 'd', {}, f) } } new A().register(s)",
        "server.tool('x', 'd', {" + "\n" * 100,
        "function f(n) { return f(n + 1) + f(n + 2) } server.tool(f(0), 'd', {}, run);",
        "server.tool(`${'x'.repeat(99999999)}`, 'd', {}, run);",
    ],
)
def test_a_hostile_file_leaves_the_others_readable(read_files: Any, hostile: str) -> None:
    found = read_files({"src/bad.js": hostile, "src/index.js": f"import './bad.js';\n{GOOD}"})
    assert "good" in {t.name for t in found.tools}


def test_cyclic_imports_end(read_files: Any) -> None:
    found = read_files(
        {
            "a.ts": "export * from './b'; import { x } from './b'; server.tool(x, 'd', {}, run);",
            "b.ts": "export * from './a'; export { y as x } from './a';",
            "index.ts": GOOD,
        }
    )
    assert "good" in {t.name for t in found.tools}


def test_bytes_that_are_not_utf_8_do_not_stop_the_reader(read_files: Any, tmp_path: Any) -> None:
    (tmp_path / "odd.js").write_bytes(b"// \xff\xfe\x80\nserver.tool('odd', 'caf\xe9', {}, run);")
    found = read_files({"index.js": GOOD})
    assert {t.name for t in found.tools} == {"good", "odd"}


def test_a_file_whose_parsing_is_given_up_is_a_gap(read_files: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.extract.typescript.sources.MAX_PARSING_SECONDS", -1.0)
    found = read_files({"src/index.js": GOOD + "/* " * 60_000})
    assert [(g.path, g.reason[:20]) for g in found.gaps] == [("src/index.js", "parsing this file wo")]
    assert found.tools == ()
