"""Where the data files shipped with the product lie."""

from __future__ import annotations

from pathlib import Path

DATA_DIR = Path(__file__).resolve().parent.parent / "data"


def data_path(name: str) -> Path:
    """Return the path of the shipped file ``name`` (for instance ``rulesets/xian-8.toml``).

    Raises:
        FileNotFoundError: the installation lacks that file.

    >>> data_path("amenities.csv").name
    'amenities.csv'
    """
    path = DATA_DIR / name
    if not path.exists():
        raise FileNotFoundError(f"data file {name} is missing from this installation")
    return path
