"""Throw-away PostGIS servers: a private cluster per test process, one database per test."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
from sqlalchemy.engine import URL, make_url

from pieces import postgres_programs

SUPERUSER = "care"
START_LIMIT_S = 60.0
OTHER_THAN_ROOT: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []}
SPEED_OVER_SAFETY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def free_port() -> int:
    """A loopback port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PostgisServer:
    """A server on which tests may create databases. ``url`` names its maintenance database."""

    def __init__(self, url: URL) -> None:
        self.url = url

    def _connect(self, database: str | None = None) -> psycopg.Connection[tuple[object, ...]]:
        url = self.url if database is None else self.url.set(database=database)
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(plain, autocommit=True)

    def run(self, statement: str, database: str | None = None) -> None:
        """Carry out one SQL statement as the superuser, outside a transaction."""
        connection = self._connect(database)
        try:
            connection.execute(statement.encode())
        finally:
            connection.close()

    def create_template(self) -> str:
        """Create a database that has the PostGIS extension, to copy from; its name."""
        name = f"care_test_template_{uuid.uuid4().hex[:12]}"
        self.run(f"CREATE DATABASE {name}")
        self.run("CREATE EXTENSION postgis", database=name)
        return name

    @contextmanager
    def database(self, template: str) -> Iterator[str]:
        """A copy of ``template`` for the time of the block, as a ``postgresql+psycopg://`` URL."""
        name = f"care_test_{uuid.uuid4().hex[:12]}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            url = self.url.set(drivername="postgresql+psycopg", database=name)
            yield url.render_as_string(hide_password=False)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")


class PrivateCluster(PostgisServer):
    """A cluster of our own in a temporary folder, on a unix socket and a free loopback port.

    Runs as the ``postgres`` user when we are root, since PostgreSQL refuses root. With ``durable`` the
    server syncs to disk as in production, which fault tests need.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._programs = postgres_programs()
        self._owner: dict[str, Any] = OTHER_THAN_ROOT if os.geteuid() == 0 else {}
        self._folder = Path(tempfile.mkdtemp(prefix="care-pg-"))
        if self._owner:
            shutil.chown(self._folder, "postgres", "postgres")
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        super().__init__(
            URL.create("postgresql", SUPERUSER, host="127.0.0.1", port=self.port, database="postgres")
        )
        created = subprocess.run(
            [
                *(self._programs / "initdb", "-D", self._folder / "data", "-U", SUPERUSER, "-A", "trust"),
                *("-E", "UTF8", "--locale=C", "--no-sync"),
            ],
            check=False,
            capture_output=True,
            text=True,
            cwd=self._folder,
            **self._owner,
        )
        if created.returncode != 0:
            raise RuntimeError(f"initdb failed: {created.stderr}")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = [
            "listen_addresses=127.0.0.1",
            f"port={self.port}",
            f"unix_socket_directories={self._folder}",
            "max_connections=60",
            "shared_buffers=32MB",
            *(() if self._durable else SPEED_OVER_SAFETY),
        ]
        options = [part for setting in settings for part in ("-c", setting)]
        log = self._folder / "log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._folder / "data", *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self._folder,
                **self._owner,
            )
        deadline = time.monotonic() + START_LIMIT_S
        while True:
            try:
                self._connect().close()
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the test database did not start: {log.read_text()}") from error
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Shut down at once, as an operator's fast restart does: clients are cut off, data is kept."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """Shut down without a checkpoint, as a power cut does; the next start recovers from the log."""
        self._end(signal.SIGQUIT)

    def freeze(self) -> None:
        """Let all its processes stand still: nothing answers, nothing refuses, as with a stuck host."""
        self._tell_all(psutil.Process.suspend)

    def thaw(self) -> None:
        """Undo :meth:`freeze`."""
        self._tell_all(psutil.Process.resume)

    def remove(self) -> None:
        """Stop the server when it runs, and delete its folder."""
        if self._process is not None:
            self.thaw()
            self.stop()
        shutil.rmtree(self._folder)

    def _tell_all(self, act: Callable[[psutil.Process], None]) -> None:
        postmaster = psutil.Process(self._running().pid)
        for process in [postmaster, *postmaster.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):  # a connection's process may end between listing and telling
                act(process)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the test database is not running")
        return self._process

    def _end(self, sign: signal.Signals) -> None:
        process = self._running()
        process.send_signal(sign)
        process.wait(timeout=START_LIMIT_S)
        self._process = None


@contextmanager
def private_cluster(*, durable: bool = False) -> Iterator[PrivateCluster]:
    """A started cluster of our own for the time of the block."""
    cluster = PrivateCluster(durable=durable)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.remove()


@contextmanager
def any_server() -> Iterator[PostgisServer]:
    """The server that ``CARE_TEST_DATABASE_URL`` names, else a private cluster."""
    named = os.environ.get("CARE_TEST_DATABASE_URL")
    if named:
        yield PostgisServer(make_url(named))
    else:
        with private_cluster() as cluster:
            yield cluster
