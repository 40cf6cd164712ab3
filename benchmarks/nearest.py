"""Exact nearest stations: ``StationIndex`` in process, PostGIS, and (switched on) HTTP, in one run.

PostGIS answers in two ways: ordered by ``<->`` alone (distances on a sphere), and over-fetched by ``<->``
and re-ranked by ``ST_Distance(geography), id``. Queries are interleaved, medians shown, and beside each
time stands the share of answers that differ from brute force with ``pyproj.Geod`` over all stations.

``python -m benchmarks.nearest`` needs PostgreSQL with PostGIS; it starts a private cluster on a unix socket
in a temporary folder. ``--http COUNT=URL`` adds ``GET /api/nearest`` of a running server whose register
holds ``register(COUNT)``; ``main(apps={COUNT: app})`` serves an ASGI app itself.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psycopg
import pyproj
import uvicorn

from geo.nearest import StationIndex

COUNTS, QUERIES, K, OVERFETCH = (63, 200_000), 150, 5, 20
GEOD = pyproj.Geod(ellps="WGS84")
Ask = Callable[[float, float], list[str]]

ALONE = "SELECT id FROM {table} ORDER BY geog <-> {place} LIMIT {k}"
RERANKED = (
    "SELECT id FROM (SELECT id, geog FROM {table} ORDER BY geog <-> {place} LIMIT {fetch}) AS near"
    " ORDER BY ST_Distance(geog, {place}), id LIMIT {k}"
)
PLACE = "ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography"


def register(count: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return lon, lat, ids of a made-up register: a district for 63 stations, all of China for many."""
    rng = np.random.default_rng(count)
    west, south, east, north = (108.99, 34.17, 109.27, 34.46) if count < 1000 else (75.0, 18.0, 135.0, 53.0)
    ids = [f"b{row:06d}" for row in range(count)]
    return rng.uniform(west, east, count), rng.uniform(south, north, count), ids


def brute_force(lon: np.ndarray, lat: np.ndarray, ids: list[str], at_lon: float, at_lat: float) -> list[str]:
    """Measure every station; order by (distance, id)."""
    away_m = GEOD.inv(np.full(lon.size, at_lon), np.full(lon.size, at_lat), lon, lat)[2]
    return [ids[row] for row in np.lexsort((np.arange(lon.size), away_m))[:K]]  # ids rise with rows


@contextlib.contextmanager
def private_cluster() -> Iterator[str]:
    """Run a PostgreSQL of its own on a unix socket in a temporary folder; yield its connection string."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin")) or [
        Path(found).resolve().parent for found in [shutil.which("initdb")] if found
    ]
    if not programs:
        raise SystemExit("PostgreSQL is missing: install postgresql and postgresql-postgis")
    bin_dir, root = programs[-1], hasattr(os, "geteuid") and os.geteuid() == 0
    as_user = ["runuser", "-u", "postgres", "--"] if root else []

    def run(program: str, *arguments: str) -> None:
        subprocess.run([*as_user, str(bin_dir / program), *arguments], check=True, stdout=subprocess.DEVNULL)

    folder = Path(tempfile.mkdtemp(prefix="care-bench-"))
    try:
        if root:
            shutil.chown(folder, "postgres")
        run("initdb", "-D", str(folder / "db"), "-U", "bench", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "-D", str(folder / "db"), "-l", str(folder / "log"), "-w", "-o", options, "start")
        try:
            yield f"host={folder} user=bench dbname=postgres"
        finally:
            run("pg_ctl", "-D", str(folder / "db"), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve an ASGI app with uvicorn on a free loopback port; yield its base URL."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise SystemExit("the server stopped while starting")
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def fill(database: psycopg.Connection[Any], table: str, count: int) -> None:
    """Load ``register(count)`` into an indexed geography table."""
    lon, lat, ids = register(count)
    database.execute(f"CREATE TABLE {table} (id text PRIMARY KEY, geog geography(Point, 4326))")
    with database.cursor().copy(f"COPY {table} FROM STDIN") as rows:
        for station, x, y in zip(ids, lon.tolist(), lat.tolist(), strict=True):
            rows.write_row((station, f"SRID=4326;POINT({x!r} {y!r})"))
    database.execute(f"CREATE INDEX ON {table} USING gist (geog)")
    database.execute(f"VACUUM ANALYZE {table}")


def asking_postgis(database: psycopg.Connection[Any], table: str, form: str) -> Ask:
    """Return a prepared PostGIS query as a function of a place."""
    query = form.format(table=table, place=PLACE, k=K, fetch=K + OVERFETCH)
    return lambda lon, lat: [
        row[0] for row in database.execute(query, {"lon": lon, "lat": lat}, prepare=True).fetchall()
    ]


def asking_http(client: httpx.Client) -> Ask:
    """Return ``GET /api/nearest`` over one kept connection as a function of a place."""

    def ask(lon: float, lat: float) -> list[str]:
        answer = client.get("/api/nearest", params={"lon": lon, "lat": lat, "k": K})
        answer.raise_for_status()
        return [feature["id"] for feature in answer.json()["features"]]

    return ask


def compare(count: int, ways: Mapping[str, Ask]) -> Iterator[str]:
    """Yield one table row a way: median time and share of wrong answers over the same places."""
    lon, lat, ids = register(count)
    rng = np.random.default_rng(count + 1)
    places = list(
        zip(
            rng.uniform(lon.min(), lon.max(), QUERIES).tolist(),
            rng.uniform(lat.min(), lat.max(), QUERIES).tolist(),
            strict=True,
        )
    )
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    wrong = dict.fromkeys(ways, 0)
    for ask in ways.values():
        for place in places[:10]:
            ask(*place)  # connections, plans and caches warm
    for place in places:
        true_order = brute_force(lon, lat, ids, *place)
        for name, ask in ways.items():
            start = time.perf_counter()
            answer = ask(*place)
            seconds[name].append(time.perf_counter() - start)
            wrong[name] += answer != true_order
    for name in ways:
        milliseconds = statistics.median(seconds[name]) * 1e3
        yield f"| {count:,} | {name} | {milliseconds:.3f} | {wrong[name]} of {QUERIES} |"


def main(http: Mapping[int, str] | None = None, apps: Mapping[int, Any] | None = None) -> None:
    """Print the table; ``http`` maps a station count to a running server, ``apps`` to an app to serve."""
    print(f"The {K} nearest stations, {QUERIES} places, medians, ways interleaved place by place.\n")
    print("| stations | way | ms | answers that differ from brute force |")
    print("| ---: | --- | ---: | ---: |")
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(
            psycopg.connect(stack.enter_context(private_cluster()), autocommit=True)
        )
        database.execute("CREATE EXTENSION postgis")
        for count in COUNTS:
            fill(database, f"stations_{count}", count)
            index = StationIndex(*register(count))
            ways: dict[str, Ask] = {
                "StationIndex, in process": lambda lon, lat, index=index: [
                    station for station, _ in index.nearest(lon, lat, k=K)
                ],
                f"PostGIS `<->`, {K + OVERFETCH} re-ranked by ST_Distance, id": asking_postgis(
                    database, f"stations_{count}", RERANKED
                ),
                "PostGIS `<->` alone (sphere)": asking_postgis(database, f"stations_{count}", ALONE),
            }
            url = (http or {}).get(count)
            if apps and count in apps:
                url = stack.enter_context(serving(apps[count]))
            if url:
                client = stack.enter_context(httpx.Client(base_url=url, trust_env=False, timeout=60.0))
                ways["GET /api/nearest"] = asking_http(client)
            for row in compare(count, ways):
                print(row, flush=True)


def command(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--http", action="append", default=[], metavar="COUNT=URL")
    pairs = (given.split("=", 1) for given in parser.parse_args(arguments).http)
    main(http={int(count): url for count, url in pairs})


if __name__ == "__main__":
    command()
