"""The command line: what it prints, what it returns, and one line for every failure."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from api.cli import run
from geo.stations import FIELD_NAMES
from geo.store.opening import open_store

ROOT = Path(__file__).resolve().parents[2]
REGISTER = ROOT / "data" / "stations.geojson"


@pytest.fixture(scope="module")
def store_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store filled with the shipped register by the first command."""
    return f"sqlite:///{tmp_path_factory.mktemp('cli') / 'store.db'}"


def test_nearest_as_a_table_and_as_json(store_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["nearest", "109.06", "34.27", "-k", "3", "--at", "2026-11-23T12:00", "--store", store_url]
    assert run(asked) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["id", "metres", "minutes"]
    assert len(lines) == 5
    assert lines[-1].startswith("3 stations; left out: not_operating")
    assert run([*asked, "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert [feature["id"] for feature in body["features"]] == [line.split()[0] for line in lines[1:4]]
    assert body["at"] == "2026-11-23T12:00:00+08:00"


def test_western_longitudes_are_numbers_not_options(
    store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["nearest", "-73.5", "-34.5", "--json", "--store", store_url]) == 0
    assert len(json.loads(capsys.readouterr().out)["features"]) == 5


def test_export_as_geojson_and_csv(
    store_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("out.geojson", "out.csv"):
        assert run(["export", str(tmp_path / name), "--store", store_url]) == 0
        assert "63 stations" in capsys.readouterr().out
    collection = json.loads((tmp_path / "out.geojson").read_text(encoding="utf-8"))
    shipped = json.loads(REGISTER.read_text(encoding="utf-8"))
    by_id = {feature["id"]: feature for feature in shipped["features"]}
    assert [feature["id"] for feature in collection["features"]] == sorted(by_id)
    for feature in collection["features"]:
        assert feature["geometry"] == by_id[feature["id"]]["geometry"]
        assert feature["properties"]["hours"] == by_id[feature["id"]]["properties"]["hours"]
    assert "示例数据" in collection["notice"]
    raw = (tmp_path / "out.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))
    assert len(rows) == 63
    assert set(FIELD_NAMES) < set(rows[0])
    assert json.loads(rows[0]["amenities"]) == collection["features"][0]["properties"]["amenities"]
    assert {row["notice"] for row in rows} == {collection["notice"]}


def test_export_leaves_no_half_file(
    store_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["export", str(tmp_path / "no" / "out.csv"), "--store", store_url]) == 1
    assert run(["export", str(tmp_path / "out.doc"), "--store", store_url]) == 2
    assert list(tmp_path.iterdir()) == []
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_map_is_one_file_that_loads_nothing(
    store_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "map.html"
    assert run(["map", str(out), "--store", store_url]) == 0
    assert "63 stations" in capsys.readouterr().out
    text = out.read_text(encoding="utf-8")
    assert "示例数据" in text
    assert 'src="/' not in text


def test_validate_lists_every_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", str(REGISTER)]) == 0
    assert capsys.readouterr().out == "63 features read, no problems\n"
    collection = json.loads(REGISTER.read_text(encoding="utf-8"))
    collection["features"][0]["properties"]["name"] = ""
    collection["features"][1]["properties"]["hours"] = "whenever"
    collection["features"][2]["geometry"]["coordinates"].reverse()
    bad = tmp_path / "bad.geojson"
    bad.write_text(json.dumps(collection), encoding="utf-8")
    assert run(["validate", str(bad)]) == 1
    out = capsys.readouterr().out
    for part in ("feature 1", "name", "feature 2", "hours", "feature 3", "swapped", "3 problems"):
        assert part in out
    assert run(["validate", str(bad), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["problem_count"] == 3


def test_keys_are_made_listed_and_revoked(store_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "add", "王站长", "--store", store_url]) == 0
    token = capsys.readouterr().out.strip()
    assert run(["keys", "add", "王站长", "--store", store_url]) == 1
    assert run(["keys", "add", "x", "--role", "king", "--store", store_url]) == 2
    assert run(["keys", "revoke", "王站长", "--store", store_url]) == 0
    assert run(["keys", "revoke", "nobody", "--store", store_url]) == 1
    capsys.readouterr()
    assert run(["keys", "list", "--json", "--store", store_url]) == 0
    listed = capsys.readouterr().out
    assert [one["name"] for one in json.loads(listed)] == ["王站长"]
    assert json.loads(listed)[0]["revoked_at"]
    assert token not in listed


def test_db_check_and_upgrade(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    assert run(["db", "check", "--store", url]) == 1
    assert run(["db", "upgrade", "--store", url]) == 0
    assert run(["db", "check", "--store", url]) == 0
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "command"),
        (["fly"], 2, "fly"),
        (["nearest"], 2, "LON"),
        (["nearest", "a", "b"], 2, "LON"),
        (["nearest", "1", "2", "--bogus"], 2, "bogus"),
        (["nearest", "999", "2"], 2, "lon"),
        (["nearest", "1", "2", "--amenities", "gold"], 2, "gold"),
        (["nearest", "1", "2", "--mode", "rocket"], 2, "mode"),
        (["nearest", "1", "2", "--at", "noon"], 2, "at"),
        (["nearest", "1", "2", "--datum", "x"], 2, "datum"),
        (["nearest", "1", "2", "--store", "mysql://u:secret@h/d"], 2, "store"),
        (["nearest", "1", "2", "--store", "sqlite:////proc/no/such.db"], 1, "store"),
        (["map", "x.txt"], 2, "FILE"),
        (["serve", "--port", "x"], 2, "port"),
        (["serve", "--host", "203.0.113.7", "--port", "1"], 1, "203.0.113.7"),
    ],
)
def test_failures_are_one_line(
    arguments: list[str],
    code: int,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == code
    said = capsys.readouterr()
    assert said.err.startswith("care-stations: ")
    assert len(said.err.splitlines()) == 1
    assert words in said.err
    assert "secret" not in said.err


def test_even_a_fault_of_the_program_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("api.commands.terminal.load_settings", broken)
    assert run(["nearest", "109", "34"]) == 1
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "RuntimeError('boom')" in said
    assert "test_cli.py line" in said


def test_an_unknown_setting_stops_every_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARE_STOER_URL", "x")
    assert run(["serve"]) == 2
    assert "CARE_STOER_URL" in capsys.readouterr().err


def test_as_a_module_and_help() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "api", "--help"], capture_output=True, text=True, cwd=ROOT, check=True
    )
    for command in ("serve", "validate", "export", "nearest", "map", "db", "keys"):
        assert command in shown.stdout


def test_nothing_is_lost_between_commands(store_url: str) -> None:
    store = open_store(store_url)
    assert len(store.stations()) == 63
    store.close()
