"""Rows of the store as the nouns they were."""

from __future__ import annotations

import json
import sqlite3

from catalog.records import Fact, Location, Server, Source, Tool
from classifier.records import Classification


def server_of(row: sqlite3.Row) -> Server:
    source = Source(row["source_kind"], row["reference"], row["ref"], row["commit_sha"], row["url"])
    return Server(row["slug"], row["name"], source, row["version"], row["description"], row["license"], row["homepage"])


def tool_of(row: sqlite3.Row) -> Tool:
    return Tool(
        name=row["name"],
        title=row["title"],
        description=row["description"],
        input_schema=json.loads(row["input_schema"]) if row["input_schema"] is not None else None,
        annotations=json.loads(row["annotations"]),
        location=Location(row["path"], row["line"]) if row["path"] is not None else None,
        extractor=row["extractor"],
        conditional=row["conditional"],
        handler=Location(row["handler_path"], row["handler_line"]) if row["handler_path"] is not None else None,
        facts=tuple(
            Fact(f["kind"], f["detail"], Location(f["location"]["path"], f["location"]["line"]))
            for f in json.loads(row["facts"])
        ),
    )


def answer_of(text: str | None) -> Classification | None:
    return Classification.from_json(json.loads(text)) if text is not None else None
