"""A comparison as a file: the lines of the page, and the cells of its map."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from api.planning import Grounds
from api.planning_answers import notice_of
from api.planning_parameters import echoed
from api.table_files import Sheet, TableFile
from geo.assessment_columns import NOTICE, Column, number_columns, text_columns
from geo.demand import GROUP_LABELS
from geo.scenario_difference import Difference, Pair, Step
from geo.standard import Standard
from geo.time_windows import WINDOWS

LINES: tuple[Column, ...] = (
    *text_columns(("scope", "范围", "Scope"), ("key", "代码", "Code"), ("name", "名称", "Name")),
    *number_columns(
        ("demand", "需求", "Demand", "demand"),
        ("covered_a", "A 覆盖的需求", "Demand covered in A", "demand"),
        ("covered_b", "B 覆盖的需求", "Demand covered in B", "demand"),
        ("share_a", "A 覆盖率", "Share in A", "share"),
        ("share_b", "B 覆盖率", "Share in B", "share"),
        ("points", "差（百分点）", "Change in percentage points", "points"),
    ),
    NOTICE,
)
CELLS: tuple[Column, ...] = (
    *text_columns(("cell", "六边形格", "H3 cell"), ("street_code", "街道代码", "Street code")),
    *number_columns(
        ("demand", "需求", "Demand", "demand"),
        ("before", "A 覆盖的需求", "Demand covered in A", "demand"),
        ("after", "B 覆盖的需求", "Demand covered in B", "demand"),
    ),
    Column("change", "变化", "Change"),
    NOTICE,
)
STEPS: tuple[Column, ...] = (
    *text_columns(("change", "改动", "Change"), ("station_id", "站点", "Station")),
    Column("gain", "依次多覆盖的需求", "Demand covered added in order", "demand", "number"),
    NOTICE,
)


def difference_file(
    grounds: Grounds, standard: Standard, found: Difference, steps: tuple[Step, ...], sides: Mapping[str, str]
) -> TableFile:
    """Return a comparison's lines, steps and cells; ``sides`` are A and B as the address names them."""
    notice = notice_of(grounds)
    lines = pd.DataFrame(_lines(found, grounds), columns=[column.name for column in LINES[:-1]])
    changes = pd.DataFrame(
        [(step.change, step.station_id, step.gain) for step in steps],
        columns=[column.name for column in STEPS[:-1]],
    )
    sheets = tuple(
        Sheet(name, title, columns, frame.assign(notice=pd.Series([notice] * len(frame), dtype=object)))
        for name, title, columns, frame in (
            ("difference", "差异", LINES, lines),
            ("steps", "改动", STEPS, changes),
            ("cells", "需求格", CELLS, found.cells),
        )
    )
    parameters = {**echoed(standard), **sides, "register_version": grounds.version}
    sources = {"声明 notice": notice or "", "需求 demand": f"{grounds.demand.basis} ({grounds.demand.unit})"}
    return TableFile("difference", sheets, parameters, {key: text for key, text in sources.items() if text})


def _lines(found: Difference, grounds: Grounds) -> list[tuple[object, ...]]:
    streets = grounds.areas.street_names()
    rows = [_line("total", found.total, "全区")]
    rows += [_line("street", pair, streets.get(pair.key or "", pair.key or "")) for pair in found.by_street]
    rows += [_line("group", pair, GROUP_LABELS[pair.key or "other"][0]) for pair in found.by_group]
    rows += [
        _line("window", pair, WINDOWS[(pair.key or "").partition("/")[0]].label) for pair in found.by_window
    ]
    return rows


def _line(scope: str, pair: Pair, name: str) -> tuple[object, ...]:
    a, b = pair.before, pair.after
    return (
        scope,
        pair.key,
        name,
        a.demand,
        a.demand_covered,
        b.demand_covered,
        a.share,
        b.share,
        pair.points,
    )
