from __future__ import annotations

from catalog.extract.kotlin import read
from tests.extract.conftest import MakeTree

ADDED = '''
package demo
private const val PREFIX = "note_"
fun configure(server: Server) {
    server.addTool(
        name = "${PREFIX}add",
        description = """
            Adds a note.
              Kept.
        """.trimIndent(),
        inputSchema = ToolSchema(
            properties = buildJsonObject {
                putJsonObject("text") { put("type", "string"); put("description", JsonPrimitive("What to keep")) }
                put("tags", buildJsonObject { put("type", "array"); putJsonObject("items") { put("type", "string") } })
                put("kind", stringIn("A kind", listOf("a", "b")))
            },
            required = listOf("text"),
        ),
        toolAnnotations = ToolAnnotations(readOnlyHint = false, destructiveHint = false),
    ) { request -> CallToolResult(listOf()) }
    if (settings.canDelete) {
        server.addTool("note_delete", "Deletes a note", Tool.Input(JsonObject(mapOf("id" to number)))) { r -> gone(r) }
    }
    reg(server, "list", "Lists notes")
}
val number = JsonObject(mapOf("type" to JsonPrimitive("integer")))
fun stringIn(text: String, values: List<String>) = mapOf("type" to "string", "description" to text, "enum" to values)
fun reg(server: Server, verb: String, text: String) {
    server.addTool(name = PREFIX + verb, description = text) { r -> done(r) }
}
'''


def test_tools_added_by_calls(make_tree: MakeTree) -> None:
    found = read(make_tree({"src/main/kotlin/Notes.kt": ADDED}))
    assert found.gaps == ()
    tools = {t.name: t for t in found.tools}
    assert set(tools) == {"note_add", "note_delete", "note_list"}
    add = tools["note_add"]
    assert add.description == "Adds a note.\n  Kept."
    assert add.input_schema == {
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "What to keep"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "kind": {"type": "string", "description": "A kind", "enum": ["a", "b"]},
        },
        "required": ["text"],
    }
    assert dict(add.annotations) == {"readOnlyHint": False, "destructiveHint": False}
    assert tools["note_delete"].conditional == "settings.canDelete"
    assert tools["note_delete"].input_schema == {"type": "object", "properties": {"id": {"type": "integer"}}}
    assert tools["note_list"].description == "Lists notes"


def test_a_name_that_is_not_known_is_a_gap(make_tree: MakeTree) -> None:
    found = read(
        make_tree({"A.kt": 'fun go(s: Server) {\n  s.addTool(name = read(), description = "x") { r -> r }\n}'})
    )
    assert found.tools == ()
    assert [(g.path, g.line) for g in found.gaps] == [("A.kt", 2)]


CLASSES = """
abstract class OpenTool : BaseTool<NoArgs>()
@Serializable data class Where(val path: String, @SerialName("how_deep") val depth: Int = 3, val mode: Mode?)
enum class Mode { FAST, SLOW }
class ListTool : BaseTool<Where>(Where.serializer()) {
    override val name: String = "list_files"
    override val description get() = "Lists at most $LIMIT files, ${unknown()} more"
}
class LostTool : BaseTool<NoArgs>() {
    override val name = "lost"
    override val description = "Never registered"
}
const val LIMIT = 20
"""


def test_a_class_per_tool(make_tree: MakeTree) -> None:
    found = read(make_tree({"Tools.kt": CLASSES, "Main.kt": "val tools = listOf(ListTool())"}))
    (tool,) = found.tools
    assert (tool.name, tool.description) == ("list_files", "Lists at most 20 files, ${unknown()} more")
    assert tool.input_schema == {
        "type": "object",
        "properties": {
            "path": {"type": "string"},
            "how_deep": {"type": "integer"},
            "mode": {"type": "string", "enum": ["FAST", "SLOW"]},
        },
        "required": ["path"],
    }
    reasons = [g.reason for g in found.gaps]
    assert len(reasons) == 2
    assert any("list_files" in r for r in reasons)
    assert any("LostTool" in r for r in reasons)


ANNOTATED = """
import org.springframework.ai.tool.annotation.Tool
import org.springframework.ai.tool.annotation.ToolParam
class Weather {
    @Tool(name = "forecast", description = "Forecast" + " of the weather")
    fun get(@ToolParam(description = "City", required = false) city: String, days: Int = 2, tags: List<String>,
            context: ToolContext): String = ""
}
"""


def test_annotated_functions(make_tree: MakeTree) -> None:
    (tool,) = read(make_tree({"Weather.kt": ANNOTATED})).tools
    assert (tool.name, tool.description) == ("forecast", "Forecast of the weather")
    assert tool.input_schema == {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "City"},
            "days": {"type": "integer"},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["tags"],
    }


TYPED = """
package demo
inline fun <reified T : Any> Server.offer(description: String, crossinline run: T.() -> String) {
    val shown = T::class.simpleName?.toSnakeCase() ?: error("no name")
    addTool(name = shown, description = description, inputSchema = T::class.asSchema(), handler = { r -> run(r) })
}
inline fun Server.offer(name: String, description: String, crossinline run: () -> String) {
    addTool(name = name, description = description) { r -> run() }
}
inline fun <reified P : Any> Server.offerPaged(description: String, crossinline run: P.() -> List<String>) {
    offer<P>(description, run = { run(this).joinToString() })
}
fun configure(server: Server) {
    server.offer<TrimText>("Trims a text") { text.trim() }
    server.offer<ReadURL>("Reads an address") { text.trim() }
    server.offerPaged<ListNotes>("Lists notes") { all() }
    server.offer("now", "Says the time") { clock() }
}
data class TrimText(val text: String, val hard: Boolean = false)
data class ListNotes(val offset: Int)
data class ReadURL(val url: String)
"""


def test_a_type_argument_names_the_tool_and_the_text_beside_it_never_does(make_tree: MakeTree) -> None:
    found = read(make_tree({"src/main/kotlin/Typed.kt": TYPED}))
    tools = {t.name: t for t in found.tools}
    assert set(tools) == {"trim_text", "list_notes", "now"}
    assert tools["list_notes"].description == "Lists notes"
    assert tools["trim_text"].description == "Trims a text"
    assert tools["trim_text"].input_schema is not None
    assert set(tools["trim_text"].input_schema["properties"]) == {"text", "hard"}
    assert tools["now"].description == "Says the time"
    assert [g.line for g in found.gaps] == [15]
