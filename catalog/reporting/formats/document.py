"""The assessment as one JSON document; its schema is `catalog/reporting/schemas/assessment.json`."""

from __future__ import annotations

import json

from catalog.reporting.records import Assessment


def render(assessment: Assessment) -> str:
    """The document, ASCII only, so that nothing in it can hide."""
    return json.dumps(assessment.to_json(), indent=1) + "\n"
