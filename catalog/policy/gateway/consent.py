"""Calls that wait for a person, in both of the protocol's ways of asking."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.policy.gateway.gatekeeper import Call, Clock
from catalog.policy.gateway.messages import QUESTION_KEY, Message, consents, params_of

MAX_WAITING = 1_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call that waits: as judged, as it came in, and the rule that asks."""

    call: Call
    message: Message
    raw: bytes
    rule: str
    deadline_s: float


class WaitingCalls:
    """Calls by the id of the question that was asked. Each is taken out once. Safe between threads."""

    def __init__(self, clock: Clock, patience_s: float) -> None:
        self._clock = clock
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._waiting: dict[str, Waiting] = {}

    def add(self, call: Call, message: Message, raw: bytes, rule: str) -> str | None:
        """A fresh, unguessable id for the question; None where too many calls wait already."""
        identity = f"catalog-gateway-{secrets.token_urlsafe(18)}"
        with self._lock:
            if len(self._waiting) >= MAX_WAITING:
                return None
            self._waiting[identity] = Waiting(call, message, raw, rule, self._clock() + self._patience_s)
        return identity

    def take(self, identity: object) -> Waiting | None:
        with self._lock:
            return self._waiting.pop(identity, None) if isinstance(identity, str) else None

    def take_request(self, session: str, request_id: object) -> Waiting | None:
        """Takes out the call that the client gave this request id: it was cancelled."""
        return self._take_first(
            lambda w: (
                w.call.session == session
                and type(w.message.get("id")) is type(request_id)
                and w.message.get("id") == request_id
            )
        )

    def take_overdue(self) -> Waiting | None:
        now_s = self._clock()
        return self._take_first(lambda w: w.deadline_s <= now_s)

    def _take_first(self, wanted: Callable[[Waiting], bool]) -> Waiting | None:
        with self._lock:
            for identity, waiting in self._waiting.items():
                if wanted(waiting):
                    return self._waiting.pop(identity)
        return None


def fingerprint(name: object, arguments: object) -> str:
    """Tells whether a call that comes back is the call that a person saw."""
    text = json.dumps([name, arguments], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def answers(waiting: Waiting, retry: Message) -> bool:
    """True where the retried call is the same call and carries a person's consent."""
    params = params_of(retry)
    first = params_of(waiting.message)
    same = fingerprint(first.get("name"), first.get("arguments")) == fingerprint(
        params.get("name"), params.get("arguments")
    )
    responses = params.get("inputResponses")
    return same and isinstance(responses, Mapping) and consents(responses.get(QUESTION_KEY))


def without_answer(retry: Message) -> dict[str, Any]:
    """The retried call as the server should see it: as if it had come like this at first."""
    params = {k: v for k, v in params_of(retry).items() if k not in ("inputResponses", "requestState")}
    return {**retry, "params": params}


class Continuations:
    """Calls that passed and for which the server itself wants more input: their next leg is not judged again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._awaited: dict[str, str] = {}
        self._known: dict[str, None] = {}

    def watch(self, session: str, message: Message) -> None:
        """Remembers a call that was just let through."""
        params = params_of(message)
        with self._lock:
            if len(self._awaited) > MAX_WAITING:
                self._awaited.pop(next(iter(self._awaited)))
            self._awaited[_key(session, message.get("id"))] = fingerprint(params.get("name"), params.get("arguments"))

    def waits_for(self) -> bool:
        return bool(self._awaited)

    def see(self, session: str, response: object) -> None:
        """Looks at a response; where it asks for input, its state opens the call's next leg once."""
        if not isinstance(response, dict) or "id" not in response:
            return
        with self._lock:
            mark = self._awaited.pop(_key(session, response["id"]), None)
            result = response.get("result")
            state = result.get("requestState") if isinstance(result, dict) else None
            if mark is not None and isinstance(state, str):
                if len(self._known) > MAX_WAITING:
                    self._known.pop(next(iter(self._known)))
                self._known[_key(session, state, mark)] = None

    def take(self, session: str, message: Message) -> bool:
        """True, once, for the next leg of a call that passed."""
        params = params_of(message)
        state = params.get("requestState")
        if not isinstance(state, str):
            return False
        key = _key(session, state, fingerprint(params.get("name"), params.get("arguments")))
        with self._lock:
            return self._known.pop(key, 0) is None


def _key(*parts: object) -> str:
    return json.dumps([[type(p).__name__, p] for p in parts], ensure_ascii=True, default=str)
