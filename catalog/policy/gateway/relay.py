"""What happens to each message on its way, for a transport that carries one client: stdio.

A transport feeds `from_client` and `from_server` with one message each and gets bytes to send through two functions.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from catalog.policy.gateway.desk import Desk, Pass, Step
from catalog.policy.gateway.messages import (
    INVALID_REQUEST,
    PARSE_ERROR,
    BadMessage,
    Message,
    batch_refusals,
    consents,
    failed,
    own_capabilities,
    read_message,
    write_message,
)

Send = Callable[[bytes], None]


class Relay:
    """The gateway's side of one connection. `from_client` and `from_server` may run in two threads."""

    def __init__(self, desk: Desk, session: str, to_client: Send, to_server: Send) -> None:
        self._desk = desk
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
        self._to_client(screened(self._desk, self._session, line))

    def expire(self) -> None:
        """Denies the calls for which nobody answered in time."""
        while held := self._desk.waiting.take_overdue():
            self._do(self._desk.refused(held, "timeout"))

    def _batch(self, batch: list[Any], raw: bytes) -> None:
        refusals = batch_refusals(batch)
        for refusal in refusals:
            self._answer(refusal)
        if not refusals:
            self._to_server(raw)

    def _message(self, message: Message, raw: bytes) -> None:
        method = message.get("method")
        if method == "tools/call":
            self._do(self._desk.call(self._session, message, raw, self._capabilities))
        elif method is None:
            self._response(message, raw)
        elif not isinstance(method, str):
            self._answer(failed(message.get("id"), INVALID_REQUEST, "The method is not a text."))
        elif method == "notifications/cancelled" and self._desk.cancelled(self._session, message):
            return  # the server never saw the call, so it need not hear of its end
        else:
            if method == "initialize":
                self._capabilities = own_capabilities(message)
            self._to_server(raw)

    def _response(self, message: Message, raw: bytes) -> None:
        """The client's answer to a question: ours, or one of the server's."""
        held = self._desk.waiting.take(message.get("id"))
        if held is None:
            self._to_server(raw)
        elif consents(message.get("result")):
            self._do(self._desk.consented(held))
        else:
            self._do(self._desk.refused(held, "declined"))

    def _do(self, step: Step) -> None:
        if isinstance(step, Pass):
            self._to_server(step.raw)
        else:
            self._answer(step.message)

    def _answer(self, message: Message) -> None:
        self._to_client(write_message(message))

    def _to_client(self, line: bytes) -> None:
        with self._client_lock:
            self._raw_to_client(line + b"\n")

    def _to_server(self, line: bytes) -> None:
        with self._server_lock:
            self._raw_to_server(line + b"\n")


def screened(desk: Desk, session: str, line: bytes) -> bytes:
    """What the client may see of one message or batch of the server; the very same bytes where nothing is hidden."""
    if not desk.looks_at(line):
        return line
    try:
        message = read_message(line)
    except BadMessage:
        return line
    if not isinstance(message, list):
        shown = desk.response(session, message)
        return line if shown is None else write_message(shown)
    parts = [desk.response(session, part) for part in message]
    if all(part is None for part in parts):
        return line
    return write_message([old if new is None else new for old, new in zip(message, parts, strict=True)])
