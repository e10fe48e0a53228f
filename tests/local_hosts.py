"""Small servers on this machine that speak as GitHub, npm and PyPI do, as far as the catalogue asks."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What a host answers to one request."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def json_answer(value: Any, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(json.dumps(value).encode(), status, {"Content-Type": "application/json", **named})


@dataclass
class Host:
    """A running server. `routes` may be filled while it runs; a list of answers is given out one after the other."""

    url: str
    routes: dict[str, Answer | list[Answer] | Callable[[Mapping[str, str]], Answer]] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def answer(self, path: str, headers: dict[str, str]) -> Answer:
        self.requests.append((path, headers))
        route = self.routes.get(path.partition("?")[0], Answer(b'{"message": "Not Found"}', 404))
        if isinstance(route, list):
            return route.pop(0) if len(route) > 1 else route[0]
        return route if isinstance(route, Answer) else route(headers)


@contextmanager
def running_host() -> Iterator[Host]:
    """A host on a free port of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = host.answer(self.path, {k.lower(): v for k, v in self.headers.items()})
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host = Host(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def tarball(files: Mapping[str, str], top: str, comment: str | None = None) -> bytes:
    """A .tar.gz with everything below one folder, as npm, GitHub and sdists have it."""
    out = io.BytesIO()
    pax = {"comment": comment} if comment else {}
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.PAX_FORMAT, pax_headers=pax) as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"{top}/{name}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


def wheel(files: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        for name, text in files.items():
            zipped.writestr(name, text)
    return out.getvalue()


def serve_repository(host: Host, repository: str, files: Mapping[str, str], commit: str = "a" * 40) -> None:
    """GitHub's two calls for a repository; its tarball lies behind a redirect."""
    top = f"{repository.replace('/', '-')}-{commit[:7]}"
    host.routes[f"/repos/{repository}"] = json_answer(
        {"full_name": repository, "default_branch": "main", "html_url": f"https://github.com/{repository}",
         "license": {"spdx_id": "MIT"}, "description": "A server"}
    )  # fmt: skip
    host.routes[f"/repos/{repository}/tarball/main"] = Answer(b"", 302, {"Location": f"{host.url}/codeload/{top}"})
    host.routes[f"/codeload/{top}"] = Answer(tarball(files, top, commit))


def serve_npm(host: Host, name: str, versions: Mapping[str, Mapping[str, str]], prefix: str = "") -> None:
    """An npm package with its tarballs; the last version is `latest`."""
    listed = {}
    for version, files in versions.items():
        packed = tarball(files, "package")
        address = f"{prefix}/{name}/-/{version}.tgz"
        host.routes[address] = Answer(packed)
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(packed).digest()).decode()
        listed[version] = {"version": version, "dist": {"tarball": host.url + address, "integrity": integrity}}
    latest = {"latest": list(versions)[-1]}
    host.routes[f"{prefix}/{name.replace('/', '%2f')}"] = json_answer({"dist-tags": latest, "versions": listed})


def serve_pypi(host: Host, name: str, files: Mapping[str, bytes], as_html: bool = False) -> None:
    """A project's page in a simple index, with its files."""
    entries = []
    for filename, body in files.items():
        host.routes[f"/files/{filename}"] = Answer(body)
        entries.append((filename, hashlib.sha256(body).hexdigest()))
    if as_html:
        links = "".join(f'<a href="../../files/{f}#sha256={digest}">{f}</a>' for f, digest in entries)
        page = Answer(
            f"<!DOCTYPE html><html><body>{links}</body></html>".encode(), headers={"Content-Type": "text/html"}
        )
    else:
        listed = [{"filename": f, "url": f"../../files/{f}", "hashes": {"sha256": d}} for f, d in entries]
        page = json_answer({"meta": {"api-version": "1.0"}, "name": name, "files": listed})
    host.routes[f"/simple/{name}/"] = page
