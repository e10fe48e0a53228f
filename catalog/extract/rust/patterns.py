"""The names that make Rust code a tool definition, read once from `data/extract/rust.toml`."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from typing import Any

from classifier.resources import data_path


@lru_cache(maxsize=1)
def patterns() -> dict[str, Any]:
    """The pattern file as parsed. OSError or tomllib.TOMLDecodeError when the installation is broken."""
    return tomllib.loads(data_path("extract", "rust.toml").read_text("utf-8"))
