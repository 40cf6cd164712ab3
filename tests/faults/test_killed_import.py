"""``kill -9`` of a large write in its middle: the register is as before, or wholly after."""

from __future__ import annotations

import json
import os
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

from api.register import shipped_register
from geo.store.opening import open_store
from keepers import marked
from wholeness import whole_register

STATIONS = 400


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


def register_file(folder: Path, number: int) -> Path:
    """A file of ``STATIONS`` stations, two hundred metres apart, that all carry ``number``."""
    features = [
        {
            "type": "Feature",
            "id": f"bulk{row:04d}",
            "geometry": {
                "type": "Point",
                "coordinates": [109.0 + row % 30 * 0.002, 34.2 + row // 30 * 0.002],
            },
            "properties": {"name": f"第{row}号站", "address": f"某路{row}号", **marked(number)},
        }
        for row in range(STATIONS)
    ]
    file = folder / f"register-{number}.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return file


def started(url: str, folder: Path, number: int) -> subprocess.Popen[bytes]:
    """A running import of the register that carries ``number``, seen to be writing."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CARE_")}
    options = ["--prefer", "file", "--force", "--store", url]
    process = subprocess.Popen(
        [sys.executable, "-m", "api", "import", str(register_file(folder, number)), *options],
        stdout=subprocess.DEVNULL,
        cwd=folder,
        env=kept,
    )
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
                    " LEFT JOIN station_amenities a ON a.station_id = s.id WHERE s.id LIKE 'bulk%'"
                )
            )
            found = [(row[0], row[1], row[2]) for row in rows]
    finally:
        store.close()
    assert len(found) == STATIONS
    return set(found)


@pytest.mark.torture
def test_a_killed_import_leaves_no_half(durable_url: str, tmp_path: Path, rounds: int) -> None:
    chance = random.Random(65)
    open_store(
        durable_url, shipped_register
    ).close()  # as any command fills a new store, before the watch begins
    duration_s = 0.0
    for number in (1, 2):  # the first makes the zones too; the second is timed, being like the rest
        process = started(durable_url, tmp_path, number)
        seen_at = time.monotonic()
        while is_written_to(durable_url):
            time.sleep(0.002)
        duration_s = time.monotonic() - seen_at
        assert process.wait(120) == 0
    number, version, outcomes = 2, 2, {"before": 0, "after": 0}
    for new in range(3, rounds + 3):
        process = started(durable_url, tmp_path, new)
        time.sleep(chance.uniform(0, 0.8 * duration_s))
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
    bulk = [name for name in register.stations if name.startswith("bulk")]
    assert len(bulk) == STATIONS
    assert {len(register.history[name]) for name in bulk} == {version}
    assert outcomes["before"] > 0, "no kill came in mid-write"
