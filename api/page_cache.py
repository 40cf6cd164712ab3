"""Rendered pages kept for as long as they stay true: the same register, minute and language."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

_KEPT = 300


class PageCache:
    """The pages asked for last, by what shaped them."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Hashable, bytes] = OrderedDict()

    def get(self, key: Hashable, render: Callable[[], str]) -> bytes:
        """Return the page under ``key``, rendered when it is not there yet."""
        page = self._pages.pop(key, None)
        if page is None:
            page = render().encode()
        self._pages[key] = page
        while len(self._pages) > _KEPT:
            self._pages.popitem(last=False)
        return page
