"""Is this text one SQL statement that only reads? Decided by a parser and a word list, and "no" wherever they doubt.

The database's dialect is not known, so the text must look harmless to every lexer that might read it: no second
statement, no quoting that dialects disagree about, no changing word outside quotes; and it must parse as a query in at
least one of the dialects, and as nothing else in any of them.
"""

from __future__ import annotations

import logging
import re
import tomllib
from functools import cache, lru_cache
from itertools import product
from typing import Any

from classifier.resources import data_path

MAX_SQL = 20_000
DIALECTS = ("postgres", "sqlite", "mysql", "tsql", "bigquery", "snowflake", "clickhouse")
_SHOW = re.compile(r"(?:show|describe|desc)\s+[\w\s.`\"'%=,<>-]*", re.I)
_EXPLAIN = re.compile(
    r"explain\s+(?:query\s+plan\s+|\([\w\s,]*\)\s*|(?:(?:analyze|verbose|extended)\s+)*(?:format\s*=\s*\w+\s+)?)", re.I
)
_PRAGMA = re.compile(r"pragma\s+(?:\w+\.)?(\w+)\s*(?:\(\s*['\"]?\w+['\"]?\s*\))?", re.I)
_AMBIGUOUS = re.compile(r"\\['\"`]|\$\w*\$|/\*[!M+]|/\*(?:(?!\*/).)*/\*|--(?=[^\s])|\x00", re.S)
_LEXEMES = {
    (ticks, brackets): re.compile(
        r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|/\*.*?\*/|--[^\n]*"
        + (r"|`[^`]*`" if ticks else "")
        + (r"|\[[^\]]*\]" if brackets else "")
        + r"|(?P<word>[A-Za-z_][\w$]*)(?P<call>\s*\()?|.",
        re.S,
    )
    for ticks, brackets in product((True, False), repeat=2)
}


@cache
def _knowledge() -> dict[str, frozenset[str]]:
    raw = tomllib.loads(data_path("policy/sql_functions.toml").read_text("utf-8"))
    return {key: frozenset(words) for key, words in raw.items()}


@lru_cache(maxsize=4096)
def reads_only(sql: str) -> bool:
    """True only for a single statement that certainly changes nothing. Never raises; anything odd is False."""
    if len(sql) > MAX_SQL:
        return False
    text = sql.strip().removesuffix(";").rstrip()
    if not text or ";" in text or _AMBIGUOUS.search(text):
        return False
    try:
        return _reads(text)
    except (RecursionError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return False


def _reads(text: str) -> bool:
    if explained := _EXPLAIN.match(text):
        text = text[explained.end() :]
    if pragma := _PRAGMA.fullmatch(text):
        return pragma.group(1).lower() in _knowledge()["reading_pragmas"]
    if not all(_no_changing_word(text, lexeme) for lexeme in _LEXEMES.values()):
        return False
    return bool(_SHOW.fullmatch(text)) or _is_query(text)


def _no_changing_word(text: str, lexeme: re.Pattern[str]) -> bool:
    words, callable_words = _knowledge()["changing_words"], _knowledge()["called_as_function"]
    for found in lexeme.finditer(text):
        word = (found.group("word") or "").lower()
        if word in words and not (found.group("call") and word in callable_words):
            return False
        if found.group() in ("'", '"'):  # a quote that never closes
            return False
    return True


def _is_query(text: str) -> bool:
    import sqlglot
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    understood = False
    for dialect in DIALECTS:
        try:
            statements = sqlglot.parse(text, dialect=dialect)
        except SqlglotError:
            continue
        if len(statements) != 1 or not _only_queries(statements[0]):
            return False
        understood = True
    return understood


def _only_queries(root: Any) -> bool:
    """True for a query tree without a changing node and without a function that is not known to be pure."""
    from sqlglot import exp

    known = _knowledge()
    if not isinstance(root, exp.Query | exp.Values):
        return isinstance(root, exp.Alias | exp.Anonymous) and _is_table_or_values(root)
    changing = (
        exp.DML,
        exp.Create,
        exp.Drop,
        exp.Alter,
        exp.Command,
        exp.Into,
        exp.Lock,
        exp.PropertyEQ,
        exp.Set,
        exp.Copy,
    )
    for node in root.walk():
        if isinstance(node, changing) and not isinstance(node, exp.Query):
            return False
        if isinstance(node, exp.Anonymous) and node.name.lower() not in known["pure"]:
            return False
        if isinstance(node, exp.Func) and type(node).__name__.lower() in known["not_pure"]:
            return False
        if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Func):
            return False
    return True


def _is_table_or_values(root: Any) -> bool:
    """`TABLE name` and `VALUES (...)` where a dialect reads them as an expression."""
    text = root.sql().lower()
    return bool(text.startswith(("table as ", "values(")))
