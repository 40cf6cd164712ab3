"""Settings of the service: the only reader of the environment.

Every setting is a ``CARE_…`` variable; ``docs/settings.md`` documents each. An unknown ``CARE_…`` name is an
error, so a mistyped setting never passes for a default. ``CARE_TEST_…`` belongs to the tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from geo.errors import CareStationError

Basemap = Literal["none", "tianditu", "osm"]

DEFAULT_STORE_URL = "sqlite:///var/care-stations.db"
_RATE = re.compile(r"^([1-9][0-9]{0,5})/(second|minute|hour)$")
_PERIOD_S = {"second": 1, "minute": 60, "hour": 3600}
_STORE_SCHEMES = ("sqlite:///", "postgresql+psycopg://", "postgresql://")


class SettingsError(CareStationError, ValueError):
    """A setting is unknown or has a value that cannot be used; the message names it."""


@dataclass(frozen=True)
class RateLimit:
    """At most ``requests`` writes or reports from one client address in ``period_s`` seconds."""

    requests: int
    period_s: int


@dataclass(frozen=True)
class Settings:
    """All settings, checked. Field ``x`` is the variable ``CARE_X``."""

    store_url: str = DEFAULT_STORE_URL
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    basemap: Basemap = "none"
    tianditu_key: str | None = None
    map_review_number: str | None = None
    public_url: str | None = None
    cors_origins: tuple[str, ...] = ()
    rate_limit: RateLimit | None = RateLimit(30, 60)
    trusted_hops: int = 0
    chromium: str | None = None
    network: str | None = None


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings named in ``environ``; an empty value means the default.

    Raises:
        SettingsError: an unknown ``CARE_…`` name or a bad value, named in one line.

    >>> load_settings({"CARE_BASEMAP": "osm"}).basemap
    'osm'
    """
    known = {f"CARE_{one.name.upper()}": one.name for one in fields(Settings)}
    values: dict[str, Any] = {}
    for name in sorted(environ):
        if not name.startswith("CARE_") or name.startswith("CARE_TEST_"):
            continue
        if name not in known:
            raise SettingsError(f"{name}: unknown setting; known are {', '.join(sorted(known))}")
        text = environ[name].strip()
        if text:
            values[known[name]] = _read(name, known[name], text)
    settings = Settings(**values)
    if settings.basemap == "tianditu" and settings.tianditu_key is None:
        raise SettingsError("CARE_TIANDITU_KEY: needed when CARE_BASEMAP=tianditu")
    return settings


def parse_store_url(text: str) -> str:
    """Return a store address this program can open.

    Raises:
        SettingsError: another kind of address. The address itself is not repeated: it may hold a password.
    """
    if not text.startswith(_STORE_SCHEMES):
        raise SettingsError(
            "store address: must begin with sqlite:/// or postgresql+psycopg:// (the value is not shown)"
        )
    return text


def _read(name: str, field: str, text: str) -> Any:
    try:
        return _READERS.get(field, str)(text)
    except SettingsError as error:
        raise SettingsError(f"{name}: {error}") from None
    except ValueError as error:
        raise SettingsError(f"{name}={text!r}: {error}") from None


def _timezone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (KeyError, OSError, ValueError):  # ZoneInfo's three ways to say it knows no such zone
        raise ValueError("not a time zone of the tz database, such as Asia/Shanghai") from None


def _basemap(text: str) -> str:
    if text not in ("none", "tianditu", "osm"):
        raise ValueError("must be none, tianditu or osm")
    return text


def _tianditu_key(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z]{8,64}", text):
        raise SettingsError("must be 8 to 64 letters and digits (the value is not shown)")
    return text


def _public_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an http(s) address without query, such as https://stations.example.org")
    if parts.username is not None or parts.password is not None or not _is_plain(text):
        raise ValueError("must hold no user name, password, space or quote")
    return text.rstrip("/")


def _cors_origins(text: str) -> tuple[str, ...]:
    origins = tuple(origin.strip() for origin in text.split(",") if origin.strip())
    for origin in origins:
        parts = urlsplit(origin)
        whole = f"{parts.scheme}://{parts.netloc}"
        if origin != "*" and (parts.scheme not in ("http", "https") or not parts.hostname or origin != whole):
            raise ValueError("must be * or origins like https://a.example.org, comma-separated")
    return origins


def _rate_limit(text: str) -> RateLimit | None:
    if text == "off":
        return None
    match = _RATE.match(text)
    if not match:
        raise ValueError("must be off or like 30/minute (second, minute or hour)")
    return RateLimit(int(match[1]), _PERIOD_S[match[2]])


def _trusted_hops(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,2}", text):
        raise ValueError("must be the number of reverse proxies in front, 0 to 99")
    return int(text)


def _is_plain(text: str) -> bool:
    return not any(char.isspace() or char in "<>\"'`\\" for char in text)


_READERS: dict[str, Callable[[str], Any]] = {
    "store_url": parse_store_url,
    "timezone": _timezone,
    "basemap": _basemap,
    "tianditu_key": _tianditu_key,
    "public_url": _public_url,
    "cors_origins": _cors_origins,
    "rate_limit": _rate_limit,
    "trusted_hops": _trusted_hops,
}
