"""What happens to each message on its way, for a transport that carries one client: stdio.

A transport feeds `from_client` and `from_server` with one message each and gets bytes to send through two functions.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from catalog.policy.gateway.consent import Continuations, Waiting, WaitingCalls, answers, without_answer
from catalog.policy.gateway.gatekeeper import Call, Gatekeeper
from catalog.policy.gateway.messages import (
    INVALID_REQUEST,
    PARSE_ERROR,
    BadMessage,
    Message,
    asking,
    asking_back,
    can_ask,
    consents,
    denied,
    failed,
    is_modern,
    own_capabilities,
    params_of,
    read_message,
    without_hidden,
    write_message,
)

Send = Callable[[bytes], None]
_JUDGED = ("tools/call", "tools/list")


class Relay:
    """The gateway's side of one connection. `from_client` and `from_server` may run in two threads."""

    def __init__(
        self, gatekeeper: Gatekeeper, waiting: WaitingCalls, session: str, to_client: Send, to_server: Send
    ) -> None:
        self._gatekeeper = gatekeeper
        self._waiting = waiting
        self._continuations = Continuations()
        self._session = session
        self._capabilities: object = None
        self._client_lock, self._server_lock = threading.Lock(), threading.Lock()
        self._raw_to_client, self._raw_to_server = to_client, to_server

    def from_client(self, line: bytes) -> None:
        """One line of the client, without its line feed. What cannot be read alike by everybody does not pass."""
        if not line.strip():
            return
        try:
            message = read_message(line)
        except BadMessage as error:
            self._answer(failed(None, PARSE_ERROR, f"The gateway cannot read this message: {error}"))
            return
        # A bare carriage return inside a message is a line end to some readers, who would see other messages.
        raw = write_message(message) if b"\r" in line.rstrip(b"\r") else line
        try:
            if isinstance(message, list):
                self._batch(message, raw)
            else:
                self._message(message, raw)
        except RecursionError:
            self._answer(failed(None, INVALID_REQUEST, "The gateway cannot read this message: nested too deeply."))

    def from_server(self, line: bytes) -> None:
        """One line of the server, without its line feed."""
        if b'"tools"' in line or self._continuations.waits_for():
            try:
                message = read_message(line)
            except BadMessage:
                self._to_client(line)
                return
            changed = False
            for i, part in enumerate(message if isinstance(message, list) else [message]):
                self._continuations.see(self._session, part)
                shown = without_hidden(part, self._gatekeeper.hides)
                if shown is not None:
                    changed = True
                    message = [*message[:i], shown, *message[i + 1 :]] if isinstance(message, list) else shown
            line = write_message(message) if changed else line
        self._to_client(line)

    def expire(self) -> None:
        """Denies the calls for which nobody answered in time."""
        while waiting := self._waiting.take_overdue():
            self._refuse(waiting, "timeout")

    def _batch(self, batch: list[Any], raw: bytes) -> None:
        """Batches exist in one old revision only. One that could hold a call is refused as a whole."""
        parts = [part for part in batch if isinstance(part, dict)]
        if len(parts) == len(batch) and not any(part.get("method") in _JUDGED or "id" in part for part in parts):
            self._to_server(raw)
            return
        told = "The gateway takes no batches; send one message at a time."
        requests = [part for part in parts if "method" in part and "id" in part]
        for part in requests or [{}]:
            self._answer(failed(part.get("id"), INVALID_REQUEST, told))

    def _message(self, message: Message, raw: bytes) -> None:
        method = message.get("method")
        if method == "tools/call":
            self._call(message, raw)
        elif method is None:
            self._response(message, raw)
        elif not isinstance(method, str):
            self._answer(failed(message.get("id"), INVALID_REQUEST, "The method is not a text."))
        elif method == "notifications/cancelled" and self._cancelled(message):
            return
        else:
            if method == "initialize":
                self._capabilities = own_capabilities(message)
            self._to_server(raw)

    def _call(self, message: Message, raw: bytes) -> None:
        params = params_of(message)
        call = Call(self._session, params.get("name"), params.get("arguments"))
        identity = message.get("id")
        if not isinstance(identity, str | int) or isinstance(identity, bool):  # nobody could be told of a denial
            self._gatekeeper.refused(call, "(malformed call)", "unanswerable")
            self._answer(failed(identity, INVALID_REQUEST, "A tool call needs an id."))
            return
        if (held := self._waiting.take(params.get("requestState"))) is not None:
            self._retried(held, message)
            return
        if self._continuations.take(self._session, message):
            self._pass(message, raw)
            return
        decision = self._gatekeeper.judge(call)
        if decision.outcome == "allow":
            self._pass(message, raw)
        elif decision.outcome != "approve":
            self._answer(denied(message, decision))
        elif not can_ask(own_capabilities(message) if is_modern(message) else self._capabilities):
            self._answer(denied(message, self._gatekeeper.refused(call, decision.rule, "unsupported")))
        elif (asked := self._waiting.add(call, message, raw, decision.rule)) is None:
            self._answer(denied(message, self._gatekeeper.refused(call, decision.rule, "timeout")))
        else:
            build = asking_back if is_modern(message) else asking
            self._answer(build(asked, message, decision))

    def _response(self, message: Message, raw: bytes) -> None:
        """The client's answer to a question: ours, or one of the server's."""
        held = self._waiting.take(message.get("id"))
        if held is None:
            self._to_server(raw)
        elif consents(message.get("result")):
            self._carry_out(held, held.message, held.raw)
        else:
            self._refuse(held, "declined")

    def _retried(self, held: Waiting, retry: Message) -> None:
        if answers(held, retry):
            clean = without_answer(retry)
            self._carry_out(held, clean, write_message(clean))
        else:
            self._answer(denied(retry, self._gatekeeper.refused(held.call, held.rule, "declined")))

    def _carry_out(self, held: Waiting, message: Message, raw: bytes) -> None:
        decision = self._gatekeeper.approved(held.call)
        if decision.outcome == "allow":
            self._pass(message, raw)
        else:
            self._answer(denied(message, decision))

    def _refuse(self, held: Waiting, why: str) -> None:
        self._answer(denied(held.message, self._gatekeeper.refused(held.call, held.rule, why)))

    def _cancelled(self, message: Message) -> bool:
        """True where the cancelled call never reached the server; nobody waits for its answer any more."""
        held = self._waiting.take_request(self._session, params_of(message).get("requestId"))
        if held is not None:
            self._gatekeeper.refused(held.call, held.rule, "cancelled")
        return held is not None

    def _pass(self, message: Message, raw: bytes) -> None:
        if is_modern(message):
            self._continuations.watch(self._session, message)
        self._to_server(raw)

    def _answer(self, message: Message) -> None:
        self._to_client(write_message(message))

    def _to_client(self, line: bytes) -> None:
        with self._client_lock:
            self._raw_to_client(line + b"\n")

    def _to_server(self, line: bytes) -> None:
        with self._server_lock:
            self._raw_to_server(line + b"\n")
