"""``/map`` shows what the finder's list shows for the same address."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import combinations
from urllib.parse import parse_qsl

import pytest

from browsing import PageOpener
from finder_site import HOSTILE, NOON, ZONE, at, register, shown
from geo.opening_hours import OpeningHours
from geo.stations import Station
from maps.finder_filters import Filters
from maps.page import PageView
from maps.worker_map import render_worker_map
from serving import LiveServer

CODES = {
    "water": ("water_hot", "water_cool"),
    "hot_meal": ("microwave",),
    "rest": ("seat", "nap"),
    "toilet": ("toilet",),
    "charging": ("charge_phone", "power_bank"),
    "climate": ("cooling", "heating"),
}
SERVING = ("operating", "trial")


def has(station: Station, group: str) -> bool:
    entries = [entry for code in CODES[group] if (entry := station.amenities.get(code)) is not None]
    return any(
        entry.value in ("yes", "limited")
        or (group == "toilet" and entry.value == "nearby" and (entry.distance_m or 999) <= 300)
        for entry in entries
    )


def is_open(station: Station, instant: datetime) -> bool:
    return OpeningHours.parse(station.hours, timezone=ZONE).is_open(instant) is True


def on_page(query: str, now: datetime = NOON) -> set[str]:
    filters = Filters.of_query(dict(parse_qsl(query)))
    html = render_worker_map(register(), now, PageView(), filters=filters).html
    listed = html[html.index('id="table"') : html.index('class="bar"')]
    return set(re.findall(r'href="/stations/([^"?]+)', listed))


@pytest.mark.parametrize("opened", [False, True])
def test_the_map_page_keeps_every_combination_of_needs(opened: bool) -> None:
    stations = register()
    for size in range(7):
        for needs in combinations(CODES, size):
            query = "amenities=" + ",".join(needs) + ("&open=1" if opened else "")
            filters, view = Filters.of_query(dict(parse_qsl(query))), PageView()
            expected = {
                one.id
                for one in stations
                if (not needs and not opened)
                or (
                    one.status in SERVING
                    and all(has(one, group) for group in needs)
                    and (not opened or is_open(one, NOON))
                )
            }
            assert {one.id for one in stations if filters.match(one, NOON, view)} == expected, query
    assert on_page("") == {one.id for one in stations}


def test_time_night_and_unknown_hours_follow_the_list() -> None:
    serving = [one for one in register() if one.status in SERVING]
    late = NOON.replace(hour=22, minute=30)
    assert on_page("open=1&time=22:30") == {one.id for one in serving if is_open(one, late)}
    passed = NOON.replace(hour=8, minute=0) + timedelta(days=1)
    assert on_page("open=1&time=08:00") == {one.id for one in serving if is_open(one, passed)}
    night = NOON.replace(hour=2, minute=0) + timedelta(days=1)
    assert on_page("night=1") == {one.id for one in serving if is_open(one, night)}
    without = {one.id for one in serving if one.hours is None}
    assert without and on_page("open=1&unknown=1") == on_page("open=1") | without


def test_what_is_asked_is_said_and_the_way_back_keeps_it() -> None:
    filters = Filters.of_query({"amenities": f"water,{HOSTILE}", "open": "1", "time": HOSTILE})
    html = render_worker_map(register()[:3], NOON, PageView(), filters=filters).html
    assert "只看：喝水＋现在开门" in html and 'href="/?amenities=water&amp;open=1"' in html
    assert HOSTILE not in html and "onerror" not in html


def test_list_and_map_page_agree_in_a_browser(live_server: LiveServer, open_page: PageOpener) -> None:
    page = open_page(360, 740, service_workers="block")
    at(page, datetime.now(ZONE))
    for query in (
        "",
        "?amenities=water,toilet",
        "?open=1",
        "?amenities=hot_meal&open=1&time=12:30",
        "?allday=1",
    ):
        page.goto(f"{live_server.url}/{query}")
        listed = set(shown(page))
        page.goto(f"{live_server.url}/map{query}")
        page.wait_for_selector(".mk")
        page.evaluate("document.getElementById('table').open = true")
        links = page.eval_on_selector_all("#table li a", "all => all.map(a => a.pathname.split('/')[2])")
        assert set(links) == listed, query
        assert page.locator(".mk").count() == len(links)
