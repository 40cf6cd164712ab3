"""Check a register file before it is let in: every problem with its feature, station and field.

Nothing is written. Features are read one at a time, so a file of any allowed size is checked in little more
memory than the stations it yields (none with ``keep=False``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.errors import InvalidDataError, Problem
from geo.geojson import MAX_FILE_BYTES, FeatureReader, nonfinite_fields
from geo.stations import Station, station_from_feature

MAX_KEPT_PROBLEMS = 1000
"""Problems listed one by one; the rest are counted."""
MAX_COUNTED_PROBLEMS = 1_000_000
"""Past so many (five for every station of the nation) the file is no register, and reading stops."""


@dataclass(frozen=True)
class ValidationReport:
    """What a check found: good stations, features read, and problems (the first of them, and how many)."""

    stations: tuple[Station, ...]
    features: int
    problems: tuple[Problem, ...]
    problem_count: int

    @property
    def ok(self) -> bool:
        """Whether nothing at all is wrong."""
        return self.problem_count == 0

    def lines(self, limit: int = MAX_KEPT_PROBLEMS) -> list[str]:
        """Return the report as printable lines: up to ``limit`` problems, then the counts."""
        shown = [str(problem) for problem in self.problems[:limit]]
        if self.problem_count > len(shown):
            shown.append(f"… and {self.problem_count - len(shown)} more problems")
        verdict = "no problems" if self.ok else f"{self.problem_count} problems"
        return [*shown, f"{self.features} features read, {verdict}"]

    def require(self) -> tuple[Station, ...]:
        """Return the stations of a faultless file.

        Raises:
            InvalidDataError: there are problems; carries those listed.
        """
        if not self.ok:
            raise InvalidDataError(self.problems)
        return self.stations


def validate_geojson(
    source: Path | str | bytes, *, keep: bool = True, max_bytes: int = MAX_FILE_BYTES
) -> ValidationReport:
    """Check a GeoJSON register given by path, or as bytes, and return all that is wrong with it.

    ``keep=False`` checks without holding the stations. A document that breaks off is checked up to the break.
    Nothing is raised for bad data: it stands in the report.

    >>> validate_geojson(b'{"type": "FeatureCollection", "features": []}').ok
    True
    >>> validate_geojson(b"[1]").lines()[0]
    "line 1, column 1: not a GeoJSON document: expected an object {…}, found '['"
    """
    reader = FeatureReader(Path(source) if isinstance(source, str) else source, max_bytes=max_bytes)
    stations: list[Station] = []
    problems: list[Problem] = []
    last: list[Problem] = []
    features = problem_count = 0
    first_with: dict[str, int] = {}
    try:
        for number, feature in reader:
            features = number
            station, found = _checked(feature, f"feature {number}", first_with, number)
            problem_count += len(found)
            problems.extend(found[: MAX_KEPT_PROBLEMS - len(problems)])
            if station is not None and not found and keep:
                stations.append(station)
            if problem_count >= MAX_COUNTED_PROBLEMS:
                message = f"reading stopped here after {problem_count} problems"
                last = [Problem(f"feature {number}", None, None, None, message)]
                break
    except InvalidDataError as error:
        last = list(error.problems)
    if last:
        # the document's own fault outranks the features': it is listed even where the list is full
        problem_count += len(last)
        problems[MAX_KEPT_PROBLEMS - 1 :] = last
    return ValidationReport(tuple(stations), features, tuple(problems), problem_count)


def _checked(
    feature: object, where: str, first_with: dict[str, int], number: int
) -> tuple[Station | None, list[Problem]]:
    """Return the station of one feature, if it makes one, and everything wrong with it."""
    if not isinstance(feature, dict):
        return None, [Problem(where, None, None, feature, "not a GeoJSON feature")]
    problems = [
        Problem(where, _known_as(feature), _field(path), value, "NaN and Infinity are no numbers in GeoJSON")
        for path, value in nonfinite_fields(feature)
    ]
    station = None
    try:
        station = station_from_feature(_without(feature, problems), where)
    except InvalidDataError as error:
        reported = {problem.field for problem in problems}
        problems += [problem for problem in error.problems if problem.field not in reported]
        problems += _hidden_behind(error.problems, feature, where)
    known = station.id if station else _id_of(feature)
    if known is not None and (first := first_with.setdefault(known, number)) != number:
        problems.append(Problem(where, known, "id", known, f"duplicate id, first used by feature {first}"))
    return station, problems


def _field(path: str) -> str:
    """Turn a path inside the feature into the field's name: every coordinate is the ``geometry``."""
    top = path.partition(".")[0]
    return "geometry" if top == "geometry" else path.removeprefix("properties.")


def _without(feature: Mapping[str, Any], problems: list[Problem]) -> Mapping[str, Any]:
    """Return the feature without the fields already found bad, so that the others can be looked at."""
    bad = {(problem.field or "").partition(".")[0] for problem in problems}
    properties = feature.get("properties")
    if not bad or not isinstance(properties, Mapping):
        return feature
    kept = {name: value for name, value in properties.items() if name not in bad}
    return {**feature, "properties": kept, "geometry": None if "geometry" in bad else feature.get("geometry")}


def _hidden_behind(found: tuple[Problem, ...], feature: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """Yield the problems of the properties that an unreadable geometry kept from being looked at."""
    if all(problem.field == "geometry" for problem in found):
        try:
            station_from_feature({**feature, "geometry": None}, where)
        except InvalidDataError as error:
            yield from error.problems


def _id_of(feature: Mapping[str, Any]) -> str | None:
    properties = feature.get("properties")
    known = properties.get("id") if isinstance(properties, Mapping) else None
    known = known if known is not None else feature.get("id")
    return known if isinstance(known, str) else None


def _known_as(feature: Mapping[str, Any]) -> str | None:
    properties = feature.get("properties")
    name = properties.get("name") if isinstance(properties, Mapping) else None
    return _id_of(feature) or (name if isinstance(name, str) else None)
