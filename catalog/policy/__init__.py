"""Policies: recommended from labels, written for other programs, decided by an engine, enforced by a gateway."""
