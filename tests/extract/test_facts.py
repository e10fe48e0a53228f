import pytest

from catalog.extract.facts import MAX_FACTS, distinct, patterns, visible
from catalog.records import Fact, Location


@pytest.mark.parametrize(
    ("language", "text", "kind", "detail"),
    [
        (
            "go",
            'http.NewRequestWithContext(ctx, http.MethodDelete, "https://api.example.com/v1")',
            "http",
            "DELETE api.example.com",
        ),
        ("go", 'http.Post(url, "application/json", nil)', "http", "POST"),
        ("go", "os.RemoveAll(path)", "file_delete", "os.RemoveAll"),
        ("go", "os.WriteFile(path, data, 0o600)", "file_write", "os.WriteFile"),
        ("go", 'exec.CommandContext(ctx, "kubectl", args...)', "process", "exec.CommandContext kubectl"),
        ("go", 'db.Exec("DELETE FROM boxes WHERE id = ?", id)', "sql", "DELETE FROM boxes WHERE id = ?"),
        ("csharp", "await client.DeleteAsync(uri)", "http", "DELETE"),
        ("csharp", "File.Delete(path)", "file_delete", "File.Delete"),
        ("csharp", 'Process.Start("cmd")', "process", "Process.Start cmd"),
        ("rust", "tokio::fs::remove_file(path)", "file_delete", "fs::remove_file"),
        ("rust", 'client.post("https://example.org/x")', "http", "POST example.org"),
        ("rust", 'Command::new("git")', "process", "Command::new git"),
    ],
)
def test_a_visible_effect_is_a_fact(language, text, kind, detail):
    assert [(fact.kind, fact.detail) for fact in visible(language, text, "a", 1)] == [(kind, detail)]


@pytest.mark.parametrize("language", ["go", "csharp", "rust"])
@pytest.mark.parametrize(
    "text", ['"Delete from the list what is old"', "removeAll(x)", "// select one from these", "osRemove(1)"]
)
def test_words_alone_are_no_facts(language, text):
    assert visible(language, text, "a", 1) == []


def test_a_fact_says_the_line_of_the_file():
    (fact,) = visible("go", "func f() {\n\n\tos.Remove(p)\n}", "pkg/a.go", 40)
    assert fact.location == Location("pkg/a.go", 42)


def test_equal_facts_are_named_once_and_their_number_is_bounded():
    at = Location("a", 1)
    many = [Fact("sql", str(number % 40), at) for number in range(200)]
    assert len(distinct(many)) == MAX_FACTS


def test_every_pattern_has_a_kind_of_the_records():
    kinds = {"http", "file_write", "file_delete", "file_read", "process", "sql", "email", "payment", "eval"}
    found = [pattern.kind for language in ("go", "csharp", "rust") for pattern in patterns(language)]
    assert found and set(found) <= kinds


def test_a_long_text_without_an_end_is_looked_through_quickly():
    text = '"SELECT ' + "a " * 100_000
    assert visible("go", text, "a", 1) == []
