"""The gateway: stands between an MCP client and a server and enforces a policy on `tools/list` and `tools/call`.

All other messages pass through byte for byte. Whatever goes wrong inside denies the call it went wrong for.
"""
