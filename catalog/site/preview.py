"""A local look at a built site. For one's own eyes: it listens on this machine only and knows no caching."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from catalog.errors import UsageError

_HEADERS = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"))


class _Quiet(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        for name, value in _HEADERS:
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # the name is the base class's
        return


def server(directory: Path, port: int = 8000) -> ThreadingHTTPServer:
    """A server for the site, bound to 127.0.0.1 and not yet running; port 0 takes a free one.

    Raises UsageError when the folder holds no site or the port is taken.
    """
    if not (directory / "index.html").is_file():
        raise UsageError(f"There is no site in {directory}.", f"Build one with `catalog build -o {directory}`.")
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(directory)))
    except OSError as error:
        raise UsageError(f"Port {port} cannot be used: {error.strerror}.", "Name another with --port.") from error


def serve(directory: Path, port: int = 8000) -> None:
    """Serves the site until interrupted (Ctrl-C returns). Raises UsageError as `server` does."""
    with server(directory, port) as running:
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            return
