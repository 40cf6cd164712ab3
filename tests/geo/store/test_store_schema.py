"""Migrations on both back ends: from nothing, from an older revision, and what is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from geo.errors import InvalidParameterError, StoreAccessError, StoreUnavailableError, StoreVersionError
from geo.stations import LonLat, Station
from geo.store import Change, check, open_store, upgrade
from geo.store.backup import backup, restore
from geo.store.counter import bump_version
from geo.store.database import Database, parse_store_url
from geo.store.history_rows import history_values
from geo.store.model import Base, HistoryRow
from geo.store.schema import remove_all
from geo.store.sql_store import SqlStore
from geo.store.station_rows import insert_stations
from geo.store.zones import build_zones, list_zones

OLD = Station(id="old", name="老站", seats=4, location=LonLat(109.05, 34.27))


def set_revision(url: str, revision: str) -> None:
    database = Database(parse_store_url(url))
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
    database.close()


def fill_at_first_revision(url: str) -> None:
    """Make a store as the first release had it, with one station in it."""
    assert upgrade(url, "0001").state == "behind"
    database = Database(parse_store_url(url))
    with database.writing() as connection:
        version, now = bump_version(connection), datetime(2026, 11, 22, tzinfo=UTC)
        insert_stations(connection, [OLD])
        line = history_values(
            OLD.id, 1, register_version=version, kind="create", actor="x", at=now, before=None, after=OLD
        )
        connection.execute(sa.insert(HistoryRow), [line])
    database.close()


def test_from_an_empty_place_to_the_present_schema(empty_url: str) -> None:
    assert check(empty_url).state == "empty"
    assert upgrade(empty_url).state == "current"
    assert upgrade(empty_url).state == "current"
    assert check(empty_url).state == "current"


def test_check_creates_nothing(tmp_path: Path) -> None:
    assert check(f"sqlite:///{tmp_path / 'none.db'}").state == "empty"
    assert list(tmp_path.iterdir()) == []


def test_an_older_store_keeps_its_data(empty_url: str) -> None:
    fill_at_first_revision(empty_url)
    assert check(empty_url).state == "behind"
    assert upgrade(empty_url).state == "current"
    store = open_store(empty_url)
    assert store.get("old").location == OLD.location
    assert store.history("old")[0].actor == "x"
    assert store.version() == 1
    assert (list_zones(store), build_zones(store), len(list_zones(store))) == ([], 1, 6)
    store.apply([Change("delete", "old")], "y")
    store.close()


def test_an_embedded_store_is_copied_and_upgraded_when_opened(tmp_path: Path) -> None:
    path = tmp_path / "care.db"
    fill_at_first_revision(f"sqlite:///{path}")
    store = open_store(f"sqlite:///{path}")
    assert store.get("old").name == "老站"
    store.close()
    (copy,) = tmp_path.glob("care.db.0001-*.bak")
    with closing(sqlite3.connect(copy)) as kept:
        assert kept.execute("SELECT name FROM stations").fetchall() == [("老站",)]
        assert kept.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert kept.execute("SELECT 1 FROM sqlite_master WHERE name = 'keys'").fetchone() is None


def test_postgis_is_never_upgraded_without_the_command(postgis_url: str) -> None:
    with pytest.raises(
        StoreVersionError, match=r"has no tables yet.*run `care-stations db upgrade`"
    ) as empty:
        open_store(postgis_url)
    fill_at_first_revision(postgis_url)
    with pytest.raises(StoreVersionError, match=r"is at 0001.*needs 0006.*`care-stations db upgrade`") as old:
        open_store(postgis_url)
    assert check(postgis_url).found == "0001"
    assert "\n" not in str(empty.value) + str(old.value)


def test_a_store_ahead_is_refused_and_left_alone(store_url: str) -> None:
    set_revision(store_url, "0999")
    for attempt in (open_store, upgrade):
        with pytest.raises(StoreVersionError, match="0999 is newer than this program's 0006"):
            attempt(store_url)
    assert check(store_url).state == "ahead"


def test_a_failing_step_leaves_the_schema_as_it_was(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_at_first_revision(empty_url)
    real = sa.engine.Connection.execute

    def fail_on_demand(self: sa.Connection, statement: object, *args: object, **kwargs: object) -> object:
        if "demand" in str(statement):
            raise sa.exc.OperationalError("…", {}, sqlite3.OperationalError("disk I/O error"))
        return real(self, statement, *args, **kwargs)  # type: ignore[call-overload]

    with monkeypatch.context() as patch:
        patch.setattr(sa.engine.Connection, "execute", fail_on_demand)
        with pytest.raises(ConnectionError):
            upgrade(empty_url)
    assert check(empty_url).found == "0001"
    database = Database(parse_store_url(empty_url))
    with database.reading() as connection:
        assert "keys" not in sa.inspect(connection).get_table_names()
    database.close()
    assert upgrade(empty_url).state == "current"


def test_the_model_is_what_the_migrations_make(store: SqlStore) -> None:
    with store.reading() as connection:
        inspector = sa.inspect(connection)
        made = {
            table: {column["name"]: bool(column["nullable"]) for column in inspector.get_columns(table)}
            for table in Base.metadata.tables
        }
        keys = {table: inspector.get_pk_constraint(table)["constrained_columns"] for table in made}
    assert made == {
        name: {column.name: bool(column.nullable) for column in table.columns}
        for name, table in Base.metadata.tables.items()
    }
    assert keys == {
        name: [column.name for column in table.primary_key] for name, table in Base.metadata.tables.items()
    }


def test_removing_everything_leaves_an_empty_place(store_url: str) -> None:
    database = Database(parse_store_url(store_url), schema_work=True)
    with database.writing() as connection:
        remove_all(connection)
    database.close()
    assert check(store_url).state == "empty"
    assert upgrade(store_url).state == "current"


@pytest.mark.parametrize(
    "url",
    [
        *("mysql://u:secret@h/d", "sqlite://", "sqlite:///:memory:", "care.db", "", "http://u:secret@h"),
        *("postgresql+psycopg://u:my@x:secret@h/d", "postgresql+psycopg://u:secret@[::1/d"),
    ],
)
def test_other_addresses_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(InvalidParameterError, match="must be sqlite:///FILE or postgresql") as refused:
        open_store(url)
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_bytes(b"these are not the tables you are looking for" * 100)
    before = path.read_bytes()
    with pytest.raises(StoreAccessError, match="no care-stations store"):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_tables_of_another_program_are_refused_and_left_alone(tmp_path: Path, mode: str) -> None:
    path, copy = tmp_path / "other.db", tmp_path / "copy.gz"
    url, own = f"sqlite:///{path}", f"sqlite:///{tmp_path / 'own.db'}"
    open_store(own).close()
    backup(own, copy)
    with closing(sqlite3.connect(path)) as other:
        other.execute(f"PRAGMA journal_mode = {mode}")
        other.execute("CREATE TABLE invoices (id INTEGER PRIMARY KEY AUTOINCREMENT, sum REAL)")
        other.execute("INSERT INTO invoices (sum) VALUES (3.5)")
        other.commit()
    before = path.read_bytes()
    attempts: list[Callable[[], object]] = [
        lambda: open_store(url, lambda: [OLD]),
        lambda: open_store(url, must_answer=False),
        lambda: upgrade(url),
        lambda: check(url),
        lambda: backup(url, tmp_path / "no.gz"),
        lambda: restore(copy, url),
        lambda: restore(copy, url, force=True),
    ]
    for attempt in attempts:
        with pytest.raises(
            StoreAccessError, match=r"^the file holds tables of another program: .* no care-st"
        ):
            attempt()
    assert path.read_bytes() == before
    assert {file.name for file in tmp_path.glob("*o*")} == {"other.db", "own.db", "copy.gz"}


def test_a_file_without_tables_is_made_a_store(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with closing(sqlite3.connect(tmp_path / "bare.db")) as bare:
        bare.execute("CREATE TABLE sequence_only (id INTEGER PRIMARY KEY AUTOINCREMENT)")
        bare.execute("DROP TABLE sequence_only")  # SQLite's own table stays
    for name in ("empty.db", "bare.db"):
        store = open_store(f"sqlite:///{tmp_path / name}", lambda: [OLD])
        assert [one.id for one in store.stations()] == ["old"]
        store.close()


@pytest.mark.parametrize("options", ["?mode=ro", "?", "?immutable=1&cache=shared"])
def test_options_of_an_embedded_store_are_refused_not_passed_over(tmp_path: Path, options: str) -> None:
    with pytest.raises(InvalidParameterError, match="takes no options") as refused:
        open_store(f"sqlite:///{tmp_path / 'care.db'}{options}")
    assert (str(tmp_path) in str(refused.value), list(tmp_path.iterdir())) == (False, [])


_SAME = "(actor, station_id, register_version, kind, at, before, after"
_FORGED = "SELECT 'forger', station_id, register_version, kind, at, before, after"


@pytest.mark.parametrize(
    "line",
    [
        f"{_SAME}, sequence, version) {_FORGED}, sequence, 7",
        f"{_SAME}, version) {_FORGED}, version",
    ],
    ids=["of its sequence", "of its station and version"],
)
def test_no_line_takes_the_place_of_a_change_in_the_embedded_history(tmp_path: Path, line: str) -> None:
    path = tmp_path / "care.db"
    fill_at_first_revision(f"sqlite:///{path}")
    upgrade(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        before = connection.execute("SELECT * FROM history").fetchall()
        for verb in ("INSERT OR REPLACE", "REPLACE", "INSERT"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(f"{verb} INTO history {line} FROM history WHERE station_id = 'old'")
        assert connection.execute("SELECT * FROM history").fetchall() == before
    store = open_store(f"sqlite:///{path}")
    store.apply([Change("delete", "old")], "y")
    assert [(entry.version, entry.actor) for entry in store.history("old")] == [(1, "x"), (2, "y")]
    store.close()


@pytest.mark.parametrize("revision", ["0001", "0002", "0003", "0004", "0005"])
def test_every_older_revision_comes_to_the_present_one_and_goes_back(empty_url: str, revision: str) -> None:
    assert upgrade(empty_url, revision).found == revision
    assert upgrade(empty_url).state == "current"
    database = Database(parse_store_url(empty_url), schema_work=True)
    with database.writing() as connection:
        remove_all(connection)
    database.close()
    assert check(empty_url).state == "empty"


def test_the_embedded_store_is_safe_against_power_cuts(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'care.db'}")
    with store.writing() as connection:
        modes = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    store.close()
    assert modes == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_store_whose_file_went_away_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'care.db'}")
    store.close()
    for file in tmp_path.iterdir():
        file.unlink()
    with pytest.raises(StoreUnavailableError, match="cannot be opened"):
        store.version()
    assert store.probe() is False
    assert list(tmp_path.iterdir()) == []


def test_a_place_where_no_folder_can_be_is_told_without_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreAccessError, match="directory cannot be made") as refused:
        open_store(f"sqlite:///{tmp_path / 'file' / 'care.db'}")
    assert "file" not in str(refused.value)


def test_strange_file_names_are_taken_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "登记 #1 (旧) & 新.db"
    open_store(f"sqlite:///{path}").close()
    assert path.exists()


def test_a_relative_address_and_a_busy_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("geo.store.database.LOCK_WAIT_S", 0.2)
    store = open_store("sqlite:///var/care.db")
    assert (tmp_path / "var" / "care.db").exists()
    other = open_store("sqlite:///var/care.db")
    with other.writing():
        with pytest.raises(StoreUnavailableError, match="busy with another write"):
            store.apply([Change("create", OLD.id, OLD)], "x")
        assert store.stations() == []
        open_store("sqlite:///var/care.db").close()
    store.apply([Change("create", OLD.id, OLD)], "x")
    store.close()
    other.close()
