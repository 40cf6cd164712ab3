"""The sheets of an XLSX for what has many rows a station: amenities, honours, visits, photos, map entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from pydantic import BaseModel, ValidationError

from geo.amenities import catalogue
from geo.clerk_amenities import amenity_of_word, parse_clerk_state
from geo.io.cells import unguarded
from geo.io.grids import is_blank
from geo.io.headers import field_of, normal_header
from geo.io.table import CLEAR, CLEAR_WORD, CellProblem
from geo.io.values import CellError, refuse_failed_formula
from geo.stations import Amenity, Honour, MapListing, Photo, Service, Station, Visits
from geo.vocabulary import LABELS

PLATFORMS = ("amap", "baidu", "tencent")
_PLATFORM_WORDS = {
    "高德": "amap",
    "高德地图": "amap",
    "百度": "baidu",
    "百度地图": "baidu",
    "腾讯": "tencent",
    "腾讯地图": "tencent",
}


@dataclass(frozen=True)
class DetailSheet:
    """One such sheet: its title, the field it fills, and its columns as (name, Chinese words, kind)."""

    title: str
    field: str
    columns: tuple[tuple[str, str, str], ...]
    rows: Callable[[Station], Iterator[dict[str, Any]]]


@dataclass(frozen=True)
class DetailRow:
    """One row read: whose it is (id or name), its entry in JSON-ready form, where it stands."""

    station: str
    by_name: bool
    entry: dict[str, Any]
    number: int


def _offer_rows(station: Station) -> Iterator[dict[str, Any]]:
    for code, entry in station.offers.items():
        yield {"code": code, "label": catalogue()[code].zh, **entry.model_dump(mode="json")}


def _list_rows(name: str) -> Callable[[Station], Iterator[dict[str, Any]]]:
    return lambda station: (item.model_dump(mode="json") for item in getattr(station, name))


def _map_rows(station: Station) -> Iterator[dict[str, Any]]:
    for platform in PLATFORMS:
        listing: MapListing | None = getattr(station.on_map, platform)
        if listing is not None:
            parts = listing.model_dump(mode="json")
            yield {"platform": platform, "map_id": parts.pop("id"), **parts}


OFFERS = DetailSheet(
    "服务设施",
    "offers",
    (
        ("code", "设施代码|代码|设施|服务设施|项目|服务|服务内容", "offer"),
        ("label", "设施名称", "label"),
        ("value", "状态|值|情况|有无|是否可用", "value"),
        ("kind", "类型|种类|型号", "text"),
        ("count", "数量|个数", "whole"),
        ("distance_m", "距离|距离米|距离(米)", "number"),
        ("certified", "授牌|认证", "bool"),
        ("note", "备注|说明", "text"),
        ("checked_on", "核对日|核对日期|核实日期", "date"),
        ("expires_on", "有效期|到期日|有效期至", "date"),
        ("schedule", "时间安排|服务时间", "text"),
        ("contact", "联系|联系方式", "text"),
    ),
    _offer_rows,
)
HONOURS = DetailSheet(
    "荣誉",
    "honours",
    (("level", "级别", "honour"), ("title", "荣誉名称|荣誉|称号", "text"), ("year", "年份|年度", "whole")),
    _list_rows("honours"),
)
VISITS = DetailSheet(
    "服务人次",
    "visits",
    (
        ("period", "时段|期间|月份", "text"),
        ("count", "人次|数量", "whole"),
        ("method", "统计方式|方式", "text"),
    ),
    _list_rows("visits"),
)
PHOTOS = DetailSheet(
    "照片",
    "photos",
    (("url", "网址|地址|链接", "text"), ("alt", "说明|描述", "text"), ("taken_on", "拍摄日期|日期", "date")),
    _list_rows("photos"),
)
ON_MAP = DetailSheet(
    "上图",
    "on_map",
    (
        ("platform", "平台|地图", "platform"),
        ("map_id", "地图编号|编号|POI编号", "text"),
        ("checked_on", "核对日|核对日期", "date"),
        ("pin_error_m", "偏差|偏差米|偏差(米)", "number"),
    ),
    _map_rows,
)
DETAIL_SHEETS = (OFFERS, HONOURS, VISITS, PHOTOS, ON_MAP)

_MODELS: dict[str, type[BaseModel]] = {
    "honours": Honour,
    "visits": Visits,
    "photos": Photo,
    "on_map": MapListing,
}


def read_details(
    sheet: DetailSheet, title: str, grid: Iterator[Sequence[object]]
) -> tuple[list[DetailRow], list[CellProblem]]:
    """Return the rows of a detail sheet and every problem in it; a row with a problem is left out."""
    headers = list(next(grid, ()))
    places, key, problems = _places(sheet, title, headers)
    rows: list[DetailRow] = []
    if key is None:
        return rows, problems
    for number, cells in enumerate(grid, start=2):
        if all(is_blank(cell) for cell in cells):
            continue
        owner = cells[key[0]] if key[0] < len(cells) else None
        if is_blank(owner):
            message = "names no station"
            problems.append(CellProblem("error", message, title, number, str(headers[key[0]]), None, None))
            continue
        station = unguarded(str(owner))[0]
        try:
            entry = _entry(sheet, places, cells)
        except _BadCellError as bad:
            column = str(headers[places[bad.name][0]]) if bad.name in places else bad.name
            problems.append(
                CellProblem("warning", bad.message, title, number, column, bad.name, bad.value, station)
            )
            continue
        rows.append(DetailRow(station, key[1], entry, number))
    return rows, problems


class _BadCellError(Exception):
    def __init__(self, name: str, value: object, message: str) -> None:
        self.name, self.value, self.message = name, value, message
        super().__init__(message)


def _places(
    sheet: DetailSheet, title: str, headers: Sequence[object]
) -> tuple[dict[str, tuple[int, str]], tuple[int, bool] | None, list[CellProblem]]:
    """Return (place and kind by column name, place of the station's id or name, problems)."""
    words = {
        normal_header(word): (name, kind)
        for name, zh, kind in sheet.columns
        for word in (name, *zh.split("|"))
    }
    places: dict[str, tuple[int, str]] = {}
    owners: dict[str, int] = {}
    problems: list[CellProblem] = []
    for index, header in enumerate(headers):
        if is_blank(header):
            continue
        found = words.get(normal_header(header))
        owner = field_of(header)
        if found is not None and found[0] not in places:
            places[found[0]] = (index, found[1])
        elif owner in ("id", "name"):
            owners.setdefault(owner, index)
        else:
            message = "unknown column of this sheet; it is not imported"
            problems.append(CellProblem("warning", message, title, 1, str(header), None, header))
    first = sheet.columns[0][0]
    key = (owners["id"], False) if "id" in owners else (owners["name"], True) if "name" in owners else None
    if key is None or first not in places:
        message = f"the sheet needs the columns id (or name) and {first}; it is not imported"
        problems.append(CellProblem("error", message, title, None, None, None, None))
        return places, None, problems
    return places, key, problems


def _entry(
    sheet: DetailSheet, places: Mapping[str, tuple[int, str]], cells: Sequence[object]
) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    for name, (index, kind) in places.items():
        cell = cells[index] if index < len(cells) else None
        if kind != "label" and not is_blank(cell) and (kind == "value" or not _says_clear(cell)):
            parts[name] = _part(name, kind, cell)
    if sheet is OFFERS:
        code = parts.pop("code", None)
        if code is None:
            raise _BadCellError("code", None, "names no amenity or service")
        if parts.get("value") is CLEAR:
            return {"code": code, "entry": CLEAR}
        stated = parts.pop("value", {"value": "unknown"})
        model: type[BaseModel] = Service if catalogue()[code].kind == "service" else Amenity
        return {"code": code, "entry": _checked(model, {**stated, **parts})}
    if sheet is ON_MAP:
        platform = parts.pop("platform", None)
        if "map_id" in parts:
            parts["id"] = parts.pop("map_id")
        return {"platform": platform, "entry": _checked(MapListing, parts)}
    if sheet is HONOURS:
        parts.setdefault("year", None)
    return _checked(_MODELS[sheet.field], parts)


def _checked(model: type[BaseModel], parts: dict[str, Any]) -> dict[str, Any]:
    try:
        model.model_validate_json(orjson.dumps(parts), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        raise _BadCellError(name, parts.get(name), first["msg"].removeprefix("Value error, ")) from error
    return parts


def _says_clear(cell: object) -> bool:
    return isinstance(cell, str) and cell.strip() == CLEAR_WORD


def _part(name: str, kind: str, cell: object) -> Any:
    """Return one cell of a detail row in JSON-ready form."""
    if kind == "value" and _says_clear(cell):
        return CLEAR
    try:
        refuse_failed_formula(cell)
    except CellError as error:
        raise _BadCellError(name, cell, str(error)) from error
    text = unguarded(cell)[0] if isinstance(cell, str) else str(cell)
    result: Any = text
    match kind:
        case "text":
            result = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else text
        case "offer":
            result = text if text in catalogue() else amenity_of_word(text)
        case "value":
            result = {"value": text} if text in LABELS["amenity_value"] else _stated(text)
        case "honour":
            zh = {labels[0]: code for code, labels in LABELS["honour_level"].items()}
            result = text if text in LABELS["honour_level"] else zh.get(text)
        case "platform":
            result = text if text in PLATFORMS else _PLATFORM_WORDS.get(text)
        case "date":
            result = _day(cell, text)
        case "bool":
            result = {"true": True, "是": True, "有": True, "false": False, "否": False, "无": False}.get(
                text.casefold()
            )
        case _:
            result = _count(cell, text, whole=kind == "whole")
    if result is None:
        raise _BadCellError(name, cell, f"not readable as {name}")
    return result


def _stated(text: str) -> dict[str, Any] | None:
    zh = {labels[0]: code for code, labels in LABELS["amenity_value"].items()}
    return {"value": zh[text]} if text in zh else parse_clerk_state(text)


def _day(cell: object, text: str) -> str | None:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    try:
        return date.fromisoformat(text.replace("/", "-")).isoformat()
    except ValueError:
        return None


def _count(cell: object, text: str, *, whole: bool) -> int | float | None:
    if isinstance(cell, bool):
        return None
    try:
        number = float(cell) if isinstance(cell, int | float) else float(text)
    except ValueError:
        return None
    if whole:
        return int(number) if number.is_integer() else None
    return number
