"""The search index: small script files that a page loads as it needs them, from the disk as well as from a server.

The catalogue is cut into parts by a hash of the server's slug, so one changed server touches one part. In a part,
documents stand in chunks, riskiest first, as the best of equal hits do, and words in files by their first two letters.
docs/site.md says why not another format.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

from catalog.site import urls
from catalog.site.pages import Page, Site
from catalog.site.pages.sitemap import part_path, sitemap
from catalog.site.plan import Plan
from catalog.site.render import compact_json, render
from catalog.site.visible import plain, short
from catalog.store.overview import ToolText, tool_texts
from catalog.store.read import StoreReader
from classifier.records import CAPABILITIES, CATEGORIES, RISKS, Category, Risk

CHUNK = 32  # documents in a file
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W_a-zA-Z]+")
_DESCRIPTION = 1200  # characters of a description that can be found
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "for",
        "from",
        "in",
        "is",
        "it",
        "of",
        "on",
        "or",
        "that",
        "the",
        "this",
        "to",
        "with",
        "you",
        "your",
    ]
)


def search_pages(site: Site, plan: Plan, store: StoreReader) -> Iterator[Page]:
    """The search page and the index's head."""
    text = render(
        "search.html",
        "search.html",
        site=site,
        risks=tuple(reversed(RISKS)),
        categories=CATEGORIES,
        capabilities=CAPABILITIES,
    )
    yield Page("search.html", text)
    yield Page("search/head.js", f"catalogSearch.head({compact_json({'parts': plan.parts(), 'chunk': CHUNK})});\n")


def part_pages(site: Site, plan: Plan, store: StoreReader, key: str) -> Iterator[Page]:
    """All files of one part: `key` is `PART/PARTS`."""
    part, parts = map(int, key.split("/"))
    postings: dict[str, list[int]] = defaultdict(list)
    weak: dict[str, list[int]] = defaultdict(list)
    found: list[tuple[str, list[object]]] = []
    places: list[tuple[str, str | None, str]] = []
    for slug, _, changed_at in plan.servers_of_part(part, parts):
        places.append((slug, None, changed_at))
        for tool in tool_texts(store, slug):
            strong, other = _words_of(slug, tool)
            for word in strong:
                postings[word].append(len(found))
            for word in other:
                weak[word].append(len(found))
            mark = _mark(tool.risk, tool.category, bool(tool.needs_review), tool.capabilities or "[]")
            found.append((mark, _document(slug, tool)))
            places.append((slug, tool.name, tool.changed_at))
    order = sorted(range(len(found)), key=lambda i: -_rank(found[i][0]))
    for number, first in enumerate(range(0, len(order), CHUNK)):
        yield _chunk_page(part, number, [found[i][1] for i in order[first : first + CHUNK]])
    marks = "".join([found[i][0] for i in order])
    yield Page(f"search/{part}/marks.js", f'catalogSearch.marks({part},"{marks}");\n')
    numbers = [place for _, place in sorted(zip(order, range(len(order)), strict=True))]
    for held in (postings, weak):
        for word, old in held.items():
            held[word] = sorted([numbers[i] for i in old])
    yield from _word_pages(part, postings, weak)
    if site.base_url:
        yield Page(part_path(part), sitemap(site, places))


def words_of(text: str) -> set[str]:
    """The words of a text as search knows them: lower case, camelCase cut, two to thirty letters; scripts without
    spaces in pairs of characters."""
    found: set[str] = set()
    for word in {raw.lower() for raw in _WORDS.findall(text)}:
        if word.isascii():
            if len(word) > 1 and word not in _STOP:
                found.add(word[:30])
        elif ord(word[0]) < 0x2E80:
            found.add(word[:30])
        else:
            found.update(word[i : i + 2] for i in range(max(1, len(word) - 1)))
    return found


def file_of(word: str) -> str:
    """The word file's name: the first two characters when plain, else their code points."""
    head = word[:2]
    return head if head.isascii() and head.isalnum() else "-".join(f"{ord(c):x}" for c in head)


def _words_of(slug: str, tool: ToolText) -> tuple[set[str], set[str]]:
    strong = words_of(plain(f"{tool.name[:200]} {(tool.title or '')[:200]} {tool.server_name[:100]} {slug}"))
    strong.add(plain(tool.name[:30]).lower().replace("-", "_"))
    strong.discard("")
    return strong, words_of(plain((tool.description or "")[:_DESCRIPTION])) - strong


@lru_cache(maxsize=4096)
def _mark(risk: Risk | None, category: Category | None, review: bool, capabilities: str) -> str:
    """Three characters: risk, category and review, then capabilities; `~~~` where there is no label."""
    if risk is None or category is None:
        return "~~~"
    said = json.loads(capabilities)
    held = sum(1 << place for place, c in enumerate(CAPABILITIES) if c in said)
    first = RISKS.index(risk) * 6 + CATEGORIES.index(category) * 2 + review
    return f"{_DIGITS[first]}{_DIGITS[held >> 3]}{_DIGITS[held & 7]}"


def _rank(mark: str) -> int:
    """What equal hits are sorted by: tools without a label first, then the riskiest."""
    return 4 if mark == "~~~" else int(mark[0], 36) // 6


def _document(slug: str, tool: ToolText) -> list[object]:
    return [
        plain(tool.name)[:120],
        plain(tool.server_name)[:80],
        urls.tool_path(slug, tool.name),
        tool.risk,
        tool.category,
        short(tool.description, 150),
    ]


def _chunk_page(part: int, number: int, chunk: list[list[object]]) -> Page:
    return Page(f"search/{part}/d{number}.js", f"catalogSearch.documents({part},{number},{compact_json(chunk)});\n")


def _word_pages(part: int, strong: dict[str, list[int]], weak: dict[str, list[int]]) -> Iterator[Page]:
    by_file: dict[str, list[str]] = defaultdict(list)
    for word in strong.keys() | weak.keys():
        by_file[file_of(word)].append(word)
    for name in sorted(by_file):
        held = {word: f"{_gaps(strong.get(word, []))}|{_gaps(weak.get(word, []))}" for word in sorted(by_file[name])}
        yield Page(f"search/{part}/w-{name}.js", f'catalogSearch.words({part},"{name}",{compact_json(held)});\n')


def _gaps(numbers: list[int]) -> str:
    """Ascending numbers as their differences in base 36, separated by spaces."""
    out, last = [], 0
    for number in numbers:
        out.append(_base36(number - last))
        last = number
    return " ".join(out)


def _base36(number: int) -> str:
    text = ""
    while True:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
        if not number:
            return text
