"""Hints put into Python registrations, with the import that they need."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.audit.editor import edit, edited, put, refusals, tools_of

SDK = """from mcp.server.fastmcp import FastMCP

mcp = FastMCP("notes")


"""
FAST = SDK.replace("mcp.server.fastmcp", "fastmcp")
BODY = '''def {name}(tag: str = "") -> str:
    """Does it."""
    return tag
'''
READ = "ToolAnnotations(readOnlyHint=True)"
DROP = "ToolAnnotations(readOnlyHint=False, destructiveHint=True)"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("@mcp.tool()\n", f"@mcp.tool(annotations={READ})\n"),
        ("@mcp.tool\n", f"@mcp.tool(annotations={READ})\n"),
        ('@mcp.tool("list_notes")\n', f'@mcp.tool("list_notes", annotations={READ})\n'),
        ('@mcp.tool(description="Lists")\n', f'@mcp.tool(description="Lists", annotations={READ})\n'),
        ("@mcp.tool(annotations=None)\n", f"@mcp.tool(annotations={READ})\n"),
        (
            '@mcp.tool(\n    name="list_notes",\n    description="Lists",\n)\n',
            f'@mcp.tool(\n    name="list_notes",\n    description="Lists",\n    annotations={READ},\n)\n',
        ),
        (
            '@mcp.tool(\n    name="list_notes",\n    description="Lists"\n)\n',
            f'@mcp.tool(\n    name="list_notes",\n    annotations={READ},\n    description="Lists"\n)\n',
        ),
    ],
)
def test_a_decorator_gets_annotations_and_the_file_an_import(tmp_path: Path, before: str, after: str) -> None:
    text = edited(tmp_path, "server.py", SDK + before + BODY.format(name="list_notes"))
    assert after + "def list_notes" in text
    assert "from mcp.server.fastmcp import FastMCP\nfrom mcp.types import ToolAnnotations\n\nmcp" in text


def test_the_edited_server_says_to_clients_what_was_proposed(tmp_path: Path) -> None:
    import asyncio
    import runpy

    source = "from mcp.server.mcpserver import MCPServer\n\nmcp = MCPServer('notes')\n\n\n"
    tools = "".join(f"@mcp.tool()\n{BODY.format(name=n)}\n\n" for n in ("list_notes", "create_note", "delete_note"))
    edited(tmp_path, "server.py", source + tools)
    served = runpy.run_path(str(tmp_path / "server.py"))["mcp"]
    listed = asyncio.run(served.list_tools())
    said = {t.name: (t.annotations.read_only_hint, t.annotations.destructive_hint) for t in listed}
    assert said == {"list_notes": (True, None), "create_note": (False, False), "delete_note": (False, True)}


def test_what_is_too_wide_for_empty_parentheses_is_spread(tmp_path: Path) -> None:
    text = edited(tmp_path, "server.py", SDK + "@mcp.tool()\n" + BODY.format(name="delete_note"))
    assert f"@mcp.tool(annotations={DROP})\n" in text
    source = SDK.replace("mcp = ", "server_of_the_notes = ") + "@server_of_the_notes.tool()\n"
    wide = edited(tmp_path / "wide", "server.py", source + BODY.format(name="delete_note"))
    assert f"@server_of_the_notes.tool(\n    annotations={DROP},\n)\n" in wide


def test_the_standalone_framework_takes_a_dict_and_no_import(tmp_path: Path) -> None:
    text = edited(tmp_path, "server.py", FAST + "@mcp.tool()\n" + BODY.format(name="list_notes"))
    assert '@mcp.tool(annotations={"readOnlyHint": True})\n' in text
    assert "ToolAnnotations" not in text


def test_a_file_that_writes_dicts_gets_dicts(tmp_path: Path) -> None:
    source = SDK + "@mcp.tool(annotations={'title': 'Tags'})\n" + BODY.format(name="list_tags")
    text = edited(tmp_path, "server.py", source + "\n\n@mcp.tool()\n" + BODY.format(name="list_notes"))
    assert '@mcp.tool(annotations={"readOnlyHint": True})\ndef list_notes' in text
    assert "import ToolAnnotations" not in text


@pytest.mark.parametrize(
    ("imported", "expected", "spelling"),
    [
        (
            "from mcp.types import TextContent\n",
            "from mcp.types import TextContent, ToolAnnotations\n",
            "ToolAnnotations",
        ),
        ("from mcp.types import ToolAnnotations\n", "from mcp.types import ToolAnnotations\n", "ToolAnnotations"),
        ("from mcp.types import ToolAnnotations as Hints\n", "import ToolAnnotations as Hints\n", "Hints"),
        ("import mcp.types as types\n", "import mcp.types as types\n", "types.ToolAnnotations"),
        ("from mcp import types\n", "from mcp import types\n", "types.ToolAnnotations"),
        (
            "from mcp.types import (\n    TextContent,\n    Tool,\n)\n",
            "    Tool,\n    ToolAnnotations,\n)\n",
            "ToolAnnotations",
        ),
        ("from mcp.types import A, Zero\n", "from mcp.types import A, ToolAnnotations, Zero\n", "ToolAnnotations"),
    ],
)
def test_what_the_file_imports_is_used(tmp_path: Path, imported: str, expected: str, spelling: str) -> None:
    text = edited(tmp_path, "server.py", imported + SDK + "@mcp.tool()\n" + BODY.format(name="list_notes"))
    assert expected in text
    assert f"@mcp.tool(annotations={spelling}(readOnlyHint=True))" in text
    assert text.count("import ToolAnnotations") + text.count(", ToolAnnotations") <= 1


def test_a_file_that_is_handed_its_server_gets_the_import_behind_its_own(tmp_path: Path) -> None:
    tools = '"""Tools."""\n\nimport os\n\n\ndef register(app):\n    @app.tool()\n    def list_notes() -> str:\n'
    tools += "        return os.name\n"
    put(
        tmp_path,
        {"notes/server.py": SDK + "from notes.tools import register\n\nregister(mcp)\n", "notes/__init__.py": ""},
    )
    text = edited(tmp_path, "notes/tools.py", tools)
    assert '"""Tools."""\n\nimport os\nfrom mcp.types import ToolAnnotations\n\n\ndef' in text
    assert f"    @app.tool(annotations={READ})\n" in text


LOW = """import mcp.types as types
from mcp.server.lowlevel import Server

server = Server("notes")


@server.list_tools()
async def list_tools() -> list[types.Tool]:
    return [
        types.Tool(
            name="list_notes",
            description="Lists",
            inputSchema={"type": "object", "properties": {}},
        ),
        types.Tool(name="delete_note", description="Deletes", inputSchema={"type": "object", "properties": {}}),
    ]
"""


def test_tool_objects_of_a_list_handler(tmp_path: Path) -> None:
    text = edited(tmp_path, "server.py", LOW)
    assert (
        f'            inputSchema={{"type": "object", "properties": {{}}}},\n            annotations=types.{READ},\n'
        in text
    )
    assert f'"properties": {{}}}}, annotations=types.{DROP}),\n' in text


def test_registering_calls_and_tool_objects(tmp_path: Path) -> None:
    source = SDK + BODY.format(name="list_notes") + "\n\n" + BODY.format(name="other")
    source += '\n\nmcp.add_tool(list_notes)\nmcp.tool(name="delete_note")(other)\n'
    text = edited(tmp_path, "server.py", source)
    assert f"mcp.add_tool(list_notes, annotations={READ})\n" in text
    assert f'mcp.tool(name="delete_note", annotations={DROP})(other)\n' in text


def test_hints_join_those_that_are_declared(tmp_path: Path) -> None:
    source = SDK.replace("import FastMCP", "import FastMCP\nfrom mcp.types import ToolAnnotations")
    source += '@mcp.tool(annotations=ToolAnnotations(title="Delete", readOnlyHint=True))\n' + BODY.format(
        name="delete_note"
    )
    assert 'ToolAnnotations(title="Delete", readOnlyHint=False, destructiveHint=True)' in edited(
        tmp_path / "call", "server.py", source
    )
    source = FAST + "@mcp.tool(annotations={'title': 'Delete'})\n" + BODY.format(name="delete_note")
    assert "{'title': 'Delete', 'readOnlyHint': False, 'destructiveHint': True}" in edited(
        tmp_path / "dict", "server.py", source
    )


def test_snake_case_stays_snake_case(tmp_path: Path) -> None:
    source = SDK.replace("import FastMCP", "import FastMCP\nfrom mcp.types import ToolAnnotations")
    source += "@mcp.tool(annotations=ToolAnnotations(read_only_hint=False))\n" + BODY.format(name="delete_note")
    assert "ToolAnnotations(read_only_hint=False, destructive_hint=True)" in edited(tmp_path, "server.py", source)


def test_dicts_of_a_server_without_an_sdk(tmp_path: Path) -> None:
    source = """import json
import sys

TOOLS = [
    {
        "name": "list_notes",
        "description": "Lists",
        "inputSchema": {"type": "object", "properties": {}},
    },
]


def answer(request):
    if request["method"] == "tools/list":
        return {"tools": TOOLS}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))))
"""
    text = edited(tmp_path, "server.py", source)
    assert '"properties": {}},\n        "annotations": {"readOnlyHint": True},\n    },' in text


def test_a_loop_is_left_alone(tmp_path: Path) -> None:
    source = SDK + BODY.format(name="one") + "\n\n" + BODY.format(name="two")
    source += '\n\nfor name, run in {"list_notes": one, "list_tags": two}.items():\n    mcp.tool(name=name)(run)\n'
    assert set(refusals(tmp_path, {"server.py": source})) == {"list_notes", "list_tags"}


def test_options_handed_over_as_keywords_are_left_alone(tmp_path: Path) -> None:
    source = SDK + 'OPTIONS = {"description": "Lists"}\n\n\n@mcp.tool(**OPTIONS)\n' + BODY.format(name="list_notes")
    assert "**keywords" in refusals(tmp_path, {"server.py": source})["list_notes"]


def test_one_tool_that_cannot_be_edited_does_not_hold_up_the_others(tmp_path: Path) -> None:
    source = SDK + "SHARED = None\n\n\n@mcp.tool()\n" + BODY.format(name="list_notes")
    source += "\n\n@mcp.tool(annotations=SHARED)\n" + BODY.format(name="list_tags")
    put(tmp_path, {"server.py": source})
    plan = edit(tmp_path)
    assert [w.tool.name for w in plan.edited] == ["list_notes"]
    assert [w.tool.name for w, _ in plan.refused] == ["list_tags"]
    assert dict(tools_of(tmp_path)["list_notes"].annotations) == {"readOnlyHint": True}
