"""Where a parameter chooses the effect, the answer lists what each choice does."""

from typing import Any

import pytest

import classifier
from classifier.records import Classification, Definition


def answer(name: str, properties: dict[str, Any], description: str = "") -> Classification:
    schema = {"type": "object", "properties": properties}
    return classifier.load().classify([Definition(name, "depot", None, description or None, schema)])[0]


def test_an_action_enum_gives_one_mode_per_value_and_the_worst_decides() -> None:
    got = answer("manage_parcel", {"action": {"type": "string", "enum": ["list", "create", "delete"]}})
    assert [(m.value, m.category) for m in got.modes] == [
        ("list", "Read"),
        ("create", "Write"),
        ("delete", "Destructive"),
    ]
    assert got.category == "Destructive"
    assert {m.parameter for m in got.modes} == {"/action"}


def test_choices_that_are_no_verbs_give_no_modes() -> None:
    assert answer("list_stories", {"type": {"enum": ["top", "best", "fresh"]}}).modes == ()


def test_an_http_method_gives_method_modes_where_the_call_is_a_request() -> None:
    got = answer("http_request", {"method": {"enum": ["GET", "DELETE"]}, "url": {"type": "string"}})
    assert [(m.kind, m.value, m.category) for m in got.modes] == [
        ("method", "GET", "Read"),
        ("method", "DELETE", "Destructive"),
    ]


def test_a_method_that_is_stored_as_a_setting_is_no_mode() -> None:
    got = answer("create_probe", {"method": {"enum": ["GET", "DELETE"]}}, "Create a probe of a site.")
    assert got.modes == ()
    assert got.category == "Write"


def test_a_dry_run_flag_turns_a_change_into_a_read() -> None:
    got = answer("delete_parcel", {"id": {"type": "string"}, "dry_run": {"type": "boolean"}}, "Deletes a parcel.")
    assert [(m.kind, m.value, m.category) for m in got.modes] == [
        ("flag", True, "Read"),
        ("flag", False, "Destructive"),
    ]


def test_free_sql_reads_or_writes_by_its_statement() -> None:
    got = answer("execute_sql", {"sql": {"type": "string"}}, "Execute SQL.")
    assert [(m.kind, m.value, m.category) for m in got.modes] == [
        ("sql", "read", "Read"),
        ("sql", "write", "Destructive"),
    ]
    assert "execute" in got.capabilities


def test_a_generic_call_lists_its_parameter_for_any_value() -> None:
    got = answer(
        "call_any", {"endpoint": {"type": "string"}}, "Call any API endpoint of the service with any arguments."
    )
    assert [(m.kind, m.value) for m in got.modes] == [("call", None)]
    assert got.category == "Destructive"


@pytest.mark.parametrize("path", ["", "/input"])
def test_modes_point_into_the_arguments_of_the_call(path: str) -> None:
    inner: dict[str, Any] = {"action": {"enum": ["add", "delete"]}}
    properties = {"input": {"type": "object", "properties": inner}} if path else inner
    assert {m.parameter for m in answer("parcels", properties).modes} == {f"{path}/action"}
