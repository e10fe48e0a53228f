"""The template environment: autoescaped, strict about missing names, compiled once per process."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from catalog.site import fragments, urls, vocabulary
from catalog.site.pages import Site
from catalog.site.visible import plain, short, visible

_INSTALLED = Path(__file__).parent.parent / "_site_templates"
_BEYOND = re.compile("[^\x00-\x7f]+")
_CHECKOUT = Path(__file__).parent.parent.parent / "site_templates"


def templates_path() -> Path:
    """Where the templates lie: inside the installed wheel, or at the root of a checkout."""
    return _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT


def pretty_json(value: Any) -> str:
    """JSON as people read and copy it: two spaces, ASCII only, so that nothing in it can hide."""
    try:
        return _ascii(orjson.dumps(value, option=orjson.OPT_INDENT_2))
    except TypeError:  # what orjson refuses: huge integers, lone surrogates, great depth
        return json.dumps(value, indent=2)


def compact_json(value: Any) -> str:
    """JSON on one line, ASCII only."""
    try:
        return _ascii(orjson.dumps(value))
    except TypeError:
        return json.dumps(value, separators=(",", ":"))


def _ascii(data: bytes) -> str:
    return data.decode() if data.isascii() else _BEYOND.sub(_escaped, data.decode())


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match.group())[1:-1]


def json_for_script(value: Any) -> Markup:
    """JSON for a `<script type="application/ld+json">`: no character that could end the element."""
    text = compact_json(value)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


@cache
def environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(templates_path()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.filters.update(visible=visible, plain=plain, short=short, json_for_script=json_for_script)
    env.globals.update(
        badge=fragments.badge,
        chips=fragments.chips,
        server_rows=fragments.server_rows,
        server_path=urls.server_path,
        tool_path=urls.tool_path,
        capability_words=vocabulary.CAPABILITIES,
        category_words=vocabulary.CATEGORIES,
        risk_words=vocabulary.RISKS,
    )
    return env


@cache
def _template(name: str) -> Template:
    return environment().get_template(name)


def render(template: str, path: str, **context: Any) -> str:
    """A page's HTML. `path` is where it will lie; `root` in the template is the way back from there."""
    return _template(template).render(root=urls.root_of(path), path=path, **context)


class _Marks:
    """Stands in a template for a page's own texts: each attribute is a mark that the text takes the place of."""

    def __getattr__(self, name: str) -> Markup:
        return Markup(f"\x01{name}\x01")


@lru_cache(maxsize=512)
def _frame(site: Site, template: str, root: str, shape: Hashable) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A template rendered once per shape of page, cut into its literals and the names of the marks between them."""
    text = _template(template).render(site=site, root=root, path="\x01path\x01", has=shape, text=_Marks())
    pieces = text.replace("%01", "\x01").split("\x01")
    return tuple(pieces[::2]), tuple(pieces[1::2])


def render_framed(template: str, path: str, site: Site, shape: Hashable, texts: Mapping[str, str]) -> str:
    """Like `render`, many times as fast, for a template that takes every text of the page as `text.NAME`.

    `shape` (`has` in the template) chooses its parts; pages of one shape differ in their texts alone. `texts` are HTML.
    """
    literals, names = _frame(site, template, urls.root_of(path), shape)
    out = [""] * (len(literals) + len(names))
    out[::2] = literals
    out[1::2] = [texts[name] for name in names]
    return "".join(out)
