"""Python servers: official SDK and standalone FastMCP, low-level handlers, wrappers around them.

The files are found by text, parsed with the standard library's parser, and followed from module to module without
running anything. What was seen but not resolved comes back as gaps.
"""

from __future__ import annotations

from catalog.extract.python.reading import candidate_paths, read

__all__ = ["candidate_paths", "read"]
