"""The commands import and export: what they print, their exit codes, and what is in the store afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.cli import run
from geo.store import open_store


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'register.db'}"


def stations(url: str) -> dict[str, object]:
    store = open_store(url)
    try:
        return {one.id: one for one in store.stations()}
    finally:
        store.close()


def test_out_and_in_again_changes_nothing(
    tmp_path: Path, store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, datum in (("r.xlsx", "gcj02"), ("r.csv", "bd09"), ("r.gpkg", "wgs84"), ("r.parquet", "wgs84")):
        path = str(tmp_path / name)
        assert run(["export", path, "--datum", datum, "--store", store_url]) == 0
        before = stations(store_url)
        assert run(["import", path, "--datum", datum, "--json", "--store", store_url]) == 0
        told = json.loads(capsys.readouterr().out.partition("\n")[2])
        assert told["counts"]["unchanged"] == 63
        assert stations(store_url) == before


def test_a_table_needs_its_datum_and_a_wrong_one_is_refused(
    tmp_path: Path, store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.csv"
    assert run(["export", str(path), "--datum", "gcj02", "--store", store_url]) == 0
    assert run(["import", str(path), "--store", store_url]) == 2
    # a clerk copies only the columns that matter, and forgets what datum they were
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    heads = lines[0].split(",")
    assert heads[-6:-3] == ["lon", "lat", "datum"]
    path.write_text(path.read_text(encoding="utf-8-sig").replace(",gcj02,", ",,"), encoding="utf-8")
    capsys.readouterr()
    assert run(["import", str(path), "--datum", "wgs84", "--store", store_url]) == 1
    assert "look like gcj02, not wgs84" in capsys.readouterr().out
    assert run(["import", str(path), "--datum", "gcj02", "--store", store_url]) == 0


def test_a_real_register_takes_the_place_of_the_examples(
    tmp_path: Path, store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "clerk.csv"
    path.write_text("站点名称,地址,开放时间\n真驿站,一路,24小时\n", encoding="gb18030")
    arguments = ["import", str(path), "--datum", "gcj02", "--store", store_url]
    assert run([*arguments, "--dry-run"]) == 0
    assert "60 illustrative stations would be removed" in capsys.readouterr().out
    assert len(stations(store_url)) == 63
    assert run([*arguments, "--report", str(tmp_path / "report.xlsx")]) == 0
    assert "60 illustrative stations removed" in capsys.readouterr().out
    assert len(stations(store_url)) == 4
    assert (tmp_path / "report.xlsx").exists()
    assert run(arguments) == 0
    assert "1 unchanged" in capsys.readouterr().out


def test_the_list_for_a_map_leaves_examples_out(
    tmp_path: Path, store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["export", str(tmp_path / "list.csv"), "--for", "amap", "--store", store_url]) == 0
    assert "0 stations for amap in gcj02; left out: 63 illustrative" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["export", "r.geojson", "--datum", "gcj02"],
        ["export", "r.csv", "--for", "google"],
        ["export", "r.csv", "--for", "amap", "--datum", "bd09"],
        ["import", "r.doc"],
        ["import", "r.csv", "--datum", "mars"],
        ["import", "r.csv", "--datum", "gcj02", "--prefer", "me"],
        ["import", "r.csv", "--datum", "gcj02", "--report", "r.txt"],
    ],
)
def test_wrong_usage(arguments: list[str], tmp_path: Path, store_url: str) -> None:
    placed = [arguments[0], str(tmp_path / arguments[1]), *arguments[2:]]
    assert run([*placed, "--store", store_url]) == 2
    assert not (tmp_path / arguments[1]).exists()


def test_a_report_never_takes_the_files_place_nor_fails_after_the_import(
    tmp_path: Path, store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "clerk.xlsx"
    assert run(["export", str(path), "--store", store_url]) == 0
    content, before = path.read_bytes(), stations(store_url)
    for report in (path, tmp_path / "nowhere" / ".." / "clerk.xlsx", tmp_path / "nowhere" / "r.xlsx"):
        asked = ["import", str(path), "--datum", "wgs84", "--store", store_url, "--report", str(report)]
        assert run(asked) == 2
        assert "care-stations: report=" in capsys.readouterr().err
    assert (path.read_bytes(), stations(store_url)) == (content, before)
