from __future__ import annotations

from catalog.extract.php import read
from tests.extract.conftest import MakeTree

BASE = r"""<?php
namespace App\Mcp\Tools;
use Laravel\Mcp\Server\Tool;
abstract class NoteTool extends Tool {
    const WHAT = 'note';
    protected function paging(JsonSchema $schema): array {
        return ['page' => $schema->integer()->min(1)->default(1)];
    }
}
"""
ADD = r"""<?php
namespace App\Mcp\Tools;
use Laravel\Mcp\Server\Tools\Annotations\IsReadOnly;
#[IsReadOnly]
#[IsDestructive(false)]
class AddURLNote extends NoteTool {
    protected string $description = 'Adds a ' . self::WHAT . <<<'TXT'
        .
          Kept.
        TXT;
    public function schema(JsonSchema $schema): array {
        return [
            'text' => $schema->string()->description("What's \"kept\"")->max(80)->required(),
            'kind' => $schema->string()->enum(Kind::class),
            'where' => $schema->object(fn ($s) => ['x' => $s->number()->required()]),
            ...$this->paging($schema),
        ];
    }
    public function shouldRegister(): bool { return config('notes.add'); }
    public function handle(Request $request): Response { return Response::text(''); }
}
enum Kind: string { case A = 'a'; case B = 'b'; }
"""
LOST = r"""<?php
use Laravel\Mcp\Server\Tool;
class Lost extends Tool { protected string $name = 'lost'; }
"""
SERVER = r"""<?php
use Laravel\Mcp\Server;
class Notes extends Server { protected array $tools = [AddURLNote::class]; }
"""


def test_a_class_per_tool(make_tree: MakeTree) -> None:
    files: dict[str, str | bytes] = {
        "app/Mcp/Tools/NoteTool.php": BASE,
        "app/Mcp/Tools/AddURLNote.php": ADD,
        "app/Mcp/Tools/Lost.php": LOST,
        "app/Mcp/Notes.php": SERVER,
    }
    found = read(make_tree(files))
    (tool,) = found.tools
    assert (tool.name, tool.title) == ("add-u-r-l-note", "Add U R L Note")
    assert tool.description == "Adds a note.\n  Kept."
    assert tool.input_schema == {
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": 'What\'s "kept"', "maxLength": 80},
            "kind": {"type": "string", "enum": ["a", "b"]},
            "where": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]},
            "page": {"type": "integer", "minimum": 1, "default": 1},
        },
        "required": ["text"],
    }
    assert dict(tool.annotations) == {"readOnlyHint": True, "destructiveHint": False}
    assert tool.conditional == "config('notes.add')"
    assert [g.path for g in found.gaps] == ["app/Mcp/Tools/Lost.php"]


def test_the_older_builder_names_properties_in_its_calls(make_tree: MakeTree) -> None:
    source = r"""<?php
use Laravel\Mcp\Server\Tool;
class FindThing extends Tool {
    public function name(): string { return 'find'; }
    public function description(): string { return 'Finds'; }
    public function schema(ToolInputSchema $schema): ToolInputSchema {
        $schema->string('q')->description('Words')->required();
        $schema->integer('limit');
        return $schema;
    }
}
"""
    (tool,) = read(make_tree({"FindThing.php": source})).tools
    assert (tool.name, tool.description) == ("find", "Finds")
    assert tool.input_schema == {
        "type": "object",
        "properties": {"q": {"type": "string", "description": "Words"}, "limit": {"type": "integer"}},
        "required": ["q"],
    }


HANDLERS = r"""<?php
use PhpMcp\Server\Attributes\McpTool;
class Sums {
    /**
     * Adds two numbers.
     *
     * Longer text.
     *
     * @param int $a The first
     * @param float|null $b The second
     */
    #[McpTool(annotations: new ToolAnnotations(readOnlyHint: true))]
    public function add(int $a, ?float $b = null,
        #[Schema(minLength: 2)] string $label = 'x', Context $c): float { return 0; }
    #[McpTool(name: 'sub' . '_two', description: 'Subtracts')]
    public function sub(Kind $kind, array $rest) {}
}
enum Kind { case One; case Two; }
"""


def test_attributes_on_handlers(make_tree: MakeTree) -> None:
    found = read(make_tree({"Sums.php": HANDLERS}))
    add, sub = found.tools
    assert (add.name, add.description, dict(add.annotations)) == ("add", "Adds two numbers.", {"readOnlyHint": True})
    assert add.input_schema == {
        "type": "object",
        "properties": {
            "a": {"type": "integer", "description": "The first"},
            "b": {"type": ["null", "number"], "description": "The second"},
            "label": {"type": "string", "default": "x", "minLength": 2},
        },
        "required": ["a"],
    }
    assert (sub.name, sub.description) == ("sub_two", "Subtracts")
    assert sub.input_schema is not None
    assert sub.input_schema["properties"]["kind"] == {"type": "string", "enum": ["One", "Two"]}


def test_handlers_registered_by_calls(make_tree: MakeTree) -> None:
    source = r"""<?php
$server = Server::make()->withTool([Echoes::class, 'say'], 'echo', 'Says it')->withTool($x, $name);
class Echoes { public function say(string $text) {} } // mcp
"""
    found = read(make_tree({"server.php": source}))
    assert [(t.name, t.description) for t in found.tools] == [("echo", "Says it")]
    assert len(found.gaps) == 1


def test_a_tool_of_something_else_is_none(make_tree: MakeTree) -> None:
    assert read(make_tree({"a.php": "<?php\nclass Hammer extends Tool { protected $name = 'hammer'; }"})).tools == ()
