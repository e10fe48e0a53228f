"""Tools listed by handlers of the low-level server."""

from __future__ import annotations

import pytest

from tests.extract.python.conftest import Read, ReadTools

SERVER = "from mcp.server import Server\nimport mcp.types as types\nserver = Server('demo')\n"


def test_literal_definitions_of_a_handler_are_read(tools: ReadTools) -> None:
    found = tools(
        server=f"""
{SERVER}
LIMIT = {{"type": "integer", "minimum": 1}}

@server.list_tools()
async def list_tools() -> list[types.Tool]:
    return [
        types.Tool(
            name="search",
            description=(
                "Searches "
                "all."
            ),
            inputSchema={{
                "type": "object",
                "properties": {{"q": {{"type": "string"}}, "n": LIMIT}},
                "required": ["q"],
            }},
            annotations=types.ToolAnnotations(readOnlyHint=True),
        ),
    ]
"""
    )["search"]

    assert found.description == "Searches all."
    assert found.input_schema == {
        "type": "object",
        "properties": {"q": {"type": "string"}, "n": {"type": "integer", "minimum": 1}},
        "required": ["q"],
    }
    assert found.annotations == {"readOnlyHint": True}


def test_enum_names_and_model_schemas_are_resolved_across_files(tools: ReadTools) -> None:
    found = tools(
        {
            "pkg/__init__.py": "from .shapes import Query as Query\n",
            "pkg/names.py": """
                from enum import Enum
                class Names(str, Enum):
                    FIND = "find_it"
            """,
            "pkg/shapes.py": """
                from pydantic import BaseModel, Field
                class Base(BaseModel):
                    limit: int = Field(10, le=50)
                class Query(Base):
                    text: str = Field(description="What to find")
            """,
            "pkg/server.py": """
                from mcp.server.lowlevel import Server
                from mcp.types import Tool
                from pkg import Query
                from pkg.names import Names

                def serve():
                    server = Server("demo")

                    @server.list_tools()
                    async def listing():
                        schema = Query.model_json_schema()
                        return [Tool(name=Names.FIND.value, description="Finds.", inputSchema=schema)]
            """,
        }
    )["find_it"]

    assert found.input_schema is not None
    assert found.input_schema["properties"] == {
        "limit": {"type": "integer", "maximum": 50, "default": 10, "title": "Limit"},
        "text": {"type": "string", "description": "What to find", "title": "Text"},
    }
    assert found.input_schema["required"] == ["text"]


def test_lists_assembled_from_files_and_classes_are_followed(tools: ReadTools) -> None:
    found = tools(
        {
            "a.py": """
                from mcp.types import Tool
                TOOLS = [Tool(name="one", description="One.", inputSchema={"type": "object"})]
                TOOLS.append(Tool(name="two", description="Two.", inputSchema={"type": "object"}))
                NEVER = Tool(name="never", description="Not listed.", inputSchema={"type": "object"})
            """,
            "b.py": """
                from mcp.types import Tool
                class Handler:
                    name: str
                    text = "?"
                    def describe(self) -> Tool:
                        return Tool(name=self.name, description=self.text, inputSchema={"type": "object"})
                class Three(Handler):
                    name = "three"
                    text = "Three."
                class Four(Handler):
                    def __init__(self):
                        self.name = "four"
                        self.text = f"Fo{'ur'}."
            """,
            "server.py": """
                from mcp.server import Server
                import a
                from b import Three, Four
                app = Server("demo")
                handlers = {}
                def add(handler):
                    handlers[handler.name] = handler
                add(Three())
                add(Four())

                @app.list_tools()
                async def list_tools():
                    extra = [h.describe() for h in handlers.values()]
                    return [*a.TOOLS, *extra]
            """,
        }
    )

    assert {n: t.description for n, t in found.items()} == {
        "one": "One.",
        "two": "Two.",
        "three": "Three.",
        "four": "Four.",
    }


@pytest.mark.parametrize(
    "registration",
    [
        "server = Server('demo', on_list_tools=answer)",
        "server = Server('demo')\nserver.request_handlers[types.ListToolsRequest] = answer",
        "server = Server('demo')\nserver.add_request_handler('tools/list', answer)",
        "class App:\n  def __init__(self):\n    self.s = Server('demo')\n    self.s.list_tools()(answer)\nApp()",
    ],
)
def test_handlers_are_found_however_they_are_registered(tools: ReadTools, registration: str) -> None:
    found = tools(
        server="from mcp.server import Server\nimport mcp.types as types\n"
        "async def answer(*_):\n"
        "    return types.ListToolsResult(tools=[types.Tool(name='ping', description='Pings.', input_schema={})])\n"
        f"{registration}\n"
    )

    assert [(t.name, t.description, t.input_schema) for t in found.values()] == [("ping", "Pings.", {})]


def test_definitions_are_kept_when_the_list_is_not_wholly_known(read: Read) -> None:
    found = read(
        server=f"""
{SERVER}
from plugins import discover
PING = types.Tool(name="ping", description="Pings.", inputSchema={{"type": "object"}})

@server.list_tools()
async def list_tools():
    return discover()
"""
    )

    assert [t.name for t in found.tools] == ["ping"]
    assert ["could not be resolved" in g.reason for g in found.gaps] == [True]


def test_a_hand_written_json_rpc_server_is_read(read: Read) -> None:
    found = read(
        server="""
        TOOLS = [{"name": "echo", "description": "Echoes.", "inputSchema": {"type": "object", "properties": {}}}]

        def handle(request):
            if request["method"] == "tools/list":
                return {"jsonrpc": "2.0", "result": {"tools": TOOLS}}
        """
    )

    assert [(t.name, t.description) for t in found.tools] == [("echo", "Echoes.")]


DISPATCHER = """
    class Protocol:
        def __init__(self):
            self._tools = {}
            for name, text in (("ping", "Pings."), ("echo", "Echoes.")):
                self._tools[name] = {"text": text, "schema": {"properties": {"to": {"type": "string"}}}}

        def handle(self, method, params):
            if method == "tools/list":
                return self._list(params)

        def _list(self, params):
            tools = []
            for name, held in self._tools.items():
                tools.append({"name": name, "description": held["text"], "inputSchema": held["schema"]})
            return {"tools": tools, "nextCursor": None}
    """


def test_an_answer_put_together_by_hand_is_read(tools: ReadTools) -> None:
    found = tools(protocol=DISPATCHER)

    assert {t.name: t.description for t in found.values()} == {"ping": "Pings.", "echo": "Echoes."}
    assert all(list(t.input_schema["properties"]) == ["to"] for t in found.values())


def test_a_list_by_hand_that_has_no_schemas_is_a_gap(read: Read) -> None:
    found = read(protocol=DISPATCHER.replace(', "inputSchema": held["schema"]', ""))

    assert [t.name for t in found.tools] == ["ping", "echo"]
    assert "no schemas" in found.gaps[0].reason


def test_tools_that_a_client_offers_to_a_model_are_not_the_servers(read: Read) -> None:
    client = """
        import tooling_api

        def ask(prompt):
            offered = [{"name": n, "description": "Acts.", "input_schema": {}} for n in ("one", "two")]
            tooling_api.list_from_server({"method": "tools/list"})
            return tooling_api.post({"prompt": prompt, "tools": offered})
        """
    assert read(client=client).tools == ()


@pytest.mark.parametrize("runner", ["anyio", "asyncio", "trio"])
def test_a_function_handed_to_an_event_loop_is_followed(tools: ReadTools, runner: str) -> None:
    found = tools(
        server=f"""
            import {runner}
            from mcp.server import Server
            from mcp.types import Tool

            def make(name):
                return Server(name)

            def main():
                async def serve(name):
                    server = make(name)

                    @server.list_tools()
                    async def list_tools():
                        return [Tool(name="ring", description="Rings the bell.", inputSchema={{"type": "object"}})]

                {runner}.run(serve, "bells")
        """
    )

    assert found["ring"].description == "Rings the bell."


REGISTRY = """
from mcp.types import Tool

class Registry:
    def __init__(self):
        self.tools = {}

    def register(self, name, description, schema):
        def decorator(function):
            self.tools[name] = Tool(name=name, description=description, inputSchema=schema)
            return function
        return decorator

    def definitions(self):
        return list(self.tools.values())

registry = Registry()
"""
NOTES = """
from .registry import registry

@registry.register("find_note", "Finds a note.", {"type": "object", "properties": {"words": {"type": "string"}}})
async def find(arguments):
    return arguments
"""


@pytest.mark.parametrize("package", ["notes", "zz_notes"], ids=["read before its server", "read after it"])
def test_a_handler_is_asked_when_everything_has_registered(tools: ReadTools, package: str) -> None:
    server = f"""
        from mcp.server import Server
        from {package}.registry import registry
        app = Server("demo")

        @app.list_tools()
        async def list_tools():
            return registry.definitions()
        """
    found = tools({"server.py": server, f"{package}/registry.py": REGISTRY, f"{package}/notes.py": NOTES})

    assert list(found) == ["find_note"]
    assert list(found["find_note"].input_schema["properties"]) == ["words"]


def test_an_empty_list_is_a_gap(read: Read) -> None:
    found = read(server=f"{SERVER}\nTOOLS = []\n\n@server.list_tools()\nasync def list_tools():\n    return TOOLS\n")

    assert (found.tools, [g.reason for g in found.gaps]) == ((), ["the list of tools was found empty"])
