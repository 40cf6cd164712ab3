"""What exported files and answers say of themselves: datum, source, licence, that examples are examples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from geo.crs import Datum
from geo.stations import ILLUSTRATIVE_NOTICE, Station

ATTRIBUTION = "© OpenStreetMap contributors (ODbL 1.0); GeoNames (CC BY 4.0)"
LICENCE = "ODbL 1.0"


@dataclass(frozen=True)
class ExportNotice:
    """What a file carries beside its stations; ``notice`` is empty for a real register."""

    datum: Datum
    exported_at: datetime
    notice: str
    attribution: str = ATTRIBUTION
    licence: str = LICENCE

    def metadata(self) -> dict[str, str]:
        """Return it as key and text, for formats that have a place for metadata."""
        texts = {
            "datum": self.datum.value,
            "licence": self.licence,
            "attribution": self.attribution,
            "exported_at": self.exported_at.isoformat(timespec="seconds"),
        }
        return texts | {"notice": self.notice} if self.notice else texts


def notice_of(stations: Iterable[Station], datum: Datum, exported_at: datetime) -> ExportNotice:
    """Return the notice of a file of these stations."""
    illustrative = any(is_partly_illustrative(station) for station in stations)
    return ExportNotice(datum, exported_at, ILLUSTRATIVE_NOTICE if illustrative else "")


def credit(stations: Iterable[Station]) -> dict[str, str]:
    """Return what an answer made of these stations says of itself; ``notice`` only if one is an example."""
    texts = {"licence": LICENCE, "attribution": ATTRIBUTION}
    illustrative = any(is_partly_illustrative(station) for station in stations)
    return texts | {"notice": ILLUSTRATIVE_NOTICE} if illustrative else texts


def is_partly_illustrative(station: Station) -> bool:
    """Return whether the station's name, place or facts are an example."""
    provenance = station.provenance
    return "illustrative" in (provenance.name, provenance.location, provenance.facts)
