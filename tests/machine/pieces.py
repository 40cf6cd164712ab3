"""The pieces the tests need beside Python, and where this machine has them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_BROWSERS = (
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)


class MissingPieceError(Exception):
    """A server, browser, font or tool is missing; the message is one line saying what to install."""


def chromium() -> Path:
    """Path of the Chromium to test with: ``CARE_TEST_CHROMIUM``, else the machine's own."""
    named = os.environ.get("CARE_TEST_CHROMIUM")
    if named:
        if not Path(named).is_file():
            raise MissingPieceError(f"CARE_TEST_CHROMIUM names no file: {named}")
        return Path(named)
    for name in CHROMIUM_NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    for path in MAC_BROWSERS:
        if path.is_file():
            return path
    raise MissingPieceError(
        "Chromium is missing: install it (Debian: apt-get install chromium), or set CARE_TEST_CHROMIUM"
    )


def postgres_programs() -> Path:
    """Folder of ``initdb`` and ``postgres`` of the newest local PostgreSQL that has PostGIS."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True
    )
    places = [(path, Path("/usr/share/postgresql") / path.parent.name / "extension") for path in debian]
    config = shutil.which("pg_config")
    if config:
        answers = [
            subprocess.run([config, option], check=True, capture_output=True, text=True).stdout.strip()
            for option in ("--bindir", "--sharedir")
        ]
        places.append((Path(answers[0]), Path(answers[1]) / "extension"))
    for programs, extensions in places:
        if (programs / "initdb").is_file() and (extensions / "postgis.control").is_file():
            return programs
    raise MissingPieceError(
        "PostgreSQL with PostGIS is missing: install both (Debian: apt-get install postgresql "
        "postgresql-postgis), or set CARE_TEST_DATABASE_URL to a server where databases may be created"
    )


def database() -> str | Path:
    """``CARE_TEST_DATABASE_URL`` when set, else the folder of the local server's programs."""
    return os.environ.get("CARE_TEST_DATABASE_URL") or postgres_programs()


def chinese_font() -> str:
    """Name of one font with Chinese characters."""
    lister = shutil.which("fc-list")
    if lister is None:
        if sys.platform == "darwin":
            return "the system's own"
        raise MissingPieceError("fc-list is missing: install fontconfig and a Chinese font (fonts-noto-cjk)")
    listed = subprocess.run([lister, ":lang=zh", "family"], check=True, capture_output=True, text=True).stdout
    if not listed.strip():
        raise MissingPieceError("No Chinese font is installed (Debian: apt-get install fonts-noto-cjk)")
    return listed.splitlines()[0]


def tool(name: str, package: str) -> Path:
    """Path of the command ``name``, which Debian's ``package`` brings."""
    found = shutil.which(name)
    if found is None:
        raise MissingPieceError(f"{name} is missing: install it (Debian: apt-get install {package})")
    return Path(found)


PIECES: dict[str, Callable[[], object]] = {
    "database": database,
    "browser": chromium,
    "font": chinese_font,
    "ogrinfo": lambda: tool("ogrinfo", "gdal-bin"),
    "pdftotext": lambda: tool("pdftotext", "poppler-utils"),
}


def missing_pieces() -> list[str]:
    """One line for each piece this machine lacks."""
    lines = []
    for find in PIECES.values():
        try:
            find()
        except MissingPieceError as error:
            lines.append(str(error))
    return lines


def main() -> int:
    """Print what is missing; 1 when anything is."""
    lines = missing_pieces()
    for line in lines:
        sys.stderr.write(f"{line}\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
