"""One HTML file that stands alone: no script, no request, readable on paper."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from catalog.reporting.records import Assessment
from catalog.reporting.verdict import places, sentence
from catalog.site.render import templates_path
from catalog.site.visible import visible


def render(assessment: Assessment) -> str:
    """The page, everything of strangers escaped and with what hides made visible."""
    return _template().render(
        assessment=assessment,
        verdict=sentence(assessment),
        where=places(assessment),
        checks=[assessment.check(id) for id in dict.fromkeys(j.report.check for j in assessment.judged)],
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(templates_path()), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["visible"] = visible
    return environment.get_template("assessment.html")
