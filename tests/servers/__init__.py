"""Small MCP servers that tests start as real programs."""
