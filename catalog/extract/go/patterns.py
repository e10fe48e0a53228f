"""The names that make Go code a tool definition, read once from `data/extract/go.toml`."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from typing import Any

from classifier.resources import data_path


@lru_cache(maxsize=1)
def patterns() -> dict[str, Any]:
    """The pattern file as parsed. OSError or tomllib.TOMLDecodeError when the installation is broken."""
    return tomllib.loads(data_path("extract", "go.toml").read_text("utf-8"))


def is_library(module: str) -> bool:
    """Whether an import path belongs to an MCP library."""
    return str(patterns()["library"]) in module.lower()
