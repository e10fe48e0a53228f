"""One module per format: an assessment in, text out. FORMATS says which file name gets which."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from catalog.errors import UsageError
from catalog.reporting.records import Assessment

# By the ending of the file's name, longest first.
FORMATS = {
    ".sarif.json": "sarif",
    ".sarif": "sarif",
    ".json": "document",
    ".xml": "junit",
    ".md": "markdown",
    ".html": "html",
}


def format_for(name: str) -> Callable[[Assessment], str]:
    """The renderer for a file of this name; UsageError for an ending that names none."""
    for ending, module in FORMATS.items():
        if name.lower().endswith(ending):
            render: Callable[[Assessment], str] = import_module(f"{__name__}.{module}").render
            return render
    raise UsageError(
        f"--report {name}: no format has that ending",
        "SARIF: .sarif, JSON: .json, JUnit: .xml, Markdown: .md, HTML: .html.",
    )
