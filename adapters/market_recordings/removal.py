"""Days whose files are being removed: what a program that was killed meanwhile has left of them is no recording."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from adapters.market_recordings.manifest import read_manifest
from adapters.whole_file import replace_file, synchronise
from domain.errors import InvalidInput

_REMOVING: Final = "removing"
"""A line for each day. The file is there while files of these days are removed."""


def begin_removal(root: Path, days: Collection[str]) -> None:
    """States durably that these days are removed, beside those of a removal that was killed. Raises OSError."""
    held = sorted({*days, *days_of_removal(root)})
    replace_file(root / _REMOVING, "".join(f"{day}\n" for day in held).encode())
    synchronise(root)


def end_removal(root: Path) -> None:
    """Every file of these days is gone. Raises OSError."""
    (root / _REMOVING).unlink(missing_ok=True)


def days_of_removal(root: Path) -> Collection[str]:
    """The days that are being removed. Raises InvalidInput where the file cannot be read."""
    path = root / _REMOVING
    try:
        return path.read_text("ascii").split()
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as fault:
        raise InvalidInput(f"{path} cannot be read: {fault}") from None


def removed_files(root: Path) -> Callable[[Path], bool]:
    """Whether a sealed file is one of those that are being removed: of such a day, and in no line of the manifest.

    Raises InvalidInput as `read_manifest` does.
    """
    days = frozenset(days_of_removal(root))
    listed = (read_manifest(root) or {}) if days else {}
    return lambda path: path.parent.parent.name in days and path.relative_to(root).as_posix() not in listed
