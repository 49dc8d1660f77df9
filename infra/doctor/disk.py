"""Whether a folder can keep what is written: it takes a file, the file reaches the disk, and there is room."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from time import monotonic
from typing import Final

from domain.errors import Refused

LEAST_FREE: Final = 1 << 30
"""Bytes. A log of a live run grows by some 100 MB a week; below 1 GiB a person has to make room."""
_SLOW: Final = 1.0
_BYTES: Final = 4096


def check_folder(path: Path) -> str:
    """Writes a small file into the folder, forces it to the disk, and removes it.

    Where the folder does not exist yet, its nearest parent that does is checked. Raises Refused, and OSError with the
    folder where it cannot be written.
    """
    folder = next(one for one in (path.absolute(), *path.absolute().parents) if one.is_dir())
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        raise Refused(f"{folder} has {_size(free)} free; at least {_size(LEAST_FREE)} are needed: make room")
    try:
        with tempfile.NamedTemporaryFile(prefix=".whence-doctor-", dir=folder) as file:
            file.write(b"\0" * _BYTES)
            file.flush()
            begun = monotonic()
            os.fsync(file.fileno())
            seconds = monotonic() - begun
    except OSError as fault:
        raise Refused(
            f"{folder} cannot be written ({fault.strerror}): give it to the user that runs Whence"
        ) from None
    if seconds > _SLOW:
        raise Refused(f"{folder}: fsync took {seconds:.1f} s; each commit waits for it: use a quicker disk")
    return f"{folder} is writable, {_size(free)} free, fsync in {seconds * 1000:.0f} ms"


def _size(count: int) -> str:
    return f"{count / (1 << 30):.1f} GiB"
