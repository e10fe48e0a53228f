"""What a policy means for one tool, in a sentence made from its rules alone, so that text and rule cannot disagree."""

from __future__ import annotations

from catalog.policy.records import Policy, Strength, ToolRules
from catalog.site.views import ServerView

_REST = "Every other tool of the server is denied unless you say otherwise."


def tool_policy(view: ServerView, name: str, strength: Strength = "recommended") -> Policy:
    """The part of the server's policy that is about one tool: the very same rule, alone."""
    whole = view.policies[strength]
    if name in whole.hide:
        return Policy(hide=(name,))
    return Policy(tools={name: whole.tools[name]} if name in whole.tools else {})


def outcome(policy: Policy, name: str) -> str:
    """`hidden`, `denied`, `asked`, `partly asked`, `partly denied`, `checked`, `limited` or `allowed`."""
    if name in policy.hide:
        return "hidden"
    rules = policy.tools.get(name)
    if rules is None:
        return "denied"
    if any(not guard.conditions for guard in rules.deny_if):
        return "denied"
    if any(not guard.conditions for guard in rules.approve):
        return "asked"
    if rules.approve:
        return "partly asked"
    if rules.deny_if:
        return "partly denied"
    if rules.require:
        return "checked"
    return "limited" if rules.limits else "allowed"


_SAYS = {
    "hidden": "The tool is neither listed nor callable.",
    "denied": "Every call is denied: no rule opens the tool.",
    "asked": "Every call waits for a person, and is denied where nobody can be asked.",
    "partly asked": "Calls in a harmless mode go through; any other waits for a person, and is denied where nobody can"
    " be asked.",
    "partly denied": "Calls in a harmless mode go through; any other is denied.",
    "checked": "Calls go through when their arguments pass the check.",
    "limited": "Calls go through, up to a limit.",
    "allowed": "Calls go through.",
}
_A = {"minute": "a minute", "hour": "an hour", "day": "a day"}


def effect(policy: Policy, name: str) -> str:
    """One to three sentences: what an agent meets that calls the tool under this policy."""
    rules = policy.tools.get(name, ToolRules())
    return " ".join([_SAYS[outcome(policy, name)], *_limits(rules), _REST])


def _limits(rules: ToolRules) -> list[str]:
    calls = [f"at most {limit.max} calls {_A[limit.window]}" for limit in rules.limits if limit.increment_from is None]
    sums = [f"a total of {limit.max} {_A[limit.window]}" for limit in rules.limits if limit.increment_from is not None]
    return [f"The limit: {' and '.join(calls + sums)}."] if calls or sums else []
