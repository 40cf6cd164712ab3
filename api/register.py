"""The register the product ships with."""

from __future__ import annotations

from geo.data_files import data_path
from geo.stations import Station
from geo.validation import validate_geojson


def shipped_register() -> tuple[Station, ...]:
    """Return the stations of ``data/stations.geojson``.

    Raises:
        FileNotFoundError: the installation lacks the file.
        InvalidDataError: the file breaks the rules.
    """
    return validate_geojson(data_path("stations.geojson")).require()
