"""The command `catalog`: parse, call one library function, show."""

from catalog.cli.boundary import main

__all__ = ["main"]
