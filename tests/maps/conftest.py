"""The worker's pages served to a real browser; the planner's pages asked in this process."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from finder_site import CSP, Site
from in_process import shipped_client


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of the shipped register on a Monday noon."""
    with shipped_client(tmp_path_factory.mktemp("planner")) as started:
        yield started


@pytest.fixture
def serve() -> Iterator[Callable[[Site], Site]]:
    """Serves sites on loopback; all end with the test."""
    running: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start(site: Site) -> Site:
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                found = site.answer(parts.path, parse_qs(parts.query))
                self._send(404, "text/plain", b"") if found is None else self._send(200, *found)

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                site.reports.append(json.loads(self.rfile.read(length)))
                self._send(201, "application/json", b"{}")

            def _send(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Security-Policy", CSP)
                self.end_headers()
                self.wfile.write(body)

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        running.append((server, thread))
        site.url = f"http://127.0.0.1:{server.server_address[1]}"
        return site

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()
