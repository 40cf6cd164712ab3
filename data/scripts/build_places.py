"""Rebuild ``data/places.geojson``: named public places for manual choice and for the demand model.

The chosen places stand in ``inputs/places.csv``; this adds an id, the pinyin and its initials for searching
from a Latin keyboard, and the (approximate) street the place lies in.

Run from the repository root: ``python -m data.scripts.build_places [--out FILE]``.
"""

from __future__ import annotations

import re
from typing import Any

from pypinyin import lazy_pinyin, load_phrases_dict

from data.scripts.build_areas import HERE, read_table, write_asked
from geo.areas import shipped_areas

TARGET = HERE.parent / "places.geojson"
CREDITS = {
    "OpenStreetMap contributors, ODbL": "© OpenStreetMap contributors, ODbL 1.0",
    "GeoNames, CC BY 4.0": "GeoNames, CC BY 4.0",
}
LOCAL_READINGS = {
    "长乐坡": [["cháng"], ["lè"], ["pō"]],
    "长乐路": [["cháng"], ["lè"], ["lù"]],
    "长安乐": [["cháng"], ["ān"], ["lè"]],
    "唐都": [["táng"], ["dū"]],
}


def plain_name(name: str) -> str:
    """Return a place's name as people say it, without the marks of the source table.

    >>> plain_name("灞桥（铁路站）"), plain_name("中国银行（OSM，浐灞）"), plain_name("新合街道驻地（Xinhe）")
    ('灞桥铁路站', '中国银行（浐灞）', '新合街道驻地')
    """
    name = re.sub("（OSM）|（[A-Za-z]+）", "", name.replace("（OSM，", "（"))
    return re.sub("（(地铁站|铁路站|公交站)）", r"\1", name)


def latin(name: str) -> tuple[str, str]:
    """Return the pinyin of ``name`` without tones, and its initials, letters and digits only."""
    syllables = [
        "".join(char for char in part.lower() if char.isascii() and char.isalnum())
        for part in lazy_pinyin(name)
    ]
    syllables = [part for part in syllables if part]
    return "".join(syllables), "".join(part[0] for part in syllables)


def build() -> dict[str, Any]:
    """Return the whole FeatureCollection, places in the order of the input table."""
    load_phrases_dict(LOCAL_READINGS)
    rows = read_table("places.csv")
    streets = shipped_areas().street_of(
        [float(row["lon"]) for row in rows], [float(row["lat"]) for row in rows]
    )
    features = []
    for number, (row, street_code) in enumerate(zip(rows, streets, strict=True), start=1):
        name = plain_name(row["name"])
        pinyin, initials = latin(name)
        place_id = f"P{number:03d}"
        features.append(
            {
                "type": "Feature",
                "id": place_id,
                "geometry": {
                    "type": "Point",
                    "coordinates": [round(float(row["lon"]), 6), round(float(row["lat"]), 6)],
                },
                "properties": {
                    "id": place_id,
                    "name": name,
                    "kind": row["kind"],
                    "precision": row["precision"],
                    "credit": CREDITS[row["credit"]],
                    "pinyin": pinyin,
                    "initials": initials,
                    "street_code": street_code,
                },
            }
        )
    return {
        "type": "FeatureCollection",
        "name": "places",
        "licence": "ODbL 1.0 (places credited to GeoNames: CC BY 4.0)",
        "attribution": "© OpenStreetMap contributors; GeoNames CC BY 4.0",
        "notice": "Names and points as published; street_code follows the approximate street areas.",
        "generated_by": "data/scripts/build_places.py",
        "features": features,
    }


if __name__ == "__main__":
    write_asked(build, TARGET, __doc__)
