"""What an import did, or would do: for people as lines, for programs as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from geo.io.datum_guard import GuardResult
from geo.io.duplicates import DuplicatePair
from geo.io.table import CellProblem

Resolution = Literal["open", "file", "store"]
_SHOWN_CHARS = 80


@dataclass(frozen=True)
class RowRef:
    """A station of the report: where it stands in the file, and the fields the import changes."""

    station_id: str
    name: str
    row: int | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Conflict:
    """A row older than the store whose fields differ: (field, in the file, in the store)."""

    station_id: str
    name: str
    row: int
    file_version: int
    store_version: int
    differences: tuple[tuple[str, Any, Any], ...]
    resolution: Resolution


@dataclass
class ImportReport:
    """Everything an import found and did. ``refused`` says why nothing was done, or is None."""

    file: str
    datum: str
    rows: int = 0
    dry_run: bool = False
    refused: str | None = None
    guard: GuardResult | None = None
    added: list[RowRef] = field(default_factory=list)
    changed: list[RowRef] = field(default_factory=list)
    unchanged: list[RowRef] = field(default_factory=list)
    retired: list[RowRef] = field(default_factory=list)
    removed_illustrative: list[RowRef] = field(default_factory=list)
    skipped: list[RowRef] = field(default_factory=list)
    without_location: list[RowRef] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    duplicates: list[DuplicatePair] = field(default_factory=list)
    problems: list[CellProblem] = field(default_factory=list)
    register_version: int | None = None

    def counts(self) -> dict[str, int]:
        """Return the size of each part."""
        names = (
            "added", "changed", "unchanged", "retired", "removed_illustrative", "skipped", "conflicts",
            "duplicates", "without_location",
        )  # fmt: skip
        severe = Counter(problem.severity for problem in self.problems)
        found: dict[str, int] = {name: len(getattr(self, name)) for name in names}
        return found | {f"{name}s": severe[name] for name in ("error", "warning", "note")}

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON-ready values; unchanged stations are counted, not listed."""
        listed = asdict(self)
        listed.pop("unchanged")
        listed["problems"] = [asdict(problem) | {"value": shown(problem.value)} for problem in self.problems]
        listed["conflicts"] = [
            asdict(conflict)
            | {
                "differences": [
                    (name, shown(ours), shown(theirs)) for name, ours, theirs in conflict.differences
                ]
            }
            for conflict in self.conflicts
        ]
        listed["guard"] = asdict(self.guard) | {"message": self.guard.message()} if self.guard else None
        return {"counts": self.counts(), **listed}

    def lines(self, limit: int = 200) -> Iterator[str]:
        """Yield the report as text: what stands in the way first, then the lists, then the counts.

        At most ``limit`` lines of each list are shown; the XLSX report has them all.
        """
        yield from self._limited("problem", self._problem_lines(), limit)
        yield from self._limited("conflict", self._conflict_lines(), limit)
        yield from self._limited("duplicate", self._duplicate_lines(), limit)
        for title, refs in (
            ("added", self.added),
            ("changed", self.changed),
            ("retired", self.retired),
            ("not imported", self.skipped),
            ("without coordinates (kept, listed by street)", self.without_location),
        ):
            yield from self._limited(title, (_ref_line(title, ref) for ref in refs), limit)
        if self.removed_illustrative:
            count = len(self.removed_illustrative)
            done = "would be removed" if self.dry_run else "removed"
            yield f"示例站点: {count} illustrative stations {done}: a real register takes their place"
        if self.guard is not None:
            yield self.guard.message()
        yield self.verdict()

    def verdict(self) -> str:
        """Return the outcome in one line."""
        parts = [f"{count} {name.replace('_', ' ')}" for name, count in self.counts().items() if count]
        told = ", ".join(parts) or "nothing to do"
        if self.refused:
            return f"refused, nothing written: {self.refused}"
        if self.dry_run:
            return f"dry run, nothing written: {self.rows} rows: {told}"
        version = f"; register version {self.register_version}" if self.register_version is not None else ""
        return f"{self.rows} rows: {told}{version}"

    def _problem_lines(self) -> Iterator[str]:
        for problem in self.problems:
            yield f"{problem.severity}: {problem.as_problem()}"

    def _conflict_lines(self) -> Iterator[str]:
        outcome = {
            "open": "not applied; --prefer file or store decides",
            "file": "the file's values are taken",
            "store": "the store's values are kept",
        }
        for one in self.conflicts:
            yield (
                f"conflict: row {one.row}, station {one.station_id}: the file has "
                f"version {one.file_version}, the store {one.store_version}; {outcome[one.resolution]}"
            )
            for name, ours, theirs in one.differences:
                yield f"  {name}: file {shown(ours)} | store {shown(theirs)}"

    def _duplicate_lines(self) -> Iterator[str]:
        for pair in self.duplicates:
            away = "" if pair.distance_m is None else f", {pair.distance_m:g} m apart"
            here = f"row {pair.row} " if pair.row else ""
            there = f"row {pair.other_row} " if pair.other_row else ""
            yield (
                f"duplicate? {here}{pair.station_id} {pair.name} | {there}{pair.other_id} {pair.other_name}: "
                f"{pair.reason}{away}, likeness {pair.similarity:g}"
            )

    @staticmethod
    def _limited(title: str, lines: Iterator[str], limit: int) -> Iterator[str]:
        rest = 0
        for number, line in enumerate(lines):
            if number < limit:
                yield line
            else:
                rest += 1
        if rest:
            yield f"… and {rest} more lines of {title}"


def shown(value: object) -> str | None:
    """Return a value as short text, None for None."""
    if value is None:
        return None
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 1]}…"


def _ref_line(title: str, ref: RowRef) -> str:
    row = f"row {ref.row}: " if ref.row is not None else ""
    fields = f" ({', '.join(ref.fields)})" if ref.fields else ""
    return f"{title}: {row}{ref.station_id} {ref.name}{fields}"
