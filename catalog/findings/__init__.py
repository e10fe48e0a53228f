"""Findings: what a person should know about a tool, a server or a client's configuration beyond its label."""
