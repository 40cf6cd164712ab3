"""The test machinery itself: the network is blocked, and the database, browser and server are real."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator

import psycopg
import pytest
import pytest_socket
from sqlalchemy.engine import make_url

from browsing import PageOpener
from postgis import PostgisServer, PrivateCluster

pytest_plugins = ["pytester"]


def scalar(url: str, statement: str) -> object:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        row = connection.execute(statement.encode()).fetchone()
    connection.close()
    assert row is not None
    return row[0]


def test_outside_addresses_are_blocked() -> None:
    # 192.0.2.1 belongs to nobody (RFC 5737): without the block this would time out.
    # The block warns before it raises, and warnings are errors here.
    with pytest.raises((pytest_socket.SocketConnectBlockedError, UserWarning), match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_each_test_gets_an_empty_postgis_database(postgis_url: str) -> None:
    assert str(scalar(postgis_url, "SELECT postgis_version()")).startswith("3.")
    assert (
        scalar(postgis_url, "SELECT count(*) FROM pg_stat_user_tables WHERE relname <> 'spatial_ref_sys'")
        == 0
    )


def test_databases_are_dropped(postgis_server: PostgisServer, postgis_template: str) -> None:
    with postgis_server.database(postgis_template) as url:
        name = make_url(url).database
    there = f"SELECT count(*) FROM pg_database WHERE datname = '{name}'"
    assert scalar(postgis_server.url.render_as_string(hide_password=False), there) == 0


def test_a_durable_cluster_keeps_committed_rows_over_a_crash(durable_cluster: PrivateCluster) -> None:
    assert scalar(durable_cluster.url.render_as_string(), "SELECT current_setting('fsync')") == "on"
    durable_cluster.run("CREATE TABLE kept (id int)")
    durable_cluster.run("INSERT INTO kept VALUES (63)")
    durable_cluster.crash()
    with pytest.raises(psycopg.OperationalError):
        durable_cluster.run("SELECT 1")
    durable_cluster.start()
    assert scalar(durable_cluster.url.render_as_string(), "SELECT id FROM kept") == 63


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    class Quiet(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = "<!doctype html><link rel=icon href='data:,'><h1>驿站</h1>".encode()
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_page_is_rendered(open_page: PageOpener, site: str) -> None:
    page = open_page(360, 740)
    page.goto(site)
    assert page.inner_text("h1") == "驿站"
    assert page.evaluate("[innerWidth, Intl.DateTimeFormat().resolvedOptions().timeZone]") == [
        360,
        "Asia/Shanghai",
    ]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("console.error('broken thing')", "broken thing"),
        ("setTimeout(() => { throw new Error('thrown thing') })", "thrown thing"),
        ("fetch('/nothing-here')", "404"),
        ("fetch('http://tiles.example/1.png').catch(() => 0)", "another host: http://tiles.example/1.png"),
        ("new Image().src = 'http://192.0.2.1/x.png'", "another host: http://192.0.2.1/x.png"),
    ],
)
def test_what_goes_wrong_on_a_page_is_noticed(
    open_page: PageOpener, site: str, script: str, told: str
) -> None:
    page = open_page()
    page.goto(site)
    page.evaluate(f"() => {{ {script}; return new Promise(done => setTimeout(done, 200)); }}")
    problems, open_page.problems = open_page.problems, []
    assert any(told in problem for problem in problems)


def test_expected_errors_are_let_through(open_page: PageOpener, site: str) -> None:
    page = open_page(expected_errors=["broken thing"])
    page.goto(site)
    page.evaluate("console.error('a broken thing')")
    assert open_page.problems == []


def test_a_skip_fails(pytester: pytest.Pytester, request: pytest.FixtureRequest) -> None:
    root = request.config.rootpath
    pytester.makeconftest((root / "tests/conftest.py").read_text(encoding="utf-8"))
    pytester.makepyprojecttoml(f'[tool.pytest.ini_options]\npythonpath = ["{root}/tests/machine"]\n')
    pytester.makepyfile(
        test_plain="import pytest\ndef test_it(): pytest.skip('no server')",
        test_module="import pytest\npytest.importorskip('no_such_module')",
        test_platform="import pytest\ndef test_it(): pytest.skip('not on this platform: no wheel')",
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "--continue-on-collection-errors")
    result.assert_outcomes(failed=1, errors=1, skipped=1)
    result.stdout.fnmatch_lines(["*test_plain.py::test_it: a skip counts as a failure (Skipped: no server)"])
