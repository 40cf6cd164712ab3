"""Senders of reports told apart for one day, and never named: their addresses hashed with that day's salt.

The salt is random, shared by all processes through the store, and deleted once its day is over, so that no
later guess at an address can be checked against a hash. It is left out of backups.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from datetime import date

from sqlalchemy import Date, Text, bindparam, delete, select, text

from geo.store.model import SaltRow
from geo.store.protocol import StationStore

_IPV6_NETWORK_BITS = 64


def sender_hash(store: StationStore, address: str, day: date) -> str:
    """Return what tells the sender at ``address`` from others of ``day``.

    An IPv6 address stands for its network of 64 bits, within which one phone changes it at will.
    """
    sender = f"{daily_salt(store, day)} {_one_sender(address)}"
    return hashlib.sha256(sender.encode()).hexdigest()[:16]


def daily_salt(store: StationStore, day: date) -> str:
    """Return the salt of ``day``, made by whichever process asks first; earlier days' are deleted then."""
    with store.reading() as connection:
        found = connection.execute(select(SaltRow.salt).where(SaltRow.day == day)).scalar()
    return found if found is not None else _made(store, day)


def _made(store: StationStore, day: date) -> str:
    # Two processes may get here at once: the first one's salt stands, and both read it. Both back ends know
    # this form of the statement.
    salt = text(
        "INSERT INTO report_salts (day, salt) VALUES (:day, :salt) ON CONFLICT DO NOTHING"
    ).bindparams(bindparam("day", day, Date()), bindparam("salt", secrets.token_hex(32), Text()))
    with store.writing() as connection:
        connection.execute(delete(SaltRow).where(SaltRow.day < day))
        connection.execute(salt)
    with store.reading() as connection:
        return connection.execute(select(SaltRow.salt).where(SaltRow.day == day)).scalar_one()


def _one_sender(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address  # a socket's name, or what a proxy wrote: as good a name as any
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _IPV6_NETWORK_BITS), strict=False))
