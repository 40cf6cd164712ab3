"""Run every benchmark in this folder and write ``RESULTS.md`` beside them.

A benchmark is a module with ``main() -> str``: a Markdown section that states what was compared, the sizes,
the times and the errors against an exact answer. Name modules to run only those; the others' sections are
then left out.
"""

from __future__ import annotations

import argparse
import os
import platform
import runpy
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def benchmarks() -> dict[str, Path]:
    """The benchmark modules by name, in alphabetical order."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.py")) if path.name != Path(__file__).name}


def heading() -> str:
    """What the numbers were measured on."""
    return (
        "# Benchmark results\n\n"
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, Python {platform.python_version()}. `make bench` writes this file.\n"
    )


def main(arguments: list[str]) -> None:
    """Run the named benchmarks (all by default) and write their sections."""
    known = benchmarks()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(known)}")
    names = parser.parse_args(arguments).names or list(known)
    unknown = sorted(set(names) - set(known))
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    sections = [heading()]
    for name in names:
        started = time.perf_counter()
        section: str = runpy.run_path(str(known[name]))["main"]()
        print(f"{name}: {time.perf_counter() - started:.1f} s", flush=True)
        sections.append(section.strip() + "\n")
    results = FOLDER / "RESULTS.md"
    results.write_text("\n".join(sections), encoding="utf-8")
    print(f"{len(names)} sections written to {results.relative_to(FOLDER.parent)}")


if __name__ == "__main__":
    main(sys.argv[1:])
