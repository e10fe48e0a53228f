"""The error tree. Each leaf says what failed, why and what to do next, and carries the exit code of the contract.

CatalogError (1)
├── UsageError (2)
├── NothingFound (3)
├── SourceError (4)
│   ├── SourceNotFound (4)
│   ├── RateLimited (4)
│   └── UnsafeArchive (4)
├── StoreError (5)
├── InvalidInput (6)
└── ThresholdReached (10)
"""


class CatalogError(Exception):
    """Base of everything the catalogue raises on purpose. `hint` is the next step for the person who reads it."""

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(CatalogError):
    """The command was called in a way that has no meaning."""

    exit_code = 2


class NothingFound(CatalogError):
    """No tools in the source, or no such tool or server in the store. Never to be read as "safe"."""

    exit_code = 3


class SourceError(CatalogError):
    """A source could not be read: network, HTTP status, broken archive."""

    exit_code = 4


class SourceNotFound(SourceError):
    """The repository, package or version does not exist."""


class RateLimited(SourceError):
    """The host asked us to come back later."""


class UnsafeArchive(SourceError):
    """An archive tried to leave its folder, held a link or device, or grew past the limits."""


class StoreError(CatalogError):
    """The store could not be read or written."""

    exit_code = 5


class InvalidInput(CatalogError):
    """An input file is not what it should be."""

    exit_code = 6


class ThresholdReached(CatalogError):
    """A `--fail-on` threshold was reached."""

    exit_code = 10
