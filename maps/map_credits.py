"""Who is credited under every map, whether its lines are rough, and the map review number if one is set."""

from __future__ import annotations

from geo.areas import Areas
from geo.bilingual import Lang
from maps.map_texts import map_say

_ROUGH = ("approximate", "schematic")


def credit_lines(
    lang: Lang,
    review_number: str | None,
    basemap: str = "none",
    areas: Areas | None = None,
    leaflet: bool = True,
) -> tuple[str, ...]:
    """Return the credits in order; screen, print and every file show all of them.

    ``areas`` are the ones drawn, the shipped ones where none are given; ``leaflet``: it draws them.
    """
    lines = [map_say(lang, "datum"), *_area_lines(lang, areas), *_said(lang, "credit_places", "credit_names")]
    if basemap != "none":
        lines.append(map_say(lang, f"credit_{basemap}"))
    if leaflet:
        lines.append(map_say(lang, "credit_leaflet"))
    if review_number:
        lines.append(map_say(lang, "review", number=review_number))
    return tuple(lines)


def rough(areas: Areas | None) -> dict[str, str]:
    """Return the ending of the words for district and streets: "" where they are rough, ``_own`` else.

    >>> rough(None)
    {'district': '', 'streets': ''}
    """
    if areas is None:
        return {"district": "", "streets": ""}
    bases = {"district": [areas.district.areas_basis], "streets": [one.areas_basis for one in areas.streets]}
    return {
        name: "" if any(basis.startswith(_ROUGH) for basis in told) else "_own"
        for name, told in bases.items()
    }


def _area_lines(lang: Lang, areas: Areas | None) -> tuple[str, ...]:
    endings = rough(areas)
    if areas is None or not any(endings.values()):
        return _said(lang, "credit_district", "credit_streets")
    source = areas.district.source or map_say(lang, "imported")
    streets = () if endings["streets"] else _said(lang, "credit_streets")
    return (map_say(lang, "credit_own", source=source), *streets)


def _said(lang: Lang, *keys: str) -> tuple[str, ...]:
    return tuple(map_say(lang, key) for key in keys)
