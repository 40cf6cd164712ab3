"""Answers made of stations state licence and sources, and that examples are examples."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.register import shipped_register
from api.settings import Settings
from geo.store.opening import open_store

NOTICE = "示例数据，不代表灞桥区实际情况"
ITEMS = "/api/collections/stations/items"
NEAREST = "/api/nearest?lon=109.067&lat=34.273"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of the application over the shipped register."""
    opened = open_store(f"sqlite:///{tmp_path_factory.mktemp('shipped') / 'register.db'}", shipped_register)
    with TestClient(create_app(Settings(), opened)) as started:
        yield started
    opened.close()


@pytest.mark.parametrize(
    "address",
    [
        ITEMS,
        f"{ITEMS}?limit=1",
        f"{ITEMS}?status=retired",  # none is: an empty page credits too
        f"{ITEMS}/BQ-001",
        f"{ITEMS}/BQ-E08",
        NEAREST,
        "/api/collections/stations",
        "/api/collections/worker-demand/items?limit=1",
        "/api/coverage?window=T3",
    ],
)
def test_examples_are_credited_and_called_examples(shipped: TestClient, address: str) -> None:
    body = shipped.get(address).json()
    assert "ODbL" in body["licence"]
    assert "© OpenStreetMap contributors" in body["attribution"]
    assert "GeoNames" in body["attribution"]
    assert body["notice"] == NOTICE


@pytest.mark.parametrize("address", [ITEMS, f"{ITEMS}/a", NEAREST])
def test_a_real_register_is_credited_without_the_notice(client: TestClient, address: str) -> None:
    body = client.get(address).json()
    assert "© OpenStreetMap contributors" in body["attribution"]
    assert "notice" not in body


def test_what_was_read_can_be_patched_back(own: TestClient, key: dict[str, str]) -> None:
    read = own.get(f"{ITEMS}/a")
    patch = {**read.json(), "notice": NOTICE}
    headers = key | {"If-Match": read.headers["etag"], "Content-Type": "application/merge-patch+json"}
    written = own.patch(f"{ITEMS}/a", json=patch, headers=headers)
    assert written.status_code in (200, 204), written.text


@pytest.mark.parametrize(
    "page",
    [
        "/",
        "/stations/BQ-E08",
        "/stations/BQ-E08/poster",
        "/map",
        "/planner",
        "/planner/map",
        "/planner/matrix",
        "/about",
    ],
)
def test_pages_and_prints_credit_and_call_examples_examples(shipped: TestClient, page: str) -> None:
    text = shipped.get(page).text
    assert "OpenStreetMap" in text and "ODbL" in text and "GeoNames" in text
    assert NOTICE in text
