"""Where the knowledge files lie: inside the installed wheel, or at the root of a checkout."""

from pathlib import Path

_INSTALLED = Path(__file__).parent / "_data"
_CHECKOUT = Path(__file__).parent.parent / "data"


def data_path(*parts: str) -> Path:
    """The path of a knowledge file, given by its parts below `data/`. The file need not exist."""
    root = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
    return root.joinpath(*parts)
