"""Links into map apps: the datum and axis order each vendor documents, and names with any character."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maps.navigation import nav_links

# WGS-84 and its GCJ-02 as two independent packages give it, to 1e-6 degrees.
LON, LAT = 109.067, 34.273
GCJ_LON, GCJ_LAT = "109.072117", "34.271733"


def parsed(name: str = "站", mode: str = "walk") -> dict[str, dict[str, str]]:
    return {
        link.app: {key: values[0] for key, values in parse_qs(urlsplit(link.href).query).items()}
        for link in nav_links(name, LON, LAT, mode)  # type: ignore[arg-type]
    }


def test_each_app_gets_its_datum_and_axis_order() -> None:
    links = parsed()
    assert links["amap"]["to"] == f"{GCJ_LON},{GCJ_LAT},站"
    assert links["baidu"]["destination"] == f"latlng:{GCJ_LAT},{GCJ_LON}|name:站"
    assert links["baidu"]["coord_type"] == "gcj02"
    assert links["tencent"]["tocoord"] == f"{GCJ_LAT},{GCJ_LON}"
    assert links["tencent"]["coord_type"] == "2"
    assert links["apple"]["daddr"] == f"{GCJ_LAT},{GCJ_LON}"


def test_each_app_gets_what_it_requires() -> None:
    links = parsed()
    assert (links["amap"]["src"], links["amap"]["callnative"]) == ("care-stations", "1")
    assert links["baidu"]["output"] == "html"
    assert links["baidu"]["src"].startswith("webapp.")
    assert links["baidu"]["origin"] and links["baidu"]["region"] == "西安"
    assert links["tencent"]["referer"] == "care-stations"


@pytest.mark.parametrize(
    ("mode", "words"),
    [("walk", ("walk", "walking", "walk")), ("ebike", ("ride", "riding", "bike"))],
)
def test_the_way_of_going_is_said_in_each_app_s_word(mode: str, words: tuple[str, str, str]) -> None:
    links = parsed(mode=mode)
    assert (links["amap"]["mode"], links["baidu"]["mode"], links["tencent"]["type"]) == words


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=40))
@settings(max_examples=200)
def test_a_name_of_any_characters_survives(name: str) -> None:
    links = parsed(name)
    assert links["amap"]["to"].split(",", 2)[2] == name
    assert links["baidu"]["destination"].split("|name:", 1)[1] == name
    assert links["tencent"]["to"] == name


def test_no_character_of_a_name_leaves_its_parameter() -> None:
    for link in nav_links("a&mode=car#|,\"'<>😀 ../", LON, LAT):
        assert "mode=car" not in link.href
        assert not set("\"'<> ") & set(link.href)
        assert urlsplit(link.href).fragment == ""
