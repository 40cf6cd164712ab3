"""Stores that sync to disk, on both back ends, and servers of the product on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from geo.store.opening import open_store
from geo.store.schema import upgrade
from keepers import Client, Connect
from postgis import PrivateCluster
from serving import LiveServer

Serve = Callable[..., LiveServer]


@pytest.fixture
def durable_postgis(durable_cluster: PrivateCluster) -> str:
    """A PostGIS database with the present schema on a server that syncs to disk."""
    name = durable_cluster.create_template()
    url = durable_cluster.url.set(drivername="postgresql+psycopg", database=name)
    address = url.render_as_string(hide_password=False)
    upgrade(address)
    return address


@pytest.fixture(params=["sqlite", "postgis"])
def durable_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store without stations that syncs to disk, on each back end."""
    if request.param == "postgis":
        return str(request.getfixturevalue("durable_postgis"))
    address = f"sqlite:///{tmp_path / 'store' / 'care-stations.db'}"
    open_store(address).close()
    return address


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers of the product without a rate limit: ``serve(url, ready_path="/readyz")``."""
    with ExitStack() as servers:

        def start(store_url: str, ready_path: str = "/readyz") -> LiveServer:
            server = LiveServer(tmp_path, store_url, {"CARE_RATE_LIMIT": "off"})
            servers.callback(server.close)
            server.start(ready_path)
            return server

        yield start


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Opens connections to a server: ``connect(port, key=None)``; all end with the test."""
    with ExitStack() as clients:

        def open_client(port: int, key: str | None = None, timeout_s: float = 30) -> Client:
            client = Client(port, key, timeout_s)
            clients.callback(client.close)
            return client

        yield open_client
