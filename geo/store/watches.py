"""Waiting for writes of any process: LISTEN on PostgreSQL, looking at the version on SQLite."""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg
from sqlalchemy import URL

from geo.store.counter import NOTIFY_CHANNEL
from geo.store.database import CONNECT_TIMEOUT_S
from geo.store.failures import told_plainly

POLL_S = 0.2


class PollingWatch:
    """Looks at the version five times a second."""

    def __init__(self, version: Callable[[], int], poll_s: float = POLL_S) -> None:
        self._version, self._poll_s = version, poll_s

    def wait(self, known_version: int | None, timeout_s: float) -> int:
        """Return the version once it differs from ``known_version``, at the latest after the timeout."""
        deadline = time.monotonic() + timeout_s
        while (version := self._version()) == known_version:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                break
            time.sleep(min(self._poll_s, left_s))
        return version

    def close(self) -> None:
        """Nothing is held between looks."""


class PostgresqlWatch:
    """Listens on a connection of its own; after each silence it looks at the version all the same."""

    def __init__(self, url: URL, version: Callable[[], int]) -> None:
        self._address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._version = version
        self._connection: psycopg.Connection | None = None

    def wait(self, known_version: int | None, timeout_s: float) -> int:
        """Return the version once it differs from ``known_version``, at the latest after the timeout.

        Raises:
            StoreUnavailableError: the connection broke; the next call connects anew.
        """
        try:
            with told_plainly():
                connection = self._listening()
                # Listening comes before looking, so a write between the two is not lost.
                version = self._version()
                if version != known_version:
                    return version
                for _notice in connection.notifies(timeout=timeout_s, stop_after=1):
                    break
                return self._version()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the listening connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _listening(self) -> psycopg.Connection:
        if self._connection is None:
            connection = psycopg.connect(
                self._address,
                autocommit=True,
                connect_timeout=CONNECT_TIMEOUT_S,
                application_name="care-stations watch",
            )
            connection.execute(f"LISTEN {NOTIFY_CHANNEL}")
            self._connection = connection
        return self._connection
