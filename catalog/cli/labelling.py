"""The classifier, loaded when a command needs it, and the option that names the owner's overrides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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

    with label_errors():
        return load(overrides=overrides)


@contextmanager
def label_errors() -> Iterator[None]:
    """Turns the classifier's own errors, and files that cannot be opened, into errors of the command line."""
    from classifier.errors import ClassifierError, InvalidModel

    try:
        yield
    except InvalidModel as error:
        raise CatalogError(str(error)) from error
    except (ClassifierError, UnicodeDecodeError) as error:
        raise InvalidInput(str(error)) from error
    except OSError as error:
        raise InvalidInput(f"{error.filename} cannot be read: {error.strerror}") from error
