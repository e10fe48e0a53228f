"""ToolHive: a Cedar authorisation file and an MCPToolConfig with annotation overrides.

Authorisation: https://docs.stacklok.com/toolhive/reference/authz-policy-reference; overrides: `MCPToolConfig`,
`spec.toolsOverride.TOOL.annotations` (both read 2026-11). List responses are filtered by the same permits.
"""

from __future__ import annotations

import json

import yaml

from catalog.policy.cedar import statements
from catalog.policy.export import Document, Export
from catalog.policy.hints import hints
from catalog.policy.records import Policy


def write(policy: Policy, server: str) -> Export:
    permits, losses = statements(policy)
    permits += [
        f"permit(principal, action == Action::{action}, resource);" for action in ('"get_prompt"', '"read_resource"')
    ]
    authorisation = {"version": "1.0", "type": "cedarv1", "cedar": {"policies": permits, "entities_json": "[]"}}
    annotations, _ = hints(policy)
    overrides = {
        "apiVersion": "toolhive.stacklok.dev/v1alpha1",
        "kind": "MCPToolConfig",
        "metadata": {"name": server},
        "spec": {"toolsOverride": {name: {"name": name, "annotations": given} for name, given in annotations.items()}},
    }
    documents = [Document(f"{server}-authz.json", json.dumps(authorisation, indent=2, ensure_ascii=False) + "\n")]
    if annotations:
        documents.append(Document(f"{server}-tools.yaml", yaml.safe_dump(overrides, sort_keys=False, width=120)))
    return Export(tuple(documents), tuple(losses))
