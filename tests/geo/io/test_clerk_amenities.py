"""Clerks' lists of amenities: every word of the catalogue, remarks, counts, and what is not understood."""

from __future__ import annotations

import pytest

from geo.amenities import catalogue
from geo.clerk_amenities import amenity_of_word, parse_clerk_amenities, parse_clerk_state


def values(text: str) -> dict[str, str]:
    return {code: entry["value"] for code, entry in parse_clerk_amenities(text).entries.items()}


def test_the_issues_own_list() -> None:
    found = parse_clerk_amenities("饮水机、微波炉、充电、空调(坏)、厕所(附近120米)")
    assert found.problems == ()
    assert found.entries == {
        "water_hot": {"value": "yes"},
        "microwave": {"value": "yes"},
        "charge_phone": {"value": "yes"},
        "cooling": {"value": "broken", "kind": "空调"},
        "toilet": {"value": "nearby", "distance_m": 120.0},
    }


@pytest.mark.parametrize("code", catalogue())
def test_every_catalogue_name_is_known(code: str) -> None:
    assert amenity_of_word(catalogue()[code].zh) == code
    assert amenity_of_word(catalogue()[code].en) == code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("热水，冰箱；桌椅/雨伞", dict.fromkeys(("water_hot", "fridge", "seat", "table", "umbrella"), "yes")),
        ("无空调、没有微波炉、暂无药箱", {"cooling": "no", "microwave": "no", "first_aid": "no"}),
        ("无线网络、无障碍通道", {"wifi": "yes", "step_free": "yes"}),
        ("附近公厕、公厕附近1.2公里", {"toilet": "nearby"}),
        ("ＷＩＦＩ 电视", {"wifi": "yes", "tv": "yes"}),
        ("设施：空调故障。热水等", {"cooling": "broken", "water_hot": "yes"}),
        ("", {}),
    ],
)  # fmt: skip
def test_lists(text: str, expected: dict[str, str]) -> None:
    assert values(text) == expected
    assert parse_clerk_amenities(text).problems == ()


def test_counts_stay_with_their_item() -> None:
    entries = parse_clerk_amenities("座椅10个、空调×2、冰箱（1台）").entries
    assert {code: entry["count"] for code, entry in entries.items()} == {
        "seat": 10,
        "cooling": 2,
        "fridge": 1,
    }


@pytest.mark.parametrize("text", ["天台", "充电桩", "雨具", "停车场", "空调（下午开）", "热水、热水(坏)"])
def test_what_is_not_understood_is_a_problem_and_never_a_yes(text: str) -> None:
    found = parse_clerk_amenities(text)
    assert len(found.problems) == 1
    assert all(entry["value"] == "unknown" for entry in found.entries.values())


@pytest.mark.parametrize(
    ("cell", "state"),
    [
        ("有", {"value": "yes"}),
        ("×", {"value": "no"}),
        ("3台", {"value": "yes", "count": 3}),
        ("0", {"value": "no"}),
        ("附近80米", {"value": "nearby", "distance_m": 80.0}),
        ("也许", None),
    ],
)
def test_cells_of_an_amenitys_own_column(cell: str, state: dict[str, object] | None) -> None:
    assert parse_clerk_state(cell) == state
