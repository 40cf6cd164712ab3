"""Rebuild ``data/stations.geojson``: three stations named by the source and sixty illustrative ones.

No list of the district's 63 stations is public. The three names, their honour and what the source says of one
of them are facts; all else here is an example, says so, and gives way to a real register. Amenities are drawn
from a generator seeded by the station's id, so every run on every platform writes the same bytes.

Run from the repository root: ``python -m data.scripts.build_register [--out FILE]``.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from data.scripts.build_areas import HERE, read_table, write_asked
from data.scripts.build_places import CREDITS, plain_name
from geo.amenities import amenity_codes, service_codes
from geo.areas import shipped_areas
from geo.stations import ILLUSTRATIVE_NOTICE, station_from_record, station_to_feature

TARGET = HERE.parent / "stations.geojson"
UPDATED_AT = "2026-11-16T09:00:00+08:00"
LAST_CHECK = date(2026, 11, 13)
EXAMPLE = "示例："
HONOUR = {"level": "national", "title": "中华全国总工会“最美工会户外劳动者服务站点”", "year": None}
NAMED_SOURCE = "公开报道（2023年底全区63个站点）：名称、荣誉；位置未公布，图上位置仅为示例"
CIVIC_CENTRE_SOURCE = "公开报道（2023年底全区63个站点）：名称、荣誉、所列设施；位置未公布，图上位置仅为示例"
CIVIC_CENTRE_OFFERS = (
    "water_hot", "microwave", "seat", "toilet", "staff_library", "nursing_room", "psych",
)  # fmt: skip
NAMED = (
    ("BQ-001", "纺织公园爱心驿站", [109.061, 34.2635]),
    ("BQ-002", "区市民中心爱心驿站", [109.062, 34.27]),
    ("BQ-003", "区职工服务中心爱心驿站", [109.066, 34.27]),
)
"""Round coordinates chosen in 纺织城街道 for show: the real places are not published."""

Shares = tuple[tuple[str, float], ...]
USUAL: Shares = (("yes", 0.84), ("limited", 0.04), ("broken", 0.03), ("no", 0.04))
FREQUENT: Shares = (("yes", 0.55), ("limited", 0.05), ("broken", 0.01), ("no", 0.21))
RARE: Shares = (("yes", 0.16), ("limited", 0.02), ("no", 0.5))
SCARCE: Shares = (("yes", 0.07), ("no", 0.6))
FURNITURE: Shares = (("yes", 0.88), ("limited", 0.04), ("no", 0.02))
TOILET: Shares = (("yes", 0.58), ("limited", 0.08), ("nearby", 0.22), ("no", 0.04))
"""Chances of each value; what is left over is ``unknown``."""

CHANCES: dict[str, Shares] = {
    **dict.fromkeys(("water_hot", "charge_phone"), USUAL),
    **dict.fromkeys(("seat", "table"), FURNITURE),
    **dict.fromkeys(
        ("staff_library", "nursing_room", "changing_table", "female_room", "shower", "meal_offer", "print",
         "charge_ev", "swap_ebike", "parking_truck"),
        SCARCE,
    ),
    **dict.fromkeys(
        ("water_cool", "microwave", "cooling", "heating", "first_aid", "toolbox", "books", "umbrella",
         "wifi", "handwash", "parking_ebike", "step_free", "sewing"),
        FREQUENT,
    ),
    "toilet": TOILET,
}  # fmt: skip

KINDS = {"cooling": ("空调", "空调", "风扇"), "nursing_room": ("独立房间", "帘隔角落")}

STATUS: dict[str, dict[str, Any]] = {
    "香湖湾（地铁站）": {"status": "trial", "status_since": "2026-10-20"},
    "保税区（地铁站）": {"status": "trial", "status_since": "2026-11-02"},
    "纺六路（地铁站）": {
        "status": "temporarily_closed",
        "status_since": "2026-10-08",
        "status_until": "2027-01-15",
        "status_note": f"{EXAMPLE}室内翻新，暂停使用",
    },
    "米家崖（地铁站）": {
        "status": "temporarily_closed",
        "status_since": "2026-08-01",
        "status_until": "2026-09-30",
        "status_note": f"{EXAMPLE}管线检修，原定九月底恢复",
    },
    "灞柳二路（地铁站）": {
        "status": "rectifying",
        "status_since": "2026-10-28",
        "status_note": f"{EXAMPLE}标牌与制度上墙整改中",
    },
    "水流（地铁站）": {
        "status": "rectifying",
        "status_since": "2026-11-05",
        "status_note": f"{EXAMPLE}饮水设备更换中",
    },
    "西安东站": {"status": "planned", "status_note": f"{EXAMPLE}规划中，未开放"},
}
WELCOME = {
    "hospital": f"{EXAMPLE}不看病也可以进来休息",
    "government": f"{EXAMPLE}不办事也可以进来休息，门口登记即可",
    "mall": f"{EXAMPLE}不购物也欢迎进来歇脚",
}


class Draws:
    """Random choices of one station. Only ``random()`` is drawn on: Python keeps its sequence for good."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(f"care-stations:{seed}")  # noqa: S311 - examples, not secrets

    def below(self, bound: int) -> int:
        """Return a whole number from 0 to ``bound`` - 1."""
        return int(self._random.random() * bound)

    def chance(self, share: float) -> bool:
        """Return True in this share of draws."""
        return self._random.random() < share

    def value(self, shares: Shares, rest: str = "unknown") -> str:
        """Return one of the values by their shares, ``rest`` for what is left."""
        drawn = self._random.random()
        for value, share in shares:
            drawn -= share
            if drawn < 0:
                return value
        return rest

    def day(self, back: int) -> str:
        """Return a date up to ``back`` days before the last check."""
        return (LAST_CHECK - timedelta(days=self.below(back))).isoformat()


def example_amenities(draws: Draws, host: str, level: str) -> dict[str, Any]:
    """Return plausible amenity entries, ``unknown`` ones stated too."""
    entries: dict[str, Any] = {}
    for code in amenity_codes():
        shares = CHANCES.get(code, RARE)
        if level in ("benchmark", "smart_24h") and draws.chance(0.5):
            shares = USUAL if shares is FREQUENT else FREQUENT if shares is RARE else shares
        if code == "toilet" and host in ("hospital", "mall", "park"):
            shares = (("yes", 0.9), ("limited", 0.06))
        value = draws.value(shares)
        entry: dict[str, Any] = {"value": value}
        if value != "unknown":
            entry["checked_on"] = draws.day(200)
            entry |= _details(code, value, draws)
        entries[code] = entry
    return entries


def _details(code: str, value: str, draws: Draws) -> dict[str, Any]:
    """Return what an entry says beside its value."""
    if value == "nearby":
        return {"distance_m": float(40 + 10 * draws.below(46)), "note": f"{EXAMPLE}使用附近公厕"}
    if value == "broken":
        return {"note": f"{EXAMPLE}已报修"}
    if value == "limited":
        limits = ("仅工作日可用", "高峰时需等候", "需向工作人员说明")
        return {"note": f"{EXAMPLE}{limits[draws.below(3)]}"}
    if value == "yes" and code in KINDS:
        return {"kind": KINDS[code][draws.below(len(KINDS[code]))]}
    if value == "yes" and code in ("first_aid", "heat_meds"):
        return {"expires_on": (date(2026, 9, 30) + timedelta(days=30 * draws.below(15))).isoformat()}
    return {}


def example_services(draws: Draws) -> dict[str, Any]:
    """Return plausible services; most stations state nothing of most of them."""
    schedules = ("每月第二个星期三下午", "每季度一次", "提前联系后安排")
    entries: dict[str, Any] = {}
    for code in service_codes():
        value = draws.value((("yes", 0.14), ("no", 0.4)))
        entries[code] = {"value": value}
        if value == "yes":
            entries[code]["schedule"] = f"{EXAMPLE}{schedules[draws.below(3)]}"
            entries[code]["checked_on"] = draws.day(200)
    return entries


def example_station(number: int, site: dict[str, str], place: dict[str, str]) -> dict[str, Any]:
    """Return the record of an illustrative station at a real public place."""
    station_id = f"BQ-E{number:02d}"
    draws = Draws(station_id)
    host, level, name = site["host_type"], site["level"], plain_name(place["name"])
    planned = STATUS.get(site["place"], {}).get("status") == "planned"
    amenities = example_amenities(draws, host, level)
    services = example_services(draws)
    if planned:
        amenities = {code: {"value": "unknown"} for code in amenities}
        services = {code: {"value": "unknown"} for code in services}
    seats = 4 + 2 * draws.below(12 if level in ("benchmark", "smart_24h") else 7)
    if amenities["seat"]["value"] in ("yes", "limited"):
        amenities["seat"]["count"] = seats
    has_space = not planned and draws.chance(0.85)
    step_free = {"yes": "yes", "limited": "yes", "no": "no"}.get(amenities["step_free"]["value"], "unknown")
    flags = {
        flag: "unknown" if planned else draws.value((("yes", share), ("no", 0.9 - share)))
        for flag, share in (
            ("sign_outside", 0.75), ("notice_board", 0.7), ("rules_posted", 0.7), ("hotline_posted", 0.6),
            ("manager_named", 0.7), ("street_facing", 0.5), ("inside_compound", 0.3),
        )
    }  # fmt: skip
    return {
        "id": station_id,
        "name": f"示例站 {number:02d}（{name}附近）",
        "landmark": name,
        "door_note": None if draws.chance(0.5) else f"{EXAMPLE}{_door(draws, host)}",
        "hours": site["hours"] or None,
        "hours_confirmed_on": draws.day(230) if site["hours"] and draws.chance(0.8) else None,
        "entry_method": [entry for entry in site["entry_method"].split(";") if entry],
        "welcome_note": WELCOME.get(host),
        "ownership": site["ownership"],
        "host_type": host,
        "level": site["level"] or None,
        "amenities": amenities,
        "services": services,
        "seats": seats if "count" in amenities["seat"] else None,
        "area_m2": float(6 + 2 * draws.below(20)) if has_space else None,
        **flags,
        "step_free": step_free,
        "provenance": {"name": "illustrative", "location": "illustrative", "facts": "illustrative"},
        "source": f"示例：地点取自 {CREDITS[place['credit']]}，站点及其各项内容均为虚构",
        **STATUS.get(site["place"], {}),
        "location": [round(float(place["lon"]), 6), round(float(place["lat"]), 6)],
    }


def _door(draws: Draws, host: str) -> str:
    doors = {
        "transit": ("站厅出口旁", "候车室一侧", "站务室隔壁"),
        "hospital": ("门诊楼一层大厅东侧", "急诊楼入口旁"),
        "park": ("游客中心内", "南门值班室旁"),
        "government": ("便民大厅一层", "院门值班室旁"),
        "kiosk": ("路边独立小屋",),
    }
    choices = doors.get(host, ("一层服务台旁", "北门入口处"))
    return choices[draws.below(len(choices))]


def named_station(station_id: str, name: str, location: list[float]) -> dict[str, Any]:
    """Return the record of a station the source names: all it doesn't say is unknown."""
    known = CIVIC_CENTRE_OFFERS if name.startswith("区市民中心") else ()

    def entries(codes: tuple[str, ...]) -> dict[str, Any]:
        return {code: {"value": "yes" if code in known else "unknown"} for code in codes}

    return {
        "id": station_id,
        "name": name,
        "honours": [HONOUR],
        "amenities": entries(amenity_codes()),
        "services": entries(service_codes()),
        "provenance": {"name": "source", "location": "illustrative", "facts": "source"},
        "source": CIVIC_CENTRE_SOURCE if known else NAMED_SOURCE,
        "location": location,
    }


def build() -> dict[str, Any]:
    """Return the whole FeatureCollection: the named stations, then the illustrative ones."""
    areas = shipped_areas()
    places = {row["name"]: row for row in read_table("places.csv")}
    records = [named_station(*named) for named in NAMED]
    for number, site in enumerate(read_table("sites.csv"), start=1):
        records.append(example_station(number, site, places[site["place"]]))
    streets = areas.street_of(*zip(*(record["location"] for record in records), strict=True))
    names = areas.street_names()
    features = []
    for record, street_code in zip(records, streets, strict=True):
        street = names[street_code]
        address = (
            None if record["id"] in {named[0] for named in NAMED} else f"{street}{record['landmark']}附近"
        )
        whole = {
            **record,
            "street_code": street_code,
            "street": street,
            "address": address and f"{address}（示例）",
            "location_precision": "approximate",
            "updated_at": UPDATED_AT,
            "version": 1,
        }
        features.append(station_to_feature(station_from_record(whole, record["id"])))
    return {
        "type": "FeatureCollection",
        "name": "stations",
        "licence": "ODbL 1.0",
        "attribution": "© OpenStreetMap contributors; GeoNames CC BY 4.0",
        "notice": ILLUSTRATIVE_NOTICE,
        "generated_by": "data/scripts/build_register.py",
        "features": features,
    }


if __name__ == "__main__":
    write_asked(build, TARGET, __doc__)
