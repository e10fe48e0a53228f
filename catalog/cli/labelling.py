"""The classifier, loaded when a command needs it, and the option that names the owner's overrides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog.errors import CatalogError, InvalidInput

if TYPE_CHECKING:
    from classifier.classify import Classifier

Overrides = Annotated[
    Path | None,
    typer.Option("--overrides", metavar="FILE", help="Labels set by hand (TOML), which win over the classifier's."),
]


def load_classifier(overrides: Path | None = None) -> Classifier:
    """The trained classifier; loading it reads the rules and the model. InvalidInput for a broken overrides file."""
    from classifier.classify import load
    from classifier.errors import ClassifierError, InvalidOverrides

    try:
        return load(overrides=overrides)
    except (InvalidOverrides, OSError) as error:
        raise InvalidInput(f"{overrides} cannot be used: {error}") from error
    except ClassifierError as error:
        raise CatalogError(str(error)) from error
