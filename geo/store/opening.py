"""Opening a store by its address."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from geo.errors import StoreUnavailableError
from geo.stations import Station
from geo.store.database import parse_store_url
from geo.store.schema import check, upgrade
from geo.store.sql_store import SqlStore, utc_now


def open_store(
    url: str,
    register: Callable[[], Iterable[Station]] | None = None,
    *,
    must_answer: bool = True,
    clock: Callable[[], datetime] = utc_now,
    lock_wait_s: float | None = None,
) -> SqlStore:
    """Open the store at ``url`` (``sqlite:///FILE`` or ``postgresql+psycopg://…``).

    An embedded store is made when its file is missing, and copied and upgraded when its schema is older; a
    PostGIS database must have the present schema. ``register`` gives the stations of a store that never held
    one; it is not called otherwise. With ``must_answer=False`` a store that cannot be reached now is returned
    all the same, and checked when it first answers. ``lock_wait_s``: how long a write waits for another's
    (None: five seconds).

    Raises:
        InvalidParameterError: the address is of another form.
        StoreVersionError: the schema is ahead, or (PostGIS) behind: one line that says what to do.
        StoreAccessError: wrong password, no such database, no rights, not a store.
        StoreUnavailableError: it cannot be reached, and ``must_answer`` is true.
    """
    parsed = parse_store_url(url)
    if parsed.drivername == "sqlite" and check(url).state in ("empty", "behind"):
        upgrade(url)
    store = SqlStore(parsed, register, clock, lock_wait_s)
    try:
        store.ready()
    except StoreUnavailableError:
        if must_answer:
            store.close()
            raise
    except BaseException:
        store.close()
        raise
    return store
