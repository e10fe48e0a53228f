"""Where name and text disagree, the stronger side counts, or a person looks: never a confident Read."""

import pytest

import classifier
from classifier.classify import Classifier, hides_danger
from classifier.reading import read_definition
from classifier.records import Definition

READ_NAMES = ("list_disks", "get_user", "search_notes", "show_report", "read_log", "describe_table", "check_status")
LOSSES = (
    "Erase the disks.",
    "Erases all disks.",
    "Permanently delete all records.",
    "Wipe everything on the device.",
    "Drops the table.",
    "Kills the process.",
    "删除所有文件",
    "Supprime tous les fichiers de l'utilisateur.",
    "Löscht alle Datensätze.",
    "Удаляет все записи базы данных.",
)
CHANGES = ("Creates a new user.", "Uploads a file.", "Renames the page.", "Transfers money to an account.")
LOSS_NAMES = ("delete_disk", "drop_table", "purge_queue", "wipe_device", "kill_process", "create_user", "send_mail")
READS = ("Lists the disks.", "Returns the user.", "Shows the report.")


@pytest.fixture(scope="module")
def loaded() -> Classifier:
    return classifier.load()


@pytest.mark.parametrize("description", LOSSES + CHANGES)
def test_a_harmless_name_never_hides_what_the_text_does(loaded: Classifier, description: str) -> None:
    answers = loaded.classify([Definition(name, "depot", None, description, {}) for name in READ_NAMES])
    assert [a.name for a in answers if a.category == "Read" and not a.needs_review] == []


@pytest.mark.parametrize("name", LOSS_NAMES)
def test_a_harmless_text_never_hides_what_the_name_does(loaded: Classifier, name: str) -> None:
    answers = loaded.classify([Definition(name, "depot", None, description, {}) for description in READS])
    assert [a.name for a in answers if a.category == "Read" and not a.needs_review] == []


@pytest.mark.parametrize(
    ("name", "description"),
    [
        ("list_deleted_mails", "Lists deleted mails"),
        ("get_deletion_status", "Get deletion status"),
        ("preview_cleanup", "Shows what would be erased"),
        ("list_removed_users", "Lists users who were removed"),
    ],
)
def test_words_of_loss_in_a_read_are_no_disagreement(loaded: Classifier, name: str, description: str) -> None:
    definition = Definition(name, "depot", None, description, {})
    assert not hides_danger(read_definition(definition))
    assert loaded.classify([definition])[0].category == "Read"
