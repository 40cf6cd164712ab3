"""The finder and station pages as the server renders them, without any script."""

from __future__ import annotations

import gzip
import json
import random
import re
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from api.register import shipped_register
from geo.bilingual import Lang
from geo.data_files import data_path
from geo.opening_hours import OpeningHours
from geo.stations import Amenity, LonLat, Provenance, Station
from maps.about_page import render_about
from maps.assets import static_file
from maps.finder_page import finder_data, places_data, render_finder
from maps.offline import OFFLINE_ASSETS, render_service_worker
from maps.open_words import state_words, station_state, utc_minute
from maps.page import ASSETS_DIR, PageView, as_json_block, render_error
from maps.station_facts import toilet_words
from maps.station_page import render_poster, render_station
from maps.texts import SCRIPT_KEYS, TEXTS

ZONE = ZoneInfo("Asia/Shanghai")
VIEW = PageView(public_url="https://stations.example")
SURVEYED = Provenance()
SAMPLE = Provenance(name="illustrative", location="illustrative", facts="illustrative")
# Monday; no holiday within the 28 days that follow.
NOON = datetime(2026, 11, 23, 12, 5, tzinfo=ZONE)
HOSTILE = "</script><img src=x onerror=window.hacked=1>`${window.hacked=1}`\"'"


class Elements(HTMLParser):
    """Counts elements and keeps the links, the visible text and the data blocks of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.blocks: dict[str, str] = {}
        self._open: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        assert not any(name.startswith("on") or name == "style" for name in values)
        if tag == "a" and values.get("href"):
            self.links.append(str(values["href"]))
        self._open = values.get("type") if tag == "script" else None
        assert tag != "script" or self._open or values.get("src"), "inline script"

    def handle_data(self, data: str) -> None:
        if self._open:
            self.blocks[self._open] = self.blocks.get(self._open, "") + data
        else:
            self.text += data


def station(**changes: object) -> Station:
    facts: dict[str, object] = {
        "id": "T-1",
        "name": "测试站",
        "street": "纺织城街道",
        "street_code": "610111001",
        "address": "纺一路 1 号",
        "hours": "Mo-Su 08:00-20:00",
        "location": LonLat(109.067, 34.273),
        "provenance": SURVEYED,
        "phone": "029-8352 1234",
        "entry_method": ("walk_in",),
        "amenities": {"water_hot": Amenity(value="yes"), "toilet": Amenity(value="nearby", distance_m=120)},
    }
    return Station.model_validate({**facts, **changes})


def words_at(hours: str | None, at: datetime, **changes: object) -> str:
    state = station_state(station(hours=hours, **changes), at, ZONE)
    return state_words(state, utc_minute(at), 480, "zh")


@pytest.mark.parametrize(
    ("hours", "at", "words"),
    [
        ("Mo-Su 08:00-20:00", "2026-11-23T12:05", "开门中，到 20:00"),
        ("Mo-Su 08:00-20:00", "2026-11-23T19:30", "还有 30 分钟关门"),
        ("Mo-Su 08:00-20:00", "2026-11-23T19:29", "开门中，到 20:00"),
        ("Mo-Su 08:00-20:00", "2026-11-23T19:59", "还有 1 分钟关门"),
        ("Mo-Su 08:00-20:00", "2026-11-23T20:00", "明天 08:00 开门"),
        ("Mo-Su 08:00-20:00", "2026-11-24T00:01", "08:00 开门"),
        ("Mo-Fr 08:30-12:00,14:30-18:00", "2026-11-23T12:05", "午休，14:30 开门"),
        ("Mo-Fr 08:30-12:00,14:30-18:00", "2026-11-27T18:00", "周一 08:30 开门"),
        ("Mo-Su 14:00-02:00", "2026-11-23T23:59", "开门中，到明天 02:00"),
        ("Mo-Su 14:00-02:00", "2026-11-24T00:01", "开门中，到 02:00"),
        ("Mo-Su 08:00-24:00", "2026-11-23T12:00", "开门中，到 24:00"),
        ("24/7", "2026-11-23T03:00", "24 小时开门"),
        ("off", "2026-11-23T12:00", "已关门，下次未核实"),
        (None, "2026-11-23T12:00", "时间未核实"),
        # National Day 2026 is a holiday from the first to the seventh of October.
        ("Mo-Su 08:00-20:00; PH off", "2026-10-01T12:00", "10月8日 08:00 开门"),
        # A Saturday worked in exchange: weekday rules are not certain on it.
        ("Mo-Fr 08:00-20:00; PH off", "2026-10-10T12:00", "时间未核实"),
    ],
)
def test_state_in_words(hours: str | None, at: str, words: str) -> None:
    assert words_at(hours, datetime.fromisoformat(at).replace(tzinfo=ZONE)) == words


def test_a_station_out_of_service_never_shows_as_open() -> None:
    closed = {"status": "temporarily_closed", "status_until": date(2026, 11, 23)}
    assert words_at("24/7", NOON, **closed) == "临时停用，到 11月23日"
    assert words_at("24/7", NOON + timedelta(hours=12), **closed) == "停用期已过，待核实"
    assert words_at("24/7", NOON, status="temporarily_closed") == "临时停用，何时恢复未定"
    assert words_at("24/7", NOON, status="rectifying") == "整改中"
    assert words_at("24/7", NOON, status="planned") == "在建，还没开"


def test_every_station_of_the_register_is_listed_by_street_with_its_facts() -> None:
    stations = shipped_register()
    page = Elements(render_finder(stations, NOON, VIEW))
    for one in stations:
        assert one.name in page.text
        assert f"/stations/{one.id}" in page.links
        assert one.street is not None and one.street in page.text
        assert state_words(station_state(one, NOON, ZONE), utc_minute(NOON), 480, "zh") in page.text
        assert toilet_words(one, "zh") in page.text
    opened = sum(station_state(one, NOON, ZONE).code in ("open", "soon") for one in stations)
    assert f"{len(stations)} 个站，{opened} 个开着，按街道排" in page.text
    assert "tel:12351" in page.links
    assert "OpenStreetMap" in page.text and "ODbL" in page.text and "GeoNames" in page.text


@pytest.mark.parametrize(
    ("toilet", "words"),
    [
        ({"toilet": Amenity(value="yes")}, "厕所在站内，开门时都能用"),
        ({"toilet": Amenity(value="yes"), "toilet_open": Amenity(value="yes")}, "厕所在站内，24 小时能用"),
        ({"toilet": Amenity(value="nearby", distance_m=120)}, "站内没有，120 米外有公厕"),
        ({"toilet": Amenity(value="nearby")}, "站内没有，附近有公厕，多远不清楚"),
        ({"toilet": Amenity(value="no")}, "没有厕所"),
        ({"toilet": Amenity(value="broken")}, "厕所停用了"),
        ({}, "厕所不清楚"),
    ],
)
def test_toilet_truth(toilet: dict[str, Amenity], words: str) -> None:
    assert toilet_words(station(amenities=toilet), "zh") == words


def test_a_real_place_has_its_links_and_phone() -> None:
    hosts = ("uri.amap.com", "api.map.baidu.com", "apis.map.qq.com", "maps.apple.com")
    finder = Elements(render_finder([station()], NOON, VIEW))
    assert any(hosts[0] in link for link in finder.links)
    assert "/stations/T-1#nav" in finder.links and "其他地图" in finder.text
    own = Elements(render_station(station(), NOON, VIEW))
    assert all(any(host in link for link in own.links) for host in hosts)
    for page in (finder, own):
        assert "tel:02983521234" in page.links and "复制地址" in page.text
        assert "请勿前往" not in page.text and "示例数据" not in page.text


def test_a_sample_place_stands_behind_the_warning() -> None:
    for html in (
        render_finder(shipped_register(), NOON, VIEW),
        render_station(station(provenance=SAMPLE), NOON, VIEW),
        render_poster(station(provenance=SAMPLE), NOON, VIEW),
    ):
        page = Elements(html)
        assert "示例站点，请勿前往" in page.text
        assert "application/ld+json" not in page.blocks
    finder = Elements(render_finder(shipped_register(), NOON, VIEW))
    assert not any(link.startswith("https://") for link in finder.links)
    assert "示例数据：不是真实站点，请勿前往" in finder.text
    station_html = render_station(station(provenance=SAMPLE), NOON, VIEW)
    warned = station_html.index("示例站点，请勿前往", station_html.index('id="nav"'))
    assert warned < station_html.index("<details", warned) < station_html.index("uri.amap.com")


def test_known_names_at_sample_places_say_so() -> None:
    text = Elements(render_finder(shipped_register(), NOON, VIEW)).text
    for name in ("纺织公园爱心驿站", "区市民中心爱心驿站", "区职工服务中心爱心驿站"):
        assert f"{name}（位置示例）" in text


def test_station_page_describes_a_real_station_to_machines() -> None:
    page = Elements(render_station(station(), NOON, VIEW))
    machine = json.loads(page.blocks["application/ld+json"])
    assert machine["geo"] == {"@type": "GeoCoordinates", "longitude": 109.067, "latitude": 34.273}
    assert machine["url"] == "https://stations.example/stations/T-1"
    first = machine["openingHoursSpecification"][0]
    assert (first["validFrom"], first["opens"], first["closes"]) == ("2026-11-23", "08:00", "20:00")
    assert "svg" in page.tags and "纺一路 1 号" in page.text


def test_one_tap_on_everything_is_one_line_of_the_history() -> None:
    codes = ("water_hot", "microwave", "seat", "charge_phone", "cooling", "heating", "wifi")
    today, before = date(2026, 11, 23), date(2026, 11, 2)
    all_at_once = {code: Amenity(value="yes", checked_on=today) for code in codes}
    page = render_station(station(hours="24/7", hours_confirmed_on=today, amenities=all_at_once), NOON, VIEW)
    assert "<td>全部资料，8 样</td>" in page
    older = {**all_at_once, "toilet": Amenity(value="no", checked_on=before)}
    page = render_station(station(hours="24/7", hours_confirmed_on=today, amenities=older), NOON, VIEW)
    assert "等 8 样</td>" in page and "11月2日</th><td>厕所</td>" in page


def test_earlier_confirmations_stay_in_the_history() -> None:
    now = station(hours="24/7", hours_confirmed_on=date(2026, 11, 20), location_checked_on=date(2026, 11, 2))
    past = [
        station(hours="24/7", hours_confirmed_on=date(2026, 9, 1)),
        station(hours="24/7", hours_confirmed_on=date(2028, 9, 1)),  # a mistake of the pen, corrected since
        station(amenities={"seat": Amenity(value="yes", checked_on=date(2026, 9, 1))}),
    ]
    page = render_station(now, NOON, VIEW, "zh", past)
    days = re.findall(r'<tr><th scope="row">(\d+月\d+日)</th><td>([^<]*)</td></tr>', page)
    assert days[-3:] == [("11月20日", "开门时间"), ("11月2日", "位置"), ("9月1日", "开门时间、座位")]


def test_hours_table_applies_holidays() -> None:
    before_holiday = datetime(2026, 9, 29, 9, 0, tzinfo=ZONE)
    text = Elements(render_station(station(hours="Mo-Su 08:00-20:00; PH off"), before_holiday, VIEW)).text
    assert re.search(r"周三 9月30日\s*08:00–20:00", text)
    assert re.search(r"周四 10月1日\s*不开门", text)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_hostile_name_stays_text(lang: str) -> None:
    hostile = station(name=HOSTILE, address=HOSTILE, welcome_note=HOSTILE, door_note=HOSTILE)
    plain = station()
    for render in (render_finder, render_station, render_poster):
        first = [hostile] if render is render_finder else hostile
        second = [plain] if render is render_finder else plain
        page = Elements(render(first, NOON, VIEW, lang))  # type: ignore[operator]
        expected = Elements(render(second, NOON, VIEW, lang))  # type: ignore[operator]
        assert "img" not in page.tags
        assert page.tags.count("script") == expected.tags.count("script")
        assert HOSTILE in page.text
        for block in page.blocks.values():
            json.loads(block)


def test_json_blocks_round_trip_whatever_they_hold() -> None:
    value = {"a": "</script><!--&\u2028\u2029", "b": [1.5, None, True]}
    block = str(as_json_block(value))
    assert json.loads(block) == value
    assert not set("<>&\u2028\u2029") & set(block)


def test_the_phone_s_intervals_are_the_opening_hours_minute_for_minute() -> None:
    stations = shipped_register()
    data = finder_data(stations, NOON, VIEW)
    by_id = {one.id: one for one in stations}
    start = datetime.fromtimestamp(data["t0"] * 60, tz=ZONE)
    for row in data["stations"]:
        runs = re.findall(r"([ocu])(\d+)", data["hours"][row[3]])
        letters = "".join(state * int(length) for state, length in runs)
        assert len(letters) == 29 * 24 * 60
        assert start <= NOON and start + timedelta(minutes=len(letters)) >= NOON + timedelta(days=27)
        hours = OpeningHours.parse(by_id[row[0]].hours)
        for minute in range(0, len(letters), 211):
            expected = {True: "o", False: "c", None: "u"}[hours.is_open(start + timedelta(minutes=minute))]
            assert letters[minute] == expected


def surveyed_register() -> list[Station]:
    """As many stations as the shipped register, all real places with their own words."""
    chance = random.Random(5)
    signs = [chr(code) for code in range(0x4E00, 0x4E00 + 800)]
    found = []
    for one in shipped_register():
        opens, closes = chance.randrange(5, 10), chance.randrange(16, 24)
        changed = {
            "provenance": SURVEYED,
            "name": "".join(chance.sample(signs, 8)) + "爱心驿站",
            "address": "".join(chance.sample(signs, 5)) + f"路{chance.randrange(1, 999)}号",
            "phone": f"029-8{chance.randrange(10**6, 10**7)}",
            "hours": f"Mo-Fr {opens:02d}:30-12:00,14:00-{closes}:00; Sa 10:{chance.randrange(10, 60)}-16:00",
        }
        found.append(one.model_copy(update=changed))
    return found


@pytest.mark.parametrize("stations", [shipped_register(), surveyed_register()], ids=["shipped", "surveyed"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_first_view_fits_the_budget(stations: list[Station], lang: Lang) -> None:
    html = render_finder(stations, NOON, VIEW, lang)
    head = re.sub("<noscript>.*?</noscript>", "", html.split("</head>")[0])
    parts = re.findall(r'(?:href|src)="/static/([^"?]+)\?v=\w+"', head)
    parts.remove("manifest.webmanifest")
    assert len(parts) + 1 <= 5
    sent = [html.encode(), *(static_file(name).content for name in parts)]
    headers = 600 + 350 * len(parts)  # the page's own policy makes its headers longer
    assert sum(len(gzip.compress(body, 9)) for body in sent) + headers <= 30_000


def test_the_service_worker_names_assets_that_exist() -> None:
    script = render_service_worker(VIEW)
    for name in OFFLINE_ASSETS:
        assert f"/static/{name}?v=" in script
        assert (ASSETS_DIR / name).is_file()


def test_both_languages_have_the_same_fields_and_the_scripts_find_their_words() -> None:
    for key, (zh, en) in TEXTS.items():
        assert set(re.findall(r"\{(\w+)\}", zh)) == set(re.findall(r"\{(\w+)\}", en)), key
    computed = ("count_match_", "count_")
    for script in ("finder.js", "worker.js"):
        text = (ASSETS_DIR / script).read_text(encoding="utf-8")
        for key in re.findall(r"(?:say\('|words\.)(\w+)", text):
            assert key in SCRIPT_KEYS or key in computed or key in ("split",), f"{script}: {key}"


@pytest.mark.parametrize("script", ["report.js", "search.js", "links.js", "finder_nothing.js"])
def test_what_is_loaded_later_brings_its_words_in_both_languages(script: str) -> None:
    text = (ASSETS_DIR / script).read_text(encoding="utf-8")
    table = text[: text.index("\n};")]
    zh, en = (re.findall(r"^    (\w+):", part, re.MULTILINE) for part in table.split("  en: {"))
    used = re.findall(r"(?:(?<![.\w])say\('|(?<![.\w])words\.)(\w+)", text)
    assert zh == en and used and set(used) <= set(zh)


def test_place_search_knows_pinyin_initials() -> None:
    places = json.loads(data_path("places.geojson").read_text(encoding="utf-8"))
    data = places_data(places, [station(name="席王社区爱心驿站", aliases=("小站",))])
    assert ["T-1", "xwsqaxyz xz"] in data["stations"]
    assert len(data["places"]) == len(places["features"])
    assert all(109.0 > 100 and -90 < row[3] < 90 < row[2] for row in data["places"])


def test_error_pages_give_a_way_on() -> None:
    page = Elements(render_error(404, station=True))
    assert "没有这个站，可能已撤销" in page.text and "/" in page.links
    assert "No such page" in Elements(render_error(404, "en")).text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_about_page_says_what_stays_on_the_phone(lang: Lang) -> None:
    text = Elements(render_about(shipped_register(), VIEW, lang)).text
    for words in ("OpenStreetMap", "GeoNames", "1.35", "12351"):
        assert words in text
    assert ("不上传" if lang == "zh" else "it is not sent") in text


def test_stations_without_place_street_or_facts_are_listed_too() -> None:
    bare = Station(id="X-1", name="空站")
    text = Elements(render_finder([bare], NOON, VIEW)).text
    for words in (
        "空站",
        "街道不详",
        "地址不详",
        "时间未核实",
        "设施还没核实",
        "怎么进不清楚",
        "还没人确认过",
    ):
        assert words in text
    assert "空站" in Elements(render_station(bare, NOON, VIEW)).text
    assert "0 个站" in Elements(render_finder([], NOON, VIEW)).text
