"""The open catalogue of what MCP tools can do: fetch, extract, classify, store, show, control."""

__version__ = "0.1.0"
