"""Commands of the planner: the thirteen metrics, the gaps, the service matrix; as tables, JSON or files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, cast

import typer

from api.commands.desk import (
    AmenitiesOption,
    AtOption,
    DayOption,
    GroupOption,
    MinutesOption,
    ModeOption,
    RadiusOption,
    WeekOption,
    WindowOption,
    asked_for,
    desk,
)
from api.commands.terminal import JsonOption, StoreOption, say, say_json, say_table
from api.planning_answers import Body, assessment_answer, gaps_answer, matrix_answer
from api.planning_parameters import By
from api.planning_tables import assessment_file, gaps_file, matrix_file
from api.table_files import FILE_FORMS, TableFile, write_tables
from geo.amenities import catalogue
from geo.assessment_columns import CAUSE_LABELS
from geo.errors import InvalidParameterError

OutOption = Annotated[Path | None, typer.Option(help="Write FILE.csv .xlsx .gpkg .parquet or .geojson.")]


def assess(
    *,
    minutes: MinutesOption = None,
    radius_m: RadiusOption = None,
    mode: ModeOption = "walk",
    amenities: AmenitiesOption = "",
    window: WindowOption = None,
    day: DayOption = None,
    at: AtOption = None,
    week: WeekOption = None,
    group: GroupOption = None,
    out: OutOption = None,
    json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Print the thirteen metrics: who is served, where, when, with what, and what follows."""
    asked = asked_for(
        minutes=minutes, radius_m=radius_m, mode=mode, amenities=amenities,
        window=window, day=day, at=at, week=week, group=group,
    )  # fmt: skip
    _check_out(out)
    with desk(asked, store) as given:
        found = given.found
        body = assessment_answer(given.grounds, found)
        if out is not None:
            _write(out, assessment_file(given.grounds, found))
            return
    if json:
        say_json(body)
        return
    rows = [
        (metric["number"] if first else "", metric["zh"] if first else "", figure["zh"], *_value(figure))
        for metric in body["metrics"]
        for first, figure in zip([True] + [False] * 99, metric["figures"], strict=False)
    ]
    say_table(("", "指标", "数值名", "数值", "单位", "说明"), rows)
    _say_basis(body)


def gaps(
    *,
    minutes: MinutesOption = None,
    radius_m: RadiusOption = None,
    mode: ModeOption = "walk",
    amenities: AmenitiesOption = "",
    window: WindowOption = None,
    day: DayOption = None,
    at: AtOption = None,
    week: WeekOption = None,
    group: GroupOption = None,
    top: Annotated[
        int | None, typer.Option(min=1, help="How many; default: 20 printed, all in files.")
    ] = None,
    out: OutOption = None,
    json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """List the gaps in the service, most unserved first, with their cause and the first thing to do."""
    asked = asked_for(
        minutes=minutes, radius_m=radius_m, mode=mode, amenities=amenities,
        window=window, day=day, at=at, week=week, group=group,
    )  # fmt: skip
    _check_out(out)
    with desk(asked, store) as given:
        found = given.found
        body = gaps_answer(given.grounds, found, top)
        if out is not None:
            _write(out, gaps_file(given.grounds, found, top))
            return
    if json:
        say_json(body)
        return
    heads = (
        "名次",
        "地点",
        "街道",
        f"未服务 ({body['unit']})",
        "占比",
        "主要原因",
        "最近站点",
        "分钟",
        "先做",
    )
    say_table(heads, [_gap_row(gap) for gap in body["gaps"][: top or 20]])
    say(f"{body['gap_count']} 处缺口 gaps; {min(top or 20, body['gap_count'])} 处列出 listed")
    _say_basis(body)


def matrix(
    *,
    by: Annotated[str, typer.Option(help="station or street.")] = "station",
    minutes: MinutesOption = None,
    radius_m: RadiusOption = None,
    mode: ModeOption = "walk",
    window: WindowOption = None,
    day: DayOption = None,
    at: AtOption = None,
    week: WeekOption = None,
    group: GroupOption = None,
    out: OutOption = None,
    json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Print which station, or which street, offers which service in the time asked for."""
    if by not in ("station", "street"):
        raise InvalidParameterError("by", by, "must be station or street")
    rows_of = cast("By", by)
    asked = asked_for(
        minutes=minutes, radius_m=radius_m, mode=mode,
        window=window, day=day, at=at, week=week, group=group,
    )  # fmt: skip
    _check_out(out)
    with desk(asked, store) as given:
        if out is not None:
            _write(out, matrix_file(given.grounds, given.standard, rows_of))
            return
        body = matrix_answer(given.grounds, given.standard, rows_of)
    if json:
        say_json(body)
        return
    say_table(*(_station_lines(body) if by == "station" else _street_lines(body)))
    _say_basis(body)


def _write(out: Path, file: TableFile) -> None:
    """Write the answer and say so."""
    write_tables(out, file)
    say(f"{len(file.sheets[0].frame)} rows written to {out}")
    notice = file.sources.get("声明 notice")
    if notice:
        say(notice)


def _check_out(out: Path | None) -> None:
    if out is not None and out.suffix.lower().removeprefix(".") not in FILE_FORMS:
        endings = ", ".join(f".{form}" for form in FILE_FORMS)
        raise InvalidParameterError("out", out.name, f"must end in {endings}")


def _value(figure: Body) -> tuple[str, str, str]:
    value, unit = figure["value"], figure["unit"]
    if value is None:
        return "—", "", figure["reason"] or ""
    if unit == "share":
        return f"{value:.1%}", "", _ratio(figure)
    return f"{value:,.6g}", unit, ""


def _ratio(figure: Body) -> str:
    numerator, denominator = figure["numerator"], figure["denominator"]
    return "" if denominator is None else f"{numerator:,.6g} ÷ {denominator:,.6g}"


def _gap_row(gap: Body) -> tuple[object, ...]:
    near, first = gap["nearest"], gap["actions"][0] if gap["actions"] else None
    return (
        gap["rank"],
        gap["place"],
        gap["street"] or gap["street_code"],
        f"{gap['unserved']:,.1f}",
        f"{gap['unserved_share']:.0%}",
        CAUSE_LABELS[gap["main_cause"]][0],
        near["name"] if near else "—",
        f"{near['travel_min']:.1f}" if near else "—",
        f"{first['zh']} {first['target'] or ''}".strip() if first else "—",
    )


def _station_lines(body: Body) -> tuple[Sequence[str], list[tuple[object, ...]]]:
    heads = ("站点", "名称", "所选时段", "开放", "可用", "未核实", "坏了", f"覆盖 ({body['unit']})")
    rows: list[tuple[object, ...]] = []
    for row in body["rows"]:
        cells = row["services"].values()
        counts = [sum(cell["availability"] == word for cell in cells) for word in ("available", "unknown")]
        broken = sum(cell["value"] == "broken" for cell in cells)
        covered = f"{row['demand_covered']:,.1f}"
        state = row["window_state"], "–" if row["open_share"] is None else f"{row['open_share']:.0%}"
        rows.append((row["station_id"], row["name"], *state, *counts, broken, covered))
    return heads, rows


def _street_lines(body: Body) -> tuple[Sequence[str], list[tuple[object, ...]]]:
    kinds = catalogue()
    heads = ("街道", "服务", "站点", "可用", "坏了", "未核实", "完好率", "覆盖率")
    rows: list[tuple[object, ...]] = [
        (
            row["name"] or row["street_code"] or "全区",
            kinds[code].zh,
            row["stations"],
            cell["available"],
            cell["broken"],
            cell["unknown"],
            _percent(cell["working_share"]),
            _percent(cell["share"]),
        )
        for row in body["rows"]
        for code, cell in row["services"].items()
    ]
    return heads, rows


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share:.1%}"


def _say_basis(body: Body) -> None:
    asked = ", ".join(
        f"{name}={value}" for name, value in body["parameters"].items() if value not in (None, [])
    )
    say(f"参数 parameters: {asked}")
    unit = "需求权重，不是人数 (weight, never people)" if body["demand_unit"] == "weight" else "人 (workers)"
    say(f"需求 demand: {body['demand_basis']}, {unit}; 街道界线 areas: {body['areas_basis']}")
    if body["notice"]:
        say(body["notice"])
