"""What a server says of itself in its manifest: name, version, description, licence, homepage."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from email.parser import HeaderParser
from pathlib import PurePosixPath

from catalog.extract.manifest import depends_on_sdk, mapping, read_json, read_toml, text_of
from catalog.extract.tree import SourceTree

_LARGEST_MANIFEST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the manifest says; None where it says nothing. Text from the outside, as written."""

    name: str | None = None
    version: str | None = None
    description: str | None = None
    license: str | None = None
    homepage: str | None = None


def metadata(tree: SourceTree) -> Metadata:
    """The server's own words on itself, each field from the first manifest at the root of the tree that has it.

    A manifest that depends on an MCP SDK comes before one that does not.
    """
    found = [(not depends_on_sdk(tree, path), rank, path, read) for rank, path, read in _root_manifests(tree)]
    said = [read(tree, path) for _, _, path, read in sorted(found, key=lambda f: f[:3])]
    return Metadata(*(_first_stated([getattr(m, f.name) for m in said]) for f in fields(Metadata)))


def _first_stated(values: list[str | None]) -> str | None:
    """The first value that is there and is not a placeholder left for the build to fill in."""
    return next((v for v in values if v and "$" not in v), None)


def _root_manifests(tree: SourceTree) -> Iterator[tuple[int, str, Callable[[SourceTree, str], Metadata]]]:
    endings = tuple(ending for ending, _ in _MANIFEST_READERS)
    for path in tree.sizes:
        if not path.endswith(endings):
            continue
        inside = path.endswith((".dist-info/METADATA", ".egg-info/PKG-INFO"))
        if path.count("/") <= inside:
            name = PurePosixPath(path).name
            yield from ((rank, path, read) for rank, (end, read) in enumerate(_MANIFEST_READERS) if name.endswith(end))


def _from_headers(tree: SourceTree, path: str) -> Metadata:
    said = HeaderParser().parsestr(tree.read_text(path)[:200_000])
    links = dict(part.split(", ", 1) for part in said.get_all("Project-URL", []) if ", " in part)
    homepage = said.get("Home-page") or next(
        (url for name, url in links.items() if name.lower() in ("homepage", "repository", "source", "source code")),
        None,
    )
    return Metadata(
        said.get("Name"),
        said.get("Version"),
        said.get("Summary"),
        _short_license(said.get("License-Expression") or said.get("License")),
        homepage,
    )


def _from_package_json(tree: SourceTree, path: str) -> Metadata:
    said = read_json(tree, path)
    repository = said.get("repository")
    url = text_of(repository) or text_of(mapping(repository).get("url"))
    license_ = text_of(said.get("license")) or text_of(mapping(said.get("license")).get("type"))
    return Metadata(
        text_of(said.get("name")),
        text_of(said.get("version")),
        text_of(said.get("description")),
        license_,
        text_of(said.get("homepage")) or (url.removeprefix("git+").removesuffix(".git") if url else None),
    )


def _from_pyproject(tree: SourceTree, path: str) -> Metadata:
    document = read_toml(tree, path)
    poetry = mapping(mapping(document.get("tool")).get("poetry"))
    said = mapping(document.get("project")) or poetry
    urls = {k.lower(): v for k, v in mapping(said.get("urls")).items()}
    license_ = text_of(said.get("license")) or text_of(mapping(said.get("license")).get("text"))
    homepage = next(
        (u for k in ("homepage", "repository", "source") if (u := text_of(urls.get(k)))), text_of(said.get("homepage"))
    )
    return Metadata(
        text_of(said.get("name")),
        text_of(said.get("version")),
        text_of(said.get("description")),
        _short_license(license_),
        homepage,
    )


def _from_cargo(tree: SourceTree, path: str) -> Metadata:
    document = read_toml(tree, path)
    said = mapping(document.get("package"))
    shared = mapping(mapping(document.get("workspace")).get("package"))
    values = {
        k: text_of(said.get(k)) or text_of(shared.get(k))
        for k in ("version", "description", "license", "homepage", "repository")
    }
    homepage = values["homepage"] or values["repository"]
    return Metadata(text_of(said.get("name")), values["version"], values["description"], values["license"], homepage)


def _from_go(tree: SourceTree, path: str) -> Metadata:
    match = re.search(r"^module\s+(\S+)", tree.read_text(path)[:10_000], re.MULTILINE)
    module = match[1].strip('"') if match else None
    name = re.sub(r"/v\d+$", "", module).rpartition("/")[2] if module else None
    return Metadata(name, homepage=f"https://{module}" if module and module.startswith("github.com/") else None)


def _from_server_json(tree: SourceTree, path: str) -> Metadata:
    """The official registry's server.json and an MCPB manifest.json, told from other files of these names."""
    said = read_json(tree, path)
    ours = "modelcontextprotocol" in str(said.get("$schema")) or said.keys() & {
        "mcp_config",
        "dxt_version",
        "manifest_version",
    }
    if not ours or not text_of(said.get("name")):
        return Metadata()
    homepage = (
        text_of(said.get("websiteUrl"))
        or text_of(said.get("homepage"))
        or text_of(mapping(said.get("repository")).get("url"))
    )
    name = text_of(said.get("title")) or text_of(said.get("display_name")) or text_of(said.get("name"))
    return Metadata(
        name, text_of(said.get("version")), text_of(said.get("description")), text_of(said.get("license")), homepage
    )


def _from_pom(tree: SourceTree, path: str) -> Metadata:
    text = tree.read_text(path)[:_LARGEST_MANIFEST_BYTES]
    text = re.sub(r"<(parent|dependencies|dependencyManagement|build|profiles)>.*?</\1>", "", text, flags=re.DOTALL)

    def element(name: str) -> str | None:
        match = re.search(rf"<{name}>\s*([^<$]+?)\s*</{name}>", text)
        return match[1] if match else None

    return Metadata(element("artifactId"), element("version"), element("description"), None, element("url"))


def _from_gemspec(tree: SourceTree, path: str) -> Metadata:
    text = tree.read_text(path)[:100_000]

    def setting(name: str) -> str | None:
        match = re.search(rf"\.{name}\s*=\s*[\"']([^\"'\n]+)[\"']", text)
        return match[1] if match else None

    return Metadata(setting("name"), setting("version"), setting("summary"), setting("license"), setting("homepage"))


def _from_project_file(tree: SourceTree, path: str) -> Metadata:
    """A C# project: named by itself or by its file."""
    text = tree.read_text(path)[:200_000]

    def element(name: str) -> str | None:
        match = re.search(rf"<{name}>\s*([^<$]+?)\s*</{name}>", text)
        return match[1] if match else None

    name = element("PackageId") or element("AssemblyName") or PurePosixPath(path).stem
    homepage = element("PackageProjectUrl") or element("RepositoryUrl")
    return Metadata(name, element("Version"), element("Description"), element("PackageLicenseExpression"), homepage)


def _from_named(tree: SourceTree, path: str) -> Metadata:
    """Gradle settings and Swift package files, which name the project in code."""
    match = re.search(r"(?:rootProject\.name\s*=|\bname:)\s*[\"']([^\"'\n$\\]+)[\"']", tree.read_text(path)[:50_000])
    return Metadata(match[1] if match else None)


_MANIFEST_READERS: tuple[tuple[str, Callable[[SourceTree, str], Metadata]], ...] = (
    ("METADATA", _from_headers),
    ("PKG-INFO", _from_headers),
    ("package.json", _from_package_json),
    ("pyproject.toml", _from_pyproject),
    ("Cargo.toml", _from_cargo),
    ("composer.json", _from_package_json),
    (".gemspec", _from_gemspec),
    ("go.mod", _from_go),
    ("pom.xml", _from_pom),
    (".csproj", _from_project_file),
    ("settings.gradle", _from_named),
    ("settings.gradle.kts", _from_named),
    ("Package.swift", _from_named),
    ("server.json", _from_server_json),
    ("manifest.json", _from_server_json),
)


def _short_license(text: str | None) -> str | None:
    """The licence's name; None for one given as its whole text."""
    return text if text and len(text) <= 80 and "\n" not in text else None
