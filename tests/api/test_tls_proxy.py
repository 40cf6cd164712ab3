"""The TLS proxy file of docs/deploy in front of a real server: HTTPS for positions, a secure cookie."""

from __future__ import annotations

import http.client
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from geo.store.keys import add_key
from geo.store.opening import open_store
from postgis import free_port
from serving import LiveServer

PROXY_FILE = Path(__file__).resolve().parents[2] / "docs/deploy/nginx.conf"
NAME = "localhost"


@pytest.fixture
def proxy(
    start_server: Callable[..., LiveServer], tmp_path: Path
) -> Iterator[tuple[LiveServer, int, int, Path]]:
    """A server behind nginx with a certificate of its own: (server, TLS port, plain port, folder)."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
    if nginx is None and not Path("/etc/debian_version").exists():
        pytest.skip("not on this platform: nginx is not installed")
    assert nginx is not None, "nginx is missing: apt install nginx-light"
    server = start_server(env={"CARE_TRUSTED_HOPS": "1", "CARE_PUBLIC_URL": f"https://{NAME}"})
    tls, plain = free_port(), free_port()
    certificate, key = tmp_path / "fullchain.pem", tmp_path / "privkey.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
         "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    site = PROXY_FILE.read_text(encoding="utf-8")
    for old, new in (
        ("stations.example.org;", f"{NAME};"),
        ("127.0.0.1:8000", f"127.0.0.1:{server.port}"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl", f"listen 127.0.0.1:{tls} ssl"),
        ("/etc/ssl/care-stations/fullchain.pem", str(certificate)),
        ("/etc/ssl/care-stations/privkey.pem", str(key)),
        ("/var/log/nginx/care-stations.log", str(tmp_path / "access.log")),
    ):
        assert old in site, f"the proxy file no longer holds {old}"
        site = site.replace(old, new)
    temp = "\n".join(
        f"{kind}_temp_path {tmp_path / kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if Path("/proc").exists() and Path.home() == Path("/root") else ""
    config = tmp_path / "nginx.conf"
    config.write_text(
        f"{user}\npid {tmp_path / 'nginx.pid'};\nerror_log {tmp_path / 'error.log'};\nevents {{}}\n"
        f"http {{\n{temp}\n{site}\n}}\n",
        encoding="utf-8",
    )
    running = subprocess.Popen([nginx, "-p", str(tmp_path), "-c", str(config), "-g", "daemon off;"])
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                ask(tls, certificate, "/livez")
                break
            except (ConnectionError, OSError):
                assert running.poll() is None and time.monotonic() < deadline, "nginx did not start"
                time.sleep(0.1)
        yield server, tls, plain, tmp_path
    finally:
        running.terminate()
        running.wait(10)


def ask(
    port: int, certificate: Path, path: str, body: dict[str, str] | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    context = ssl.create_default_context(cafile=str(certificate))
    connection = http.client.HTTPSConnection(NAME, port, timeout=20, context=context)
    try:
        data = None if body is None else urlencode(body)
        sent = {"Host": NAME, **headers}
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request("GET" if body is None else "POST", path, data, sent)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def test_pages_logins_and_logs_behind_tls(proxy: tuple[LiveServer, int, int, Path]) -> None:
    server, tls, plain, folder = proxy
    certificate = folder / "fullchain.pem"
    status, headers, body = ask(tls, certificate, "/?near=109.0512,34.2762")
    assert status == 200 and "工会爱心驿站" in body.decode()
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert f'"href":"https://{NAME}/api' in ask(tls, certificate, "/api")[2].decode()

    connection = http.client.HTTPConnection("127.0.0.1", plain, timeout=20)
    connection.request("GET", "/stations/BQ-001?lang=en", headers={"Host": NAME})
    moved = connection.getresponse()
    assert (moved.status, moved.getheader("location")) == (301, f"https://{NAME}/stations/BQ-001?lang=en")
    connection.close()

    store = open_store(server.store_url)
    token = add_key(store, "站长", "keeper")
    store.close()
    status, headers, _ = ask(tls, certificate, "/keeper/login", {"key": token}, Origin=f"https://{NAME}")
    assert status == 303 and "secure" in headers["set-cookie"].lower().split("; ")
    assert ask(tls, certificate, "/keeper/login", {"key": token}, Origin="https://evil.example")[0] == 403

    log = (folder / "access.log").read_text(encoding="utf-8")
    assert "POST /keeper/login 303" in log
    assert "127.0.0.1" not in log and "34.2762" not in log
