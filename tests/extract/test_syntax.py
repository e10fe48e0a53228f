import re
import sys
from concurrent.futures import ThreadPoolExecutor

from catalog.extract import syntax
from catalog.extract.typescript.sources import Module

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


def test_a_parsed_file_is_let_go_of():
    text = b"package a\n" + b"var x = 1\n" * 2_000
    before = sys.getrefcount(text)
    for _ in range(3):
        assert syntax.parse("a.go", text, GO) is not None
    assert sys.getrefcount(text) == before


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


def test_threads_parse_at_the_same_time_without_disturbing_each_other():
    go = "package a\n" + "".join(f"func f{n}() int {{ return g({n}) }}\n" for n in range(300))
    js = "".join(f"export function f{n}() {{ return g({n}); }}\n" for n in range(300)).encode()

    def shapes(_: int) -> tuple[str, str]:
        return str(parsed(go).root), str(Module("a.js", js).root)

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as executor:
            assert len(set(executor.map(shapes, range(24)))) == 1
    finally:
        sys.setswitchinterval(usual)
