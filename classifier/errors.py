"""What the classifier raises on purpose. A definition never raises; a broken knowledge, label or override file does."""


class ClassifierError(Exception):
    """Base. The message says what failed, why, and what to do next."""


class InvalidLabels(ClassifierError):
    """A label file is not JSON Lines with a `label` per line."""


class InvalidOverrides(ClassifierError):
    """An overrides file is not valid TOML or an entry lacks what it needs."""


class InvalidModel(ClassifierError):
    """The trained model could not be read."""
