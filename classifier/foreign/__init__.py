"""Texts in other languages than English: which language it is, and which of its verbs are commands."""

from classifier.foreign.read import Heard, find_name_verbs, listen

__all__ = ["Heard", "find_name_verbs", "listen"]
