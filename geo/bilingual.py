"""Words in Chinese and English by key: what a table of them looks like, and how it is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Lang = Literal["zh", "en"]
Texts = Mapping[str, tuple[str, str]]
"""Chinese and English by key; fields stand in braces."""


@dataclass(frozen=True)
class Sayer:
    """Says the words of one table.

    >>> say = Sayer({"minutes": ("{n} 分钟", "{n} min"), "map": ("地图", "Map")})
    >>> say("zh", "minutes", n=5), say("en", "map")
    ('5 分钟', 'Map')
    """

    texts: Texts

    def __call__(self, lang: Lang, key: str, /, **fields: object) -> str:
        """Return the words of ``key`` in ``lang`` with its fields filled; without fields, as they stand.

        Raises:
            KeyError: no such text, or a field is missing.
        """
        text = self.texts[key][lang == "en"]
        return text.format(**fields) if fields else text
