"""What is to be done with a tool call, whatever the transport: pass it, answer it, or ask a person first."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.policy.gateway.consent import Continuations, Waiting, WaitingCalls, answers, without_answer
from catalog.policy.gateway.gatekeeper import Call, Gatekeeper
from catalog.policy.gateway.messages import (
    INVALID_REQUEST,
    Message,
    asking,
    asking_back,
    can_ask,
    denied,
    failed,
    is_modern,
    own_capabilities,
    params_of,
    without_hidden,
    write_message,
)


@dataclass(frozen=True, slots=True)
class Pass:
    """Send these bytes to the server."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """Send this to the client; the server hears nothing."""

    message: Message


@dataclass(frozen=True, slots=True)
class Ask:
    """Send this question to the client and keep the call until the answer with this id comes."""

    identity: str
    message: Message
    request_id: str | int


Step = Pass | Answer | Ask


class Desk:
    """Gatekeeper, waiting calls and continuations of one gateway, for any number of sessions."""

    def __init__(self, gatekeeper: Gatekeeper, waiting: WaitingCalls) -> None:
        self.waiting = waiting
        self._gatekeeper = gatekeeper
        self._continuations = Continuations()

    def call(self, session: str, message: Message, raw: bytes, capabilities: object) -> Step:
        """A `tools/call`. `capabilities` are those of the session; a modern request states its own."""
        params = params_of(message)
        call = Call(session, params.get("name"), params.get("arguments"))
        identity = message.get("id")
        if not isinstance(identity, str | int) or isinstance(identity, bool):  # nobody could be told of a denial
            self._gatekeeper.refused(call, "(malformed call)", "unanswerable")
            return Answer(failed(identity, INVALID_REQUEST, "A tool call needs an id."))
        held = self.waiting.take(params.get("requestState"))
        if held is not None:
            return self._retried(held, session, message)
        if self._continuations.take(session, message):
            return self._passed(session, message, raw)
        decision = self._gatekeeper.judge(call)
        if decision.outcome == "allow":
            return self._passed(session, message, raw)
        if decision.outcome != "approve":
            return Answer(denied(message, decision))
        if not can_ask(own_capabilities(message) if is_modern(message) else capabilities):
            return Answer(denied(message, self._gatekeeper.refused(call, decision.rule, "unsupported")))
        asked = self.waiting.add(call, message, raw, decision.rule)
        if asked is None:
            return Answer(denied(message, self._gatekeeper.refused(call, decision.rule, "timeout")))
        if is_modern(message):
            return Answer(asking_back(asked, message, decision))
        return Ask(asked, asking(asked, message, decision), identity)

    def consented(self, held: Waiting) -> Step:
        """A person said yes to a call that waited; counts and policy may have changed meanwhile."""
        return self._carried_out(held, held.message, held.raw)

    def refused(self, held: Waiting, why: str) -> Answer:
        return Answer(denied(held.message, self._gatekeeper.refused(held.call, held.rule, why)))

    def cancelled(self, session: str, notification: Message) -> Waiting | None:
        """The waiting call that the client takes back; it never reached the server."""
        held = self.waiting.take_request(session, params_of(notification).get("requestId"))
        if held is not None:
            self._gatekeeper.refused(held.call, held.rule, "cancelled")
        return held

    def looks_at(self, line: bytes) -> bool:
        """True where what the server sends has to be parsed: it may list tools or continue a call."""
        return b'"tools"' in line or self._continuations.waits_for()

    def response(self, session: str, message: object) -> Message | None:
        """Sees one message of the server; returns it without hidden tools, or None where it stays as it is."""
        self._continuations.see(session, message)
        return without_hidden(message, self._gatekeeper.hides)

    def _retried(self, held: Waiting, session: str, retry: Message) -> Step:
        if held.call.session != session or not answers(held, retry):
            return Answer(denied(retry, self._gatekeeper.refused(held.call, held.rule, "declined")))
        clean = without_answer(retry)
        return self._carried_out(held, clean, write_message(clean))

    def _carried_out(self, held: Waiting, message: Message, raw: bytes) -> Step:
        decision = self._gatekeeper.approved(held.call)
        if decision.outcome == "allow":
            return self._passed(held.call.session, message, raw)
        return Answer(denied(message, decision))

    def _passed(self, session: str, message: Message, raw: bytes) -> Pass:
        if is_modern(message):
            self._continuations.watch(session, message)
        return Pass(raw)
