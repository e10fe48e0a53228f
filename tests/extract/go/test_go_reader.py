from pathlib import Path

import pytest

from catalog.extract import go
from catalog.extract.go import interpret
from catalog.extract.tree import SourceTree
from catalog.records import Found, Tool

OPTIONS = 'import (\n"context"\n"fmt"\n"github.com/mark3labs/mcp-go/mcp"\n"github.com/mark3labs/mcp-go/server"\n)\n'
OFFICIAL = (
    'import (\n"context"\n"github.com/google/jsonschema-go/jsonschema"\n'
    '"github.com/modelcontextprotocol/go-sdk/mcp"\n)\n'
)


@pytest.fixture
def read(tmp_path: Path):
    def run(**files: str) -> Found:
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/")
            path = path.with_name("go.mod") if path.name == "gomod" else path.with_suffix(".go")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return go.read(SourceTree(tmp_path))

    return run


def only(found: Found) -> Tool:
    assert [tool.name for tool in found.tools] == [found.tools[0].name], found
    return found.tools[0]


def test_options_become_the_schema_that_the_library_sends(read):
    tool = only(
        read(
            main="package main\n" + OPTIONS + "func Register(s *server.MCPServer) {\n"
            's.AddTool(mcp.NewTool("move_box",\nmcp.WithDescription("Moves a box.\\nSlowly."),\n'
            'mcp.WithString("to", mcp.Required(), mcp.Description("where"), mcp.Enum("a", "b")),\n'
            'mcp.WithNumber("count", mcp.DefaultNumber(3), mcp.Min(1)),\n'
            'mcp.WithArray("ids", mcp.WithStringItems())), handle)\n}\n'
            "func handle(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) { return nil, nil }\n"
        )
    )
    assert tool.description == "Moves a box.\nSlowly."
    assert tool.input_schema == {
        "type": "object",
        "properties": {
            "to": {"type": "string", "description": "where", "enum": ["a", "b"]},
            "count": {"type": "number", "default": 3, "minimum": 1},
            "ids": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["to"],
    }
    assert tool.handler is not None and tool.handler.line == 15


def test_the_constructor_of_mcp_go_sets_all_four_hints_unless_an_option_does(read):
    tool = only(
        read(
            main="package main\n" + OPTIONS + 'var t = mcp.NewTool("a", mcp.WithReadOnlyHintAnnotation(true), '
            'mcp.WithTitleAnnotation("A"))\n'
        )
    )
    assert tool.annotations == {
        "title": "A",
        "readOnlyHint": True,
        "destructiveHint": True,
        "idempotentHint": False,
        "openWorldHint": True,
    }


def test_the_official_sdk_reflects_the_parameter_struct_of_the_handler(read):
    tool = only(
        read(
            main="package main\n" + OFFICIAL + 'type Paging struct {\nPage int `json:"page,omitempty"`\n}\n'
            'type Args struct {\nPaging\nName string `json:"name" jsonschema:"the name, in full"`\n'
            'Tags []string `json:"tags,omitempty"`\nLevel *int `json:"level,omitempty"`\nhidden int\n'
            'Skipped string `json:"-"`\n}\n'
            'func main() { mcp.AddTool(server, &mcp.Tool{Name: "greet", Description: "Greets."}, greet) }\n'
            "func greet(ctx context.Context, r *mcp.CallToolRequest, in Args) (*mcp.CallToolResult, any, error) "
            "{ return nil, nil, nil }\n"
        )
    )
    assert tool.input_schema == {
        "type": "object",
        "properties": {
            "page": {"type": "integer"},
            "name": {"type": "string", "description": "the name, in full"},
            "tags": {"type": ["null", "array"], "items": {"type": "string"}},
            "level": {"type": ["null", "integer"]},
        },
        "required": ["name"],
        "additionalProperties": False,
    }


def test_a_schema_literal_keeps_nesting_and_helpers_that_add_to_it(read):
    tool = only(
        read(
            main="package main\n" + OFFICIAL + "func paged(s *jsonschema.Schema) *jsonschema.Schema {\n"
            's.Properties["page"] = &jsonschema.Schema{Type: "number", Minimum: jsonschema.Ptr(1.0)}\nreturn s\n}\n'
            'func list(t func(string, string) string) mcp.Tool {\nschema := &jsonschema.Schema{Type: "object", '
            'Properties: map[string]*jsonschema.Schema{"owner": {Type: "string", Enum: []any{"x"}}}, '
            'Required: []string{"owner"}}\npaged(schema)\n'
            'return mcp.Tool{Name: "list", Description: t("LIST_DESCRIPTION", "Lists."), InputSchema: schema}\n}\n'
        )
    )
    assert tool.description == "Lists."
    assert tool.input_schema == {
        "type": "object",
        "properties": {"owner": {"type": "string", "enum": ["x"]}, "page": {"type": "number", "minimum": 1.0}},
        "required": ["owner"],
    }


def test_false_hints_are_written_by_the_versions_of_the_sdk_that_write_them(read):
    main = (
        "package main\n" + OFFICIAL + 'var t = mcp.Tool{Name: "a", InputSchema: &jsonschema.Schema{Type: "object"}, '
        "Annotations: &mcp.ToolAnnotations{ReadOnlyHint: true, DestructiveHint: ptr(false)}}\n"
        "func ptr(b bool) *bool { return &b }\n"
    )
    old = read(main=main, gomod="module x\nrequire github.com/modelcontextprotocol/go-sdk v1.2.0\n")
    assert only(old).annotations == {"readOnlyHint": True, "destructiveHint": False}
    new = read(main=main, gomod="module x\nrequire github.com/modelcontextprotocol/go-sdk v1.7.0\n")
    assert only(new).annotations == {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": False}


def test_names_come_from_constants_of_another_package_and_from_formats(read):
    found = read(
        gomod="module example.com/app\n",
        names__names='package names\nconst Prefix = "box"\nconst Move = Prefix + "_move"\n',
        main='package main\nimport "example.com/app/names"\n' + OPTIONS + "var a = mcp.NewTool(names.Move)\n"
        'var b = mcp.NewTool(fmt.Sprintf("%s_list", names.Prefix))\n',
    )
    assert sorted(tool.name for tool in found.tools) == ["box_list", "box_move"]


def test_a_generic_wrapper_is_followed_to_its_callers_and_their_handlers(read):
    found = read(
        main="package main\n" + OPTIONS + "type Args struct {\n"
        'Id string `json:"id" jsonschema:"required,description=The id\\\\, please"`\n'
        "Size int `json:\"size\"`\n}\n"
        "// made with github.com/invopop/jsonschema and RequiredFromJSONSchemaTags: true\n"
        "func Must[T any](name, text string, h func(context.Context, T) error, opts ...mcp.ToolOption) mcp.Tool {\n"
        "t := mcp.Tool{Name: name, Description: text, RawInputSchema: reflectOn(h)}\n"
        "for _, o := range opts { o(&t) }\nreturn t\n}\n"
        'var One = Must("one", "First.", one, mcp.WithReadOnlyHintAnnotation(false))\n'
        "func one(ctx context.Context, a Args) error { return nil }\n"
    )  # fmt: skip
    tool = only(found)
    assert (tool.name, tool.description, tool.annotations) == ("one", "First.", {"readOnlyHint": False})
    assert tool.input_schema is not None
    assert tool.input_schema["properties"]["id"] == {"type": "string", "description": "The id, please"}
    assert tool.input_schema["required"] == ["id"]
    assert tool.location is not None and tool.location.line == 18


def test_a_loop_over_definitions_of_the_tree_s_own_type_gives_each(read):
    found = read(
        main="package main\n" + OPTIONS + "type def struct { name, text string }\n"
        'var defs = []def{{"a", "A."}, {"b", "B."}}\n'
        "func main() { for _, d := range defs { s.AddTool(mcp.NewTool(d.name, mcp.WithDescription(d.text)), nil) } }\n"
    )
    assert [(tool.name, tool.description) for tool in found.tools] == [("a", "A."), ("b", "B.")]


def test_definitions_behind_an_unknown_list_are_found_by_their_type(read):
    found = read(
        main="package main\n" + OFFICIAL + "type Spec struct { Name, Text string }\n"
        "func convert(s Spec) *mcp.Tool { return &mcp.Tool{Name: s.Name, Description: s.Text, "
        'InputSchema: &jsonschema.Schema{Type: "object"}} }\n'
        "func all(r Registry) { for _, s := range r.Everything() { convert(s) } }\n"
        'func boxes() []Spec { return []Spec{{Name: "box", Text: "Boxes."}, {Name: "lid"}} }\n'
    )
    assert sorted(tool.name for tool in found.tools) == ["box", "lid"]


def test_a_registration_under_a_condition_says_which(read):
    found = read(
        main="package main\n" + OPTIONS + "func reg(s *server.MCPServer, w bool) {\n"
        'if w {\ns.AddTool(mcp.NewTool("drop"), nil)\n}\ns.AddTool(mcp.NewTool("list"), nil)\n}\n'
    )
    assert {tool.name: tool.conditional for tool in found.tools} == {"drop": "w", "list": None}


def test_a_name_that_the_source_does_not_hold_is_a_gap_and_not_a_tool(read):
    found = read(
        main="package main\n" + OPTIONS + 'import "os"\n'
        'func reg() { mcp.NewTool(os.Getenv("N"), mcp.WithDescription("x")) }\n'
    )
    assert found.tools == ()
    assert [(gap.path, gap.line) for gap in found.gaps] == [("main.go", 9)]


def test_tests_and_examples_hold_no_tools_of_the_server(read):
    found = read(
        examples__main="package main\n" + OPTIONS + 'var t = mcp.NewTool("sample")\n',
        main="package main\n" + OPTIONS,
    )
    assert found.tools == ()


def test_only_files_with_definitions_are_candidates(tmp_path: Path):
    (tmp_path / "a.go").write_text("package a\n" + OPTIONS + 'var t = mcp.NewTool("x")\n')
    (tmp_path / "b.go").write_text("package a\n" + OPTIONS + "func f() {}\n")
    assert go.candidate_paths(SourceTree(tmp_path)) == ["a.go"]


@pytest.mark.parametrize(
    "body",
    [
        "var a = b\nvar b = a\nvar t = mcp.NewTool(a)\n",
        "func f(n string) mcp.Tool { f(n); return mcp.NewTool(g(n)) }\nfunc g(n string) string { return g(n + n) }\n",
        "func f() { for { for { for i := 0; i < 9; i++ { mcp.NewTool(x) } } } }\n",
        "var t = mcp.NewTool(" + "(" * 5000 + '"a"' + ")" * 5000 + ")\n",
        "var t = mcp.NewTool(" + '"a" + ' * 5000 + '"b")\n',
        'func f() { mcp.NewTool("broken", mcp.WithString(\n',
        "type T struct { T2 }\ntype T2 struct { T }\nfunc h(ctx context.Context, t T) {}\n"
        'var t = mcp.NewTool("cyclic", mcp.WithInputSchema[T]())\n',
    ],
)
def test_hostile_source_is_survived(read, body):
    found = read(
        main="package main\n" + OPTIONS + body, good="package main\n" + OPTIONS + 'var g = mcp.NewTool("good")\n'
    )
    assert "good" in {tool.name for tool in found.tools}


def test_a_map_type_of_another_package_has_its_keys_without_quotes(read):
    tool = only(
        read(
            main="package main\n" + OFFICIAL + 'import "example.org/kit"\n'
            "func Register(s *mcp.Server) {\n"
            's.AddTool(&mcp.Tool{Name: "ask", Description: "Asks.", InputSchema: kit.Schema{Type: "object",\n'
            'Properties: kit.Properties{"who": map[string]any{"type": "string"}}}}, nil)\n}\n'
        )
    )
    assert tool.input_schema is not None
    assert tool.input_schema["properties"] == {"who": {"type": "string"}}


def test_a_builder_that_asserts_the_schema_keeps_every_parameter(read):
    tool = only(
        read(
            build="package main\n" + OFFICIAL + "type Option func(*mcp.Tool)\n"
            "func New(name string, opts ...Option) mcp.Tool {\n"
            "t := mcp.Tool{Name: name, InputSchema: &jsonschema.Schema{\n"
            'Type: "object", Properties: map[string]*jsonschema.Schema{}}}\n'
            "for _, opt := range opts { opt(&t) }\nreturn t\n}\n"
            "func schema(t *mcp.Tool) *jsonschema.Schema {\n"
            "s, ok := t.InputSchema.(*jsonschema.Schema)\n"
            'if !ok || s == nil {\ns = &jsonschema.Schema{Type: "object"}\nt.InputSchema = s\n}\n'
            "if s.Properties == nil {\ns.Properties = map[string]*jsonschema.Schema{}\n}\nreturn s\n}\n"
            "func With(name, kind string, required bool) Option {\nreturn func(t *mcp.Tool) {\ns := schema(t)\n"
            "s.Properties[name] = &jsonschema.Schema{Type: kind}\n"
            "if required {\ns.Required = append(s.Required, name)\n}\n}\n}\n",
            main="package main\n" + OFFICIAL + "func Register(s *mcp.Server) {\n"
            't := New("pack", With("box", "string", true), With("count", "number", false),\n'
            'With("lid", "boolean", true))\n'
            "s.AddTool(&t, nil)\n}\n",
        )
    )
    assert tool.input_schema == {
        "type": "object",
        "properties": {"box": {"type": "string"}, "count": {"type": "number"}, "lid": {"type": "boolean"}},
        "required": ["box", "lid"],
    }


def test_a_postponed_call_that_takes_too_long_costs_its_own_tool_and_not_the_tree(read, monkeypatch):
    monkeypatch.setattr(interpret, "LATE_STEPS", 1)
    busy = "for i := 0; i < 500; i++ { s = s + strings.ToUpper(s) }"
    found = read(
        main='package main\nimport ("strings"; "github.com/mark3labs/mcp-go/mcp")\n'
        f'func endless() string {{ s := "a"; {busy}; return s }}\n'
        'func tools() []mcp.Tool {\nreturn []mcp.Tool{mcp.NewTool("first", mcp.WithDescription(endless())), '
        'mcp.NewTool("second", mcp.WithDescription("Two"))}\n}\n'
    )
    assert [t.name for t in found.tools] == ["first", "second"]
    assert [t.description for t in found.tools] == [None, "Two"]
    assert any("too many steps" in g.reason for g in found.gaps)


@pytest.mark.parametrize(
    ("head", "build", "names"),
    [
        ("//go:build conformance\n\n", "go build ./...", ["released"]),
        ("//go:build linux && (amd64 || arm64) && conformance\n\n", "go build ./...", ["released"]),
        ("//go:build conformance\n\n", "go build -tags=netgo,conformance ./...", ["fixture", "released"]),
        ("//go:build conformance\n\n", "go test -tags conformance ./...", ["released"]),
        ("//go:build windows && !conformance && go1.22\n\n", "go build ./...", ["fixture", "released"]),
        ("// said: //go:build conformance\n\n", "go build ./...", ["fixture", "released"]),
    ],
)
def test_a_file_behind_a_tag_that_no_build_sets_is_not_in_the_server(tmp_path, head, build, names):
    tool = "package main\n" + OPTIONS + 'func {0}(s *server.MCPServer) {{ s.AddTool(mcp.NewTool("{0}"), nil) }}\n'
    (tmp_path / "main.go").write_text(tool.format("released"))
    (tmp_path / "more.go").write_text(head + tool.format("fixture"))
    (tmp_path / "Makefile").write_text(f"all:\n\t{build}\n")
    found = go.read(SourceTree(tmp_path))
    assert sorted(t.name for t in found.tools) == names
