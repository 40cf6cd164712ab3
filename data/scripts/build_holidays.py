"""Rebuild ``data/holidays.csv`` from the ``chinesecalendar`` package, byte for byte the same each time.

Run ``python data/scripts/build_holidays.py``. The package transcribes the State Council's yearly notices;
the version it was taken from stands in the source column.
"""

from __future__ import annotations

import csv
import io
from datetime import date
from importlib.metadata import version
from pathlib import Path

from chinese_calendar import constants

TARGET = Path(__file__).resolve().parent.parent / "holidays.csv"


def holidays_csv() -> str:
    """Return the whole file as text: columns date, name, type, source; ordered by date."""
    source = f"国务院办公厅放假通知 via chinesecalendar {version('chinesecalendar')}"
    # A day that is both (never so far) must not slip through as either.
    if both := set(constants.holidays) & set(constants.workdays):
        raise ValueError(f"days listed as holiday and as working day: {sorted(both)}")
    rows: list[tuple[date, str, str]] = [
        *((day, english, "holiday") for day, english in constants.holidays.items()),
        # A working day listed on Monday-Friday changes nothing; only weekend days are make-up days.
        *((day, english, "makeup") for day, english in constants.workdays.items() if day.weekday() >= 5),
    ]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(("date", "name", "type", "source"))
    for day, english, kind in sorted(rows):
        writer.writerow((day.isoformat(), constants.Holiday(english).chinese, kind, source))
    return buffer.getvalue()


if __name__ == "__main__":
    TARGET.write_text(holidays_csv(), encoding="utf-8", newline="\n")
