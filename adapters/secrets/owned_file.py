"""A small file that nobody but its owner may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from domain.errors import InvalidSettings

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_MOST_BYTES = 64 * 1024


def read_owned(path: Path) -> str:
    """The text of the file without white space at its ends.

    Raises InvalidSettings where others than its owner have any right to it, and where it is longer than 64 KiB or no
    text; OSError where it cannot be read.
    """
    with path.open("rb") as file:
        check_owned(path, os.fstat(file.fileno()).st_mode)
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise InvalidSettings(f"{path} holds no secret: it has more than {_MOST_BYTES:,} bytes")
    try:
        return content.decode().strip()
    except UnicodeDecodeError:
        raise InvalidSettings(f"{path} holds no secret: it is not text in UTF-8") from None


def check_owned(path: Path, mode: int) -> None:
    """Raises InvalidSettings where the mode gives others than the owner any right."""
    if mode & _OTHERS:
        raise InvalidSettings(f"others can read {path}; make it its owner's alone, as by chmod go= {path}")
