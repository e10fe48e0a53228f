"""The programs that a policy can be written for, one module each, in one literal table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from catalog.errors import UsageError
from catalog.policy.export import Export, Merge
from catalog.policy.records import Policy


@dataclass(frozen=True, slots=True)
class Target:
    """A program: what it is called in the help, the module that writes for it, and whether settings can be merged."""

    title: str
    module: str
    merges: bool = False

    def write(self, policy: Policy, server: str) -> Export:
        """The policy for `server`, the name by which the program knows the server."""
        write: Callable[[Policy, str], Export] = import_module(f"catalog.policy.targets.{self.module}").write
        return write(policy, server)

    def merge(self, existing: str, policy: Policy, server: str) -> str:
        """An existing settings file with this server's rules replaced. Raises UsageError, InvalidInput."""
        if not self.merges:
            raise UsageError(f"{self.title} has no settings file to merge into", "Leave --merge out.")
        merge: Merge = import_module(f"catalog.policy.targets.{self.module}").merge
        return merge(existing, policy, server)


TARGETS: dict[str, Target] = {
    "catalog": Target("this catalogue's gateway", "catalog"),
    "gateway": Target("gateway JSON", "gateway"),
    "intercept": Target("Intercept YAML", "intercept"),
    "claude-code": Target("Claude Code permissions", "claude_code", merges=True),
    "codex": Target("Codex config.toml", "codex", merges=True),
    "gemini-cli": Target("Gemini CLI policy", "gemini_cli"),
    "vscode": Target("VS Code settings", "vscode", merges=True),
    "cursor": Target("Cursor permissions.json", "cursor", merges=True),
    "cursor-cli": Target("Cursor CLI permissions", "cursor_cli", merges=True),
    "toolhive": Target("ToolHive: Cedar and annotation overrides", "toolhive"),
    "mcpproxy": Target("mcpproxy-go annotation overrides", "mcpproxy"),
    "annotations": Target("annotation overrides", "annotations"),
    "cedar": Target("Cedar", "cedar"),
}


def find_target(name: str) -> Target:
    """The target of that name. Raises UsageError with the names there are."""
    if name not in TARGETS:
        raise UsageError(f"no target is called {name!r}", f"There are: {', '.join(TARGETS)}.")
    return TARGETS[name]
