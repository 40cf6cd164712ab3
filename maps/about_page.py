"""The page that says what the finder computes, where its facts come from and what stays on the phone."""

from __future__ import annotations

from collections.abc import Sequence

from geo.bilingual import Lang
from geo.stations import Station
from maps.finder_page import any_illustrative
from maps.page import PageView, render
from maps.texts import say


def render_about(stations: Sequence[Station], view: PageView, lang: Lang = "zh") -> str:
    """Return the page ``/about``: method, position, accessibility, sources and the register's version."""
    context = {
        "title": say(lang, "about_title"),
        "sample": any_illustrative(stations),
        "count": len(stations),
        "stamp": view.stamp or "-",
    }
    return render("about.html", view, lang, context)
