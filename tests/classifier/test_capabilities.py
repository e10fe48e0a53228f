"""Capabilities: what the models see of a tool, and what an answer quotes for them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from classifier.classify import load
from classifier.evidence import capability_quotes
from classifier.model.capability_features import PREFIX, capability_features, name_heads, text_heads
from classifier.model.features import extract_features
from classifier.model.fit import fit, identity_scorer
from classifier.model.labels import LabelledRow, load_labels
from classifier.products import find_domains, load_domain_ids, load_products, server_domains
from classifier.reading import read_definition
from classifier.records import CAPABILITIES, CATEGORIES, Definition
from classifier.resources import data_path
from classifier.text import text_parts
from classifier.things import kinds_of, load_things, load_whose, plurals


def reading_of(name: str, description: str = "", server: str | None = None):
    return read_definition(Definition(name, server=server, description=description, input_schema={}))


def test_a_noun_stands_in_its_classes_in_singular_and_plural() -> None:
    things = load_things()
    assert things["invoice"] == things["invoices"]
    assert "ledger" in things["invoices"]
    assert list(plurals("policy")) == ["policy", "policies"]
    assert list(plurals("box")) == ["box", "boxes"]


def test_every_domain_that_tells_an_owner_exists_and_stands_on_one_side() -> None:
    whose = load_whose()
    assert not whose.own_domains & whose.public_domains
    assert whose.own_domains | whose.public_domains <= load_domain_ids()


def test_a_product_is_found_in_two_words_and_with_digits_in_a_servers_name() -> None:
    assert "drive" in find_domains(["search", "google", "drive"])
    assert "vault" in server_domains("@somebody/1password-mcp")
    assert server_domains(None) == ()


def test_an_everyday_word_names_a_product_only_in_a_servers_name() -> None:
    assert "netsec" not in find_domains(["a", "front", "line", "warp"])
    assert find_domains(["across", "make", "render"]) == []
    assert "hosting" in server_domains("render-mcp-server")


def test_every_ordinary_word_is_a_product() -> None:
    products = load_products()
    assert products.ordinary <= products.domains.keys()


def test_a_compound_noun_has_the_classes_of_its_parts() -> None:
    assert set(kinds_of("firewallpolicy")) == {*kinds_of("firewall"), *kinds_of("policy")}
    assert kinds_of("zzzzzzzzzz") == ()
    assert kinds_of("invoice") == load_things()["invoice"]


def test_what_a_text_says_comes_back_is_seen() -> None:
    seen = capability_features(reading_of("look", "Looks into the box. Returns the messages of a customer."))
    assert "kr:body" in seen
    assert "kr:body" not in capability_features(reading_of("look", "Looks into the box."))


def test_the_head_of_a_name_is_what_is_handed_back() -> None:
    assert name_heads(reading_of("get_board_columns_by_id")) == ("columns", ["board"])
    assert name_heads(reading_of("list_messages")) == ("messages", [])


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        ("the invoices of a customer", ["invoices"]),
        ("details about a specific queue", ["details", "queue"]),
        ("", []),
    ],
)
def test_a_head_noun_that_says_little_is_followed_by_what_it_stands_for(text: str, heads: list[str]) -> None:
    found = text_heads(text_parts(text), 0)
    assert found[: len(heads)] == heads


def test_only_the_capability_models_see_the_capability_features() -> None:
    rows = [
        LabelledRow(Definition(f"{verb}_{noun}", server=f"own-{n}", description="", input_schema={}), category, held)
        for n, (verb, noun, category, held) in enumerate(
            [
                ("get", "mail", "Read", ("private_data",)),
                ("get", "weather", "Read", ()),
                ("send", "mail", "Write", ("communicate",)),
                ("delete", "mail", "Destructive", ()),
            ]
            * 3
        )
    ]
    features = [extract_features(read_definition(row.definition), [], []) for row in rows]
    fitted = fit(features, rows)
    names = fitted.vectorizer.get_feature_names_out()
    own = np.array([name.startswith(PREFIX) for name in names])
    assert own.any()
    assert not fitted.category.coef_[:, own].any()
    assert not fitted.doubt.coef_[:, own].any()
    assert fitted.capabilities[CAPABILITIES.index("private_data")].coef_[:, own].any()


def test_every_capability_feature_carries_the_prefix() -> None:
    features = capability_features(reading_of("list_invoices", "List invoices of your company.", "till"))
    assert features
    assert all(name.startswith(PREFIX) for name in features)


def test_the_category_can_speak_against_a_capability() -> None:
    scorer = identity_scorer()
    money = CAPABILITIES.index("financial")
    scorer.capability_scale[money] = (1.0, 0.0, -1.0, 0.0)
    logits = np.zeros((2, len(CATEGORIES) + len(CAPABILITIES) + 1), dtype=np.float32)
    logits[0, 0] = logits[1, 1] = 4.0
    reads, writes = scorer.calibrated(logits).capabilities[:, money]
    assert reads < 0.1 < 0.9 < writes


def test_a_capability_without_a_rule_is_quoted_by_its_noun() -> None:
    found = capability_quotes(reading_of("get_payroll", "Tells it."), ["private_data"], [])
    assert [(e.field, e.text) for e in found] == [("name", "payroll")]
    found = capability_quotes(reading_of("fetch", "Returns an article."), ["untrusted_content"], [])
    assert [(e.field, e.text) for e in found] == [("description", "article")]


def test_written_examples_state_each_capability_and_its_absence() -> None:
    rows = load_labels(data_path("labels", "own-capabilities.jsonl"))
    assert all(row.is_own for row in rows)
    names = [json.dumps([row.group, row.definition.name]) for row in rows]
    assert len(set(names)) == len(names)
    for capability in CAPABILITIES:
        assert sum(capability in row.capabilities for row in rows) >= 20, capability
    assert sum(not row.capabilities for row in rows) >= 100
    assert not any(row.category == "Read" and "financial" in row.capabilities for row in rows)


def test_the_shipped_model_loads_and_scales_every_capability_by_the_category() -> None:
    assert load().scorer.capability_scale.shape == (len(CAPABILITIES), 4)
