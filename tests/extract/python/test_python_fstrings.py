"""F-strings that only newer Python versions parse: the tools around them are read all the same."""

from __future__ import annotations

import ast

import pytest

from catalog.extract.python.fstrings import older
from tests.extract.python.conftest import ReadTools

NEWER = [
    "f'{'+'.join(keys)} pressed'",
    'f"{", ".join(names)} and {other["name"]!r:>{width}}"',
    "f'{row['a']['b']:%H:%M}'",
    "f'{'\\n'.join(rows)}'",
    "rf'{f'{f'{deep}'}'}'",
    "f'{{literal}} {x['y']} {{'",
    "(f'{[\n  v for v in ('a', 'b')\n]} done')",
    'f"""{"\\t".join(cells)}\n{("""x""")}"""',
]


@pytest.mark.parametrize("text", NEWER)
def test_every_parser_reads_what_is_written_for_it(text: str) -> None:
    written = older(f"before = 1\nvalue = {text}\nafter = 2\n")

    assert written is not None
    body = ast.parse(written).body
    assert [type(s) for s in body] == [ast.Assign] * 3
    assert body[2].lineno == 3 + text.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "f'{a} {b!r:>10} {{c}} {d[\"e\"]}'\n",
        'f"""\n{a["b"]}\n"""\n',
        "x = 'f{' + \"}\" # f'{it's}'\n",
        "rb'\\'' and F'{x:{y}}' and f'\\N{DASH}'\n",
    ],
)
def test_what_every_version_reads_stays_as_it_is(text: str) -> None:
    assert older(text) == text


@pytest.mark.parametrize("text", ["f'{a", "f'{a}\n'", "'", "f'{a:{b}'", "f'{" * 40, '"""', "f'{x" + "{" * 5000])
def test_a_string_that_never_ends_is_left_to_the_parser(text: str) -> None:
    assert older(text) is None


def test_the_tool_around_such_a_string_is_found_at_its_own_line(tools: ReadTools) -> None:
    found = tools(
        server="""
            from mcp.server.fastmcp import FastMCP
            mcp = FastMCP("x")

            @mcp.tool(description="Presses keys together.")
            def press(keys: list[str]) -> str:
                return f'Pressed {'+'.join(keys)}.'

            @mcp.tool()
            def wait() -> str:
                "Waits."
        """
    )

    assert {name: tool.location.line for name, tool in found.items() if tool.location} == {"press": 5, "wait": 9}
    assert found["press"].description == "Presses keys together."


def test_a_description_keeps_what_its_fields_say(tools: ReadTools) -> None:
    found = tools(
        server="""
            from mcp.server.fastmcp import FastMCP
            mcp = FastMCP("x")
            UNITS = {"mass": "kilograms"}

            @mcp.tool(description=f'Weighs in {UNITS['mass']}.')
            def weigh(): ...
        """
    )

    assert found["weigh"].description == "Weighs in kilograms."
