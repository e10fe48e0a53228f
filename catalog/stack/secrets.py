"""Which values of a configuration are secrets, what they are called, and any text without them.

Two questions with two answers: `is_secret` is about a value in its place and is careful not to cry wolf, because its
yes becomes a finding; `redacted` is about text on its way out and takes too much rather than too little.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from classifier.resources import data_path

REDACTED = "[redacted]"
MAX_VALUES = 2_000  # scalars of one entry that are looked at
_RUN = re.compile(r"[A-Za-z0-9+_=\-]{20,}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I)
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_USERINFO = re.compile(r"(?<=://)[^/\s@?#]+(?=@)")
_SCHEME = re.compile(r"(?i)^(?:bearer|basic|token|apikey|digest|bot)\s+")
_ASSIGNED = re.compile(r"""(?P<name>[A-Za-z][\w.\- ]{0,60}?)(?P<mid>"?\s*[=:]\s*["']?)(?P<value>(?!//)[^\s"'&,;]+)""")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True, slots=True)
class _Knowledge:
    forms: re.Pattern[str]
    words: frozenset[str]
    pairs: frozenset[str]
    suffixes: tuple[str, ...]
    plain_keys: frozenset[str]
    endings: frozenset[str]
    names_only: frozenset[str]
    references: re.Pattern[str]
    placeholders: re.Pattern[str]


@cache
def raw_knowledge() -> dict[str, Any]:
    return tomllib.loads(data_path("stack/secrets.toml").read_text("utf-8"))


@cache
def _known() -> _Knowledge:
    raw = raw_knowledge()
    names, harmless = raw["names"], raw["harmless"]
    return _Knowledge(
        re.compile("|".join(f"(?:{form['pattern']})" for form in raw["form"])),
        frozenset(names["secret"]),
        frozenset(names["pairs"]),
        tuple(names["suffixes"]),
        frozenset(names["plain_keys"]),
        frozenset(names["harmless_endings"]),
        frozenset(names["names_only"]),
        re.compile("|".join(f"(?:{pattern})" for pattern in harmless["references"])),
        re.compile(harmless["placeholders"]),
    )


def names_a_secret(name: str) -> bool:
    """Whether something of this name is a secret: GITHUB_TOKEN, --api-key, X-Api-Key; not TOKEN_FILE, MAX_TOKENS."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or (words[-1] in _known().endings and not _pair(words[-2:])):
        return False
    if words[-1] == "tokens" and len(words) > 1:  # max tokens, output tokens
        return False
    if words[-1] == "key" and len(words) > 1 and words[-2] not in _known().plain_keys:
        return True
    if any(word in _known().words or word.endswith(_known().suffixes) for word in words):
        return True
    return any(_pair(words[i : i + 2]) for i in range(len(words) - 1)) or "".join(words) in _known().words


def _pair(words: list[str]) -> bool:
    return " ".join(words) in _known().pairs


def is_secret(name: str | None, value: str) -> bool:
    """Whether a value in plain text is a secret, told by its form, and by the name it stands under.

    References to variables and vaults, placeholders and flags are none.
    """
    value = value.strip()
    if not value or stands_for_another(value):
        return False
    if _known().forms.search(value) or _address_holds_secret(value):
        return True
    bare = _SCHEME.sub("", value)
    if _known().placeholders.fullmatch(bare):
        return False
    if name is not None and names_a_secret(name):
        return not _is_plain_address(value) and not value.startswith(("/", "./", "~/"))
    if _UUID.fullmatch(bare) or _COMMIT.fullmatch(bare):
        return False
    return _RUN.fullmatch(bare) is not None and looks_random(bare)


def stands_for_another(value: str) -> bool:
    """Whether the value is only a reference: `${TOKEN}`, `Bearer $TOKEN`, `op://vault/item`."""
    if ":-" in value:  # a default is in plain text
        return False
    rest = _known().references.sub("", _SCHEME.sub("", value))
    return rest != _SCHEME.sub("", value) and not rest.strip(" :;,/-_@.")


def looks_random(text: str) -> bool:
    """Whether a run of characters looks drawn rather than written: letters and digits that change places often."""
    kinds = ["d" if c.isdigit() else "u" if c.isupper() else "l" for c in text if c.isalnum()]
    if len(kinds) < 16 or "d" not in kinds or kinds.count("d") == len(kinds):
        return False
    changes = sum(a != b for a, b in pairwise(kinds))
    longest = max((len(word) for word in re.findall(r"[a-z]+|[A-Z]+", text)), default=0)
    return changes >= len(kinds) / 6 and len(set(text)) >= 8 and longest <= len(kinds) / 2


def redacted(text: str) -> str:
    """The text with everything taken out that could be a secret."""
    text = _USERINFO.sub(REDACTED, text)
    text = _known().forms.sub(REDACTED, text)
    text = _ASSIGNED.sub(_assigned, text)
    return _RUN.sub(lambda run: REDACTED if looks_random(run[0]) else run[0], text)


def _assigned(match: re.Match[str]) -> str:
    value = match["value"]
    if value.startswith("[redacted") or not names_a_secret(match["name"]) or stands_for_another(value):
        return match[0]
    return f"{match['name']}{match['mid']}{REDACTED}"


def holds_secret(text: str) -> bool:
    """Whether `redacted` would change the text."""
    return redacted(text) != text


def named_secrets(entry: object) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """The secrets of one entry as (path of keys, what to call it, value), in the order of the entry."""
    for number, (path, name, value) in enumerate(_scalars(entry, ())):
        if number >= MAX_VALUES:
            return
        if any(key in _known().names_only for key in path if isinstance(key, str)):
            name = None
        found, called = (is_secret(name, value), None) if value else (False, None)
        if not found:
            found, called = _assigned_secret(value)
        if found:
            yield path, _called(path, name if called is None else called, value), value


def _assigned_secret(value: str) -> tuple[bool, str | None]:
    """`--api-key=x`, `-eTOKEN=x` and `X-Key: x`: a name and a value in one word."""
    name, mark, rest = value.partition("=")
    if not mark or "://" in name:
        name, mark, rest = value.partition(":")
    name = name.strip()
    if not mark or rest.startswith("//") or not re.fullmatch(r"-{0,2}[A-Za-z][\w.\-]{0,80}", name):
        return False, None
    return is_secret(name, rest), name


def _called(path: tuple[str | int, ...], name: str | None, value: str) -> str:
    """`env GITHUB_TOKEN`, `header Authorization`, `the argument after --token`, `the address in env DATABASE_URL`."""
    place = str(path[0]) if path else "entry"
    word = redacted(name) if name else ""
    if place == "args":
        where = f"argument {word}".strip() if word else f"argument {path[-1] if len(path) > 1 else ''}".strip()
    else:
        keys = [redacted(str(key)) for key in path]
        singular = {"env": "variable", "envs": "variable", "headers": "header", "http_headers": "header"}
        where = f"{singular[place]} {keys[-1]}" if place in singular and len(keys) > 1 else ".".join(keys)
    return f"the address in {where}" if _address_holds_secret(value.strip()) else where


def _scalars(value: object, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str | None, str]]:
    """Every text below an entry with its path and the name that it stands under. Iterative: entries nest at will."""
    waiting: list[tuple[tuple[str | int, ...], str | None, object]] = [(path, None, value)]
    seen = 0
    while waiting:
        at, name, item = waiting.pop()
        seen += 1
        if seen > 5 * MAX_VALUES or len(at) > 40:
            return
        if isinstance(item, dict):
            waiting += [((*at, str(k)), str(k), v) for k, v in reversed(item.items())]
        elif isinstance(item, list):
            before: list[str | None] = [None, *(_option(v) for v in item[:-1])]
            waiting += reversed([((*at, i), before[i] or name, v) for i, v in enumerate(item)])
        elif isinstance(item, str | int | float) and not isinstance(item, bool):
            yield at, None if name in ("args", "command", "cmd") else name, str(item)


def _option(item: object) -> str | None:
    """The option that takes the next word, as in `--token X`."""
    return item if isinstance(item, str) and re.fullmatch(r"--?[A-Za-z][\w.\-]*", item) else None


def _address_holds_secret(text: str) -> bool:
    """Whether a URL carries a password, or a secret in its query."""
    if "://" not in text or len(text) > 8_000:
        return False
    try:
        parts = urlsplit(text)
        password = parts.password
    except ValueError:
        return False
    if password and not stands_for_another(unquote(password)) and not _known().placeholders.fullmatch(password):
        return True
    return any(
        is_secret(name, value) for name, value in parse_qsl(parts.query, max_num_fields=None) if "://" not in value
    ) or any(_RUN.fullmatch(part) and looks_random(part) for part in parts.path.split("/"))


def _is_plain_address(value: str) -> bool:
    return re.match(r"[a-z][a-z0-9+.-]*://", value, re.I) is not None
