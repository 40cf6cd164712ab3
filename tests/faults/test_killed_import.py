"""``kill -9`` of a large write in its middle: the register is as before, or wholly after."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from geo.store.opening import open_store
from wholeness import whole_register

ROOT = Path(__file__).resolve().parents[2]
STATIONS = 800


def is_written_to(url: str) -> bool:
    """Whether a program is inside a write transaction at this moment."""
    parsed = make_url(url)
    if parsed.drivername == "sqlite":
        connection = sqlite3.connect(str(parsed.database), timeout=0, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        else:
            return False
        finally:
            connection.close()
    plain = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as watching:
        found = watching.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
        ).fetchone()
    watching.close()
    return found is not None and found[0] > 0


def started(url: str, number: int) -> subprocess.Popen[bytes]:
    """A running import of ``STATIONS`` stations that carry ``number``, seen to be writing."""
    program = Path(__file__).with_name("bulk_write.py")
    command = [sys.executable, str(program), url, str(STATIONS), str(number)]
    process = subprocess.Popen(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)})
    while not is_written_to(url):
        assert process.poll() is None, "the import ended unseen"
        time.sleep(0.005)
    return process


def state_of(url: str) -> set[tuple[int, int, int]]:
    """The different (number in the row, in the amenities, version) of the stations: one if all are whole."""
    store = open_store(url)
    try:
        with store.reading() as connection:
            rows = connection.execute(
                sa.text(
                    "SELECT s.seats, a.count, s.version FROM stations s"
                    " LEFT JOIN station_amenities a ON a.station_id = s.id"
                )
            )
            found = [(row[0], row[1], row[2]) for row in rows]
    finally:
        store.close()
    assert len(found) == STATIONS
    return set(found)


@pytest.mark.torture
def test_a_killed_import_leaves_no_half(durable_url: str, rounds: int) -> None:
    chance = random.Random(65)
    process = started(durable_url, 1)
    seen_at = time.monotonic()
    while is_written_to(durable_url):
        time.sleep(0.002)
    duration_s = time.monotonic() - seen_at
    assert process.wait(120) == 0
    number, version, outcomes = 1, 1, {"before": 0, "after": 0}
    for new in range(2, rounds + 2):
        process = started(durable_url, new)
        time.sleep(chance.uniform(0, duration_s))
        process.kill()
        process.wait(120)
        found = state_of(durable_url)
        assert found in ({(number, number, version)}, {(new, new, version + 1)}), "half an import"
        outcome = "before" if found == {(number, number, version)} else "after"
        outcomes[outcome] += 1
        (number, _, version) = found.pop()
        if new % 10 == 0:
            whole_register(durable_url)
    register = whole_register(durable_url)
    assert len(register.stations) == STATIONS
    assert {len(rows) for rows in register.history.values()} == {version}
    assert outcomes["before"] > 0, "no kill came in mid-write"
