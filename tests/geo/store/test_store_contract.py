"""The one contract suite: what SQLite and PostGIS both promise, with the same ids, order and errors."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod
from sqlalchemy import text

from geo.amenities import amenity_codes, service_codes
from geo.errors import ConflictError, InvalidDataError, InvalidParameterError, NotFoundError
from geo.stations import (
    Amenity,
    Honour,
    LonLat,
    MapListing,
    OnMap,
    Photo,
    Provenance,
    RawCoordinate,
    Service,
    Station,
    Visits,
)
from geo.store import Change, open_store
from geo.store.protocol import StationStore

FULL = Station(
    id="BQ-001",
    name="区市民中心爱心驿站",
    aliases=("市民中心", "Citizen's “home”; DROP TABLE stations;--"),
    kind="mobile",
    street_code="610111001",
    street="纺织城街道",
    address="某路 1 号",
    landmark="",
    door_note="第一行\n第二行",
    status="temporarily_closed",
    status_since=date(2026, 1, 2),
    status_until=date(2026, 12, 31),
    status_note="装修",
    hours="Mo-Fr 08:00-12:00,14:30-18:00",
    hours_confirmed_on=date(2026, 10, 1),
    entry_method=("scan", "walk_in"),
    welcome_note="欢迎 🚴",
    ownership="union_built",
    host_type="community_centre",
    level="star_3",
    honours=(Honour(level="national", title="最美", year=None), Honour(level="city", title="乙", year=2024)),
    amenities={
        "toilet": Amenity(value="nearby", distance_m=299.9999999999999, note=""),
        "water_hot": Amenity(value="yes", count=0, checked_on=date(2026, 9, 9)),
        "aed": Amenity(value="limited", certified=False, expires_on=date(2027, 1, 1), kind="x"),
    },
    services={"psych": Service(value="yes", schedule="周三下午", contact="窗口")},
    seats=0,
    area_m2=0.1 + 0.2,
    phone="029-12345678",
    opened_on=date(2020, 2, 29),
    visits=(Visits(period="2026-10", count=12, method=None),),
    photos=(Photo(url="/photos/1.jpg", alt="门口", taken_on=date(2026, 3, 3)),),
    on_map=OnMap(amap=MapListing(id="B0", pin_error_m=12.5)),
    sign_outside="yes",
    step_free="no",
    provenance=Provenance(name="source", location="illustrative", facts="survey"),
    source="某报 2024",
    location_precision="entrance",
    location_checked_on=date(2026, 5, 5),
    raw_coordinate=RawCoordinate(datum="gcj02", lon=109.0721171, lat=34.2717328),
    location=LonLat(109.06700000000001, 34.273),
)


def plain(station_id: str, lon: float | None = None, lat: float | None = None) -> Station:
    location = None if lon is None or lat is None else LonLat(lon, lat)
    return Station(id=station_id, name=f"站 {station_id}", location=location)


def create(store: StationStore, *stations: Station) -> int:
    return store.apply([Change("create", station.id, station) for station in stations], "测试")


def facts(station: Station) -> Station:
    """The station without what the store decides."""
    return station.model_copy(update={"version": 1, "updated_at": None})


def test_every_field_comes_back_as_it_was(store: StationStore) -> None:
    create(store, FULL)
    found = store.get(FULL.id)
    assert facts(found) == facts(FULL)
    assert found.model_dump(exclude={"version", "updated_at"}) == FULL.model_dump(
        exclude={"version", "updated_at"}
    )
    assert list(found.amenities) == ["toilet", "water_hot", "aed"]
    assert store.stations() == [found]


def test_null_empty_and_missing_stay_distinct(store: StationStore) -> None:
    create(
        store,
        plain("null").model_copy(update={"address": None, "seats": None}),
        plain("empty").model_copy(
            update={"address": "", "seats": 0, "amenities": {"toilet": Amenity(value="unknown")}}
        ),
    )
    null, empty = store.get("null"), store.get("empty")
    assert (null.address, null.seats, null.amenities) == (None, None, {})
    assert (empty.address, empty.seats, empty.amenities) == ("", 0, {"toilet": Amenity(value="unknown")})


words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)
days = st.dates(date(1950, 1, 1), date(2199, 12, 31))


def offers(form: type[Amenity], codes: tuple[str, ...]) -> st.SearchStrategy[dict[str, Amenity]]:
    entry = st.builds(
        form,
        value=st.sampled_from(["yes", "limited", "nearby", "broken", "no", "unknown"]),
        count=st.none() | st.integers(0, 1_000_000),
        distance_m=st.none() | st.floats(0, 1e6),
        certified=st.none() | st.booleans(),
        note=st.none() | words,
        expires_on=st.none() | days,
    )
    return st.dictionaries(st.sampled_from(codes), entry, max_size=6)


stations = st.builds(
    Station,
    id=st.just("S"),
    name=words.filter(lambda word: word.strip() != ""),
    address=st.none() | words,
    area_m2=st.none() | st.floats(0, 1e6),
    opened_on=st.none() | days,
    amenities=offers(Amenity, amenity_codes()),
    services=offers(Service, service_codes()),
    location=st.none() | st.builds(LonLat, st.floats(73, 137), st.floats(1, 55)),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(station=stations)
def test_any_station_comes_back_as_it_was(store: StationStore, station: Station) -> None:
    present = {found.id for found in store.stations()}
    kind = "replace" if "S" in present else "create"
    store.apply([Change(kind, "S", station)], "a")
    found = store.get("S")
    assert facts(found).model_dump() == facts(station).model_dump()
    assert list(found.amenities) == list(station.amenities)
    assert list(found.services) == list(station.services)
    assert store.history("S")[-1].after == found


def test_versions_grow_and_never_come_twice(store: StationStore) -> None:
    assert store.version() == 0
    assert create(store, plain("a"), plain("b")) == 1
    first = store.get("a")
    assert first.version == 1
    assert first.updated_at is not None and first.updated_at.tzinfo is not None
    assert store.apply([Change("replace", "a", first.model_copy(update={"name": "新"}))], "x") == 2
    assert (store.get("a").version, store.get("b").version) == (2, 1)
    assert store.apply([Change("delete", "a", expected_version=2)], "x") == 3
    written = store.write([Change("create", "a", first)], "x")
    assert written.version == 4
    assert written.stations == (store.get("a"),)
    assert store.get("a").version == 4
    assert store.apply([], "x") == 4


def test_time_of_a_change_is_the_stores_own_in_utc(store_url: str) -> None:
    beijing = datetime(2026, 11, 22, 8, 0, 0, 123456, timezone(timedelta(hours=8)))
    store = open_store(store_url, clock=lambda: beijing)
    create(
        store, plain("a").model_copy(update={"updated_at": datetime(2000, 1, 1, tzinfo=UTC), "version": 77})
    )
    found = store.get("a")
    assert (found.updated_at, found.version) == (datetime(2026, 11, 22, 0, 0, 0, 123456, UTC), 1)
    assert found.updated_at is not None and found.updated_at.utcoffset() == timedelta(0)
    assert store.history("a")[0].at == beijing
    store.close()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (Change("create", "a", plain("a")), ConflictError, "station a: the id is taken"),
        (Change("replace", "z", plain("z")), NotFoundError, "station z: not in the register"),
        (Change("delete", "z"), NotFoundError, "station z: not in the register"),
        (Change("delete", "a", expected_version=9), ConflictError, "version 9 was expected, 1 is stored"),
        (Change("replace", "a", plain("a"), 2), ConflictError, "version 2 was expected, 1 is stored"),
        (Change("restore", "a", restore_version=5), NotFoundError, "station a: version 5 never was"),
        (Change("restore", "a", restore_version=10**20), NotFoundError, f"version {10**20} never was"),
        (Change("restore", "z", restore_version=1), NotFoundError, "station z: version 1 never was"),
        (
            Change("replace", "a", plain("a").model_copy(update={"address": "x\x00y"})),
            InvalidDataError,
            "station a, field address: holds a character no database can keep",
        ),
    ],
)
def test_a_refused_change_writes_nothing(
    store: StationStore, change: Change, error: type[Exception], message: str
) -> None:
    create(store, plain("a"))
    before = store.read(), store.history("a")
    with pytest.raises(error, match=message):
        store.apply([Change("create", "new", plain("new")), change], "x")
    assert (store.read(), store.history("a")) == before
    with pytest.raises(NotFoundError):
        store.history("new")


def test_changes_of_one_write_see_those_before_them(store: StationStore) -> None:
    version = store.apply(
        [
            Change("create", "a", plain("a")),
            Change("replace", "a", FULL.model_copy(update={"id": "a"}), expected_version=1),
            Change("create", "b", plain("b")),
            Change("delete", "b", expected_version=1),
        ],
        "x",
    )
    assert version == 1
    assert [station.id for station in store.stations()] == ["a"]
    assert facts(store.get("a")) == facts(FULL.model_copy(update={"id": "a"}))
    assert [entry.kind for entry in store.history("b")] == ["create", "delete"]


def test_replacing_takes_away_what_is_no_longer_said(store: StationStore) -> None:
    create(store, FULL)
    bare = plain(FULL.id)
    store.apply([Change("replace", FULL.id, bare)], "x")
    assert facts(store.get(FULL.id)) == bare


def test_history_tells_who_when_before_and_after(store: StationStore) -> None:
    create(store, FULL)
    changed = FULL.model_copy(update={"seats": 12})
    store.apply([Change("replace", FULL.id, changed)], "李四")
    store.apply([Change("delete", FULL.id)], "王五")
    entries = store.history(FULL.id)
    assert [(entry.version, entry.kind, entry.actor) for entry in entries] == [
        (1, "create", "测试"),
        (2, "replace", "李四"),
        (3, "delete", "王五"),
    ]
    assert [entry.before and entry.before.seats for entry in entries] == [None, 0, 12]
    assert entries[0].after is not None and facts(entries[0].after) == facts(FULL)
    assert entries[2].after is None
    assert entries[0].sequence < entries[1].sequence < entries[2].sequence
    with pytest.raises(NotFoundError, match="station never: the register never knew it"):
        store.history("never")


def test_any_version_can_be_restored_as_a_new_change(store: StationStore) -> None:
    create(store, FULL)
    store.apply([Change("replace", FULL.id, plain(FULL.id))], "x")
    store.apply([Change("delete", FULL.id)], "x")
    restored = store.restore(FULL.id, 1, "y")
    assert facts(restored) == facts(FULL)
    assert restored.version == 4
    assert store.get(FULL.id) == restored
    with pytest.raises(NotFoundError, match="version 3 is a deletion"):
        store.restore(FULL.id, 3, "y")
    with pytest.raises(ConflictError, match="version 3 was expected, 4 is stored"):
        store.restore(FULL.id, 2, "y", expected_version=3)
    assert store.restore(FULL.id, 2, "y", expected_version=4).name == plain(FULL.id).name
    assert [entry.kind for entry in store.history(FULL.id)][-2:] == ["restore", "restore"]


@pytest.mark.parametrize("statement", ["UPDATE history SET actor = 'nobody'", "DELETE FROM history"])
def test_the_database_itself_protects_the_history(store: StationStore, statement: str) -> None:
    create(store, plain("a"))
    with pytest.raises(ConflictError, match="breaks a rule"), store.writing() as connection:
        connection.execute(text(statement))
    assert store.history("a")[0].actor == "测试"


def test_amenities_are_rows_that_can_be_queried(store: StationStore) -> None:
    create(store, FULL, plain("b").model_copy(update={"amenities": {"toilet": Amenity(value="yes")}}))
    query = "SELECT station_id, distance_m FROM station_amenities WHERE code = 'toilet' ORDER BY station_id"
    with store.reading() as connection:
        rows = [tuple(row) for row in connection.execute(text(query))]
        services = connection.execute(
            text("SELECT code, schedule FROM station_amenities WHERE offer = 'service'")
        ).all()
    assert rows == [("BQ-001", 299.9999999999999), ("b", None)]
    assert [tuple(row) for row in services] == [("psych", "周三下午")]


def test_ids_are_ordered_by_code_point(store: StationStore) -> None:
    create(store, *(plain(name) for name in ("b", "A", "a-1", "a.1", "a_1", "B", "Z", "a", "10", "9")))
    names = [station.id for station in store.stations()]
    assert names == sorted(names) == ["10", "9", "A", "B", "Z", "a", "a-1", "a.1", "a_1", "b"]


places = st.tuples(st.floats(108.9, 109.3), st.floats(34.1, 34.5))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.lists(places, min_size=1, max_size=40), origin=places, k=st.integers(1, 50))
def test_nearest_is_the_brute_force_answer(
    store: StationStore, where: list[tuple[float, float]], origin: tuple[float, float], k: int
) -> None:
    store.apply([Change("delete", station.id) for station in store.stations()], "x")
    create(store, plain("nowhere"), *(plain(f"s{n}", *place) for n, place in enumerate(where)))
    geod = Geod(ellps="WGS84")
    metres = {f"s{n}": geod.inv(*origin, *place)[2] for n, place in enumerate(where)}
    expected = sorted(metres, key=lambda name: (metres[name], name))[:k]
    found = store.nearest(*origin, k)
    assert [name for name, _ in found] == expected
    assert [distance for _, distance in found] == pytest.approx([metres[name] for name in expected], abs=1e-3)


def test_nearest_breaks_ties_by_id_and_takes_far_origins(store: StationStore) -> None:
    assert store.nearest(109.0, 34.2) == []
    create(store, *(plain(name, 109.0, 34.2) for name in ("c", "a", "B")), plain("d", 100.0, 30.0))
    assert [name for name, _ in store.nearest(109.0, 34.2, 2)] == ["B", "a"]
    geod = Geod(ellps="WGS84")
    for origin in ((-70.0, -34.2), (-179.9, 89.9)):
        to_three, to_d = (geod.inv(*origin, *place)[2] for place in ((109.0, 34.2), (100.0, 30.0)))
        three = [("B", to_three), ("a", to_three), ("c", to_three)]
        expected = [*three, ("d", to_d)] if to_three < to_d else [("d", to_d), *three]
        found = store.nearest(*origin, 9)
        assert [name for name, _ in found] == [name for name, _ in expected]
        assert [metres for _, metres in found] == pytest.approx([m for _, m in expected], abs=1e-3)


@pytest.mark.parametrize(("lon", "lat", "k"), [(float("nan"), 1, 1), (1, 91, 1), (1, 1, 0), (1, 1, -3)])
def test_nearest_refuses_the_same_questions(store: StationStore, lon: float, lat: float, k: int) -> None:
    with pytest.raises(InvalidParameterError):
        store.nearest(lon, lat, k)


def test_read_since_tells_what_changed(store: StationStore) -> None:
    create(store, plain("a"), plain("b"), plain("c"))
    store.apply([Change("replace", "b", plain("b")), Change("delete", "c")], "x")
    create(store, plain("d"))
    difference = store.read_since(1)
    assert (difference.version, difference.removed) == (3, frozenset({"c"}))
    assert difference.changed == (store.get("b"), store.get("d"))
    assert difference.store_uuid == store.uuid()
    assert store.read_since(3).changed == ()


def test_a_new_store_is_filled_once_and_never_again(store_url: str) -> None:
    stamped = FULL.model_copy(update={"version": 7, "updated_at": datetime(2026, 1, 1, tzinfo=UTC)})
    calls: list[str] = []

    def register() -> list[Station]:
        calls.append("read")
        return [plain("z"), stamped]

    store = open_store(store_url, register)
    assert store.get(FULL.id) == stamped
    assert [station.id for station in store.stations()] == ["BQ-001", "z"]
    assert facts(store.restore(FULL.id, 7, "x")) == facts(FULL)
    store.apply([Change("delete", "z"), Change("delete", FULL.id)], "x")
    store.close()
    again = open_store(store_url, register)
    assert again.stations() == []
    assert again.create_from([plain("q")]) is False
    assert (again.stations(), calls) == ([], ["read"])
    again.close()


FILL = """
import sys
from geo.stations import Station
from geo.store import open_store
open_store(sys.argv[1], lambda: [Station(id=f"s{n}", name="n") for n in range(300)]).close()
"""
ADD = """
import sys
from geo.stations import Station
from geo.store import Change, open_store
store = open_store(sys.argv[1])
mine = sys.argv[2]
for n in range(25):
    print(store.apply([Change("create", f"{mine}{n}", Station(id=f"{mine}{n}", name="n"))], mine), flush=True)
    total = store.get("total")
    while True:
        try:
            grown = total.model_copy(update={"seats": (total.seats or 0) + 1})
            store.apply([Change("replace", "total", grown, expected_version=total.version)], mine)
        except Exception as error:
            if type(error).__name__ != "ConflictError":
                raise
            total = store.get("total")
        else:
            break
"""


def together(programs: list[list[str]]) -> list[str]:
    """Run Python programs at the same time and return what they printed."""
    running = [
        subprocess.Popen([sys.executable, "-c", *arguments], stdout=subprocess.PIPE, text=True)
        for arguments in programs
    ]
    printed = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0] * len(running)
    return printed


def test_two_processes_starting_at_once_fill_the_store_once(store_url: str) -> None:
    together([[FILL, store_url]] * 3)
    store = open_store(store_url)
    assert len(store.stations()) == 300
    assert store.version() == 1
    store.close()


def test_two_processes_writing_lose_nothing(store_url: str) -> None:
    store = open_store(store_url)
    create(store, plain("total"))
    printed = together([[ADD, store_url, "p"], [ADD, store_url, "q"]])
    versions = [int(line) for output in printed for line in output.split()]
    assert len(set(versions)) == 50
    assert {station.id for station in store.stations()} == {
        "total",
        *(f"{who}{n}" for who in "pq" for n in range(25)),
    }
    assert store.get("total").seats == 50
    assert store.get("total").version == 51
    assert store.version() == 1 + 50 + 50
    store.close()


def test_history_keeps_json_readable(store: StationStore) -> None:
    create(store, FULL)
    with store.reading() as connection:
        raw = connection.execute(text("SELECT CAST(after AS TEXT) FROM history")).scalar_one()
    assert "区市民中心爱心驿站" in raw
    assert list(json.loads(raw)["amenities"]) == ["toilet", "water_hot", "aed"]


@pytest.mark.parametrize("station_id", ["a\x00", "\x00", "a\ud800"])
def test_an_id_no_database_can_keep_names_no_station(store: StationStore, station_id: str) -> None:
    create(store, plain("a"))
    with pytest.raises(NotFoundError):
        store.get(station_id)
    with pytest.raises(NotFoundError):
        store.history(station_id)
    with pytest.raises(NotFoundError):
        store.restore(station_id, 1, "测试")
    for change in (
        Change("delete", station_id),
        Change("replace", station_id, plain("a").model_copy(update={"id": station_id})),
    ):
        with pytest.raises(NotFoundError):
            store.apply([change], "测试")
    assert [station.id for station in store.stations()] == ["a"]


def test_many_at_once_are_kept_as_few_are(store: StationStore) -> None:
    """More than two hundred rows take another way into PostgreSQL (COPY), with its own escapes."""
    odd = ["a\tb", "\\N", "\\.", 'q"\\t,', "\r\n", "", "'", "🚴"]
    few = [
        FULL.model_copy(update={"id": f"F{number:03d}", "name": f"站{number}", "landmark": odd[number % 8]})
        for number in range(250)
    ]
    many = [*few, plain("p").model_copy(update={"location": None})]
    written = store.write([Change("create", one.id, one) for one in many], "测试")
    assert store.stations() == sorted(written.stations, key=lambda one: one.id if one else "")
    kept = {one.id: one for one in store.stations()}
    for one in many:
        assert kept[one.id] == one.model_copy(update={"version": 1, "updated_at": kept[one.id].updated_at})
    assert list(kept["F000"].amenities) == list(FULL.amenities)
    assert store.history("F001")[0].after == kept["F001"]
    with pytest.raises(ConflictError, match="the id is taken"):
        store.write([Change("create", one.id, one) for one in many], "测试")
