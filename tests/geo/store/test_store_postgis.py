"""What only PostGIS can show: its indexes at work, and its ways of refusing."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from shapely.geometry import box
from sqlalchemy import make_url, text

from geo.errors import InvalidDataError, StoreAccessError, StoreUnavailableError
from geo.stations import LonLat, Station
from geo.store import Change, check, open_store, upgrade
from geo.store.layers import StoredArea, replace_areas
from geo.store.nearest_query import PROPOSED_BOUND, WITHIN_BOUND
from geo.store.sql_store import SqlStore


def many(count: int) -> list[Station]:
    """Stations on a grid of about 90 m over the district."""
    columns = 100
    return [
        Station(
            id=f"s{n:05d}", name="站", location=LonLat(109 + n % columns / 1000, 34.2 + n // columns / 1000)
        )
        for n in range(count)
    ]


def index_scans(node: dict[str, Any]) -> set[str]:
    below = [index_scans(child) for child in node.get("Plans", [])]
    own = {node["Index Name"]} if "Index Name" in node else set()
    return own.union(*below)


def explained(store: SqlStore, statement: str, parameters: dict[str, Any]) -> dict[str, Any]:
    with store.reading() as connection:
        plan = connection.execute(text(f"EXPLAIN (FORMAT JSON) {statement}"), parameters).scalar_one()
    found: dict[str, Any] = plan[0]["Plan"]
    return found


def test_the_spatial_indexes_are_used(postgis_store: SqlStore) -> None:
    postgis_store.create_from(many(4000))
    with postgis_store.writing() as connection:
        connection.execute(text("ANALYZE stations"))
    point = {"lon": 109.05, "lat": 34.22}
    nearest = explained(postgis_store, PROPOSED_BOUND, {**point, "k": 5})
    within = explained(postgis_store, WITHIN_BOUND, {**point, "radius_m": 500.0})
    inside = "SELECT id FROM stations WHERE geom && ST_MakeEnvelope(109, 34.2, 109.005, 34.205, 4326)"
    assert index_scans(nearest) == {"ix_stations_geography"}
    assert index_scans(within) == {"ix_stations_geography"}
    assert index_scans(explained(postgis_store, inside, {})) == {"ix_stations_geom"}


def test_every_geometry_column_has_a_gist_index(postgis_store: SqlStore) -> None:
    query = text(
        "SELECT tablename, indexdef FROM pg_indexes WHERE indexdef LIKE '%USING gist%' ORDER BY 1, 2"
    )
    with postgis_store.reading() as connection:
        found = [(row[0], row[1].split(" gist ")[1]) for row in connection.execute(query)]
    assert found == [
        ("areas", "(geom)"),
        ("coverage_zones", "(geom)"),
        ("stations", "(((geom)::geography))"),
        ("stations", "(geom)"),
    ]


def told_by(action: Callable[[], object], limit_s: float) -> tuple[type[Exception], str]:
    started = time.monotonic()
    with pytest.raises((StoreUnavailableError, StoreAccessError)) as caught:
        action()
    assert time.monotonic() - started < limit_s
    return caught.type, str(caught.value)


def test_a_wrong_password_fails_at_once_with_one_line(durable_cluster: Any) -> None:
    with durable_cluster.database(durable_cluster.create_template()) as url:
        upgrade(url)
        with psycopg.connect(
            make_url(url).set(drivername="postgresql").render_as_string(False), autocommit=True
        ) as admin:
            admin.execute("CREATE ROLE keeper LOGIN PASSWORD 'right-secret'")
            admin.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO keeper")
            row = admin.execute("SHOW hba_file").fetchone()
            assert row is not None
            rules = (
                "VALUES ('host all keeper 127.0.0.1/32 scram-sha-256'), ('host all care 127.0.0.1/32 trust')"
            )
            admin.execute(f"COPY ({rules}) TO '{row[0]}'")
            admin.execute("SELECT pg_reload_conf()")
        time.sleep(0.3)
        right = make_url(url).set(username="keeper", password="right-secret")
        open_store(right.render_as_string(False)).close()
        wrong = right.set(password="wrong-secret").render_as_string(False)
        for attempt in (
            lambda: open_store(wrong),
            lambda: open_store(wrong, must_answer=False),
            lambda: check(wrong),
        ):
            kind, line = told_by(attempt, 2)
            assert kind is StoreAccessError
            assert line == "the database refuses the login: wrong user or password in the store URL"
        no_database = right.set(database="not_there").render_as_string(False)
        stranger = make_url(url).set(username="stranger").render_as_string(False)
        for other in (no_database, stranger):
            kind, line = told_by(lambda other=other: open_store(other), 2)
            assert kind is StoreAccessError
            assert "not_there" not in line and "stranger" not in line and "127.0.0.1" not in line


def test_a_role_without_rights_is_told_so(postgis_store: SqlStore) -> None:
    postgis_store.apply([Change("create", "a", Station(id="a", name="a"))], "x")
    role = f"care_test_reader_{uuid.uuid4().hex[:8]}"  # roles are shared by all databases of a server
    with postgis_store.writing() as connection:
        connection.execute(text(f"CREATE ROLE {role}"))
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"))
    try:
        with pytest.raises(StoreAccessError) as refused, postgis_store.writing() as connection:
            connection.execute(text(f"SET LOCAL ROLE {role}"))
            connection.execute(text("DELETE FROM stations"))
        assert "stations" not in str(refused.value).replace("care-stations", "")
    finally:
        with postgis_store.writing() as connection:
            connection.execute(text(f"DROP OWNED BY {role}"))
            connection.execute(text(f"DROP ROLE {role}"))


def test_a_database_that_is_down_is_told_at_once(durable_cluster: Any) -> None:
    with durable_cluster.database(durable_cluster.create_template()) as url:
        upgrade(url)
        store = open_store(url)
        store.apply([Change("create", "a", Station(id="a", name="a"))], "x")
        durable_cluster.stop()
        kind, line = told_by(lambda: store.apply([Change("delete", "a")], "x"), 1)
        assert (kind, line) == (StoreUnavailableError, "the database cannot be reached")
        assert told_by(lambda: open_store(url), 1)[0] is StoreUnavailableError
        assert store.probe() is False
        late = open_store(url, lambda: pytest.fail("the store is full already"), must_answer=False)
        assert told_by(late.stations, 1)[0] is StoreUnavailableError
        durable_cluster.start()
        assert [station.id for station in store.stations()] == ["a"]
        assert [station.id for station in late.stations()] == ["a"]
        assert store.probe() is True
        store.close()
        late.close()


def test_an_exhausted_pool_answers_in_bounded_time(postgis_store: SqlStore) -> None:
    release = threading.Event()
    taken = threading.Barrier(11)

    def hold() -> None:
        with postgis_store.reading():
            taken.wait()
            release.wait()

    holders = [threading.Thread(target=hold) for _ in range(10)]
    for holder in holders:
        holder.start()
    taken.wait()
    try:
        kind, line = told_by(postgis_store.version, 4)
    finally:
        release.set()
        for holder in holders:
            holder.join()
    assert (kind, line) == (StoreUnavailableError, "the store is busy: no free connection in time")
    assert postgis_store.version() == 0


def test_a_write_behind_a_stuck_writer_gives_up(postgis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo.store.database.LOCK_WAIT_S", 1)
    upgrade(postgis_url)
    store = open_store(postgis_url)
    with store.writing() as connection:
        connection.execute(text("SELECT id FROM meta FOR UPDATE"))
        kind, line = told_by(lambda: store.apply([Change("create", "a", Station(id="a", name="a"))], "x"), 4)
    assert (kind, line) == (StoreUnavailableError, "the database is busy with another write")
    assert store.stations() == []
    store.close()


def test_a_user_who_may_not_add_postgis_is_told_whom_to_ask(postgis_server: Any) -> None:
    suffix = uuid.uuid4().hex[:8]
    role, database = f"care_test_owner_{suffix}", f"care_test_plain_{suffix}"
    postgis_server.run(f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
    postgis_server.run(f"CREATE DATABASE {database} OWNER {role}")
    try:
        url = postgis_server.url.set(
            drivername="postgresql+psycopg", username=role, password="x", database=database
        )
        with pytest.raises(StoreAccessError, match="let its owner run CREATE EXTENSION postgis"):
            upgrade(url.render_as_string(False))
    finally:
        postgis_server.run(f"DROP DATABASE {database} WITH (FORCE)")
        postgis_server.run(f"DROP ROLE {role}")


def test_a_value_that_does_not_fit_is_no_outage(postgis_store: SqlStore) -> None:
    with pytest.raises(InvalidDataError, match="a value the database cannot keep"):
        replace_areas(postgis_store, [StoredArea("x" * 65, "street", "街", {}, box(109, 34, 110, 35))])
    assert postgis_store.version() == 0
