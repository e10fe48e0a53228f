"""Parameters that ask for a secret, and those that take any command or statement."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from catalog.findings.wording import Spoken
from catalog.records import Tool
from classifier.records import Classification, Evidence
from classifier.resources import data_path
from classifier.schema import Parameter, read_parameters

# A name of a secret has one of these; the list itself is read only then.
_TELLING = (
    "pass", "pwd", "secret", "token", "key", "bearer", "credential", "cookie", "jwt", "otp", "mnemonic", "phrase",
    "cvv", "cvc", "card", "ssn", "social", "pin_", "pat", "connection", "database_url", "auth",
)  # fmt: skip
_TEXTUAL = ("", "string")
_COMMANDS = frozenset(
    {"command", "cmd", "commands", "command_line", "shell_command", "script", "code", "javascript", "python"}
)
_STATEMENTS = frozenset(
    {"sql", "query", "statement", "sql_query", "cypher", "sql_statement", "sql_statements", "queries"}
)
_FREE_COMMAND = frozenset({"rule:shell-free", "rule:code-free", "rule:call-anything"})
_FREE_SQL = frozenset({"rule:sql-free", "rule:graph-query-free", "mode:sql"})


class SecretNames(NamedTuple):
    """The names that ask for a secret, and the words of a description that make them harmless."""

    names: frozenset[str]
    endings: tuple[str, ...]
    unless: tuple[str, ...]

    def asks(self, parameter: Parameter) -> bool:
        """Whether the parameter takes a secret: by its name, unless its description makes the name harmless."""
        if parameter.kind not in _TEXTUAL or parameter.values:
            return False
        if parameter.key not in self.names and not parameter.key.endswith(self.endings):
            return False
        about = parameter.description.lower()
        return not any(word in about for word in self.unless)


@lru_cache(maxsize=1)
def load_secret_names() -> SecretNames:
    import tomllib  # here, because most tools have no such parameter

    with data_path("secret_parameters.toml").open("rb") as file:
        raw = tomllib.load(file)
    return SecretNames(frozenset(raw["names"].split()), tuple(raw["endings"].split()), tuple(raw["unless"]))


def find_in_parameters(tool: Tool, label: Classification | None) -> Iterator[Spoken]:
    """Secrets that are asked for, and parameters that take any command or statement, in the order of the schema."""
    parameters = read_parameters(tool.input_schema)
    if not parameters:
        return
    suspects = [p for p in parameters if any(word in p.key for word in _TELLING)]
    secrets = load_secret_names() if suspects else None
    for parameter in suspects:
        if secrets and secrets.asks(parameter):
            yield Spoken("parameter-asks-secret", _quote(parameter, "parameter:secret"))
    if label is not None and label.category != "Read" and "execute" in label.capabilities:
        yield from _free(parameters, label)


def _free(parameters: list[Parameter], label: Classification) -> Iterator[Spoken]:
    rules = {e.rule for e in label.evidence} | {f"mode:{m.kind}" for m in label.modes}
    for check, names, ground in (
        ("parameter-free-sql", _STATEMENTS, _FREE_SQL),
        ("parameter-free-command", _COMMANDS, _FREE_COMMAND),
    ):
        if not rules & ground:
            continue
        for parameter in parameters:
            if parameter.key in names and parameter.kind in (*_TEXTUAL, "array") and not parameter.values:
                yield Spoken(check, _quote(parameter, f"parameter:{parameter.key}"))


def _quote(parameter: Parameter, rule: str) -> Evidence:
    return Evidence("inputSchema", parameter.name, rule, path=parameter.pointer)
