"""Writing the register to a file: the ending says the format, every file names its datum."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from geo.crs import Datum
from geo.errors import InvalidParameterError
from geo.io.notices import notice_of
from geo.io.whole_file import whole_file
from geo.io.write_csv import write_csv
from geo.io.write_features import write_geojson, write_geoparquet, write_gpkg
from geo.io.write_xlsx import write_xlsx
from geo.stations import Station

_FEATURES = {".geojson": write_geojson, ".gpkg": write_gpkg, ".parquet": write_geoparquet}
ENDINGS = (".geojson", ".csv", ".xlsx", ".gpkg", ".parquet")


def export_register(
    path: Path,
    stations: Sequence[Station],
    exported_at: datetime,
    datum: Datum = Datum.WGS84,
    week: date | None = None,
) -> None:
    """Write ``stations`` to ``path``; the file is there whole or not at all.

    ``exported_at`` is an aware instant. XLSX and CSV go out in any datum, the other formats are WGS-84 by
    definition. ``week`` (a Monday; default: that of ``exported_at``) is the service matrix's.

    Raises:
        InvalidParameterError: another ending, or a datum the format cannot carry.
        InvalidDataError: a text no cell of a spreadsheet can hold.
        OSError: the file cannot be written.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise InvalidParameterError("FILE", path.name, f"must end in {', '.join(ENDINGS)}")
    if ending in _FEATURES and datum is not Datum.WGS84:
        raise InvalidParameterError("datum", datum.value, f"{ending} files are WGS-84; use .csv or .xlsx")
    notice = notice_of(stations, datum, exported_at)
    day = exported_at.date()
    monday = week or day - timedelta(days=day.weekday())
    with whole_file(path) as beside:
        if ending in _FEATURES:
            _FEATURES[ending](beside, stations, notice)
        elif ending == ".csv":
            write_csv(beside, stations, notice)
        else:
            write_xlsx(beside, stations, notice, monday)
