"""Conditional requests: entity tags, If-None-Match and If-Match (RFC 9110 §13)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from api.errors import ApiError

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


def strong_tag(version: int, representation: bytes) -> str:
    """Return the tag of one station: its version and its representation.

    >>> strong_tag(3, b"{}")
    '"3-99914b932bd37a50"'
    """
    return f'"{version}-{_digest(representation)}"'


def weak_tag(stamp: str, *parts: object) -> str:
    """Return the tag of a list or analysis: the stamp of store and version, and whatever else shaped it.

    Weak, because such answers carry the time they were made at.
    """
    return f'W/"{stamp}-{_digest(repr(parts).encode("utf-8", "surrogatepass"))}"'


def parameters_key(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return query parameters in an order that doesn't depend on how they were written."""
    return tuple(sorted(pairs))


def none_match(header: str | None, tag: str) -> bool:
    """Return whether If-None-Match names ``tag`` (weak comparison): the client's copy is still good."""
    if header is None:
        return False
    return header.strip() == "*" or tag.removeprefix("W/") in {
        f'"{name}"' for _, name in _TAG.findall(header)
    }


def require_match(header: str | None, tag: str) -> None:
    """Check If-Match against the current ``tag`` (strong comparison).

    Raises:
        ApiError: 428 without the header, 412 when it names another version.
    """
    if header is None:
        raise ApiError(428, "send If-Match with the ETag of the version you have seen")
    strong = {f'"{name}"' for weak, name in _TAG.findall(header) if not weak}
    if header.strip() != "*" and tag not in strong:
        raise ApiError(412, "the station has changed since that version; read it again")


def _digest(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()[:16]
