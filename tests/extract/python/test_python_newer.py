"""Statements that only newer Python versions parse: the tools around them are read all the same."""

from __future__ import annotations

import ast

import pytest

from catalog.extract.python.newer import plain
from tests.extract.python.conftest import ReadTools


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("def first[T](items: list[T]) -> T:\n    pass", "def first(items: list[T]) -> T:\n    pass"),
        ("async def f[**P, *Ts](a): pass", "async def f(a): pass"),
        ("class Box[T: (int, list[str]) = int](Base): pass", "class Box(Base): pass"),
        ("type Names = list[str]", "Names = list[str]"),
        ("type Pair[A, B] = dict[A, B]", "Pair = dict[A, B]"),
        (
            "try:\n    pass\nexcept OSError, json.Error:\n    pass",
            "try:\n    pass\nexcept (OSError, json.Error):\n    pass",
        ),
    ],
)
def test_every_parser_reads_what_is_written_for_it(text: str, written: str) -> None:
    assert " ".join(plain(text).split()) == " ".join(written.split())
    assert ast.parse(plain(text))


def test_lines_keep_their_numbers() -> None:
    text = "class Box[\n    T,\n](Base):\n    pass\nafter = 1\n"

    assert ast.parse(plain(text)).body[1].lineno == 5


@pytest.mark.parametrize(
    "text", ["type = 3", "type[0] = 1", "type(x) == 1", "def f(a: dict[str, int]): pass", "def f["]
)
def test_anything_else_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


def test_tools_of_a_newer_python_are_read(tools: ReadTools) -> None:
    found = tools(
        server="""
        from fastmcp import FastMCP
        from pydantic import BaseModel
        mcp = FastMCP("demo")
        type Words = list[str]

        class Page[T](BaseModel):
            size: int

        def log(rows):
            try:
                return f"{", ".join(rows)}"
            except KeyError, ValueError:
                return ""

        @mcp.tool
        def find[T](words: Words, page: Page[T]) -> T:
            "Finds."
        """
    )["find"]

    assert found.input_schema["properties"]["words"]["type"] == "array"
    assert "page" in found.input_schema["properties"]
