"""Everything ingested is hostile: any definition gets an answer, in bounded work, with quotes that are true."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import classifier
from classifier.clauses import load_grammar, read_clauses
from classifier.lexicon import load_lexicon
from classifier.records import CATEGORIES, Classification, Definition
from classifier.schema import MAX_PARAMETERS, read_parameters
from classifier.text import TEXT_LIMIT, name_words, parts_span, text_parts

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
schema_words = st.sampled_from(
    [
        "type",
        "properties",
        "items",
        "enum",
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "required",
        "action",
        "sql",
        "description",
    ]
)
schemas = st.recursive(
    anything,
    lambda inner: st.dictionaries(schema_words, inner | st.lists(inner, max_size=3), max_size=4),
    max_leaves=10,
)


def check(answer: Classification, definition: Definition) -> None:
    assert answer.category in CATEGORIES
    assert 0.0 <= answer.confidence <= 1.0
    assert answer.evidence
    assert answer.reason
    for e in answer.evidence:
        if e.start is not None and e.end is not None:
            text = getattr(definition, e.field) or ""
            assert text[e.start : e.end] == e.text


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from(["server", "name", "title", "description", "inputSchema", "annotations"]), schemas)
)
def test_any_json_gets_an_answer(raw: dict[str, Any]) -> None:
    definition = Definition.from_json(raw)
    check(classifier.load().classify([definition])[0], definition)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=60), st.text(max_size=300))
def test_any_text_of_every_plane_gets_true_quotes(name: str, description: str) -> None:
    definition = Definition(name, None, None, description)
    check(classifier.load().classify([definition])[0], definition)


@given(st.text(max_size=200))
def test_parts_stand_where_they_say(text: str) -> None:
    parts = text_parts(text)
    for n, part in enumerate(parts[:20]):
        start, end = parts_span(text, n, n)
        assert text[start:end].lower() == part


@pytest.mark.parametrize(
    "text",
    [
        "delete " * 20_000,
        "a" * 100_000,
        "_" * 100_000,
        "aA" * 50_000,
        "\n" * 100_000,
        "create, update or " * 6_000,
        "not " * 25_000,
        "删除" * 50_000,
        "\u202e\u2066<script>\x1b[31m" * 5_000,
        "𝔇𝔢𝔩𝔢𝔱𝔢 " * 20_000,
        "'" * 100_000,
    ],
    ids=lambda text: repr(text[:8]),
)
def test_long_and_spiteful_texts_are_cut_and_answered(text: str) -> None:
    definition = Definition(text, text, text, text, {"properties": {text: {"description": text, "enum": [text] * 200}}})
    check(classifier.load().classify([definition])[0], definition)
    assert len(text_parts(text)) <= TEXT_LIMIT
    assert len(name_words(text)) <= 200
    assert len(read_clauses(text_parts(text), load_lexicon(), load_grammar())) <= 60


def test_ten_thousand_parameters_are_read_up_to_the_bound() -> None:
    schema = {"properties": {f"p{n}": {"type": "string"} for n in range(10_000)}}
    assert len(read_parameters(schema)) == MAX_PARAMETERS


def test_schemas_that_refer_to_themselves_end() -> None:
    loop: dict[str, Any] = {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}
    loop["properties"] = {"x": {"$ref": "#/$defs/a"}, "y": {"$ref": "#"}, "z": {"$ref": "#/nowhere"}}
    assert {p.name for p in read_parameters(loop) if p.depth == 0} == {"x", "y", "z"}
    deep: dict[str, Any] = {}
    for _ in range(5_000):
        deep = {"properties": {"delete": deep}}
    assert read_parameters(deep)


@pytest.mark.parametrize(
    "style", ["getParcelState", "get-parcel-state", "get_parcel_state", "GetParcelState", "get parcel state"]
)
def test_the_style_of_a_name_does_not_matter(style: str) -> None:
    loaded = classifier.load()
    plain = loaded.classify([Definition("get_parcel_state", "depot")])[0]
    other = loaded.classify([Definition(style, "depot")])[0]
    assert (other.category, other.confidence, other.capabilities) == (
        plain.category,
        plain.confidence,
        plain.capabilities,
    )


def test_the_same_definition_gives_the_same_bytes_alone_or_in_a_crowd() -> None:
    loaded = classifier.load()
    crowd = [Definition(f"do_{n}", "depot", None, "Sends a parcel.") for n in range(40)]
    alone = loaded.classify([crowd[7]])[0].to_json()
    assert loaded.classify(crowd)[7].to_json() == alone
