from pathlib import Path

import pytest

from catalog.extract import csharp
from catalog.extract.tree import SourceTree
from catalog.records import Found, Tool

USING = "using ModelContextProtocol.Server;\nusing System.ComponentModel;\nnamespace App.Tools;\n"


@pytest.fixture
def read(tmp_path: Path):
    def run(**files: str) -> Found:
        for name, text in files.items():
            path = tmp_path / (name.replace("__", "/") + ".cs")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return csharp.read(SourceTree(tmp_path))

    return run


def only(found: Found) -> Tool:
    assert len(found.tools) == 1, found
    return found.tools[0]


def test_an_attributed_method_gives_name_description_hints_and_schema(read):
    tool = only(
        read(
            Boxes=USING + "[McpServerToolType]\npublic class Boxes {\n"
            '[McpServerTool(Name = "move_box", Title = "Move", ReadOnly = false, Idempotent = true)]\n'
            '[Description("Moves " + "a box.")]\n'
            'public static string Move([Description("where")] string to, Side side, '
            'int? count = null, bool fast = true) => "";\n'
            "}\npublic enum Side { Left, Right }\n"
        )
    )
    assert (tool.name, tool.title, tool.description) == ("move_box", "Move", "Moves a box.")
    assert tool.annotations == {"title": "Move", "readOnlyHint": False, "idempotentHint": True}
    assert tool.input_schema == {
        "type": "object",
        "properties": {
            "to": {"description": "where", "type": "string"},
            "side": {"type": "string", "enum": ["Left", "Right"]},
            "count": {"type": ["integer", "null"], "default": None},
            "fast": {"type": "boolean", "default": True},
        },
        "required": ["to", "side"],
    }


@pytest.mark.parametrize(
    ("method", "is_async", "name"),
    [
        ("GetBoxAsync", True, "get_box"),
        ("GetBoxAsync", False, "get_box_async"),
        ("ListHTTPSites", False, "list_http_sites"),
        ("Get2Items", False, "get2_items"),
    ],
)
def test_a_method_without_a_name_is_named_as_the_sdk_names_it(method, is_async, name):
    from catalog.extract.csharp.methods import derived_name

    assert derived_name(method, is_async) == name


def test_what_the_library_or_the_container_fills_in_is_no_parameter(read):
    tool = only(
        read(
            Boxes=USING
            + "public class Boxes {\n[McpServerTool]\npublic async Task<string> OpenAsync(McpServer server, "
            "IProgress<int> progress, IBoxStore store, [FromKeyedServices(1)] Thing thing, Store own, string box, "
            'IEnumerable<int> ids, CancellationToken token) => "";\n}\npublic class Store {}\n',
            Program="services.AddSingleton<Store>();",
        )
    )
    assert tool.name == "open"
    assert tool.input_schema is not None and list(tool.input_schema["properties"]) == ["box", "ids"]


def test_a_class_that_a_factory_gives_the_container_is_no_parameter(read):
    tool = only(
        read(
            Boxes=USING
            + 'public class Boxes {\n[McpServerTool]\npublic string Open(Store own, Key key, Shape shape) => "";\n}\n'
            "public class Store {}\npublic class Key {}\npublic class Shape { public int Width { get; set; } }\n",
            Program="services.AddSingleton(sp => new Store(sp));\nservices.AddScoped(typeof(Key));\nnew Shape();",
        )
    )
    assert tool.input_schema is not None and list(tool.input_schema["properties"]) == ["shape"]


def test_constants_interpolation_and_raw_strings_are_resolved(read):
    tool = only(
        read(
            Names='namespace App.Texts;\npublic static class Names { public const string Prefix = "box"; }\n',
            Boxes="using App.Texts;\n" + USING + "public class Boxes {\n"
            'const string Text = """\n    First.\n      Second.\n    """;\n'
            '[McpServerTool(Name = $"{Names.Prefix}_{nameof(Open)}"), Description(Text)]\n'
            'public string Open() => "";\n}\n',
        )
    )  # fmt: skip
    assert (tool.name, tool.description) == ("box_Open", "First.\n  Second.")


def test_a_class_as_parameter_is_an_object_in_camel_case(read):
    tool = only(
        read(
            Boxes=USING + "public class Boxes {\n[McpServerTool]\npublic void Put(Box box) {}\n}\n"
            'public class Box { [Description("big")] public required string OuterSize { get; set; } '
            "public List<Box>? Inner { get; set; } public int Hidden => 1; }\n"
        )
    )
    assert tool.input_schema is not None
    assert tool.input_schema["properties"]["box"] == {
        "type": "object",
        "properties": {
            "outerSize": {"description": "big", "type": "string"},
            "inner": {"type": ["array", "null"], "items": {}},
        },
        "required": ["outerSize"],
    }


def test_a_class_that_no_registration_names_is_a_gap(read):
    method = "{{ [McpServerTool] public static string {0}() => null; }}\n"
    found = read(
        One=USING + "public class One " + method.format("First"),
        Two=USING + "public class Two " + method.format("Second"),
        Program="builder.WithTools<One>();",
    )
    assert [tool.name for tool in found.tools] == ["first"]
    assert [(gap.path, "Two" in gap.reason) for gap in found.gaps] == [("Two.cs", True)]


@pytest.mark.parametrize(
    "search", ["type.GetCustomAttribute<McpServerToolTypeAttribute>()", "IsDefined(typeof(McpServerToolAttribute))"]
)
def test_a_search_by_reflection_registers_every_class(read, search):
    method = "{{ [McpServerTool] public static string {0}() => null; }}\n"
    found = read(
        One=USING + "public class One " + method.format("First"),
        Two=USING + "public class Two " + method.format("Second"),
        Program=f"builder.WithTools<One>(); var rest = types.Where(type => {search});",
    )
    assert [tool.name for tool in found.tools] == ["first", "second"]
    assert found.gaps == ()


COMMANDS = {
    "GetCommand": "namespace App.Boxes;\n"
    '[CommandMetadata(Name = "get", Title = "Get", Description = "Gets a box.", '
    'ReadOnly = true, Destructive = false)]\n'
    "public sealed class GetCommand : Base<GetOptions, Result> { public override void ExecuteAsync() {} }\n",
    "GetOptions": "namespace App.Boxes;\npublic class GetOptions : Shared {\n"
    '[Option(Description = "Which box")] public required string BoxName { get; set; }\n'
    '[OptionContainer(Prefix = "retry")] public Retry? Retry { get; set; }\n}\n'
    'public class Shared { [Option(Description = "t")] public string? Tenant { get; set; } }\n'
    'public class Retry { [Option(Name = "max", Description = "m")] public int? Maximum { get; set; } }\n',
    "Setup": "namespace App.Boxes;\npublic class Setup {\npublic string Name => \"store\";\n"
    "public CommandGroup RegisterCommands(IServiceProvider p) {\nvar store = new CommandGroup(Name, \"Store.\");\n"
    'var box = new CommandGroup("box", "Boxes.");\nstore.AddSubGroup(box);\nbox.AddCommand<GetCommand>(p);\n'
    "if (p.Big) { box.AddCommand(new SecretCommand(1)); }\nreturn store;\n}\n}\n",
    "SecretCommand": 'namespace App.Boxes;\n[HiddenCommand]\n[CommandMetadata(Name = "x", Description = "y")]\n'
    "public class SecretCommand {}\n",
}  # fmt: skip


def test_a_command_is_named_by_the_path_of_its_groups_and_described_by_its_metadata(read):
    tool = only(read(**COMMANDS))
    assert (tool.name, tool.title, tool.description) == ("store_box_get", "Get", "Gets a box.")
    assert tool.annotations == {
        "title": "Get",
        "readOnlyHint": True,
        "destructiveHint": False,
        "idempotentHint": False,
        "openWorldHint": True,
    }
    assert tool.input_schema == {
        "type": "object",
        "properties": {
            "box-name": {"type": "string", "description": "Which box"},
            "tenant": {"type": "string", "description": "t"},
            "retry-max": {"type": ["integer", "null"], "description": "m"},
        },
        "required": ["box-name"],
        "additionalProperties": False,
    }
    assert tool.location is not None and tool.location.path == "GetCommand.cs"


def test_a_command_class_outside_the_tree_is_a_gap(read):
    found = read(Setup=COMMANDS["Setup"])
    assert found.tools == ()
    assert {gap.reason for gap in found.gaps} == {
        "the command GetCommand is not in this tree",
        "the command SecretCommand is not in this tree",
    }


def test_a_tool_object_keeps_its_schema_literal(read):
    tool = only(
        read(
            Handlers="namespace App;\nclass H { object List() => new List<Tool> { new Tool { Name = \"echo\", "
            'Description = "Echoes.", InputSchema = JsonSerializer.Deserialize<JsonElement>("""{"type": "object", '
            '"properties": {"text": {"type": "string"}}}""") } }; }\n'
        )
    )  # fmt: skip
    assert (tool.name, tool.description) == ("echo", "Echoes.")
    assert tool.input_schema == {"type": "object", "properties": {"text": {"type": "string"}}}


def test_a_trigger_of_a_function_host_names_the_tool_and_its_properties(read):
    tool = only(
        read(
            Boxes='namespace App;\nclass F {\nconst string N = "save_box";\npublic string Run('
            '[McpToolTrigger(N, "Saves a box.")] ToolInvocationContext c, '
            '[McpToolProperty("label", "the label", true)] string label) => "";\n}\n'
        )
    )
    assert (tool.name, tool.description) == ("save_box", "Saves a box.")
    assert tool.input_schema == {
        "type": "object",
        "properties": {"label": {"type": "string", "description": "the label"}},
        "required": ["label"],
    }


def test_a_name_that_the_source_does_not_hold_is_a_gap(read):
    found = read(Boxes=USING + "public class Boxes { [McpServerTool(Name = Elsewhere.Name)] public void A() {} }\n")
    assert found.tools == ()
    assert [(gap.path, gap.line) for gap in found.gaps] == [("Boxes.cs", 4)]


@pytest.mark.parametrize(
    "body",
    [
        "const string A = B; const string B = A; [McpServerTool(Name = A)] public void X() {}",
        "[McpServerTool(Name = " + "(" * 3000 + '"a"' + ")" * 3000 + ")] public void X() {}",
        '[McpServerTool(Name = "a" ' + '+ "b"' * 3000 + ")] public void X() {}",
        "[McpServerTool] public void X(Loop loop) {} } public class Loop { public Loop Next { get; set; }",
        "[McpServerTool(Name = ",
    ],
)
def test_hostile_source_is_survived(read, body):
    found = read(
        Bad=USING + "public class Bad { " + body + "\n}\n",
        Good=USING + "public class Good { [McpServerTool] public void Fine() {} }\n",
    )
    assert "fine" in {tool.name for tool in found.tools}


def test_facts_are_those_of_the_method_and_of_what_it_calls(read):
    tool = only(
        read(
            Boxes=USING + "public class Boxes {\n[McpServerTool]\npublic void Get(string p) { Sweep(p); }\n"
            "private static void Sweep(string p)\n{\n    File.Delete(p);\n}\n"
            "private static void Other(string p) { Directory.Delete(p); }\n}\n"
        )
    )
    assert [(fact.kind, fact.detail, fact.location.line) for fact in tool.facts] == [("file_delete", "File.Delete", 9)]


def test_a_registration_list_made_elsewhere_may_hold_any_class(read):
    method = "{{ [McpServerTool] public static string {0}() => null; }}\n"
    found = read(
        One=USING + "public class One " + method.format("First"),
        Two=USING + "public class Two " + method.format("Second"),
        Program="builder.WithTools<One>().WithTools(Discovered());",
    )
    assert sorted(tool.name for tool in found.tools) == ["first", "second"]
