"""The template environment: autoescaped, strict about missing names, compiled once per process."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from catalog.site import urls
from catalog.site.visible import plain, visible

_INSTALLED = Path(__file__).parent.parent / "_site_templates"
_CHECKOUT = Path(__file__).parent.parent.parent / "site_templates"


def templates_path() -> Path:
    """Where the templates lie: inside the installed wheel, or at the root of a checkout."""
    return _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT


def pretty_json(value: Any) -> str:
    """JSON as people read and copy it: two spaces, ASCII only, so that nothing in it can hide."""
    return json.dumps(value, indent=2)


def json_for_script(value: Any) -> Markup:
    """JSON for a `<script type="application/ld+json">`: no character that could end the element."""
    text = json.dumps(value, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


@cache
def environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(templates_path()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(visible=visible, plain=plain, pretty_json=pretty_json, json_for_script=json_for_script)
    env.globals.update(server_path=urls.server_path, tool_path=urls.tool_path)
    return env


def render(template: str, path: str, **context: Any) -> str:
    """A page's HTML. `path` is where it will lie; `root` in the template is the way back from there."""
    return environment().get_template(template).render(root=urls.root_of(path), path=path, **context)
