"""Tools registered by calls, loops and mounting."""

from __future__ import annotations

from tests.extract.python.conftest import Read, ReadTools

SDK = "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('demo')\n"


def test_methods_are_registered_call_style(tools: ReadTools) -> None:
    found = tools(
        server="""
        from mcp.server.fastmcp import FastMCP, Context

        class Notes:
            def __init__(self, mcp):
                self.mcp = mcp
                self.mcp.tool(name="list_notes")(self.list_notes)
                mcp.add_tool(self.add, name="add_note", description="Adds a note.")

            async def list_notes(self, ctx: Context, limit: int = 10) -> list[str]:
                "Lists notes."

            def add(self, text: str) -> str:
                ...

        def main():
            mcp = FastMCP("demo")
            Notes(mcp)
            mcp.run()
        """
    )

    assert sorted(found) == ["add_note", "list_notes"]
    schema = found["list_notes"].input_schema
    assert schema is not None
    assert list(schema["properties"]) == ["limit"]
    assert found["add_note"].description == "Adds a note."


def test_loops_over_functions_and_modules_register_each(tools: ReadTools) -> None:
    found = tools(
        {
            "actions.py": """
                def do_open(path: str) -> str:
                    "Opens."
                def do_close() -> str:
                    "Closes."
                def helper() -> None: ...
            """,
            "server.py": f"""
import inspect
import actions
{SDK}
for name, fn in inspect.getmembers(actions, inspect.isfunction):
    if name.startswith("do_"):
        mcp.tool(name=name.removeprefix("do_"))(fn)
""",
        }
    )

    assert sorted(found) == ["close", "open"]


def test_tool_objects_are_registered_when_added(tools: ReadTools) -> None:
    found = tools(
        server="""
        from fastmcp import FastMCP
        from fastmcp.tools import Tool

        def area(width: float, height: float) -> float:
            "The area."

        server = FastMCP("demo", tools=[Tool.from_function(area, name="compute_area")])
        server.add_tool(Tool.from_function(area, name="area_again", description="Again."))
        unused = Tool.from_function(area, name="never_added")
        """
    )

    assert sorted(found) == ["area_again", "compute_area"]


def test_mounted_servers_get_their_prefix(tools: ReadTools) -> None:
    found = tools(
        server="""
        from fastmcp import FastMCP
        main = FastMCP("main")
        files = FastMCP("files")
        inner = FastMCP("inner")

        @files.tool
        def read(path: str) -> str:
            "Reads."

        @inner.tool
        def deep() -> str:
            "Deep."

        @main.tool
        def top() -> str:
            "Top."

        files.mount(inner, namespace="in")
        main.mount(files, prefix="fs")
        """
    )

    assert sorted(found) == ["fs_in_deep", "fs_read", "top"]


def test_names_made_in_a_loop_are_all_found(tools: ReadTools) -> None:
    found = tools(
        server=f"""
{SDK}
def make(kind):
    def run(name: str) -> str: ...
    return run

for kind in ("users", "teams"):
    mcp.tool(name=f"list_{{kind}}", description=f"Lists {{kind}}.")(make(kind))
"""
    )

    assert {n: t.description for n, t in found.items()} == {
        "list_users": "Lists users.",
        "list_teams": "Lists teams.",
    }


def test_openapi_tools_are_a_gap(read: Read) -> None:
    found = read(server="from fastmcp import FastMCP\nmcp = FastMCP.from_openapi(openapi_spec=fetch(), client=None)\n")

    assert ["OpenAPI" in g.reason for g in found.gaps] == [True]


def test_a_server_handed_to_another_distribution_is_a_gap(read: Read) -> None:
    found = read(server=f"{SDK}from elsewhere.tools import register_tools\nregister_tools(mcp)\n")

    assert [g.reason for g in found.gaps] == [
        "tools are registered by 'elsewhere.tools.register_tools', which another distribution defines"
    ]


def test_tools_put_into_the_manager_directly_are_a_gap(read: Read) -> None:
    found = read(server=f"{SDK}def fill(tools):\n    for t in tools:\n        mcp._tool_manager._tools[t.name] = t\n")

    assert [(g.line, "tool manager" in g.reason) for g in found.gaps] == [(5, True)]


def test_methods_marked_in_a_mixin_are_tools_without_self(tools: ReadTools) -> None:
    found = tools(
        server="""
        from fastmcp import FastMCP
        from fastmcp.contrib.mcp_mixin import MCPMixin, mcp_tool

        class Shop(MCPMixin):
            @mcp_tool(name="buy_item", description="Buys.")
            def buy(self, item: str, count: int = 1) -> str: ...

            @mcp_tool(enabled=False)
            def sell(self, item: str) -> str:
                "Sells."

        Shop().register_all(FastMCP("demo"))
        """
    )

    assert {n: t.conditional for n, t in found.items()} == {"buy_item": None, "sell": "enabled=False"}
    schema = found["buy_item"].input_schema
    assert schema is not None
    assert (list(schema["properties"]), schema["required"]) == (["item", "count"], ["item"])


def test_the_name_of_a_template_function_is_no_tool_where_code_renames_it(read: Read) -> None:
    found = read(
        server=f"""{SDK}import catalogue
def make(operation):
    def template(text: str) -> str:
        return text
    template.__name__ = f"{{operation}}"
    return template
for operation in catalogue.operations():
    mcp.tool()(make(operation))
def plain() -> str: ...
mcp.tool()(plain)
"""
    )

    assert [t.name for t in found.tools] == ["plain"]
    assert any("computed" in g.reason for g in found.gaps)


def test_an_empty_description_given_by_place_leaves_the_docstring(tools: ReadTools) -> None:
    found = tools(
        server=f"""{SDK}from mcp.server.fastmcp.tools import Tool
def read_it(id: str) -> str:
    "Reads it."
made = Tool.from_function(fn=read_it, name="read", description="A title in the end.")
mcp.add_tool(made.fn, made.name, made.description, str(made.annotations or ""))
"""
    )

    assert (found["read"].title, found["read"].description) == ("A title in the end.", "Reads it.")


def test_an_imported_decorator_around_an_own_server_registers(tools: ReadTools) -> None:
    found = tools(
        {
            "pkg/__init__.py": "",
            "pkg/protocol.py": """
            class Kept:
                def method(self, f): ...

            class OwnServer:
                def __init__(self):
                    self.tools = Kept()
                    self.methods = {"tools/list": self.listed}
                def tool(self, f):
                    return self.tools.method(f)
                def listed(self):
                    return [self.schema(f) for f in self.tools.methods.values()]

            class Bag:
                def tool(self, f): ...
            """,
            "pkg/rpc.py": """
            from .protocol import Bag, OwnServer
            SERVER = OwnServer()
            BAG = Bag()
            def tool(f):
                return SERVER.tool(f)
            def kept(f):
                return BAG.tool(f)
            """,
            "pkg/api.py": """
            from .rpc import kept, tool
            @tool
            def rename(old: str, new: str = "x") -> bool:
                "Renames."
            @kept
            def tool_near(old: str) -> bool: ...
            """,
        }
    )

    assert list(found) == ["rename"]
    assert found["rename"].description == "Renames."


def test_what_the_program_runs_first_is_read_when_all_modules_have_registered(tools: ReadTools) -> None:
    """Modules found by folder are imported by no statement: `app.py` is read before them."""
    found = tools(
        {
            "app.py": """
                from fastmcp import FastMCP
                from parts.registry import ENTRIES
                mcp = FastMCP("demo")

                def main():
                    import_all("parts")
                    for entry in ENTRIES:
                        mcp.tool(name=entry["name"], description=entry["text"])(entry["function"])

                if __name__ == "__main__":
                    main()
                """,
            "parts/registry.py": """
                ENTRIES = []

                def own_tool(text):
                    def decorator(function):
                        ENTRIES.append({"name": function.__name__, "text": text, "function": function})
                        return function
                    return decorator
                """,
            "parts/notes.py": """
                from parts.registry import own_tool

                @own_tool("Finds notes.")
                def find_notes(words: str):
                    return words
                """,
        }
    )

    assert {t.name: t.description for t in found.values()} == {"find_notes": "Finds notes."}
    assert list(found["find_notes"].input_schema["properties"]) == ["words"]
