"""Tools registered by decorators."""

from __future__ import annotations

import pytest

from tests.extract.python.conftest import Read, ReadTools

SDK = "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('demo')\n"


@pytest.mark.parametrize("decorator", ["@mcp.tool", "@mcp.tool()", "@mcp.tool(structured_output=False)"])
def test_a_decorated_function_is_a_tool_named_after_it(tools: ReadTools, decorator: str) -> None:
    found = tools(server=f'{SDK}{decorator}\ndef add(a: int, b: int = 2) -> int:\n    """Adds two numbers."""\n')

    assert list(found) == ["add"]
    assert found["add"].description == "Adds two numbers."
    assert found["add"].location is not None
    assert found["add"].location.to_json() == {"path": "server.py", "line": 3}


@pytest.mark.parametrize("given", ['"plus"', 'name="plus"', 'name=NAMES["add"]', 'name=f"pl{REST}"'])
def test_the_name_given_to_the_decorator_wins(tools: ReadTools, given: str) -> None:
    constants = 'REST = "us"\nNAMES = {"add": "plus"}\n'
    text = f'{SDK}{constants}@mcp.tool({given})\ndef add(a: int) -> int:\n    "Adds."\n'

    assert list(tools(server=text)) == ["plus"]


def test_title_description_and_annotations_are_read_from_keywords(tools: ReadTools) -> None:
    found = tools(
        server="""
        from mcp.server.mcpserver import MCPServer
        from mcp.types import ToolAnnotations
        app = MCPServer("demo")
        TEXT = "Removes " + "a thing."

        HINTS = ToolAnnotations(destructive_hint=True, readOnlyHint=False)

        @app.tool(title="Remove", description=TEXT, annotations=HINTS)
        async def remove(thing: str) -> None:
            "Not this text."
        """
    )["remove"]

    assert (found.title, found.description) == ("Remove", "Removes a thing.")
    assert found.annotations == {"destructiveHint": True, "readOnlyHint": False}


def test_functions_inside_a_registering_function_are_tools(tools: ReadTools) -> None:
    found = tools(
        {
            "pkg/__init__.py": "",
            "pkg/server.py": """
                from mcp.server.fastmcp import FastMCP
                from .notes import register
                mcp = FastMCP("demo")
                register(mcp, prefix="note")
            """,
            "pkg/notes.py": """
                def register(mcp, prefix):
                    @mcp.tool(name=f"{prefix}_add")
                    def add(text: str) -> str:
                        "Adds a note."
            """,
        }
    )

    assert list(found) == ["note_add"]


def test_a_decorator_of_the_tree_that_ends_in_tool_is_followed(tools: ReadTools) -> None:
    found = tools(
        server=f"""
{SDK}
def reading(name, **options):
    def decorate(fn):
        return mcp.tool(name=name, annotations={{"readOnlyHint": True}}, **options)(fn)
    return decorate

@reading("look_up", title="Look up")
def look(word: str) -> str:
    "Looks a word up."
"""
    )["look_up"]

    assert (found.title, found.annotations) == ("Look up", {"readOnlyHint": True})
    assert found.description == "Looks a word up."


def test_wrapped_functions_keep_their_own_signature(tools: ReadTools) -> None:
    found = tools(
        server=f"""
import functools
{SDK}
def logged(fn):
    @functools.wraps(fn)
    async def inner(*args, **kwargs):
        return await fn(*args, **kwargs)
    return inner

@mcp.tool()
@logged
async def send(to: str, body: str = "") -> str:
    "Sends."
"""
    )["send"]

    assert found.input_schema is not None
    assert list(found.input_schema["properties"]) == ["to", "body"]
    assert found.input_schema["required"] == ["to"]


def test_conditional_registration_is_kept_with_its_condition(read: Read) -> None:
    found = read(
        server=f"""
import os
{SDK}
if os.getenv("WRITE"):
    @mcp.tool()
    def erase() -> str:
        "Erases."
"""
    )

    assert [(t.name, t.conditional) for t in found.tools] == [("erase", "os.getenv('WRITE')")]


def test_a_name_that_cannot_be_told_is_a_gap(read: Read) -> None:
    found = read(server=f"{SDK}import sys\n@mcp.tool(name=sys.argv[1])\ndef run() -> str:\n    'Runs.'\n")

    assert found.tools == ()
    assert [(g.path, g.line) for g in found.gaps] == [("server.py", 4)]
    assert "name" in found.gaps[0].reason


@pytest.mark.parametrize(
    "text",
    [
        "from langchain_core.tools import tool\n@tool\ndef search(q: str) -> str:\n    'Searches.'\n",
        "from pydantic_ai import Agent\nagent = Agent('m')\n@agent.tool\ndef search(ctx, q: str) -> str:\n    'S.'\n",
        f"{SDK}@mcp.prompt()\ndef ask(q: str) -> str: ...\n@mcp.resource('x://y')\ndef y() -> str: ...\n",
        "async def main(session):\n    tools = await session.list_tools()\n    return [t.name for t in tools]\n",
    ],
    ids=["langchain", "agent", "prompt and resource", "client"],
)
def test_what_is_no_mcp_tool_is_not_listed(tools: ReadTools, text: str) -> None:
    assert tools(server=text) == {}


def test_the_known_part_of_a_description_is_kept_with_a_gap(read: Read) -> None:
    found = read(
        server=f"""
{SDK}
import os
LIMIT = int(os.environ.get("LIMIT", 40))
@mcp.tool(description=f"Lists up to {{LIMIT}} tables of {{connect()}}.")
def tables() -> str: ...
"""
    )

    assert [t.description for t in found.tools] == [
        "Lists up to 40 tables of ….",
    ]
    assert [g.reason for g in found.gaps] == ["tables: the description is partly computed"]


def test_a_wrapper_of_a_function_that_is_not_known_is_a_gap_and_no_tool(read: Read) -> None:
    found = read(
        server=f"""
import functools
{SDK}
def add(fn):
    @functools.wraps(fn)
    def wrapper(*args, **kwargs): return fn(*args, **kwargs)
    mcp.tool()(wrapper)
    mcp.tool(name=fn.__name__)(wrapper)
for each in loaded_from_elsewhere():
    add(each)
"""
    )
    assert found.tools == ()
    assert found.gaps


def test_a_signature_that_is_made_at_run_time_leaves_the_schema_open(read: Read) -> None:
    found = read(
        server=f"""
import inspect
{SDK}
def handler(name):
    async def run(**kwargs): ...
    run.__signature__ = inspect.Signature(made(name))
    run.__name__ = name
    return run
mcp.tool()(handler("host_get"))
"""
    )
    assert [(t.name, t.input_schema) for t in found.tools] == [("host_get", None)]
    assert [g.reason for g in found.gaps] == ["host_get: the parameters could not be read"]


@pytest.mark.parametrize(
    ("update", "names"),
    [("META.update(json.load(open('meta.json')))", []), ("META.update({'title': 'T'})", ["unnamed"])],
)
def test_a_default_that_a_file_replaces_is_no_name(read: Read, update: str, names: list[str]) -> None:
    text = f"import json\n{SDK}META = {{'name': 'unnamed'}}\n{update}\n"
    text += "@mcp.tool(name=META['name'])\ndef run(q: str) -> str: ...\n"
    assert [t.name for t in read(server=text).tools] == names


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("load() or 'tool'", []),
        ("os.environ.get('NAME') or 'search'", ["search"]),  # a setting has the default that the source gives it
        ("None or 'search'", ["search"]),
    ],
)
def test_a_name_made_at_run_time_is_not_the_one_given_for_want_of_it(read: Read, name: str, names: list[str]) -> None:
    text = f"import os\nfrom elsewhere import load\n{SDK}@mcp.tool(name={name})\ndef run(q: str) -> str: ...\n"
    found = read(server=text)
    assert [t.name for t in found.tools] == names
    assert bool(found.gaps) is not bool(names)
