"""A program that writes many stations in one transaction: ``bulk_write.py STORE COUNT NUMBER``."""

from __future__ import annotations

import sys

from geo.stations import Amenity, Station
from geo.store.opening import open_store
from geo.store.protocol import Change


def main(url: str, count: int, number: int) -> None:
    store = open_store(url)
    present = {station.id for station in store.stations()}
    changes = [
        Change(
            "replace" if station_id in present else "create",
            station_id,
            Station(
                id=station_id,
                name=f"站{station_id}",
                location=(109.0 + number * 1e-4, 34.2),
                seats=number,
                amenities={"seat": Amenity(value="yes", count=number)},
            ),
        )
        for station_id in (f"bulk{row:04d}" for row in range(count))
    ]
    store.apply(changes, "import")
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
