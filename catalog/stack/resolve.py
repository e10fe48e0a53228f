"""What an entry starts, as a reference that can be read, or the reason why none can be told. Nothing is executed.

Every word of a configuration may be a secret: reasons speak of words by their place, never by their text, and a
reference that could hold a secret is no answer.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from catalog.sources.reference import Reference, without_secrets
from catalog.stack import specs
from catalog.stack.launchers import (
    Words,
    bridges,
    find_launcher,
    option_value,
    package_of,
    plain_words,
    program_of,
    table,
)
from catalog.stack.records import Entry, Resolution
from catalog.stack.secrets import holds_secret, redacted
from catalog.stack.surroundings import Surroundings

MAX_WRAPPERS = 6
MAX_LEVELS = 8  # folders between a script and its project's manifest
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")  # a whole one; a shorter one never looks like a secret
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.S)
_SCRIPT = re.compile(r".+\.(?:py|[cm]?js|[cm]?ts|rb|php|go|sh)$", re.I)
_HINTS = {
    "builtin": "it is built into the client",
    "platform": "it is built into the client",
    "frontend": "it is built into the client",
    "extension": "it is installed by an extension of the client, which says nothing about its source",
}


@dataclass(frozen=True, slots=True)
class _Where:
    """The folder that relative paths start from, and the machine."""

    cwd: str
    around: Surroundings


def resolve(entry: Entry, around: Surroundings, named: Mapping[str, Reference] | None = None) -> Resolution:
    """What the entry starts. `named` holds references given by hand, by the name of the server."""
    if named and entry.name in named:
        reference = named[entry.name]
        return Resolution(reference, pinned=None, wanted=reference.version, note="named by hand")
    launch = entry.launch
    if launch.url is not None and launch.command is None:
        return _safe(_address(launch.url))
    if launch.command is None:
        return Resolution(reason=_HINTS.get(entry.hint or "", "it names neither a command nor an address"))
    words = [launch.command, *launch.args]
    if not launch.args and " " in launch.command.strip() and not Path(launch.command).exists():
        words = _split(launch.command) or words
    return _safe(_command(words, _Where(launch.cwd or str(around.cwd), around), 0))


def _safe(found: Resolution) -> Resolution:
    """The resolution, or a refusal where its reference could carry a secret into the store or onto the screen."""
    if found.reference is None:
        return replace(found, reason=redacted(found.reason or "it cannot be told"))
    reference = found.reference
    version = reference.version if reference.version and not _COMMIT.fullmatch(reference.version) else ""
    if any(holds_secret(text) for text in (reference.name, version, reference.subdir or "")):
        return Resolution(reason="what it starts holds something that looks like a secret, which would be stored")
    wanted, note = (redacted(text) if text else text for text in (found.wanted, found.note))
    return replace(found, wanted=wanted, note=note)


def _address(url: str) -> Resolution:
    if not re.match(r"https?://[^\s/]", url.strip(), re.I):
        return Resolution(reason="its address is not one of HTTP")
    bare = without_secrets(url.strip())
    if re.search(r"\$\{|\$[A-Za-z_]|\{\{|%\w+%|<[^>]*>", bare):
        return Resolution(reason="its address holds a variable")
    return Resolution(Reference("http", bare), note="asked without its query" if "?" in url else None)


def _command(words: Words, where: _Where, depth: int) -> Resolution:
    while words and _ASSIGNMENT.fullmatch(words[0]) and depth:
        words = words[1:]
    if not words or depth > MAX_WRAPPERS:
        return Resolution(reason="no command is left after those that wrap it")
    program, rest = program_of(words[0]), list(words[1:])
    if program in table()["shell"]["programs"]:
        return _shell(rest, where, depth)
    wrapped = _unwrapped(program, rest)
    if wrapped is not None:
        return _command(wrapped, where, depth + 1)
    if program in table()["containers"]["programs"]:
        return _container(rest, where, depth)
    found = find_launcher(program, _without_globals(program, rest))
    if found is not None:
        package = package_of(*found)
        if package.spec is None:
            return Resolution(reason=package.reason)
        return _package(found[0].kind, package.spec, package.rest, where, depth)
    reader = _PROGRAMS.get(program)
    if reader is not None:
        return reader(rest, where, depth)
    for script in table()["script"]:
        if program in script["programs"]:
            return _script(program, rest, script, where, depth)
    return _executable(words[0], where)


def _package(kind: str, spec: str, rest: Words, where: _Where, depth: int) -> Resolution:
    if specs.is_folder(spec):
        return _folder(spec.removeprefix("file:"), where, ())
    found = specs.npm(spec) if kind == "npm" else specs.pypi(spec)
    reference = found.reference
    bridge = bridges().get(f"{reference.kind}:{reference.name}") if reference is not None else None
    if bridge is None:
        return found
    if bridge.to == "nothing":
        return Resolution(reason=bridge.reason)
    if bridge.to == "command":
        return _command(plain_words(rest, ("--env-file", "-e")), where, depth + 1)
    url = option_value(rest, bridge.options) or next((w for w in rest if re.match(r"https?://", w, re.I)), None)
    if url is not None:
        note = f"reached through {reference}" if reference is not None else None
        return replace(_address(url), pinned=found.pinned, wanted=found.wanted, note=note)
    if stdio := option_value(rest, ("--stdio",)):
        return _command(_split(stdio) or [stdio], where, depth + 1)
    return Resolution(reason="it relays to another server, which cannot be told from its arguments")


def _without_globals(program: str, words: Words) -> Words:
    """`npm --prefix DIR exec x` and `uv --quiet tool run x` begin with options of the program itself."""
    if program not in ("npm", "pnpm", "yarn", "bun", "uv"):
        return words
    values = ("--prefix", "-C", "--dir", "--cwd", "--directory", "--project", "--loglevel", "--color", "--config-file")
    plain = plain_words(words, values)
    package = [word for word in words[: len(words) - len(plain)] if word.startswith("--package=")]
    return [*plain[:1], *package, *plain[1:]]


def _shell(words: Words, where: _Where, depth: int) -> Resolution:
    for number, word in enumerate(words):
        if re.fullmatch(r"-[a-z]*c", word) and number + 1 < len(words):
            return _line(words[number + 1], where, depth)
    scripts = plain_words(words, ("-o", "--rcfile"))
    return _folder(scripts[0], where, ()) if scripts else Resolution(reason="it starts a shell, and not with a command")


def _line(text: str, where: _Where, depth: int) -> Resolution:
    """The last of the commands of a shell's line; what comes before it prepares."""
    last = re.split(r"&&|;|\n", text.strip().rstrip(";"))[-1]
    folder = re.match(r"\s*cd\s+([^\s&;|]+)\s*&&", text)
    if re.search(r"[|<`]|\$\(|(?<!\d)>", last):
        return Resolution(reason="it starts a line of shell that cannot be followed")
    words = _split(last)
    if not words:
        return Resolution(reason="it starts a line of shell that cannot be followed")
    return _command(words, replace(where, cwd=str(_path(folder[1], where))) if folder else where, depth + 1)


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text, posix="\\" not in text)
    except ValueError:
        return []


def _unwrapped(program: str, words: list[str]) -> Words | None:
    """The words that a wrapping program starts; None where it wraps nothing."""
    for wrapper in table()["wrapper"]:
        if program not in wrapper["programs"]:
            continue
        if wrapper.get("after_dashes"):
            return words[words.index("--") + 1 :] if "--" in words else []
        flags = wrapper.get("flags", ())
        while words and (words[0].lower() in flags or _ASSIGNMENT.fullmatch(words[0])):
            words = words[1:]
        words = words if flags else plain_words(words, wrapper.get("values", ()))
        while words and _ASSIGNMENT.fullmatch(words[0]):
            words = words[1:]
        return _split(words[0]) if len(words) == 1 and " " in words[0] else words
    return None


def _container(words: list[str], where: _Where, depth: int) -> Resolution:
    if words[:1] == ["mcp"]:
        return Resolution(reason="Docker's gateway starts the servers of its own catalogue")
    if words[:1] == ["container"]:
        words = words[1:]
    if words[:1] != ["run"]:
        return Resolution(reason="it uses a container that was made elsewhere")
    known, at = table()["containers"], 1
    while at < len(words) and words[at].startswith("-"):
        word = words[at]
        is_flag = word in known["flags"] or "=" in word or re.fullmatch(f"-[{known['letters']}]+", word) is not None
        at += 1 if is_flag or re.fullmatch(r"-[a-z][^-].*", word) else 2  # -eNAME holds its value
    if at >= len(words):
        return Resolution(reason="no image is named")
    inner = words[at + 1 :]
    if inner and find_launcher(program_of(inner[0]), inner[1:]) is not None:
        return _command(inner, where, depth + 1)
    return specs.image(words[at])


def _uv(words: list[str], where: _Where, depth: int) -> Resolution:
    """`uv --directory DIR run X`, `uv run --with mcp mcp run server.py`."""
    folder = option_value(words, ("--directory", "--project"))
    values = (
        "--directory", "--project", "--with", "--with-editable", "--with-requirements", "--python", "-p",
        "--env-file", "--extra", "--group", "--index", "--index-url", "--default-index", "--extra-index-url",
        "--cache-dir", "--package", "--no-extra", "--no-group", "--only-group", "--config-file", "--color", "-C", "-P",
        "--link-mode", "--prerelease",
    )  # fmt: skip
    if folder is not None:
        return _folder(folder, where, ())
    after = plain_words(words, values)
    if after[:1] != ["run"]:
        return Resolution(reason="uv is not told to run anything")
    module = option_value(after[1:], ("-m", "--module"))
    run = plain_words(after[1:], values)
    if module is None and run and program_of(run[0]) in ("python3", "python", "fastmcp", "mcp"):
        return _script(program_of(run[0]), run[1:], table()["script"][1], where, depth)
    if module is None and run and (_SCRIPT.fullmatch(run[0]) or "/" in run[0]):
        return _folder(run[0], where, ("pyproject.toml",))
    given = option_value(after[1:], ("--with",))
    name = module or (run[0] if run else "")
    if (
        given
        and re.sub(r"[-_.]+", "-", re.split(r"[\[=<>~@ ]", given)[0]).lower() == re.sub(r"[-_.]+", "-", name).lower()
    ):
        return specs.pypi(given)
    return _project(where, ("pyproject.toml",), "uv runs a project, and which one is not said")


def _package_script(words: list[str], where: _Where, depth: int) -> Resolution:
    """`npm run start --prefix DIR`, `pnpm --dir DIR start`: a script of a project."""
    folder = option_value(words, ("--prefix", "-C", "--dir", "--cwd"))
    if folder is not None:
        return _folder(folder, where, ())
    return _project(where, ("package.json",), "it runs a script of a project, and which one is not said")


def _go(words: list[str], where: _Where, depth: int) -> Resolution:
    plain = plain_words(words[1:], ("-C", "-tags", "-ldflags")) if words[:1] == ["run"] else []
    match = re.fullmatch(r"github\.com/([\w-]+)/([\w.-]+)(?:/[\w./-]*)?(?:@(.+))?", plain[0]) if plain else None
    if match:
        ref = match[3] if match[3] not in (None, "latest") else None
        return specs.repository(f"github:{match[1]}/{match[2]}" + (f"#{ref}" if ref else ""))
    return _folder(option_value(words, ("-C",)) or (plain[0] if plain else "."), where, ("go.mod",))


_PROGRAMS: dict[str, Callable[[list[str], _Where, int], Resolution]] = {
    "uv": _uv,
    "npm": _package_script,
    "pnpm": _package_script,
    "yarn": _package_script,
    "go": _go,
}


def _script(program: str, words: Words, known: Mapping[str, Sequence[str]], where: _Where, depth: int) -> Resolution:
    """A program that runs a file of its language, or for Python a module."""
    module = option_value(words, ("-m",)) if "python" in known["programs"] else None
    if module is not None:
        return _module(module, list(words), where, depth)
    if any(word in ("-c", "-e", "--eval", "-p") for word in words[:2]) and not _SCRIPT.fullmatch(words[0]):
        return Resolution(reason="it runs code that stands in its own arguments")
    plain = plain_words(words, known["values"])
    while plain and plain[0] in known["skip"]:
        plain = plain_words(plain[1:], known["values"])
    if not plain:
        return _folder(folder, where, ()) if (folder := option_value(words, ("--project",))) else _nothing_named()
    word = plain[0]
    if word.startswith("npm:"):
        return _package("npm", word[4:], plain[1:], where, depth)
    if re.match(r"(?:jsr:|https?://)", word):
        return Resolution(reason="its code is fetched from an address that is not read")
    if word.endswith((".jar", ".dll")):
        return Resolution(reason="it is compiled, and its source is not named")
    if not _SCRIPT.fullmatch(word) and "/" not in word and "\\" not in word and word != ".":
        return _project(where, known["manifests"], "it runs a script of a project, and which one is not said")
    return _folder(word.partition(":")[0] if program == "fastmcp" else word, where, known["manifests"])


def _nothing_named() -> Resolution:
    return Resolution(reason="it starts an interpreter without a file")


def _module(module: str, words: list[str], where: _Where, depth: int) -> Resolution:
    if module in ("uv", "pipx"):
        return _command([module, *words[words.index(module) + 1 :]], where, depth + 1)
    name = module.split(".")[0]
    for base in (_path(".", where), _path("src", where)):
        if re.fullmatch(r"\w+", name) and ((base / name).is_dir() or (base / f"{name}.py").is_file()):
            return _folder(str(base), where, ("pyproject.toml", "setup.py"))
    return Resolution(reason="it runs a Python module, and which package that comes from is not known")


def _executable(word: str, where: _Where) -> Resolution:
    """A program by its path: of a virtual environment, of node_modules, or a script."""
    path = _path(word, where)
    parts = path.parts
    for marker, manifests in ((".venv", ("pyproject.toml", "setup.py")), ("venv", ("pyproject.toml", "setup.py"))):
        if marker in parts:
            project = Path(*parts[: parts.index(marker)])
            if any((project / name).is_file() for name in manifests):
                return _folder(str(project), where, ())
    if _SCRIPT.fullmatch(word):
        return _folder(word, where, ("pyproject.toml", "package.json", "go.mod", "Gemfile", "composer.json"))
    return Resolution(reason="it starts a program whose source is not known")


def _project(where: _Where, manifests: Sequence[str], otherwise: str) -> Resolution:
    """The folder that the entry runs in, where it is a project."""
    folder = _path(".", where)
    if any((folder / name).is_file() for name in manifests):
        return _folder(str(folder), where, ())
    return Resolution(reason=otherwise)


def _path(text: str, where: _Where) -> Path:
    """A path of the configuration on this machine; variables that stand for folders are put in."""
    around = where.around
    for variable in ("${workspaceFolder}", "${workspaceRoot}", "${CLAUDE_PROJECT_DIR}", "${PWD}"):
        text = text.replace(variable, where.cwd)
    for variable in ("${userHome}", "${HOME}", "$HOME", "%USERPROFILE%", "${env:HOME}"):
        text = text.replace(variable, str(around.home))
    if text == "~" or text.startswith(("~/", "~\\")):
        text = str(around.home) + text[1:]
    text = text if around.platform == "windows" or "\\" not in text else text.replace("\\", "/")
    base = Path(where.cwd) if where.cwd != text else around.cwd
    return Path(os.path.normpath(base / text))


def _folder(text: str, where: _Where, manifests: Sequence[str]) -> Resolution:
    """The project folder of a file, or the folder itself. A whole home or disk is never taken for a server."""
    if re.search(r"\$\{|%\w+%", str(_path(text, where))):
        return Resolution(reason="its path holds a variable")
    path = _path(text, where)
    try:
        is_file, exists = path.is_file(), path.exists()
    except (OSError, ValueError):
        is_file = exists = False
    if not exists:
        return Resolution(reason="what it starts is not on this machine")
    folder = _root_of(path.parent if is_file else path, manifests, where.around)
    home = where.around.home
    if home.is_relative_to(folder) or len(folder.parts) < 2:
        return Resolution(reason="it lies directly in a home or at the top of a disk, which is not read as a server")
    return Resolution(Reference("local", str(folder)))


def _root_of(folder: Path, manifests: Sequence[str], around: Surroundings) -> Path:
    for level in (folder, *folder.parents)[:MAX_LEVELS]:
        if around.home.is_relative_to(level):
            break
        if any((level / name).is_file() for name in manifests):
            return level
    return folder
