"""The lock of a recording's folder: one program at a time writes to it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

from domain.errors import InvalidInput

_LOCK: Final = "recorder"


def lock_folder(folder: Path) -> int:
    """Takes the advisory lock, which ends with the process or with the returned descriptor.

    Raises InvalidInput where the folder cannot be written or a recorder has it.
    """
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as fault:
        raise InvalidInput(f"{folder} cannot be written: {fault.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise InvalidInput(f"another recorder writes to {folder}; name another folder") from None
    return lock
