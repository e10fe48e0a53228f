"""Where the schema leaves a choice open, the values are read from what the texts list, and nothing else is."""

from typing import Any

import pytest

from classifier.lexicon import load_lexicon
from classifier.model.features import joined_verbs
from classifier.modes import find_modes
from classifier.reading import read_definition
from classifier.records import Definition


def modes(name: str, description: str, parameter: dict[str, Any] | None = None, key: str = "action") -> dict[Any, str]:
    schema = {"type": "object", "properties": {key: parameter or {"type": "string"}}}
    found = find_modes(read_definition(Definition(name, "depot", None, description, schema)))
    return {m.value: m.category for m in found}


@pytest.mark.parametrize(
    "text",
    [
        "Look after parcels.\n\nActions: list, move, delete",
        "Look after parcels.\n\nAvailable operations:\n- list: Show\n- move: Shift one\n- delete: Scrap one",
        "Look after parcels.\n\nSupported operations:\n1. list\n2. move\n3. delete",
        "Look after parcels.\n\nSupported operations:\n- parcels: list, move, delete",
        "Parcel life: list, move, delete.",
        'Look after parcels.\n\nArgs:\n    action: What to do ("list", "move", "delete")\n',
    ],
)
def test_a_list_in_the_tool_text_gives_the_modes_of_an_open_choice(text: str) -> None:
    assert modes("parcels", text) == {"list": "Read", "move": "Write", "delete": "Destructive"}


@pytest.mark.parametrize(
    "text",
    ["One of: list, move, delete", "What to do (list, move, delete)", "Use 'list', 'move' or 'delete'"],
)
def test_a_list_in_the_parameter_text_does_the_same(text: str) -> None:
    found = modes("parcels", "Look after parcels.", {"type": "string", "description": text})
    assert found == {"list": "Read", "move": "Write", "delete": "Destructive"}


def test_operations_in_camel_case_with_remarks_are_read() -> None:
    text = "Call it.\n\nSupported operations:\n- ListShips (free)\n- CreateShip (sealed)\n- DeleteShip (sealed)"
    assert modes("fleet", text, key="api_operation") == {
        "ListShips": "Read",
        "CreateShip": "Write",
        "DeleteShip": "Destructive",
    }


@pytest.mark.parametrize(
    "text",
    [
        "Shows one parcel.\n\nRelated operations:\n- delete_parcel: scraps it\n- move_parcel: moves it",
        "Shows parcels.\n\nSee the operations:\n- Deletes are logged there\n- Moves take a day and are logged too",
        "Shows one parcel that others may list, move, delete.",
    ],
)
def test_lists_of_other_tools_and_sentences_are_no_choices(text: str) -> None:
    assert modes("parcel_state", text) == {}


def test_a_choice_is_not_read_from_the_text_where_the_schema_has_no_choice() -> None:
    assert modes("parcels", "Actions: list, move, delete", key="parcel_id") == {}


def test_what_a_reading_tool_is_told_of_an_operation_is_not_what_it_does() -> None:
    told = {"type": "string", "description": "The operation that is explained: create, update, delete"}
    assert modes("explain_change", "Explains a change.", told, key="operation") == {}


def test_one_plain_changing_value_is_enough_for_an_action() -> None:
    assert modes("mailroom", "Letters.", {"enum": ["unread", "latest", "send", "boxes"]})["send"] == "Write"
    assert modes("mailroom", "Letters.", {"enum": ["unread", "post", "boxes"]}) == {}
    assert modes("mailroom", "Letters.", {"enum": ["unread", "send", "boxes"]}, key="type") == {}


def test_taking_off_a_mere_tie_is_no_deletion() -> None:
    choice = {"enum": ["add", "remove"]}
    assert modes("crate_link", "Ties crates.", choice) == {"add": "Write", "remove": "Write"}
    assert modes("crate_page", "Keeps pages.", choice) == {"add": "Write", "remove": "Destructive"}


def test_resetting_a_machine_that_starts_and_stops_boots_it() -> None:
    assert modes("engine", "Power.", {"enum": ["START", "STOP", "RESET"]})["RESET"] == "Write"
    assert modes("engine", "Settings.", {"enum": ["GET", "SET", "RESET"]})["RESET"] == "Destructive"


def test_running_commands_is_a_destructive_choice_and_status_a_reading_one() -> None:
    found = modes("crane", "Cranes.", {"enum": ["list", "restart", "exec", "status"]})
    assert found == {"list": "Read", "restart": "Write", "exec": "Destructive", "status": "Read"}


def test_a_hostile_text_costs_bounded_work() -> None:
    text = "operations " * 2_000 + "actions:" + " - a" * 50_000 + "(" * 50_000
    assert modes("parcels", text, {"type": "string", "description": text}) == {}


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("Search and plant hedges.", ["plant"]),
        ("Finds a plot, and optionally renames it", ["rename"]),
        ("List, sort and delete plots.", ["sort", "delete"]),
        ("Lists plots that someone may delete.", []),
        ("Finds plots. Delete them with the other tool.", []),
        ("Lists the plots and delete markers.", []),
    ],
)
def test_verbs_joined_to_the_main_verb_have_its_form(text: str, second: list[str]) -> None:
    assert "plant" in load_lexicon().verbs or "plant" not in second
    reading = read_definition(Definition("x", "depot", None, text, None))
    assert [v.verb.lemma for v in joined_verbs(reading)] == second


@pytest.mark.parametrize(
    ("name", "verb", "noun"),
    [
        ("do_gate_delete", "delete", None),
        ("do_gate", "do", None),
        ("mill_limits", None, "limits"),
        ("list_labels", "list", "labels"),
        ("mill_limit", "limit", None),
        ("post_update", "post", "update"),
    ],
)
def test_light_verbs_and_plurals_do_not_head_a_name(name: str, verb: str | None, noun: str | None) -> None:
    reading = read_definition(Definition(name, "depot", None, None, None))
    assert (reading.name_verb[0].lemma if reading.name_verb else None) == verb
    assert (reading.name_noun[1].word if reading.name_noun else None) == noun


def test_choices_of_a_tool_that_tells_about_operations_are_no_modes() -> None:
    assert modes("estimate_cost", "Estimates a cost.", {"enum": ["create", "delete"]}, key="operation") == {}
    assert modes("press_help", "Helps.", {"enum": ["create", "delete"]}, key="operation") == {}
    assert modes("press_file", "Presses.", {"enum": ["create", "delete"]}, key="operation")["delete"] == "Destructive"


def test_choices_that_name_what_is_shown_read() -> None:
    values = {"enum": ["list", "get", "search", "bills", "text"]}
    assert set(modes("herd", "The herd.", values, key="operation").values()) == {"Read"}
    assert modes("herd", "The herd.", {"enum": ["list", "devices_by_login"]}, key="operation") == {}
    assert modes("herd", "The herd.", {"enum": ["list", "get", "edit", "text"]}, key="operation")["text"] == "Write"


def test_replacing_is_a_destructive_choice() -> None:
    assert modes("page", "Pages.", {"enum": ["append", "replace"]})["replace"] == "Destructive"
