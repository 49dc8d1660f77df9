"""Removes the oldest days of a recording."""

from __future__ import annotations

import logging
import re
import shutil
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from adapters.market_recordings.kind import KINDS
from adapters.market_recordings.manifest import MANIFEST, read_manifest
from adapters.market_recordings.removal import begin_removal, days_of_removal, end_removal
from adapters.whole_file import replace_file, synchronise
from domain.errors import RecordingError

_log = logging.getLogger(__name__)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
GIB: Final = 1 << 30


class Kept(NamedTuple):
    """What is kept of a recording: so many of the newest days, and at most so many bytes; 0 is no limit."""

    days: int = 0
    bytes: int = 0


def remove_old_days(root: Path, kept: Kept) -> Sequence[str]:
    """Removes the sealed files of the oldest days until the recording is within both limits; returns those days.

    Days with files are counted, not days of the clock: a clock that jumps ahead costs the oldest day and no more.
    `bytes` counts all files of the recording, also segments and damaged ones; these and the newest day stay, though
    they be more. The manifest is replaced first. A program that was killed leaves files that readers pass over, and
    that the next call removes. Nothing else seals files of this recording meanwhile. Raises RecordingError where a file
    cannot be removed or written, and InvalidInput for a manifest that no recorder wrote.
    """
    try:
        return _removed(root, kept)
    except OSError as fault:
        raise RecordingError(
            f"old days of {root} cannot be removed: {fault.strerror or fault}; the next start tries again"
        ) from None


def _removed(root: Path, kept: Kept) -> Sequence[str]:
    folders, begun = _day_folders(root), days_of_removal(root)
    sizes = {day: sum(map(_size, held)) for day, held in sorted(folders.items())}
    removed = _oldest(sizes, _size(root), kept)
    if removed or begun:
        begin_removal(root, removed)
        _shorten_manifest(root, frozenset(removed))
        _remove_unlisted(root, folders, {*removed, *begun} & folders.keys())
        end_removal(root)
    return removed


def _oldest(sizes: Mapping[str, int], total: int, kept: Kept) -> Sequence[str]:
    """The days to remove, of `sizes` by day, oldest first, in a recording of `total` bytes."""
    days = list(sizes)
    count = max(len(days) - kept.days, 0) if kept.days else 0
    rest = total - sum(sizes[day] for day in days[:count])
    while kept.bytes and rest > kept.bytes and count < len(days) - 1:
        rest -= sizes[days[count]]
        count += 1
    if kept.bytes and rest > kept.bytes:
        _log.warning(
            "the newest day of the recording and what is not sealed yet have %.2f GiB, more than the %.2f that are to "
            "be kept",
            rest / GIB,
            kept.bytes / GIB,
        )
    return days[:count]


def _day_folders(root: Path) -> Mapping[str, Sequence[Path]]:
    found = defaultdict[str, list[Path]](list)
    for kind in KINDS:
        for folder in (root / kind).glob("*"):
            if _DAY.fullmatch(folder.name):
                found[folder.name].append(folder)
    return found


def _size(folder: Path) -> int:
    """The bytes of all files in the folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _shorten_manifest(root: Path, removed: Collection[str]) -> None:
    listed = read_manifest(root)
    if listed is None:
        return
    kept = [one for one in listed.values() if one.file.split("/")[1] not in removed]
    if len(kept) < len(listed):
        replace_file(root / MANIFEST, b"".join(msgspec.json.encode(one) + b"\n" for one in kept))
        synchronise(root)


def _remove_unlisted(root: Path, folders: Mapping[str, Sequence[Path]], days: Collection[str]) -> None:
    """Removes the files of these days, less those that were sealed since: a clock that goes back records a day anew."""
    listed = read_manifest(root) or {}
    for day in sorted(days):
        for folder in folders[day]:
            if any(one.startswith(f"{folder.relative_to(root).as_posix()}/") for one in listed):
                _remove_files(root, folder, listed)
            else:
                shutil.rmtree(folder)


def _remove_files(root: Path, folder: Path, listed: Collection[str]) -> None:
    for path in folder.rglob("*.parquet"):
        if path.relative_to(root).as_posix() not in listed:
            path.unlink()
