"""Signatures as the schemas that pydantic and the frameworks make of them."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest

from tests.extract.python.conftest import ReadTools

IMPORTS = """
from __future__ import annotations
import datetime, enum, uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Dict, List, Literal, Optional, TypedDict, Union
from pydantic import BaseModel, Field
from mcp.server.fastmcp import FastMCP, Context
mcp = FastMCP("demo")

class Color(str, enum.Enum):
    RED = "red"
    BLUE = "blue"

class Place(BaseModel):
    "Where."
    street: str = Field(min_length=1)
    code: Optional[str] = Field(None, alias="zipCode")

class Home(Place):
    owner: str

@dataclass
class Point:
    x: int
    y: int = 0

class Choice(TypedDict, total=False):
    left: bool

Mode = Literal["fast", "slow"]
"""


def schema_of(tools: ReadTools, parameters: str) -> dict[str, Any]:
    text = f"{IMPORTS}\n@mcp.tool()\nasync def act({parameters}) -> str:\n    'Acts.'\n"
    schema = tools(server=text)["act"].input_schema
    assert schema is not None
    return dict(schema)


@pytest.mark.parametrize(
    ("parameter", "rendered"),
    [
        ("p: str", {"type": "string"}),
        ("p: int = 3", {"type": "integer", "default": 3}),
        ("p: Any = None", {"default": None}),
        ("p: bool | None = None", {"anyOf": [{"type": "boolean"}, {"type": "null"}], "default": None}),
        ("p: Union[str, List[int]]", {"anyOf": [{"type": "string"}, {"items": {"type": "integer"}, "type": "array"}]}),
        ("p: datetime.date", {"type": "string", "format": "date"}),
        ("p: uuid.UUID", {"type": "string", "format": "uuid"}),
        ("p: Path", {"type": "string", "format": "path"}),
        ("p: Mode = 'fast'", {"enum": ["fast", "slow"], "type": "string", "default": "fast"}),
        ("p: Literal['x']", {"const": "x", "type": "string"}),
        ("p: Dict[str, Any]", {"additionalProperties": True, "type": "object"}),
        ("p: dict[str, int]", {"additionalProperties": {"type": "integer"}, "type": "object"}),
        ("p: list", {"items": {}, "type": "array"}),
        (
            "p: tuple[int, str]",
            {
                "maxItems": 2,
                "minItems": 2,
                "prefixItems": [{"type": "integer"}, {"type": "string"}],
                "type": "array",
            },
        ),
        ("p: Annotated[int, Field(ge=1, le=9)] = 5", {"type": "integer", "minimum": 1, "maximum": 9, "default": 5}),
        ("p: str = Field(description='Why', max_length=4)", {"type": "string", "description": "Why", "maxLength": 4}),
        (
            "p: Optional[int] = Field(None, ge=1)",
            {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}], "default": None},
        ),
        ("p: Annotated[list[str], Field(min_length=1)]", {"items": {"type": "string"}, "type": "array", "minItems": 1}),
    ],
)
def test_types_become_what_pydantic_makes_of_them(tools: ReadTools, parameter: str, rendered: dict[str, Any]) -> None:
    schema = schema_of(tools, parameter)

    assert schema["properties"] == {"p": {**rendered, "title": "P"}}
    assert schema.get("required", []) == ([] if "default" in rendered else ["p"])


def test_classes_are_definitions_that_properties_refer_to(tools: ReadTools) -> None:
    schema = schema_of(tools, "home: Home, color: Color = Color.RED, at: Point | None = None, c: Choice = None")

    assert schema["properties"]["home"] == {"$ref": "#/$defs/Home"}
    assert schema["properties"]["color"] == {"$ref": "#/$defs/Color", "default": "red"}
    assert schema["properties"]["at"] == {"anyOf": [{"$ref": "#/$defs/Point"}, {"type": "null"}], "default": None}
    assert sorted(schema["$defs"]["Home"]["properties"]) == ["owner", "street", "zipCode"]
    assert schema["$defs"]["Home"]["required"] == ["street", "owner"]
    assert schema["$defs"]["Color"] == {"enum": ["red", "blue"], "title": "Color", "type": "string"}
    assert schema["$defs"]["Point"]["required"] == ["x"]
    assert "required" not in schema["$defs"]["Choice"]


def test_parameters_that_the_framework_fills_in_are_left_out(tools: ReadTools) -> None:
    schema = schema_of(tools, "ctx: Context, word: str, other: Optional[Context[Any, Any]] = None")

    assert list(schema["properties"]) == ["word"]


def test_standalone_fastmcp_takes_descriptions_from_the_docstring(tools: ReadTools) -> None:
    found = tools(
        server="""
        from typing import Annotated
        from fastmcp import FastMCP
        from fastmcp.dependencies import Depends
        mcp = FastMCP("demo")

        @mcp.tool
        def fetch(url: str, depth: Annotated[int, "How deep"] = 1, session=Depends(open)) -> str:
            '''Fetches a page.

            Slowly.

            Args:
                url: The address,
                    with its scheme.
                depth: Not this.

            Returns:
                The text.
            '''
        """
    )["fetch"]

    assert (found.description, found.title) == ("Fetches a page.\n\nSlowly.", "Fetch")
    assert found.input_schema == {
        "properties": {
            "url": {"type": "string", "description": "The address,\nwith its scheme."},
            "depth": {"type": "integer", "description": "How deep", "default": 1},
        },
        "required": ["url"],
        "type": "object",
        "additionalProperties": False,
    }


def test_an_older_fastmcp_sends_the_whole_docstring(tools: ReadTools) -> None:
    server = """
        from fastmcp import FastMCP
        mcp = FastMCP("demo")

        @mcp.tool
        def fetch(url: str) -> str:
            '''Fetches.

            Args:
                url: The address.
            '''
        """
    manifest = '[project]\nname = "demo"\ndependencies = ["fastmcp>=2.3,<3"]\n'

    found = tools({"pyproject.toml": manifest, "server.py": dedent(server)})["fetch"]

    assert found.description == "Fetches.\n\nArgs:\n    url: The address."
    assert found.title is None


def test_the_official_sdk_sends_the_docstring_as_it_stands(tools: ReadTools) -> None:
    text = f"{IMPORTS}\n@mcp.tool()\ndef act(a: str) -> str:\n    '''Acts.\n\n    Args:\n        a: The a.\n    '''\n"

    assert tools(server=text)["act"].description == "Acts.\n\n    Args:\n        a: The a.\n    "


def test_a_package_named_like_the_sdk_does_not_make_a_file_one_of_the_sdk(tools: ReadTools) -> None:
    """`server` is a parameter here: which FastMCP it is, only the imports of the tree can tell."""
    notes = """
        from notes_mcp.server import settings

        def register(server):
            @server.tool
            def find(word):
                "Finds notes."
        """
    found = tools({"server.py": "from fastmcp import FastMCP\nmcp = FastMCP('notes')\n", "notes.py": dedent(notes)})

    assert found["find"].input_schema["properties"] == {"word": {}}


def test_a_class_that_refers_to_itself_stays_a_reference(tools: ReadTools) -> None:
    found = tools(
        server="""
        from fastmcp import FastMCP
        from pydantic import BaseModel
        mcp = FastMCP("demo")

        class Node(BaseModel):
            children: list["Node"] = []

        @mcp.tool
        def walk(node: Node) -> str:
            "Walks."
        """
    )["walk"]

    assert found.input_schema is not None
    assert found.input_schema["properties"]["node"] == {"$ref": "#/$defs/Node"}
    assert list(found.input_schema["$defs"]) == ["Node"]
