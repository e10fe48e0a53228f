"""What a package is called on a command line, as a reference: npm and PyPI names, repositories, container images."""

from __future__ import annotations

import re

from catalog.errors import UsageError
from catalog.sources.reference import Reference, parse_reference
from catalog.stack.launchers import table
from catalog.stack.records import Resolution

_EXACT = re.compile(r"v?\d+\.\d+\.\d+(?:[-+.][0-9A-Za-z.+-]+)?")
_EXACT_PYTHON = re.compile(r"v?(?:\d+!)?\d+(?:\.\d+)*(?:[-_.]?(?:a|b|rc|post|dev)\d*)*(?:\+[\w.]+)?")
_PYPI = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(?:(?P<op>===?|@|[~<>!]=|[<>])\s*(?P<version>.+))?"
)
_REPOSITORY = re.compile(
    r"(?:git\+|github:|git:)*(?:(?:https?|ssh|git)://)?(?:[^@/]*@)?(?:www\.)?(?:github\.com[/:])?"
    r"(?P<owner>[A-Za-z0-9][\w-]*)/(?P<repo>[\w.-]+?)(?:\.git)?(?:@(?P<at>[^#@]+))?(?:#(?P<hash>.+))?"
)
_COMMIT = re.compile(r"[0-9a-f]{7,40}")
_FOLDER_STARTS = ("./", "../", "/", "~", "file:", ".\\", "..\\")


def is_folder(spec: str) -> bool:
    return spec in (".", "..") or spec.startswith(_FOLDER_STARTS) or re.match(r"[A-Za-z]:[\\/]", spec) is not None


def npm(spec: str) -> Resolution:
    """`@scope/name@1.2.3`, `name@latest`, `github:owner/repo#ref`, `owner/repo`, an alias."""
    spec = spec.partition("@npm:")[2] or spec
    if _is_repository(spec) or re.fullmatch(r"[\w-]+/[\w.-]+(?:#.+)?", spec):
        return repository(spec)
    if "://" in spec:
        return Resolution(reason="it is installed from an archive at an address, which is not read")
    try:
        reference = parse_reference(f"npm:{spec}")
    except UsageError:
        return Resolution(reason="the word where a package is expected is no name of one")
    wanted = reference.version
    if wanted is not None and _EXACT.fullmatch(wanted):
        return Resolution(Reference("npm", reference.name, wanted.removeprefix("v")), pinned=True, wanted=wanted)
    is_tag = wanted is not None and wanted != "latest" and re.fullmatch(r"[A-Za-z][\w.-]*", wanted) is not None
    return Resolution(Reference("npm", reference.name, wanted if is_tag else None), pinned=False, wanted=wanted)


def pypi(spec: str) -> Resolution:
    """`name==1.2`, `name@1.2`, `name[extra]>=1`, `git+https://github.com/owner/repo@ref`."""
    _, at, address = spec.partition("@")
    if _is_repository(spec) or (at and _is_repository(address.strip())):
        return repository(spec if _is_repository(spec) else address.strip())
    match = _PYPI.fullmatch(spec)
    if match is None or "://" in spec:
        return Resolution(reason="the word where a package is expected is no name of one")
    wanted = match["version"].strip() if match["version"] else None
    is_exact = wanted is not None and match["op"] in ("==", "===", "@") and _EXACT_PYTHON.fullmatch(wanted) is not None
    shown = None if wanted is None else wanted if match["op"] == "@" else f"{match['op']}{wanted}"
    if is_exact and wanted is not None:
        return Resolution(Reference("pypi", match["name"], wanted.removeprefix("v")), pinned=True, wanted=wanted)
    return Resolution(Reference("pypi", match["name"]), pinned=False, wanted=shown)


def _is_repository(spec: str) -> bool:
    return spec.startswith(("git+", "github:", "git:", "git@")) or "github.com/" in spec or spec.endswith(".git")


def repository(spec: str) -> Resolution:
    """A repository on GitHub, with the branch, tag or commit; elsewhere it is not read."""
    if "github" not in spec and "://" in spec:
        return Resolution(reason="its repository is not on GitHub, and only those are read")
    if re.search(r"/(?:archive|releases|tarball|zipball)/", spec):
        return Resolution(reason="it is installed from an archive at an address, which is not read")
    match = _REPOSITORY.fullmatch(spec)
    if match is None:
        return Resolution(reason="its repository cannot be told")
    subdir = re.search(r"subdirectory=([\w./-]+)", match["hash"] or "")
    ref = match["at"] or (match["hash"] if match["hash"] and "=" not in match["hash"] else None)
    if ref is not None and ref.startswith("semver:"):
        ref = None
    is_pinned = ref is not None and (_COMMIT.fullmatch(ref) is not None or _EXACT.fullmatch(ref) is not None)
    below = f"//{subdir[1]}" if subdir else ""
    try:
        reference = parse_reference(
            f"{match['owner']}/{match['repo']}" + (f"@{ref}" if ref else "") + below, lambda path: False
        )
    except UsageError:
        return Resolution(reason="its repository cannot be told")
    shown = f"commit {ref[:12]}" if ref and _COMMIT.fullmatch(ref) else ref
    return Resolution(reference, pinned=is_pinned, wanted=shown)


def image(text: str) -> Resolution:
    """A container image whose source is known, or published under a GitHub account on ghcr.io."""
    bare, at, digest = text.partition("@")
    folder, slash, last = bare.rpartition("/")
    last, _, tag = last.partition(":")
    name = f"{folder}{slash}{last}".removeprefix("docker.io/").removeprefix("library/")
    pinned = bool(at and digest) or re.search(r"\d+\.\d+", tag) is not None
    wanted = "a digest" if at else tag or None
    known = table()["containers"]["images"].get(name)
    if known is not None:
        note = f"the image {name} is built from it; the newest source was read, not the image"
        return Resolution(parse_reference(known, lambda path: False), pinned=pinned, wanted=wanted, note=note)
    match = re.fullmatch(r"ghcr\.io/([a-z0-9][a-z0-9-]*)/([a-z0-9._-]+)(?:/.*)?", name)
    if match:
        note = f"assumed from the name of the image {name}; the newest source was read, not the image"
        return Resolution(Reference("github", f"{match[1]}/{match[2]}"), pinned=pinned, wanted=wanted, note=note)
    if re.fullmatch(r"[\w./:-]+", name) is None:
        return Resolution(reason="the word where an image is expected is no name of one")
    return Resolution(reason=f"the source of the image {name} is not known")
