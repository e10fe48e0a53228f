"""How a text in another language meets names, English, accents and hostile input."""

import unicodedata

import pytest

from classifier.classify import load
from classifier.foreign.languages import load_languages
from classifier.foreign.read import compose
from classifier.reading import Reading, read_definition
from classifier.records import Definition
from classifier.things import load_things


def read(text: str, name: str = "x") -> Reading:
    return read_definition(Definition(server="depot", name=name, description=text))


def lemma(reading: Reading) -> str:
    return reading.main.verb.lemma if reading.main else ""


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("Depot-mcp — [법령조회] 조문 전문 조회. 번호 필수", "get"),
        ("Depot Summaries API を叩き、指定期間の集計を返します。", "return"),
        ("EMITE un comprobante real (POST /v2/crear). Por defecto hace dry-run", "create"),
        ("【倉庫】在庫一覧取得（APIキー不要）", "list"),
        ("Depot 仓库：获取库存", "get"),
    ],
)
def test_a_main_verb_is_found_behind_an_english_prefix(text: str, verb: str) -> None:
    assert lemma(read(text)) == verb


@pytest.mark.parametrize(
    "text",
    [
        "List parcels sent to the Río de la Plata depot.",
        'Search parcels for requests like "删除所有包裹".',
        "Get the label of a parcel. 삭제합니다.",
        "Show the café and the bistro on a map, sur place or to go.",
    ],
)
def test_english_leads_where_only_a_part_is_in_another_language(text: str) -> None:
    reading = read(text)
    assert reading.main is not None
    assert reading.main in reading.votes
    assert "main" not in {v.zone for v in reading.foreign}


@pytest.mark.parametrize("text", ["Rename a parcel and tell the sender.", "Parameters of the depot", "a e i o u", ""])
def test_english_is_not_taken_for_another_language(text: str) -> None:
    assert read(text).foreign == []


@pytest.mark.parametrize(
    ("name", "text", "verb"),
    [
        ("depot_emitir_recibo", "Emite un recibo para el cliente.", "create"),
        ("eliminar_cliente", "Elimina un cliente de la base.", "delete"),
        ("facture_supprimer", "Supprime une facture de la base.", "delete"),
        ("facturacion_resumen", "Calcula los totales de la empresa.", "charge"),
        ("delete_client", "Liste les clients de la base.", "delete"),
        ("删除包裹", "包裹工具", "delete"),
        ("荷物を削除", "倉庫の道具", "delete"),
    ],
)
def test_a_name_may_hold_a_verb_of_the_text_or_of_its_script(name: str, text: str, verb: str) -> None:
    named = read(text, name).name_verb
    assert named is not None
    assert named[0].lemma == verb


def test_a_name_is_not_read_in_a_language_that_the_text_is_not_in() -> None:
    assert read("Parcels of the depot.", "buscar_paquete").name_verb is None


@pytest.mark.parametrize("text", ["Xóa tệp khỏi máy chủ.", "파일을 삭제합니다.", "Löscht eine Datei auf dem Server."])
def test_accents_may_be_written_apart(text: str) -> None:
    apart = unicodedata.normalize("NFD", text)
    assert apart != text
    assert lemma(read(apart)) == lemma(read(text)) == "delete"
    evidence = load().classify([Definition(server="depot", name="x", description=apart)])[0].evidence
    assert evidence
    assert all(apart[e.start : e.end] == e.text for e in evidence if e.field == "description" and e.start is not None)


def test_composing_keeps_every_place() -> None:
    apart = "a" + unicodedata.normalize("NFD", "é삭") + "b"
    plain, places = compose(apart)
    assert plain == "aé삭b"
    assert places is not None
    assert [apart[i] for i in places[:-1]] == ["a", "e", "\u1109", "b"]


@pytest.mark.parametrize(
    "text",
    [
        "删除" * 2000,
        "在" * 5000,
        "削除します" * 1000,
        "삭제 " * 2000,
        "elimina " * 2000,
        "sin de la " * 2000,
        "setzt " * 2000,
        "đ\u0301\u0302\u0303" * 2000,
        "\u1100\u1161\u11a8" * 2000,
        "a" + "\u0301" * 5000,
        "ne" * 3000,
        "(" * 4000 + "elimina el la",
    ],
    ids=lambda text: text[:6],
)
def test_hostile_texts_are_read_within_bounds(text: str) -> None:
    reading = read(text)
    assert len(reading.foreign) <= 12
    assert all(0 <= v.first < v.last <= len(text) for v in reading.foreign)


def test_what_a_verb_acts_on_is_named_in_english() -> None:
    acted = {
        "Lista los correos de la cuenta.": "email",
        "删除用户的邮件": "email",
        "顧客の請求書を削除します。": "invoice",
        "고객의 주문 목록을 조회합니다.": "order",
        "Удаляет файл с сервера.": "file",
    }
    assert {text: reading.main.target for text in acted if (reading := read(text)).main} == acted


def test_nouns_mean_things_that_capabilities_know() -> None:
    known = load_things()
    means = {noun for language in load_languages().values() for noun in language.nouns.values()}
    assert means
    assert {noun for noun in means if noun not in known} == set()


def test_stems_are_of_some_length_and_words_composed() -> None:
    for language in load_languages().values():
        words = [*language.forms, *language.stems, *language.nouns]
        assert words
        assert all(unicodedata.is_normalized("NFC", word) for word in words)
        assert all(len(stem) >= 2 for stem in language.stems)
