"""The packages inside one repository that hold servers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from catalog.extract import candidate_paths
from catalog.extract.manifest import depends_on_sdk, manifest_kind
from catalog.extract.tree import SourceTree, is_peripheral


@dataclass(frozen=True, slots=True)
class Package:
    """A package of a repository: its folder relative to the root ("" for the root itself) and its manifest's path."""

    folder: str
    manifest: str


def packages(tree: SourceTree) -> tuple[Package, ...]:
    """The packages that hold servers, in folder order; each can be given as `//FOLDER`.

    A package counts when it or a package around it depends on an MCP SDK and one of its own files, not of a package
    inside it, shows a registration. Packages among tests, examples and documentation count only when there is no other.
    """
    own = tuple(_holding_servers(tree))
    return own or tuple(_holding_servers(tree.peripheral_view()))


def _holding_servers(tree: SourceTree) -> Iterable[Package]:
    manifests: dict[str, list[str]] = {}
    for path in sorted(tree.sizes):
        if manifest_kind(path) and (tree.only_peripheral or not is_peripheral(path)):
            manifests.setdefault(_folder(path.replace("gradle/libs.versions", "libs.versions")), []).append(path)
    with_sdk = {folder for folder, paths in manifests.items() if any(depends_on_sdk(tree, p) for p in paths)}
    holding = {_home(path, manifests) for path in candidate_paths(tree)} - {None}
    for folder in sorted(f for f in holding if f is not None):
        if any(above in with_sdk for above in _upwards(folder)):
            yield Package(folder, manifests[folder][0])


def _home(path: str, manifests: dict[str, list[str]]) -> str | None:
    return next((folder for folder in _upwards(_folder(path)) if folder in manifests), None)


def _upwards(folder: str) -> list[str]:
    if not folder:
        return [""]
    return [folder, *("" if str(p) == "." else str(p) for p in PurePosixPath(folder).parents)]


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
