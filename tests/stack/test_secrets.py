"""Secrets are told from what only looks like them, by their form and by the name they stand under."""

from __future__ import annotations

import re

import pytest

from catalog.stack.secrets import (
    REDACTED,
    is_secret,
    named_secrets,
    names_a_secret,
    raw_knowledge,
    redacted,
    stands_for_another,
)

FORMS = raw_knowledge()["form"]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form["name"])
def test_every_form_finds_its_example_and_leaves_its_near_miss(form: dict[str, str]) -> None:
    assert re.search(form["pattern"], form["hit"])
    assert not re.search(form["pattern"], form["miss"])
    assert form["hit"] not in redacted(f"before {form['hit']} after")
    assert redacted(form["miss"]) == form["miss"]


@pytest.mark.parametrize("name", [
    "GITHUB_TOKEN", "--api-key", "X-Api-Key", "apiKey", "OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "SLACK_WEBHOOK_URL",
    "PGPASSWORD", "githubPersonalAccessToken", "Authorization", "client_secret", "DB_PASS", "SESSION_COOKIE",
])  # fmt: skip
def test_these_names_are_of_secrets(name: str) -> None:
    assert names_a_secret(name)


@pytest.mark.parametrize("name", [
    "TOKEN_FILE", "MAX_TOKENS", "AUTH_TYPE", "DATABASE_URL", "AUTHOR", "KEYBOARD", "PATH", "COMPASS", "tokenizer",
    "NODE_OPTIONS", "PUBLIC_KEY", "sort_key", "TOKEN_URL", "PORT", "",
])  # fmt: skip
def test_these_names_are_not(name: str) -> None:
    assert not names_a_secret(name)


@pytest.mark.parametrize(("name", "value"), [
    ("A_TOKEN", "hunter2"), ("Authorization", "Bearer abc"), ("URL", "postgres://u:p4ss@h/db"),
    ("x", "https://h/mcp?api_key=zzz"), ("x", "b4fBq9Zk2LmNp7RsTv3W"), ("A_TOKEN", "${A_TOKEN:-hunter2}"),
])  # fmt: skip
def test_these_values_are_secrets(name: str, value: str) -> None:
    assert is_secret(name, value)


@pytest.mark.parametrize(("name", "value"), [
    ("A_TOKEN", "${A_TOKEN}"), ("A_TOKEN", "$A_TOKEN"), ("A_TOKEN", "%A_TOKEN%"), ("Authorization", "Bearer ${env:X}"),
    ("A_TOKEN", "${input:pat}"), ("A_TOKEN", "op://Private/item/field"), ("A_TOKEN", "<your token>"), ("A_TOKEN", ""),
    ("A_TOKEN", "YOUR_API_KEY"), ("A_TOKEN", "your-token-here"), ("A_TOKEN", "changeme"), ("A_TOKEN", "xxxx"),
    ("A_TOKEN", "true"), ("URL", "postgres://localhost/db"), ("URL", "postgres://u:${PW}@h/db"),
    ("PROJECT", "123e4567-e89b-12d3-a456-426614174000"), ("REF", "9c8101b03bd5a8f1f2b1c0d9e8f7a6b5c4d3e2f1"),
    ("PACKAGE", "@modelcontextprotocol/server-sequential-thinking"), ("FILE", "/Users/jo/long-name-2024-10-11"),
    ("A_KEY", "/run/secrets/key"),
])  # fmt: skip
def test_these_are_none(name: str, value: str) -> None:
    assert not is_secret(name, value)


def test_references_are_only_that_when_nothing_else_is_there() -> None:
    assert stands_for_another("${A}")
    assert stands_for_another("Bearer ${A}")
    assert not stands_for_another("${A:-plain}")
    assert not stands_for_another("prefix${A}")
    assert not stands_for_another("plain")


def test_secrets_of_an_entry_are_named_by_their_place() -> None:
    entry = {
        "command": "npx",
        "args": ["-y", "x", "--api-key", "abc", "-e", "A_TOKEN=1x", "--header", "Authorization: Bearer 1x", "--pass=z"],
        "env": {"A_TOKEN": "q", "URL": "redis://:pw@h", "HOME": "/x", "NAME": "x"},
        "headers": {"X-Api-Key": "k", "Accept": "json"},
        "bearer_token_env_var": "MY_TOKEN",
        "settings": {"github_token": "q"},
    }
    assert [name for _, name, _ in named_secrets(entry)] == [
        "argument --api-key",
        "argument A_TOKEN",
        "argument Authorization",
        "argument --pass",
        "variable A_TOKEN",
        "the address in variable URL",
        "header X-Api-Key",
        "settings.github_token",
    ]


def test_redacted_text_keeps_what_is_around() -> None:
    text = "npx pkg --token=abc 'API_KEY=zzz' https://u:p@h/x?key=1&api_key=2 @scope/server-everything-2025-01-01"
    left = redacted(text)
    assert left == (
        f"npx pkg --token={REDACTED} 'API_KEY={REDACTED}' https://{REDACTED}@h/x?key=1&api_key={REDACTED}"
        " @scope/server-everything-2025-01-01"
    )
    assert redacted(left) == left


def test_deep_and_wide_entries_end() -> None:
    deep: object = "x"
    for _ in range(500):
        deep = {"a": [deep]}
    assert list(named_secrets(deep)) == []
    assert len(list(named_secrets({"env": {f"A{i}_TOKEN": "v" for i in range(50_000)}}))) < 10_000
