import re

from catalog.extract import syntax

GO = "tree_sitter_go"


def parsed(text: str) -> syntax.Source:
    source = syntax.parse("a.go", text, GO)
    assert source is not None
    return source


def test_text_and_line_of_a_node_are_those_of_the_file():
    source = parsed('package a\n\nvar x = "é"\n')
    node = syntax.captures(source.root, "(interpreted_string_literal) @s", GO)["s"][0]
    assert (source.text(node), syntax.line(node)) == ('"é"', 3)


def test_a_node_is_found_by_the_text_it_covers():
    source = parsed("package a\nvar x = f(1)\n")
    found = list(source.nodes_at(re.compile(rb"f\(")))
    assert [node.type for node in found] == ["call_expression"]


def test_a_file_beyond_the_bound_is_not_parsed():
    assert syntax.parse("a.go", b" " * (syntax.MAX_PARSED_BYTES + 1), GO) is None


def test_escapes_of_c_like_literals():
    assert syntax.unescape(r"a\tb\x41\u00e9\u{1F600}\101\"\\") == 'a\tbA\u00e9\U0001f600A"\\'


def test_a_surrogate_pair_becomes_one_character_and_half_a_pair_is_replaced():
    assert syntax.unescape(r"\ud83d\ude00") == "\U0001f600"
    assert "\ud83d" not in syntax.unescape(r"\ud83d")


def test_enclosing_finds_the_nearest_parent_of_a_type():
    source = parsed("package a\nfunc F() { g(h(1)) }\n")
    literal = syntax.captures(source.root, "(int_literal) @n", GO)["n"][0]
    call = syntax.enclosing(literal, "call_expression")
    assert call is not None and source.text(call) == "h(1)"


def test_the_common_margin_is_removed_from_every_line():
    assert syntax.dedent("  a\n    b\n\n  c") == "a\n  b\n\nc"
