"""Exact nearest stations: ``StationIndex`` in process, PostGIS, and HTTP, in one run.

PostGIS answers in two ways: ordered by ``<->`` alone (distances on a sphere), and over-fetched by ``<->``
and re-ranked by ``ST_Distance(geography), id``. Queries are interleaved, medians shown, and beside each
time stands the share of answers that differ from brute force with ``pyproj.Geod`` over all stations.

``python -m benchmarks.nearest`` needs PostgreSQL with PostGIS; it starts a private cluster on a unix socket
in a temporary folder, and the project's own server in another process (``--no-api`` leaves it out).
``--http COUNT=URL`` asks a server already running instead, whose register holds ``register(COUNT)``.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psycopg
import pyproj
import uvicorn

from api.app import create_app
from api.settings import Settings
from geo.nearest import StationIndex
from geo.stations import LonLat, Station
from geo.store.opening import open_store

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


def serve_api(count: int, folder: str, ready: Connection) -> None:
    """Serve the real API over an embedded store that holds ``register(count)``; a process of its own."""
    lon, lat, ids = register(count)
    named = [
        Station(id=station, name=station, status="operating", location=LonLat(x, y))
        for station, x, y in zip(ids, lon.tolist(), lat.tolist(), strict=True)
    ]
    store = open_store(f"sqlite:///{folder}/bench.db", lambda: named)
    # asyncio switches Nagle's delay off only on sockets that name TCP; without it each answer waits 40 ms.
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    door.bind(("127.0.0.1", 0))
    door.listen()
    ready.send(door.getsockname()[1])
    app = create_app(Settings(store_url=store.url), store)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[door])


@contextlib.contextmanager
def serving_api(count: int) -> Iterator[str]:
    """Start :func:`serve_api`, wait until it answers, yield its base URL."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    with tempfile.TemporaryDirectory(prefix="care-bench-") as folder:
        server = context.Process(target=serve_api, args=(count, folder, theirs), daemon=True)
        server.start()
        theirs.close()
        try:
            url = f"http://127.0.0.1:{ours.recv()}"
            while httpx.get(f"{url}/readyz", trust_env=False, timeout=600.0).status_code != 200:
                time.sleep(0.1)
            yield url
        finally:
            server.terminate()
            server.join()


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


def main(http: Mapping[int, str] | None = None, *, api: bool = True) -> None:
    """Print the table; ``http`` maps station counts to running servers, ``api`` starts one a count."""
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
            if api and url is None:
                url = stack.enter_context(serving_api(count))
            if url is not None:
                client = stack.enter_context(httpx.Client(base_url=url, trust_env=False, timeout=60.0))
                ways["GET /api/nearest"] = asking_http(client)
            for row in compare(count, ways):
                print(row, flush=True)


def command(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    api_help = "start the API and measure GET /api/nearest (filling its stores takes minutes)"
    parser.add_argument("--api", action=argparse.BooleanOptionalAction, default=True, help=api_help)
    parser.add_argument("--http", action="append", default=[], metavar="COUNT=URL", help="a running server")
    chosen = parser.parse_args(arguments)
    pairs = (given.split("=", 1) for given in chosen.http)
    main({int(count): url for count, url in pairs}, api=chosen.api)


if __name__ == "__main__":
    command()
