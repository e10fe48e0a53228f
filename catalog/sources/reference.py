"""The text that names a source, parsed, and the slug that a server gets from it. Asks the disk one question."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from catalog.errors import UsageError

ReferenceKind = Literal["github", "npm", "pypi", "local", "snapshot", "http", "stdio", "registry", "config"]

ARCHIVE_SUFFIXES = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar", ".zip", ".whl", ".mcpb", ".dxt")
DEFINITION_SUFFIXES = (".json", ".jsonl", ".ndjson")

# What begins a reference of a kind, in the order tried. The rest is told by its shape.
PREFIXES: tuple[tuple[str, ReferenceKind], ...] = (
    ("npm:", "npm"),
    ("pypi:", "pypi"),
    ("stdio:", "stdio"),
    ("registry:", "registry"),
    ("config:", "config"),
)
FORMS = (
    "OWNER/REPO[@REF][//SUBDIR], npm:NAME[@VERSION], pypi:NAME[@VERSION], ./DIR, an archive, FILE.json, FILE.jsonl or -"
)

_GITHUB = re.compile(r"(?P<owner>[A-Za-z0-9][A-Za-z0-9-]{0,38})/(?P<repo>[A-Za-z0-9._-]{1,100})(?:@(?P<ref>[^@\s]+))?")
_GITHUB_URL = re.compile(
    r"(?:https?://(?:www\.)?github\.com/|git@github\.com:|(?:www\.)?github\.com/)(?P<path>.+)", re.I
)
_NPM = re.compile(
    r"(?P<name>(?:@[a-z0-9~_.-][a-z0-9~._-]*/)?[A-Za-z0-9~_.-][A-Za-z0-9~._-]*)(?:@(?P<version>[^@/\s]+))?"
)
_PYPI = re.compile(r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:(?:@|==)(?P<version>[A-Za-z0-9._+!-]+))?")


@dataclass(frozen=True, slots=True)
class Reference:
    """A source as it was named.

    `name` is what identifies it within its kind: `owner/repo`, a package's name, a path, a URL, a command. `version` is
    the git ref or package version asked for, None for the newest; `subdir` a folder inside a repository.
    """

    kind: ReferenceKind
    name: str
    version: str | None = None
    subdir: str | None = None

    @property
    def identity(self) -> str:
        """What stays the same over all versions of one server; two servers with one slug differ in it."""
        match self.kind:
            case "github":
                return self.name.lower() + (f"//{self.subdir}" if self.subdir else "")
            case "npm":
                return f"npm:{self.name}"
            case "pypi":
                return "pypi:" + re.sub(r"[-_.]+", "-", self.name).lower()
            case "local" | "snapshot":
                return self.name if self.name == "-" else str(Path(self.name).resolve())
            case "stdio" | "registry" | "config":
                return f"{self.kind}:{self.name}"
            case "http":
                return without_secrets(self.name)

    def __str__(self) -> str:
        if self.kind == "http":
            return without_secrets(self.name)
        prefix = f"{self.kind}:" if self.kind in ("npm", "pypi", "stdio", "registry", "config") else ""
        version = f"@{self.version}" if self.version else ""
        return f"{prefix}{self.name}{version}" + (f"//{self.subdir}" if self.subdir else "")


def parse_reference(text: str, exists: Callable[[str], bool] | None = None) -> Reference:
    """The reference that `text` names; UsageError with the accepted forms where it names none.

    What exists on disk is taken from there, also when it could be read as OWNER/REPO; `exists` answers that question.
    """
    text = text.strip()
    on_disk = exists or (lambda path: Path(path).exists())
    if not text or "\0" in text:
        raise _no_meaning(text)
    if text == "-":
        return Reference("snapshot", "-")
    for prefix, kind in PREFIXES:
        if text.startswith(prefix):
            return _prefixed(kind, text[len(prefix) :], text)
    if url := _GITHUB_URL.fullmatch(text):
        return _github_url(url["path"], text)
    if re.match(r"https?://", text, re.I):
        return Reference("http", text)
    if _is_path(text) or on_disk(text):
        return _path(text)
    return _github(text)


def slug_of(reference: Reference) -> str:
    """The server's address: lower-case letters and digits with single dashes. UsageError where nothing is left."""
    match reference.kind:
        case "github":
            words = reference.name + (f"-{reference.subdir}" if reference.subdir else "")
        case "local" | "snapshot":
            words = "stdin" if reference.name == "-" else _own_name(Path(reference.name))
        case "http":
            words = without_secrets(reference.name).partition("//")[2]
        case _:
            words = f"{reference.kind}-{reference.name}"
    slug = slugify(words)
    if not slug:
        raise UsageError(f"No slug can be made from {reference}", "Name it with --slug.")
    return slug


def slugify(words: str) -> str:
    """Lower case, everything but letters and digits to single dashes, accents dropped; "" where nothing is left."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def without_secrets(url: str) -> str:
    """Scheme, host and path of a URL: what is left when everything that may hold credentials is gone."""
    bare = re.split(r"[?#]", url, maxsplit=1)[0]
    scheme, slashes, rest = bare.partition("//")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{slashes}{host.rpartition('@')[2]}{slash}{path}"


def _own_name(path: Path) -> str:
    name = path.name if path.name not in ("", "..") else path.resolve().name
    for suffix in (*ARCHIVE_SUFFIXES, *DEFINITION_SUFFIXES):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name


def _is_path(text: str) -> bool:
    if (
        text.startswith(("/", "./", "../", "~", ".\\", "..\\"))
        or text in (".", "..")
        or (text.endswith("/") and "//" not in text)
    ):
        return True
    return "@" not in text and text.lower().endswith((*ARCHIVE_SUFFIXES, *DEFINITION_SUFFIXES))


def _path(text: str) -> Reference:
    path = os.path.expanduser(text)  # noqa: PTH111 (pathlib raises where there is no such home)
    is_definitions = path.lower().endswith(DEFINITION_SUFFIXES) and not Path(path).is_dir()
    return Reference("snapshot" if is_definitions else "local", path)


def _prefixed(kind: ReferenceKind, rest: str, text: str) -> Reference:
    pattern = {"npm": _NPM, "pypi": _PYPI}.get(kind)
    if pattern is None:
        if kind == "stdio" and not rest.strip():
            raise UsageError("stdio: needs a command", "For example: stdio:npx -y SERVER, with --run.")
        return Reference(kind, rest.strip())
    match = pattern.fullmatch(rest)
    if match is None or match["name"] in (".", ".."):
        raise UsageError(f"{text!r} is not a package", f"Write {kind}:NAME or {kind}:NAME@VERSION.")
    return Reference(kind, match["name"], match["version"])


def _github(text: str) -> Reference:
    repository, _, subdir = text.partition("//")
    match = _GITHUB.fullmatch(repository)
    if match is None or match["repo"] in (".", ".."):
        raise _no_meaning(text)
    return Reference("github", f"{match['owner']}/{match['repo']}", match["ref"], _subdir(subdir, text))


def _github_url(path: str, text: str) -> Reference:
    path = re.split(r"[?#]", path, maxsplit=1)[0].strip("/")
    parts = path.split("/")
    if len(parts) < 2:
        raise _no_meaning(text)
    repo = parts[1].removesuffix(".git")
    ref = parts[3] if len(parts) > 3 and parts[2] in ("tree", "blob", "commit") else None
    below = "/".join(parts[4:]) if len(parts) > 4 and parts[2] == "tree" else ""
    return _github(f"{parts[0]}/{repo}" + (f"@{ref}" if ref else "") + (f"//{below}" if below else ""))


def _subdir(subdir: str, text: str) -> str | None:
    parts = [p for p in subdir.split("/") if p not in ("", ".")]
    if ".." in parts:
        raise UsageError(f"{text!r} leaves the repository", "SUBDIR is a folder inside it.")
    return "/".join(parts) or None


def _no_meaning(text: str) -> UsageError:
    is_word = re.fullmatch(r"[A-Za-z0-9._-]+", text) is not None
    hint = f"Did you mean npm:{text}, pypi:{text} or ./{text}? " if is_word else ""
    return UsageError(f"{text!r} names no source", f"{hint}Accepted: {FORMS}.")
