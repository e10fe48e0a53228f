"""What happens to single messages on their way through the gateway."""

import json
from pathlib import Path
from typing import ClassVar

import pytest

from catalog.policy.gateway.desk import Desk
from catalog.policy.gateway.relay import Relay
from catalog.policy.gateway.run import Settings, open_desk

ASKS = {
    "initialize": {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"capabilities": {"elicitation": {}}}}
}


class Wire:
    """A relay between two lists of lines."""

    def __init__(self, desk: Desk) -> None:
        self.to_client: list[bytes] = []
        self.to_server: list[bytes] = []
        self.relay = Relay(desk, "s", self.to_client.append, self.to_server.append)

    def send(self, message: object) -> None:
        self.relay.from_client(message if isinstance(message, bytes) else json.dumps(message).encode())

    def answers(self) -> list[dict]:
        return [json.loads(line) for line in self.to_client]


@pytest.fixture
def clock() -> list[float]:
    return [1_800_000_000.0]


@pytest.fixture
def wire(tmp_path: Path, clock: list[float]):
    policy = tmp_path / "policy.json"
    tools = {"read": {}, "write": {"approve": [{"conditions": []}]}}
    policy.write_text(json.dumps({"version": "1", "default": "deny", "hide": ["secret"], "tools": tools}))
    settings = Settings(policy, tmp_path / "state", tmp_path / "audit", patience_s=60)
    with open_desk(settings, lambda: clock[0], lambda text: None) as desk:
        yield Wire(desk)


def call(name: str, identity: object = 1, **arguments: object) -> dict:
    return {"jsonrpc": "2.0", "id": identity, "method": "tools/call", "params": {"name": name, "arguments": arguments}}


@pytest.mark.parametrize(
    "line",
    [
        b'{"jsonrpc": "2.0",  "id": 7, "method": "resources/read", "params": {"uri": "a:\\u00e9"} }',
        b'{"jsonrpc":"2.0","method":"notifications/initialized"}',
        b'{"jsonrpc":"2.0","id":"x","result":{"roots":[]}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","arguments":{"n":1.0}}}',
        '{"jsonrpc":"2.0","id":1,"method":"vendor/thing","params":{"ü":"\u2028"}}'.encode(),
    ],
)
def test_what_is_let_through_goes_byte_for_byte(wire: Wire, line: bytes):
    wire.send(line)
    assert (wire.to_server, wire.to_client) == ([line + b"\n"], [])


@pytest.mark.parametrize(
    "line", [b'{"id":1,"result":{"tools":[{"name":"read","x":1.50}]}}', b"not json", b'{"id": 2, "result": {} }']
)
def test_what_the_server_says_goes_byte_for_byte(wire: Wire, line: bytes):
    wire.relay.from_server(line)
    assert wire.to_client == [line + b"\n"]


def test_hidden_tools_leave_the_list_and_nothing_else_does(wire: Wire):
    listed = {
        "jsonrpc": "2.0",
        "id": 1,
        "result": {"tools": [{"name": "secret"}, {"name": "read", "_meta": {"a": 1}}], "nextCursor": "c"},
    }
    wire.relay.from_server(json.dumps(listed).encode())
    assert wire.answers()[0]["result"] == {"tools": [{"name": "read", "_meta": {"a": 1}}], "nextCursor": "c"}


@pytest.mark.parametrize(
    "line",
    [
        b'{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"write"}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","arguments":{"a":1,"a":2}}}',
        b'[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write"}}]',
        b'[[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write"}}]]',
        b'{"jsonrpc":"2.0","method":"tools/call","params":{"name":"read"}}',
        b'{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"read"}}',
        b'{"jsonrpc":"2.0","id":1,"method":["tools/call"],"params":{"name":"read"}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","arguments":{"a":NaN}}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["read"]}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call"}',
        b"\xff\xfe{",
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write"}}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"secret"}}',
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"Read"}}',
    ],
)
def test_a_call_that_two_readers_could_take_differently_does_not_pass(wire: Wire, line: bytes):
    wire.send(line)
    assert wire.to_server == []
    assert len(wire.to_client) == 1


def test_a_call_cannot_hide_behind_carriage_returns(wire: Wire):
    wire.send(
        b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":\r' + json.dumps(call("write")).encode() + b"\r}}"
    )
    (line,) = wire.to_server
    assert b"\r" not in line


def test_consent_is_asked_once_and_lets_the_very_call_through(wire: Wire):
    wire.send(ASKS["initialize"])
    wire.send(call("write", 5, path="x"))
    (asked,) = wire.answers()
    assert asked["method"] == "elicitation/create"
    yes = {"jsonrpc": "2.0", "id": asked["id"], "result": {"action": "accept", "content": {}}}
    wire.send(yes)
    assert json.loads(wire.to_server[-1]) == call("write", 5, path="x")
    wire.send(yes)
    assert json.loads(wire.to_server[-1]) == yes  # no longer ours: an answer to nobody's question


@pytest.mark.parametrize(
    "answer",
    [
        {"action": "decline"},
        {"action": "accept", "content": {"sure": False}},
        {"action": "accept", "content": 5},
        {},
        None,
        "accept",
    ],
)
def test_anything_but_a_plain_yes_is_a_no(wire: Wire, answer: object):
    wire.send(ASKS["initialize"])
    wire.send(call("write"))
    wire.send({"jsonrpc": "2.0", "id": wire.answers()[0]["id"], "result": answer})
    assert wire.answers()[-1]["result"]["isError"]
    assert len(wire.to_server) == 1


def test_a_question_that_nobody_answers_in_time_denies(wire: Wire, clock: list[float]):
    wire.send(ASKS["initialize"])
    wire.send(call("write"))
    clock[0] += 61
    wire.relay.expire()
    assert wire.answers()[-1]["result"]["isError"]
    assert len(wire.to_server) == 1


def test_a_cancelled_call_is_not_carried_out_by_a_late_yes(wire: Wire):
    wire.send(ASKS["initialize"])
    wire.send(call("write", 9))
    wire.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 9}})
    wire.send({"jsonrpc": "2.0", "id": wire.answers()[0]["id"], "result": {"action": "accept"}})
    assert not any(b"tools/call" in line for line in wire.to_server)


@pytest.mark.parametrize("capabilities", [{}, {"elicitation": {"url": {}}}, {"elicitation": True}, None, 5])
def test_a_client_that_cannot_show_a_form_is_told_no(wire: Wire, capabilities: object):
    wire.send({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"capabilities": capabilities}})
    wire.send(call("write"))
    assert wire.answers()[-1]["result"]["isError"]


class TestNewestRevision:
    """Questions by `input_required`."""

    META: ClassVar = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
    }

    def modern(self, name: str, identity: int = 1, arguments: object = None, **more: object) -> dict:
        params = {"name": name, "arguments": arguments or {}, "_meta": self.META, **more}
        return {"jsonrpc": "2.0", "id": identity, "method": "tools/call", "params": params}

    def ask(self, wire: Wire) -> dict:
        wire.send(self.modern("write", arguments={"path": "x"}))
        return wire.answers()[-1]["result"]

    def yes(self, state: str, **changed: object) -> dict:
        more = {"requestState": state, "inputResponses": {"policy_approval": {"action": "accept"}}}
        return self.modern("write", 2, {"path": "x", **changed}, **more)

    def test_the_repeated_call_reaches_the_server_without_the_answer(self, wire: Wire):
        asked = self.ask(wire)
        assert asked["resultType"] == "input_required"
        wire.send(self.yes(asked["requestState"]))
        assert json.loads(wire.to_server[-1]) == self.modern("write", 2, {"path": "x"})

    def test_consent_to_one_call_does_not_open_another(self, wire: Wire):
        wire.send(self.yes(self.ask(wire)["requestState"], path="y"))
        assert wire.to_server == []

    def test_consent_is_used_up(self, wire: Wire):
        state = self.ask(wire)["requestState"]
        wire.send(self.yes(state))
        wire.send(self.yes(state))
        assert len(wire.to_server) == 1
        assert wire.answers()[-1]["result"]["resultType"] == "input_required"

    def test_an_invented_state_opens_nothing(self, wire: Wire):
        wire.send(self.yes("catalog-gateway-invented"))
        assert wire.to_server == []

    def test_the_next_leg_of_a_call_that_passed_is_not_asked_about_again(self, wire: Wire):
        wire.send(self.yes(self.ask(wire)["requestState"]))
        more = {"resultType": "input_required", "requestState": "of-the-server", "inputRequests": {}}
        wire.relay.from_server(json.dumps({"jsonrpc": "2.0", "id": 2, "result": more}).encode())
        leg = self.modern("write", 3, {"path": "x"}, requestState="of-the-server", inputResponses={})
        wire.send(leg)
        assert json.loads(wire.to_server[-1]) == leg
        wire.send(leg)
        assert len(wire.to_server) == 2
