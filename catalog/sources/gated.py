"""The one error that is no failure: a server that lists its tools only to those it knows."""

from catalog.errors import SourceError


class Gated(SourceError):
    """The server wants credentials before it lists its tools."""
