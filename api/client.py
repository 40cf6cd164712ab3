"""Who asks, and under which address the service is known: behind ``CARE_TRUSTED_HOPS`` proxies or none."""

from __future__ import annotations

import re

from fastapi import Request

from api.errors import ApiError
from api.settings import Settings

_HOST = re.compile(r"^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$")


def client_address(request: Request, settings: Settings) -> str:
    """Return the client's address: the peer's, or the one the outermost trusted proxy saw."""
    seen = _forwarded(request, "x-forwarded-for", settings.trusted_hops)
    if seen:
        return seen
    return request.client.host if request.client else "unknown"


def base_url(request: Request, settings: Settings) -> str:
    """Return the address links are built from, without a slash at its end.

    Raises:
        ApiError: 400, the request names a host that is none.
    """
    if settings.public_url:
        return settings.public_url
    hops = settings.trusted_hops
    scheme = _forwarded(request, "x-forwarded-proto", hops) or request.url.scheme
    host = _forwarded(request, "x-forwarded-host", hops) or request.headers.get("host", "localhost")
    if scheme not in ("http", "https") or not _HOST.match(host):
        raise ApiError(400, "the request's Host is not a host name")
    return f"{scheme}://{host}"


def _forwarded(request: Request, header: str, hops: int) -> str | None:
    if hops == 0:
        return None
    entries = [part.strip() for part in ",".join(request.headers.getlist(header)).split(",") if part.strip()]
    return entries[max(0, len(entries) - hops)] if entries else None
