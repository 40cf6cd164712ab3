"""Fixtures every room's tests share: a PostGIS database, a live server, a watched browser.

A skip is a failure here, so that a missing server or browser can never pass silently. Only a reason that
begins with "not on this platform" is let through.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import hypothesis
import pytest
from playwright.sync_api import Browser, Page

from browsing import PageOpener, running_browser
from pieces import chromium
from postgis import PostgisServer, PrivateCluster, any_server, private_cluster
from serving import LiveServer

LEGITIMATE_SKIP = "not on this platform"

hypothesis.settings.register_profile("laptop", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "laptop")


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if reason.removeprefix("Skipped: ").startswith(LEGITIMATE_SKIP):
        return
    report.outcome = "failed"
    report.longrepr = f"{report.nodeid}: a skip counts as a failure ({reason})"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failed one."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a file that skips itself into a failed one."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.fixture(scope="session")
def rounds() -> int:
    """How many rounds fault and soak tests run (``CARE_TEST_ROUNDS``, 10)."""
    return int(os.environ.get("CARE_TEST_ROUNDS", "10"))


@pytest.fixture(scope="session")
def postgis_server() -> Iterator[PostgisServer]:
    """The PostGIS server of this test process; unsafe against crashes, for speed."""
    with any_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgis_template(postgis_server: PostgisServer) -> Iterator[str]:
    """Name of a database with the extension, to copy from."""
    name = postgis_server.create_template()
    yield name
    postgis_server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgis_url(postgis_server: PostgisServer, postgis_template: str) -> Iterator[str]:
    """URL of an empty PostGIS database of this test's own."""
    with postgis_server.database(postgis_template) as url:
        yield url


@pytest.fixture
def durable_cluster() -> Iterator[PrivateCluster]:
    """A server of this test's own that syncs to disk and may be stopped, crashed and frozen."""
    with private_cluster(durable=True) as cluster:
        yield cluster


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., LiveServer]]:
    """Starts servers of the product: ``start_server(store_url=None, env=None)``; all end with the test."""
    with ExitStack() as servers:

        def start(store_url: str | None = None, env: Mapping[str, str] | None = None) -> LiveServer:
            server = LiveServer(tmp_path, store_url, env)
            servers.callback(server.close)
            server.start()
            return server

        yield start


@pytest.fixture(scope="module")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server with the shipped register, shared by the module's tests, which only read."""
    server = LiveServer(tmp_path_factory.mktemp("live"))
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """The Chromium under test."""
    return chromium()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium for the module; such a module may not call ``asyncio.run`` itself."""
    with running_browser() as started:
        yield started


@pytest.fixture
def open_page(browser: Browser) -> Iterator[PageOpener]:
    """Opens watched pages: ``open_page(width, height, expected_errors, **context options)``."""
    opener = PageOpener(browser)
    yield opener
    opener.close()
    assert opener.problems == []


@pytest.fixture
def page(open_page: PageOpener) -> Page:
    """One watched page of 1280 x 800."""
    return open_page()
