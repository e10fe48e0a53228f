"""Definitions in, labels with evidence out. Knows nothing of files, networks, databases or the catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.classify import Classifier


def load(model_dir: Path | None = None, overrides: Path | None = None) -> Classifier:
    """The classifier with its trained model and the owner's overrides; see `classifier.classify.load`."""
    from classifier.classify import load as load_classifier  # records and risk must not pay for numpy

    return load_classifier(model_dir, overrides)


def version() -> str:
    """The version of the classifier that ships, for less than a tenth of what loading it takes."""
    from classifier.model.scorer import load_scorer
    from classifier.resources import data_path

    return load_scorer(data_path("model") / "weights.npz").version
