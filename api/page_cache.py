"""Rendered pages kept for as long as they stay true: the same register, minute and language."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from maps.folium_local import MapPage

_KEPT = 300


@dataclass(frozen=True)
class Page:
    """A page as bytes; ``policy`` is its Content-Security-Policy where it needs one of its own."""

    body: bytes
    policy: str | None = None


class PageCache:
    """The pages asked for last, by what shaped them."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Hashable, Page] = OrderedDict()

    def get(self, key: Hashable, render: Callable[[], str | bytes | MapPage]) -> Page:
        """Return the page under ``key``, rendered when it is not there yet."""
        page = self._pages.pop(key, None) or _page(render())
        self._pages[key] = page
        while len(self._pages) > _KEPT:
            self._pages.popitem(last=False)
        return page


def _page(rendered: str | bytes | MapPage) -> Page:
    if isinstance(rendered, MapPage):
        return Page(rendered.html.encode(), rendered.csp)
    return Page(rendered if isinstance(rendered, bytes) else rendered.encode())
