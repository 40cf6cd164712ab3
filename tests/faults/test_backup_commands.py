"""``care-stations backup`` and ``restore`` as an operator runs them, from each kind of store into each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from api.cli import run
from geo.stations import Station
from geo.store.database import Database, parse_store_url
from geo.store.keys import verify_key
from geo.store.model import Base, MetaRow
from geo.store.opening import open_store
from geo.store.protocol import Change
from geo.store.reports import add_report
from keepers import ITEMS, Connect, new_key, until
from postgis import PostgisServer
from serving import LiveServer
from wholeness import whole_register


@dataclass(frozen=True)
class Ended:
    """What a command returned and printed."""

    code: int
    out: str
    error: str


Command = Callable[..., Ended]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs one command of ``care-stations``."""

    def run_it(*arguments: object) -> Ended:
        code = run([str(argument) for argument in arguments])
        return Ended(code, *capsys.readouterr())

    return run_it


def every_row(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but the one about the store itself."""
    database = Database(parse_store_url(url))
    try:
        with database.reading() as connection:
            return {
                table.name: [tuple(row) for row in connection.execute(query)]
                for table in Base.metadata.sorted_tables
                if table.name != MetaRow.__tablename__
                for query in [sa.select(table).order_by(*table.primary_key.columns)]
            }
    finally:
        database.close()


def worked_with(url: str, server: LiveServer, connect: Connect) -> str:
    """Do some work over HTTP, so that every part of the store holds something; the keeper's key."""
    key = new_key(url)
    keeper = connect(server.port, key)
    made = keeper.create(1)
    assert keeper.patch(made.json["id"], made.headers["etag"], 2).status == 200
    tag = keeper.get(f"{ITEMS}/BQ-002").headers["etag"]
    assert keeper.ask("DELETE", f"{ITEMS}/BQ-002", If_Match=tag).status == 204
    store = open_store(url)
    add_report(store, "BQ-001", "broken", amenity="toilet", note="坏了")
    store.close()
    return key


@pytest.fixture(params=["sqlite", "postgis"])
def other_url(
    request: pytest.FixtureRequest, tmp_path: Path, postgis_server: PostgisServer, postgis_template: str
) -> str:
    """An empty place on each back end, to restore into."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'other' / 'care-stations.db'}"
    place = postgis_server.database(postgis_template)
    url = place.__enter__()
    request.addfinalizer(lambda: place.__exit__(None, None, None))
    return url


def test_a_store_in_use_comes_back_field_by_field(
    durable_url: str,
    other_url: str,
    serve: Callable[..., LiveServer],
    connect: Connect,
    command: Command,
    tmp_path: Path,
) -> None:
    server = serve(durable_url)
    key = worked_with(durable_url, server, connect)
    before = every_row(durable_url)
    assert {"stations", "station_amenities", "history", "keys", "reports"} <= {
        name for name, rows in before.items() if rows
    }
    copy = tmp_path / "copy.jsonl.gz"
    made = command("backup", copy, "--store", durable_url)
    assert (made.code, made.error) == (0, "")
    assert made.out.startswith("backup of 63 stations with 66 changes")
    assert copy.stat().st_mode & 0o077 == 0
    done = command("restore", copy, "--store", other_url)
    assert (done.code, done.error) == (0, "")
    assert every_row(other_url) == before
    assert whole_register(other_url).stations == whole_register(durable_url).stations
    restored = serve(other_url)
    keeper = connect(restored.port, key)
    assert keeper.get(f"{ITEMS}/BQ-002").status == 404
    assert keeper.create(3).status == 201


def test_a_full_store_and_a_spoilt_backup_are_refused(
    durable_url: str, command: Command, tmp_path: Path
) -> None:
    store = open_store(durable_url)
    store.apply([Change("create", "BQ-001", Station(id="BQ-001", name="甲"))], "x")
    copy, bad = tmp_path / "copy.jsonl.gz", tmp_path / "bad.jsonl.gz"
    assert command("backup", copy, "--store", durable_url).code == 0
    store.apply([Change("delete", "BQ-001")], "x")
    key = new_key(durable_url, "later")
    before = every_row(durable_url)

    over = command("restore", copy, "--store", durable_url)
    assert (over.code, over.out, over.error.count("\n")) == (1, "", 1)
    assert "force" in over.error
    data = copy.read_bytes()
    for spoilt in (data[:-20], data[:60] + b"\x00" + data[61:], b""):
        bad.write_bytes(spoilt)
        refused = command("restore", bad, "--store", durable_url, "--force")
        assert (refused.code, refused.out, refused.error.count("\n")) == (1, "", 1)
        assert "bad.jsonl.gz" in refused.error
    missing = command("restore", tmp_path / "none.gz", "--store", durable_url, "--force")
    assert (missing.code, missing.error.count("\n")) == (1, 1)
    again = command("backup", copy, "--store", durable_url)
    assert (again.code, again.error.count("\n")) == (1, 1)
    assert copy.read_bytes() == data
    assert every_row(durable_url) == before

    forced = command("restore", copy, "--store", durable_url, "--force")
    assert (forced.code, forced.error) == (0, "")
    assert [station.id for station in store.stations()] == ["BQ-001"]
    assert verify_key(store, key) is None
    store.close()


def test_a_running_server_takes_up_what_was_restored(
    durable_url: str, serve: Callable[..., LiveServer], connect: Connect, command: Command, tmp_path: Path
) -> None:
    server = serve(durable_url)
    keeper = connect(server.port, new_key(durable_url))
    copy = tmp_path / "copy.jsonl.gz"
    assert command("backup", copy, "--store", durable_url).code == 0
    lost = keeper.create(1).json["id"]
    assert keeper.get(f"{ITEMS}/{lost}").status == 200
    assert command("restore", copy, "--store", durable_url, "--force").code == 0
    until(lambda: keeper.get(f"{ITEMS}/{lost}").status == 404, 2)
    assert keeper.get("/readyz?writes=1").status == 200
