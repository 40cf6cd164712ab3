"""Run every benchmark in this folder and write ``RESULTS.md`` beside them.

A benchmark is a module that, run as ``python -m benchmarks.NAME``, prints one Markdown section: what was
compared, the sizes, the times, and the errors against an exact answer. Each runs in a process of its own.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def names() -> list[str]:
    """The benchmark modules, in alphabetical order."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.name != Path(__file__).name)


def heading() -> str:
    """What the numbers were measured on."""
    return (
        "# Benchmark results\n\n"
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, Python {platform.python_version()}. `make bench` writes this file.\n"
    )


def section(name: str) -> str:
    """Run one benchmark and return what it printed, under its name.

    Raises:
        subprocess.CalledProcessError: the benchmark failed; its own message stands above.
    """
    started = time.perf_counter()
    command = [sys.executable, "-m", f"benchmarks.{name}"]
    printed = subprocess.run(command, cwd=FOLDER.parent, check=True, stdout=subprocess.PIPE, encoding="utf-8")
    print(f"{name}: {time.perf_counter() - started:.1f} s", flush=True)
    return f"## {name}\n\n{printed.stdout.strip()}\n"


def main(arguments: list[str] | None = None) -> None:
    """Run the named benchmarks, all by default; only a run of all writes the file."""
    known = names()
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(known)}")
    chosen = parser.parse_args(arguments).names
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    text = "\n".join([heading(), *(section(name) for name in chosen or known)])
    if chosen:
        print(text)
        return
    results = FOLDER / "RESULTS.md"
    results.write_text(text, encoding="utf-8")
    print(f"{results.relative_to(FOLDER.parent)} written")


if __name__ == "__main__":
    main()
