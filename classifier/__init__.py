"""Definitions in, labels with evidence out. Knows nothing of files, networks, databases or the catalogue."""
