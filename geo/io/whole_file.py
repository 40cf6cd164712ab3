"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path beside ``path`` to write to; the file takes its place when the block ends well.

    After an error nothing is left and ``path`` is as it was. The path given has the same name, in a directory
    of its own, so that formats which write more than one file while at work may do so.

    Raises:
        OSError: the directory is missing, full or not writable; names the directory as it was given.
    """
    try:
        made = tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path.parent)) from error
    with made as directory:
        beside = Path(directory) / path.name
        yield beside
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.chmod(0o644)
        beside.replace(path)
