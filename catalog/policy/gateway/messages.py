"""JSON-RPC as the gateway needs it: strict reading of what it judges, and the few messages it writes itself.

MCP revisions up to 2025-11-25 ask the user with an `elicitation/create` request; revision 2026-07-28 with a result of
type `input_required`, after which the client sends the call again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from catalog.policy.engine import Decision

Message = dict[str, Any]
PARSE_ERROR, INVALID_REQUEST = -32700, -32600
VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
QUESTION_KEY = "policy_approval"
_SHOWN_ARGUMENTS = 2_000


class BadMessage(ValueError):
    """Bytes that are no JSON-RPC message which two readers would understand alike."""


def read_message(data: bytes) -> Message | list[Any]:
    """Parses one message or batch. Raises BadMessage for no JSON, no UTF-8, a repeated key, or a bare value."""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BadMessage(str(error)) from None
    if not isinstance(value, dict | list):
        raise BadMessage("neither an object nor an array")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise BadMessage("a key appears twice in one object")
    return out


def _refuse(name: str) -> None:
    raise BadMessage(f"{name} is not JSON")


def write_message(message: object) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def params_of(message: Message) -> Mapping[str, Any]:
    params = message.get("params")
    return params if isinstance(params, dict) else {}


def is_modern(message: Message) -> bool:
    """True for a request of revision 2026-07-28, which carries its protocol version with it."""
    meta = params_of(message).get("_meta")
    return isinstance(meta, dict) and VERSION_KEY in meta


def own_capabilities(message: Message) -> object:
    """The client's capabilities as a request states them: in `initialize`, or in a modern request's `_meta`."""
    params = params_of(message)
    if message.get("method") == "initialize":
        return params.get("capabilities")
    meta = params.get("_meta")
    return meta.get(CAPABILITIES_KEY) if isinstance(meta, dict) else None


def can_ask(capabilities: object) -> bool:
    """True where the client can show a form to a person. An empty capability means form mode."""
    elicitation = capabilities.get("elicitation") if isinstance(capabilities, dict) else None
    return isinstance(elicitation, dict) and ("form" in elicitation or "url" not in elicitation)


def denied(message: Message, decision: Decision) -> Message:
    """The answer to a call that is not let through: a tool result with `isError`, which the model can read."""
    text = f"[POLICY DENIED] {decision.reason or 'Not allowed.'} Rule: {decision.rule}"
    result: dict[str, Any] = {"content": [{"type": "text", "text": text}], "isError": True}
    if is_modern(message):
        result["resultType"] = "complete"
    return {"jsonrpc": "2.0", "id": message.get("id"), "result": result}


def failed(identity: object, code: int, text: str) -> Message:
    known = identity if isinstance(identity, str | int) and not isinstance(identity, bool) else None
    return {"jsonrpc": "2.0", "id": known, "error": {"code": code, "message": text}}


def question(message: Message, decision: Decision) -> dict[str, Any]:
    """The parameters of the form that asks a person about a call. Arguments are shown escaped and shortened."""
    params = params_of(message)
    shown = json.dumps(params.get("arguments") or {}, ensure_ascii=True)
    if len(shown) > _SHOWN_ARGUMENTS:
        shown = f"{shown[:_SHOWN_ARGUMENTS]}... ({len(shown)} characters)"
    name = json.dumps(params.get("name"), ensure_ascii=True)
    text = f"Allow the tool {name} to be called with {shown}? {decision.reason or ''}".strip()
    return {"mode": "form", "message": text, "requestedSchema": {"type": "object", "properties": {}}}


def asking(identity: str, message: Message, decision: Decision) -> Message:
    """The `elicitation/create` request for a client of revisions up to 2025-11-25."""
    return {"jsonrpc": "2.0", "id": identity, "method": "elicitation/create", "params": question(message, decision)}


def asking_back(state: str, message: Message, decision: Decision) -> Message:
    """The `input_required` result for a client of revision 2026-07-28."""
    ask = {"method": "elicitation/create", "params": question(message, decision)}
    result = {"resultType": "input_required", "inputRequests": {QUESTION_KEY: ask}, "requestState": state}
    return {"jsonrpc": "2.0", "id": message.get("id"), "result": result}


def consents(answer: object) -> bool:
    """True for an elicitation result that accepts and in which the person unticked nothing."""
    if not isinstance(answer, dict) or answer.get("action") != "accept":
        return False
    content = answer.get("content")
    return content is None or (isinstance(content, dict) and not any(value is False for value in content.values()))


def without_hidden(message: object, hides: Callable[[object], bool]) -> Message | None:
    """A `tools/list` response with hidden tools taken out; None where the message is none or holds no hidden tool."""
    result = message.get("result") if isinstance(message, dict) else None
    tools = result.get("tools") if isinstance(result, dict) else None
    if not isinstance(message, dict) or not isinstance(result, dict) or not isinstance(tools, list):
        return None
    kept = [t for t in tools if not hides(t.get("name") if isinstance(t, dict) else None)]
    return {**message, "result": {**result, "tools": kept}} if len(kept) < len(tools) else None


def batch_refusals(batch: list[Any]) -> list[Message]:
    """Batches exist in one old revision only. One that holds a request is refused as a whole, with an answer to each;
    none where the batch may pass because it holds nothing that could be a call.
    """
    parts = [part for part in batch if isinstance(part, dict)]
    if len(parts) == len(batch) and not any("id" in part or part.get("method") == "tools/call" for part in parts):
        return []
    requests = [part for part in parts if "method" in part and "id" in part]
    told = "The gateway takes no batches; send one message at a time."
    return [failed(part.get("id"), INVALID_REQUEST, told) for part in requests or [{}]]
