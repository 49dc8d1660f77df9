"""Removes the oldest days of a recording."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from adapters.market_recordings.kind import KINDS
from adapters.market_recordings.manifest import MANIFEST, read_manifest
from adapters.whole_file import replace_file, synchronise
from domain.errors import RecordingError

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def remove_old_days(root: Path, kept: int) -> Sequence[str]:
    """Removes the sealed files of all but the newest `kept` days of the recording; returns the removed days.

    Days with files are counted, not days of the clock: a clock that jumps ahead costs the oldest day and no more. The
    manifest is replaced first, so that a program that was killed leaves files that the next call removes, and no lines
    of files that are not there. Nothing else seals files of this recording meanwhile. Raises RecordingError where a
    file cannot be removed or written, and InvalidInput for a manifest that no recorder wrote.
    """
    folders = [one for kind in KINDS for one in (root / kind).glob("*") if _DAY.fullmatch(one.name)]
    days = sorted({one.name for one in folders})
    removed = days[: max(len(days) - kept, 0)]
    if not removed:
        return ()
    try:
        _shorten_manifest(root, frozenset(removed))
        for folder in folders:
            if folder.name in removed:
                shutil.rmtree(folder)
    except OSError as fault:
        raise RecordingError(
            f"old days of {root} cannot be removed: {fault.strerror or fault}; the next start tries again"
        ) from None
    return removed


def _shorten_manifest(root: Path, removed: frozenset[str]) -> None:
    listed = read_manifest(root)
    if listed is None:
        return
    kept = [one for one in listed.values() if one.file.split("/")[1] not in removed]
    if len(kept) < len(listed):
        replace_file(root / MANIFEST, b"".join(msgspec.json.encode(one) + b"\n" for one in kept))
        synchronise(root)
