"""No space left: the write is refused, nothing is lost, and work goes on once there is space again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.register import shipped_register
from api.settings import Settings
from geo.store.opening import open_store
from geo.store.schema import upgrade
from keepers import ITEMS, Acknowledged, Answer, Client, Connect, assert_kept, new_key
from postgis import PrivateCluster
from serving import LiveServer
from wholeness import whole_register

SIZE_MB = 64


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of 64 MB of the test's own."""
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if sys.platform != "linux" or os.geteuid() != 0 or mount is None or unmount is None:
        pytest.skip("not on this platform: a small disk needs Linux and root, to mount a tmpfs")
    folder = Path(tempfile.mkdtemp(prefix="care-disk-"))  # not in tmp_path, which the database may not enter
    folder.chmod(0o755)
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", folder], capture_output=True, check=False
    )
    if made.returncode != 0:
        folder.rmdir()
        pytest.skip("not on this platform: a small disk needs the right to mount a tmpfs")
    yield folder
    subprocess.run([unmount, "--lazy", folder], check=True)
    folder.rmdir()


def fill(disk: Path) -> Path:
    """Leave not one free block on the disk; the file that takes them all."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for block in (1_000_000, 4096, 1):
            try:
                while True:
                    file.write(bytes(block))
            except OSError:
                continue
    assert shutil.disk_usage(disk).free == 0
    return filler


def write_until_refused(keeper: Client, kept: list[Acknowledged], start: int) -> Answer:
    """Add stations until one is refused; those acknowledged are noted."""
    for number in range(start, start + 3000):
        answer = keeper.create(number)
        if answer.status != 201:
            return answer
        kept.append(Acknowledged(answer.json["id"], 1, number))
    raise AssertionError("the disk never got full")


def survive_a_full_disk(
    url: str, disk: Path, serve: Callable[..., LiveServer], connect: Connect
) -> list[Acknowledged]:
    """Write, fill the disk, be refused, free it, write again; what was acknowledged."""
    key = new_key(url)
    server = serve(url)
    keeper = connect(server.port, key)
    kept: list[Acknowledged] = []
    for number in range(5):
        made = keeper.create(number)
        assert made.status == 201
        kept.append(Acknowledged(made.json["id"], 1, number))
    filler = fill(disk)
    for attempt in range(2):
        refused = write_until_refused(keeper, kept, 1000 * attempt + 100)
        assert refused.status in (503, 507)
        assert refused.headers["content-type"] == "application/problem+json"
        assert int(refused.headers["retry-after"]) > 0
        assert keeper.get("/readyz").status == 200
        assert keeper.get("/livez").status == 200
        assert keeper.get("/api/nearest?lon=109.06&lat=34.27").status == 200
        assert keeper.get(f"{ITEMS}/{kept[-1].station_id}").status == 200
    filler.unlink()
    made = keeper.create(7777)
    assert made.status == 201
    kept.append(Acknowledged(made.json["id"], 1, 7777))
    assert server.stop() == 0
    return kept


def test_the_embedded_store_on_a_full_disk(
    small_disk: Path, serve: Callable[..., LiveServer], connect: Connect
) -> None:
    url = f"sqlite:///{small_disk / 'care-stations.db'}"
    open_store(url).close()
    kept = survive_a_full_disk(url, small_disk, serve, connect)
    assert_kept(whole_register(url).history, kept)


def test_postgis_tables_on_a_full_disk(
    small_disk: Path,
    durable_cluster: PrivateCluster,
    serve: Callable[..., LiveServer],
    connect: Connect,
) -> None:
    place = small_disk / "tables"
    place.mkdir(mode=0o700)
    shutil.chown(place, "postgres", "postgres")  # whom the cluster runs as when we are root
    durable_cluster.run(f"CREATE TABLESPACE small LOCATION '{place}'")
    durable_cluster.run("CREATE DATABASE full_disk TABLESPACE small")
    url = durable_cluster.url.set(drivername="postgresql+psycopg", database="full_disk").render_as_string(
        False
    )
    upgrade(url)
    kept = survive_a_full_disk(url, small_disk, serve, connect)
    assert_kept(whole_register(url).history, kept)
    durable_cluster.run("DROP DATABASE full_disk WITH (FORCE)")
    durable_cluster.run("DROP TABLESPACE small")


def test_a_backup_on_a_full_disk_leaves_no_half_file(small_disk: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'care-stations.db'}"
    open_store(url).close()
    new_key(url)
    fill(small_disk)
    target = small_disk / "copy.jsonl.gz"
    ended = subprocess.run(
        [sys.executable, "-m", "api", "backup", str(target), "--store", url],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


FILES = [
    "/api/assessment?f=gpkg",
    "/api/assessment?f=xlsx",
    "/api/collections/service-gaps/items?f=gpkg",
    "/api/collections/worker-demand/items?f=parquet",
    "/data/stations.gpkg",
    "/data/stations.csv",
]


@pytest.mark.parametrize("room", [0, 60_000])
def test_a_file_that_finds_no_room_is_an_answer_of_its_own_and_comes_later(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    filler = fill(small_disk)
    os.truncate(filler, filler.stat().st_size - room)
    app = create_app(Settings(store_url=f"sqlite:///{tmp_path / 'care-stations.db'}"))
    with TestClient(app, raise_server_exceptions=False) as client:
        asked = FILES if room == 0 else [address for address in FILES if "gpkg" in address]
        for address in asked:
            refused = client.get(address)
            assert (address, refused.status_code) == (address, 507)
            assert refused.headers["content-type"] == "application/problem+json"
            assert int(refused.headers["retry-after"]) > 0
            assert "no room" in refused.json()["detail"]
            assert str(small_disk) not in refused.text
        assert [path.name for path in small_disk.iterdir()] == ["filler"]
        filler.unlink()
        for address in asked:
            assert client.get(address).status_code == 200


@pytest.mark.parametrize("room", [0, 60_000])
@pytest.mark.parametrize("command", ["assess --out", "export", "demand build --output"])
def test_a_geopackage_of_a_command_on_a_full_disk_is_one_line(
    small_disk: Path, tmp_path: Path, command: str, room: int
) -> None:
    url = f"sqlite:///{tmp_path / 'care-stations.db'}"
    open_store(url, shipped_register).close()
    filler = fill(small_disk)
    os.truncate(filler, filler.stat().st_size - room)
    out = str(small_disk / "out.gpkg")
    ended = subprocess.run(
        [sys.executable, "-m", "api", *command.split(), out, "--store", url],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    told = ["care-stations: out.gpkg: cannot be written as GeoPackage: is the disk full?"]
    assert ended.stderr.splitlines() == told  # nothing of GDAL's own beside it
    assert [path.name for path in small_disk.iterdir()] == ["filler"]
