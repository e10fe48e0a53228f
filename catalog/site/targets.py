"""The policy of one tool as clients and other gateways take it, ready for the page.

Most tools share the shape of their policy. The HTML of a shape is made once, with stand-ins for the two names; only
names that every format writes without quotes take that way.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

from markupsafe import Markup

from catalog.policy.parse import InvalidPolicy
from catalog.policy.records import Policy
from catalog.policy.targets import TARGETS
from catalog.site.visible import shown, shown_block

SHOWN = ("claude-code", "codex", "cursor", "gemini-cli", "vscode", "intercept", "gateway")
_TOOL, _LOWER, _SERVER = "Stand_in_tool", "stand_in_tool", "stand-in-server"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*\Z")
_YAML = frozenset(["yes", "no", "on", "off", "true", "false", "null", "none"])  # words that YAML does not take for text


def target_boxes(policy: Policy, document: str, server: str, tool: str) -> Markup:
    """One closed box per target, with what it cannot say. `document` is the policy's own JSON text."""
    plain = _PLAIN.match(tool) and _PLAIN.match(server) and tool.lower() not in _YAML
    if not plain or _LOWER in document.lower() or server in tool or tool in server:
        return Markup(_boxes(policy, server))
    try:
        made = _shape(document.replace(tool, _TOOL).replace(tool.lower(), _LOWER))
    except InvalidPolicy:  # the name is also a word of the policy language
        return Markup(_boxes(policy, server))
    return Markup(made.replace(_TOOL, tool).replace(_LOWER, tool.lower()).replace(_SERVER, server))


@lru_cache(maxsize=2048)
def _shape(document: str) -> str:
    return _boxes(Policy.from_json(json.loads(document)), _SERVER)


def _boxes(policy: Policy, server: str) -> str:
    return "".join(_box(name, policy, server) for name in SHOWN)


def _box(name: str, policy: Policy, server: str) -> str:
    export = TARGETS[name].write(policy, server)
    losses = "".join(f"<li>{shown(loss.what)}</li>" for loss in export.losses)
    said = f'<p>What it cannot say:</p><ul class="losses">{losses}</ul>' if losses else ""
    files = "".join(
        f'<figure class="code"><figcaption>{shown(d.path)} <button type="button" data-copy>Copy</button></figcaption>'
        f'<pre tabindex="0" role="group" aria-label="{shown(d.path)}"><code>{shown_block(d.text)}</code></pre></figure>'
        for d in export.documents
    )
    title = shown(TARGETS[name].title)
    return f'<details class="target" name="target"><summary>{title}</summary>{files}{said}</details>\n'
