"""Who is credited under every map, and the map review number where one is set."""

from __future__ import annotations

from maps.map_texts import map_say
from maps.texts import Lang


def credit_lines(lang: Lang, review_number: str | None, basemap: str = "none") -> tuple[str, ...]:
    """Return the credits in order; screen, print and every file show all of them."""
    keys = ["datum", "credit_district", "credit_streets", "credit_places", "credit_names"]
    if basemap != "none":
        keys.append(f"credit_{basemap}")
    lines = [map_say(lang, key) for key in (*keys, "credit_leaflet")]
    if review_number:
        lines.append(map_say(lang, "review", number=review_number))
    return tuple(lines)
