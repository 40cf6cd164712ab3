"""``care-stations demand``: what it prints, keeps and returns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.cli import run
from geo.demand_files import read_demand
from geo.store.opening import open_store
from geo.store.planning_layers import read_planning_layers


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.db'}"


def stored(url: str):
    store = open_store(url)
    try:
        return read_planning_layers(store).demand
    finally:
        store.close()


def test_build_keeps_weights_and_says_so(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "d.parquet"
    assert (
        run(["demand", "build", "--store", url, "--resolution", "8", "--output", str(output), "--json"]) == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert (told["demand_basis"], told["demand_unit"], told["outside"]) == ("modelled", "weight", 0.0)
    kept = stored(url)
    assert kept is not None and kept.basis == "modelled" and list(kept.notes) == told["notes"]
    assert kept.rows["demand"].sum() == pytest.approx(told["kept"])
    assert read_demand(output).rows["demand"].sum() == pytest.approx(told["kept"])
    assert run(["demand", "import", str(output), "--store", url]) == 0
    assert "modelled demand" in capsys.readouterr().out


def test_import_keeps_workers_in_place_of_all_before(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "w.csv"
    path.write_text("lon,lat,count\n109.05,34.28,5\n110,34,2\n", encoding="utf-8")
    asked = [
        "--store",
        url,
        "--datum",
        "wgs84",
        "--group",
        "courier",
        "--windows",
        "T3,T4",
        "--day-types",
        "weekday",
    ]
    assert run(["demand", "import", str(path), *asked, "--dry-run"]) == 0
    assert "not kept (dry run)" in capsys.readouterr().out and stored(url) is None
    assert run(["demand", "import", str(path), *asked]) == 0
    assert "measured demand" in capsys.readouterr().out
    kept = stored(url)
    assert kept is not None and (kept.basis, kept.unit, kept.outside) == ("measured", "workers", 4.0)
    found = {(r.group, r.window, r.day_type, r.demand) for r in kept.rows.itertuples()}
    assert found == {("courier", "T3", "weekday", 5.0), ("courier", "T4", "weekday", 5.0)}


def test_refusals_say_why_and_keep_nothing(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "w.csv"
    path.write_text("lon,lat,count\n110,34,2\n", encoding="utf-8")
    cases = [
        (["import", str(path)], 2, "datum"),
        (
            ["import", str(path), "--datum", "wgs84"],
            1,
            "none of the demand lies in the area (28 workers outside)",
        ),
        (["import", str(path), "--datum", "wgs84", "--windows", "T8"], 2, "windows"),
        (["import", str(tmp_path / "none.csv"), "--datum", "wgs84"], 1, "none.csv"),
        (["import", str(tmp_path / "none.pdf")], 2, "must end in"),
        (["build", "--resolution", "12"], 2, "8, 9, 10 or 11"),
        (["build", "--model", str(path)], 1, "not TOML"),
        (["build", "--no-such-option"], 2, "no-such-option"),
    ]
    for arguments, code, message in cases:
        assert (
            run(["demand", *arguments, *([] if "--no-such-option" in arguments else ["--store", url])])
            == code
        )
        assert message in capsys.readouterr().err
    assert stored(url) is None


def test_every_bad_row_of_an_import_is_named_in_the_one_line(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("lon,lat,count\n109.05,34.28,-3\n109.05,34.28,1\n109.05,34.28,x\n", encoding="utf-8")
    assert run(["demand", "import", str(path), "--store", url, "--datum", "wgs84"]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "row 2, field count" in told and "'-3'" in told
    assert "row 4, field count" in told and "'x'" in told
    # six faults and more are counted, not listed
    path.write_text("lon,lat,count\n" + "109.05,34.28,-1\n" * 8, encoding="utf-8")
    assert run(["demand", "import", str(path), "--store", url, "--datum", "wgs84"]) == 1
    assert capsys.readouterr().err.endswith("(and 3 more problems)\n")


def test_demand_is_cleared_and_the_model_holds_again(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demand", "clear", "--store", url]) == 0
    assert "no demand was kept" in capsys.readouterr().out
    assert run(["demand", "build", "--store", url, "--json"]) == 0
    kept = json.loads(capsys.readouterr().out)["register_version"]
    assert stored(url) is not None
    assert run(["demand", "clear", "--store", url, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"cleared": True, "demand_basis_before": "modelled", "register_version": kept + 1}
    assert stored(url) is None
    assert run(["demand", "clear", "--store", url, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cleared"] is False
