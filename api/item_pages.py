"""Pages of features and single features as bytes, put together from what is already encoded."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

import numpy as np
import orjson
from numpy.typing import NDArray

from api.answers import GEOJSON, JSON, link
from api.conditional import strong_tag
from api.feature_table import FeatureTable, with_members
from api.items_query import ItemsQuery


def items_page(
    table: FeatureTable,
    query: ItemsQuery,
    here: str,
    parameters: Mapping[str, str],
    *,
    stamp: str,
    notes: Mapping[str, object],
) -> bytes:
    """Return the FeatureCollection ``query`` asks for.

    ``here`` is the address of the items, ``parameters`` those of the request (kept in the links to the pages
    before and after), ``stamp`` the time of the answer, ``notes`` what the
    collection says of itself.
    """
    rows = matching(table, query)
    chosen = rows[query.offset : query.offset + query.limit].tolist()
    links = [link(_address(here, parameters), "self", GEOJSON)]
    after = query.offset + query.limit
    if after < len(rows):
        links.append(link(_address(here, {**parameters, "offset": str(after)}), "next", GEOJSON))
    if query.offset:
        before = str(max(0, query.offset - query.limit))
        links.append(link(_address(here, {**parameters, "offset": before}), "prev", GEOJSON))
    links.append(link(here.removesuffix("/items"), "collection", JSON))
    head = {
        "type": "FeatureCollection",
        "numberMatched": len(rows),
        "numberReturned": len(chosen),
        "timeStamp": stamp,
        **notes,
        "links": links,
    }
    return feature_collection(head, [table.encoded(row) for row in chosen])


def matching(table: FeatureTable, query: ItemsQuery) -> NDArray[np.intp]:
    """Return the rows in the box that have the properties asked for, on all pages."""
    rows = np.arange(len(table)) if query.box is None else np.flatnonzero(table.in_box(query.box))
    return table.with_values(rows, query.filters)


def feature_collection(head: Mapping[str, object], features: list[bytes]) -> bytes:
    """Return a FeatureCollection of encoded features with the members of ``head`` before them.

    >>> feature_collection({"type": "FeatureCollection"}, [b"{}", b"{}"])
    b'{"type":"FeatureCollection","features":[{},{}]}'
    """
    return orjson.dumps(head)[:-1] + b',"features":[' + b",".join(features) + b"]}"


def one_item(table: FeatureTable, row: int, items_here: str, notes: Mapping[str, object]) -> bytes:
    """Return a feature with ``notes`` and links; ``items_here`` is the address of its collection's items."""
    links = [
        link(item_address(items_here, table.ids[row]), "self", GEOJSON),
        link(items_here.removesuffix("/items"), "collection", JSON),
    ]
    return with_members(table.encoded(row), {**notes, "links": links})


def item_tag(table: FeatureTable, row: int) -> str:
    """Return the entity tag of a feature: its version and representation, without links."""
    version = table.value(row, "version")
    return strong_tag(version if isinstance(version, int) else 1, table.encoded(row))


def item_address(items_here: str, feature_id: str) -> str:
    """Return the address of a feature."""
    return f"{items_here}/{quote(feature_id, safe='')}"


def _address(here: str, parameters: Mapping[str, str]) -> str:
    return f"{here}?{urlencode(parameters)}" if parameters else here
