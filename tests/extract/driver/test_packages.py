from __future__ import annotations

import pytest

from catalog.extract.packages import Package, packages
from tests.extract.conftest import MakeTree

pytestmark = pytest.mark.usefixtures("fake_reader")
WITH_SDK = '{"dependencies": {"@modelcontextprotocol/sdk": "1.0.0"}}'


def test_packages_with_an_sdk_and_registrations_are_offered(make_tree: MakeTree) -> None:
    files: dict[str, str | bytes] = {
        "package.json": "{}",
        "packages/one/package.json": WITH_SDK,
        "packages/one/src/a.fake": "tool",
        "packages/two/pyproject.toml": '[project]\nname = "two"\ndependencies = ["fastmcp"]\n',
        "packages/two/a.fake": "tool",
        "packages/client/package.json": WITH_SDK,
        "packages/plain/package.json": "{}",
        "packages/plain/a.fake": "tool",
        "examples/three/package.json": WITH_SDK,
        "examples/three/a.fake": "tool",
    }
    assert packages(make_tree(files)) == (
        Package("packages/one", "packages/one/package.json"),
        Package("packages/two", "packages/two/pyproject.toml"),
    )


def test_a_module_may_inherit_its_sdk_from_the_package_around_it(make_tree: MakeTree) -> None:
    files: dict[str, str | bytes] = {
        "pom.xml": "<project><dependency><artifactId>quarkus-mcp-server-stdio</artifactId></dependency></project>",
        "jdbc/pom.xml": "<project><artifactId>jdbc</artifactId></project>",
        "jdbc/a.fake": "tool",
    }
    assert [p.folder for p in packages(make_tree(files))] == ["jdbc"]


def test_a_repository_with_one_server_at_its_root(make_tree: MakeTree) -> None:
    assert packages(make_tree({"package.json": WITH_SDK, "a.fake": "t"})) == (Package("", "package.json"),)


def test_examples_are_offered_when_there_is_nothing_else(make_tree: MakeTree) -> None:
    tree = make_tree({"examples/three/package.json": WITH_SDK, "examples/three/a.fake": "tool"})
    assert [p.folder for p in packages(tree)] == ["examples/three"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("go.mod", "module x\n\nrequire (\n\tgithub.com/mark3labs/mcp-go v0.30.0\n)\n"),
        ("go.mod", "module x\n\nrequire github.com/modelcontextprotocol/go-sdk v1.0.0\n"),
        ("Cargo.toml", '[package]\nname = "x"\n[dependencies]\nrmcp = { version = "0.8" }\n'),
        ("x.csproj", '<Project><PackageReference Include="ModelContextProtocol" Version="1.0" /></Project>'),
        ("build.gradle.kts", 'dependencies { implementation("io.modelcontextprotocol:kotlin-sdk:0.8.0") }'),
        ("build.gradle", "implementation 'org.springframework.ai:spring-ai-starter-mcp-server'"),
        ("pom.xml", "<artifactId>spring-ai-starter-mcp-server-webmvc</artifactId>"),
        ("composer.json", '{"require": {"laravel/mcp": "^0.3"}}'),
        ("Gemfile", 'gem "fast-mcp"\n'),
        ("x.gemspec", 'spec.add_dependency "fast-mcp", "~> 1.4"\n'),
        ("Package.swift", '.package(url: "https://github.com/modelcontextprotocol/swift-sdk.git", from: "0.9.0")'),
        ("requirements.txt", "requests==2\nmcp[cli]>=1.2\n"),
    ],
)
def test_the_sdk_is_seen_in_each_kind_of_manifest(make_tree: MakeTree, path: str, text: str) -> None:
    assert [p.manifest for p in packages(make_tree({path: text, "a.fake": "tool"}))] == [path]
