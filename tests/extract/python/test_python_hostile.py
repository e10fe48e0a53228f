"""Files that are broken, huge or made to hurt: bounded, and the rest is still read."""

from __future__ import annotations

import pytest

from catalog.extract import python
from tests.extract.conftest import MakeTree

GOOD = b"from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\n@mcp.tool()\ndef fine() -> str:\n    'Fine.'\n"
DOUBLING = "def f0(): return [1]\n" + "".join(f"def f{i + 1}(): return f{i}() + f{i}()\n" for i in range(60))
DOUBLING += "mcp.tool(f60())(fine)\n"


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"@mcp.tool()\ndef cut(a: int,\n", "not valid Python"),
        (b"print 'old'\n", "not valid Python"),
        (b"X = a" + b".b" * 20_000 + b"\n", "cannot be parsed"),
        (b"X = " + b"-" * 30_000 + b"1\n", "cannot be parsed"),
        (b"X = '" + b"a" * 2_000_000 + b"'\n", "longer than"),
    ],
    ids=["truncated", "python 2", "deep attribute", "deep operator", "long line"],
)
def test_a_broken_statement_is_a_gap_and_the_others_are_read(make_tree: MakeTree, broken: bytes, reason: str) -> None:
    found = python.read(make_tree({"server.py": GOOD + broken}))

    assert [t.name for t in found.tools] == ["fine"]
    assert [reason in g.reason for g in found.gaps] == [True]


@pytest.mark.parametrize(
    "content",
    [
        GOOD.replace(b"Fine", b"F\x00ine"),
        GOOD + b"# caf\xe9 \xff\xfe\n",
        GOOD.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + GOOD,
    ],
    ids=["nul", "latin-1", "utf-16", "mark"],
)
def test_odd_encodings_are_read(make_tree: MakeTree, content: bytes) -> None:
    found = python.read(make_tree({"server.py": content}))

    assert [t.name for t in found.tools] == ["fine"]


@pytest.mark.parametrize(
    "trap",
    [
        "for a in range(1000):\n for b in range(1000):\n  mcp.tool(name=f'{a}-{b}')(fine)\n",
        "def again(x):\n    mcp.tool(name=str(x))(fine)\n    again(x + 1)\n    again(x + 2)\nagain(0)\n",
        "X = 'a' * 10**9\nfor i in range(99): X = X + X\nmcp.tool(name='%999999999d' % 3)(fine)\n",
        "mcp.tool(name=f'{3:999999999}')(fine)\nY = 10**10**10\nZ = 1 << 10**10\n",
        "L = []\nL.append(L)\nmcp.tool(name='loop', annotations={'a': L})(fine)\n",
        "class A(A): pass\nclass B(C): pass\nclass C(B): pass\nmcp.tool(name=C.x)(fine)\n",
        DOUBLING,
    ],
    ids=["loops", "recursion", "texts", "numbers", "list in itself", "classes in a circle", "doubling"],
)
def test_code_that_would_not_end_is_given_up(make_tree: MakeTree, trap: str) -> None:
    found = python.read(make_tree({"server.py": GOOD + trap.encode()}))

    assert "fine" in {t.name for t in found.tools}
    assert len(found.tools) < 20_000


def test_models_that_multiply_are_not_expanded(make_tree: MakeTree) -> None:
    models = "from pydantic import BaseModel\nfrom fastmcp import FastMCP\nmcp = FastMCP('x')\n"
    models += "class M0(BaseModel):\n  a: int\n"
    for i in range(30):
        models += f"class M{i + 1}(BaseModel):\n" + "".join(f"  f{j}: M{i}\n" for j in range(9))
    found = python.read(make_tree({"server.py": models + "@mcp.tool\ndef big(m: M30) -> str:\n  'Big.'\n"}))

    schema = found.tools[0].input_schema
    assert schema is not None
    assert schema["properties"]["m"] == {"$ref": "#/$defs/M30"}


def test_candidate_paths_are_the_files_that_show_a_registration(make_tree: MakeTree) -> None:
    tree = make_tree({"server.py": GOOD, "other.py": b"import os\n", "start.py": b"import server\nserver.mcp.run()\n"})

    assert python.candidate_paths(tree) == ["server.py"]


def test_of_too_much_code_the_small_folders_are_read(make_tree: MakeTree, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fills a tree beyond measure is a client that a program wrote, and lies in a folder of its own."""
    monkeypatch.setattr("catalog.extract.python.project.MAX_TOTAL_CHARS", 2_000)
    models = {f"api/models/m{n}.py": "class M:\n    tool = 1\n" * 20 for n in range(20)}
    found = python.read(make_tree({**models, "server/main.py": GOOD}))

    assert [tool.name for tool in found.tools] == ["fine"]
    (gap,) = found.gaps
    assert "files, this one first, were not searched" in gap.reason
