"""Imported once by the process that workers are forked from: what every one of them would otherwise load by itself.

Unlike any other module it does something at its import, because that is all that it is for.
"""

from __future__ import annotations

import gc

import classifier.classify
import classifier.model.scorer
from catalog.crawl import unit
from catalog.extract import python, typescript
from catalog.sources import download, github, npm, pypi

__all__ = ["classifier", "github", "npm", "pypi", "python", "typescript", "unit"]

download.trust(None)
unit.labeller()
gc.freeze()  # what is here stays: no search for reference cycles needs to visit it, and its memory stays shared
