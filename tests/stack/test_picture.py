"""The picture is well-formed SVG that says in words what it shows, whatever the servers are called."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from catalog.records import Location
from catalog.stack.legs import analyse
from catalog.stack.picture import picture
from catalog.stack.records import LEGS, Entry, Member, Resolution, Stack, StackTool
from tests.stack.test_legs import entry, member, tool

SVG = "{http://www.w3.org/2000/svg}"


def drawn(stack: Stack) -> ElementTree.Element:
    return ElementTree.fromstring(picture(stack, analyse(stack)))


def words(root: ElementTree.Element) -> str:
    return " ".join(text for element in root.iter(f"{SVG}text") for text in element.itertext())


def leaking(*names: str) -> Stack:
    return Stack((), tuple(member(name, [tool("t", LEGS, reads=False)], entry(name)) for name in names))


def test_servers_stand_under_their_legs_and_unknown_ones_are_shown() -> None:
    unknown = Member("u", "unknown", ((entry("mystery"), Resolution()),))
    stack = Stack((), (*leaking("mail").members, unknown))
    root = drawn(stack)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "title desc"
    assert root.findtext(f"{SVG}title") == "Private data can leave: 1 way through these servers"
    description = root.findtext(f"{SVG}desc") or ""
    assert "Reads private data: mail." in description
    assert "Unknown: mystery." in description
    assert words(root).count("mail (1)") == 3
    assert "mystery" in words(root)


def test_nothing_found_is_not_called_safe() -> None:
    root = drawn(Stack((), ()))
    assert root.findtext(f"{SVG}title") == "No complete way out was found for private data"
    assert "safe" not in picture(Stack((), ()), analyse(Stack((), ()))).lower()


def test_both_light_and_dark_are_drawn() -> None:
    text = picture(leaking("a"), analyse(leaking("a")))
    assert "prefers-color-scheme: dark" in text
    assert "<script" not in text
    assert "href" not in text


@given(st.text(max_size=80))
def test_any_name_is_only_text(name: str) -> None:
    hostile = Entry("cursor", name, Location("x", 1), "user", project=name)
    stack = Stack((), (Member("k", "known", ((hostile, Resolution()),), (StackTool(name, tool("t", LEGS).label),)),))
    kinds = {element.tag.removeprefix(SVG) for element in drawn(stack).iter()}
    assert kinds <= {"svg", "title", "desc", "style", "rect", "text", "path"}


def test_characters_that_reorder_or_hide_are_replaced() -> None:
    text = picture(leaking("a\u202eb\u200bc\x1b[31m"), analyse(leaking("a\u202eb\u200bc\x1b[31m")))
    assert not {"\u202e", "\u200b", "\x1b"} & set(text)


def test_a_very_large_stack_is_cut_and_says_so() -> None:
    text = picture(leaking(*(f"s{i}" for i in range(200))), analyse(leaking(*(f"s{i}" for i in range(200)))))
    assert "and 140 more servers" in text
    assert len(text) < 200_000
