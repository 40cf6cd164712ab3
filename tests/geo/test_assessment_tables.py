"""The tables of an assessment: the dictionary's columns, the same numbers, basis and notice in each."""

from __future__ import annotations

import json

import h3
import pandas as pd
import pytest

from geo.assessment import Assessment
from geo.assessment_columns import TABLES, columns
from geo.assessment_tables import (
    actions_table,
    assessment_basis,
    compliance_table,
    coverage_table,
    gaps_table,
    json_rows,
    metrics_table,
    station_matrix_table,
    street_matrix_table,
)
from geo.service_matrix import station_matrix, street_matrix
from geo.stations import ILLUSTRATIVE_NOTICE, Station, stations_to_frame
from toy_city import (
    GEOD,
    TOTAL,
    TOY,
    D,
    E,
    assessed,
    demand,
)


@pytest.fixture(scope="module")
def toy() -> Assessment:
    return assessed()


def test_the_illustrative_register_says_so_in_every_table() -> None:
    made_up = [
        s.model_copy(update={"provenance": s.provenance.model_copy(update={"facts": "illustrative"})})
        for s in TOY
    ]
    found = assessed(stations=made_up)
    assert found.illustrative
    for table in tables(found, made_up).values():
        assert set(table["notice"]) == {ILLUSTRATIVE_NOTICE}
        assert set(table["areas_basis"]) == {"示意"}
        assert set(table["demand_basis"]) == {"modelled"}
        assert set(table["demand_unit"]) == {"weight"}


def tables(found: Assessment, stations: list[Station]) -> dict[str, pd.DataFrame]:
    frame, on = stations_to_frame(stations), assessment_basis(found)
    return {
        "metrics": metrics_table(found),
        "gaps": gaps_table(found),
        "actions": actions_table(found),
        "coverage": coverage_table(found),
        "compliance": compliance_table(found),
        "station_matrix": station_matrix_table(station_matrix(frame, found.standard, demand()), on),
        "street_matrix": street_matrix_table(
            street_matrix(frame, demand(), found.standard), on, "weight-hours"
        ),
    }


def test_tables_have_their_columns_in_words_and_the_same_numbers(toy: Assessment) -> None:
    made = tables(toy, TOY)
    assert set(made) == set(TABLES)
    for name, table in made.items():
        expected = [column.name for column in columns(name)]
        assert [c for c in table.columns if c != "geometry"] == expected
        assert all(column.zh and column.en for column in columns(name))
        assert len(set(expected)) == len(expected)
        rows = json_rows(table)
        assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    gaps = made["gaps"]
    assert gaps["unserved"].tolist() == [735, 350, 280]
    assert gaps[["cause_closed", "cause_unknown", "cause_nothing_near"]].sum().tolist() == [735, 350, 280]
    assert gaps["unserved_courier"].tolist() == [735, 350, 280]
    assert gaps["first_action"].tolist() == ["reopen", "verify", "partner"]
    assert gaps.crs.to_epsg() == 4326
    area = abs(GEOD.geometry_area_perimeter(gaps.geometry.iloc[0])[0])
    assert area == pytest.approx(sum(h3.cell_area(cell, "m^2") for cell in (D, E)), rel=0.02)
    metrics = made["metrics"].set_index(["number", "figure"])
    assert metrics.loc[(3, "walk"), ["numerator", "denominator"]].tolist() == pytest.approx([430, TOTAL])
    assert metrics.loc[(11, "visits"), "benchmark_source"] == "全总 2025 年初发布；西安报道 2022-12-14"
    lines = made["coverage"].set_index(["scope", "street_code", "window", "day_type"])
    assert lines.loc[("total", None, None, None), "demand_covered"] == pytest.approx(430)
    assert len(made["coverage"]) == 1 + 2 + 14
    assert len(made["compliance"]) == 4 * sum(len(r.rule_set.rules) for r in toy.compliance)


def test_an_empty_assessment_has_empty_tables_of_the_same_form() -> None:
    found = assessed(stations=[], need=demand([]))
    made = tables(found, [])
    assert [len(made[name]) for name in ("gaps", "actions", "compliance", "station_matrix")] == [0, 0, 0, 0]
    for name, table in made.items():
        assert [c for c in table.columns if c != "geometry"] == [column.name for column in columns(name)]
    assert made["gaps"].crs.to_epsg() == 4326
