"""List = map = API for every combination of six amenity groups and three open states, on a real server.

The page is driven by its own buttons and read from what it shows; the API is asked with the very text the
page wrote into its address. The API offers only stations in service with a location, in order of distance:
the first part of the list (``#nearest``). A station out of service stands in the second part (``#unranked``)
while nothing is filtered, and nowhere once something is; the map shows both parts.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from itertools import combinations
from typing import NamedTuple
from urllib.parse import parse_qsl

import httpx
import pytest
from playwright.sync_api import Page

from browsing import PageOpener
from finder_site import HALF_POINTS, ZONE, at, register
from geo.finder import MAX_K
from geo.vocabulary import SERVING_STATUSES
from serving import LiveServer

SIX_GROUPS = ("water", "hot_meal", "rest", "toilet", "charging", "climate")
BUTTON_OF = {"any": None, "now": "open", "on_arrival": "arrival"}
WEDNESDAY = 2

# Each step presses one button (Gray code: the 64th press brings the first state back), then reads the page.
WALK = """([groups, flag]) => {
    const press = selector => document.querySelector(selector).click();
    const cards = box => Array.from(document.querySelectorAll(box + ' .card')).filter(c => c.offsetParent);
    const ids = box => cards(box).map(c => c.id.slice(2));
    const labels = {};
    const read = () => {
        document.querySelectorAll('.card').forEach(card => {
            const state = card.querySelector('.state span:last-child').textContent;
            labels[card.querySelector('h3').textContent + '，' + state] = card.id.slice(2);
        });
        return {
            address: location.search,
            listed: ids('#nearest'),
            beside: ids('#unranked'),
            marked: Array.from(document.querySelectorAll('.mk'), m => labels[m.getAttribute('aria-label')]),
        };
    };
    if (flag) { press('[data-flag=' + flag + ']'); }
    const seen = [];
    for (let step = 1; step <= 1 << groups.length; step++) {
        seen.push(read());
        const bit = Math.min(Math.log2(step & -step), groups.length - 1);
        press('[data-need=' + groups[bit] + ']');
    }
    if (flag) { press('[data-flag=' + flag + ']'); }
    return seen;
}"""


class Shown(NamedTuple):
    """What the page showed for one combination; the map's ids sorted."""

    listed: list[str]
    beside: list[str]
    marked: list[str]


def on_the_page(page: Page, opened: str) -> dict[str, Shown]:
    """What the page shows for each of the 64 combinations, by the amenities in its address."""
    flag = BUTTON_OF[opened]
    shown: dict[str, Shown] = {}
    for one in page.evaluate(WALK, [SIX_GROUPS, flag]):
        query = dict(parse_qsl(one["address"].removeprefix("?")))
        amenities = query.pop("amenities", "")
        assert query == {"view": "map", **({flag: "1"} if flag else {})}
        shown[amenities] = Shown(one["listed"], one["beside"], sorted(one["marked"]))
    return shown


@pytest.mark.parametrize(
    ("asked_at", "arriving_gains"),
    [(time(13, 50), True), (time(17, 10), False)],
    ids=["before the doors open again", "before the doors close"],
)
def test_list_map_and_api_agree_on_every_combination(
    live_server: LiveServer, open_page: PageOpener, asked_at: time, arriving_gains: bool
) -> None:
    today = datetime.now(ZONE).date()
    wednesday = today + timedelta(days=(WEDNESDAY - today.weekday()) % 7 or 7)
    instant = datetime.combine(wednesday, asked_at, ZONE)
    lon, lat = HALF_POINTS[0]
    page = open_page()
    at(page, instant)
    page.goto(f"{live_server.url}/#near={lon},{lat}")
    page.wait_for_selector("html.located")
    page.click("#more")
    page.click("#bar-map")
    page.wait_for_selector(".mk")

    out_of_service = {one.id for one in register() if one.status not in SERVING_STATUSES}
    assert out_of_service
    subsets = {frozenset(chosen) for size in range(7) for chosen in combinations(SIX_GROUPS, size)}
    answers: dict[tuple[str, frozenset[str]], list[str]] = {}
    with httpx.Client(base_url=live_server.url, trust_env=False) as api:
        for opened in BUTTON_OF:
            for amenities, shown in on_the_page(page, opened).items():
                asked = {"lon": lon, "lat": lat, "k": MAX_K, "amenities": amenities, "open": opened}
                answer = api.get("/api/nearest", params={**asked, "at": instant.isoformat()})
                assert answer.status_code == httpx.codes.OK, answer.text
                ids = [feature["properties"]["id"] for feature in answer.json()["features"]]
                unfiltered = opened == "any" and not amenities
                assert shown.listed == ids, (opened, amenities)
                assert set(shown.beside) == (out_of_service if unfiltered else set()), (opened, amenities)
                assert shown.marked == sorted(shown.listed + shown.beside), (opened, amenities)
                answers[opened, frozenset(filter(None, amenities.split(",")))] = ids

    assert set(answers) == {(opened, needs) for opened in BUTTON_OF for needs in subsets}
    # The comparison says something: the open states differ, and the amenities do.
    anything, now, arriving = (set(answers[opened, frozenset()]) for opened in BUTTON_OF)
    assert anything > now
    assert (arriving - now if arriving_gains else now - arriving) != set()
    assert len({tuple(ids) for ids in answers.values()}) > len(BUTTON_OF) * len(SIX_GROUPS)
