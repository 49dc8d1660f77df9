"""Removes old backups of a place, by `[backup] keep_days` and `keep_least`; events of a log are never removed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from adapters.backup.manifest import Manifest, manifest_name, numbers, read_manifest
from adapters.backup.place import Place
from infra.backup_settings import BackupTable


def remove_old_backups(table: BackupTable, place: Place, now: datetime) -> Sequence[int]:
    """Removes the backups that are older than `keep_days`, except the newest `keep_least`; returns their numbers.

    The newest are those with the highest numbers: a clock that jumps, forwards or back, changes neither their order nor
    how many stay. A manifest goes before its files, so that a call that was killed leaves no backup that lacks one; a
    file goes where no kept backup names it. Raises BackupUnavailable, LogCorrupt.
    """
    found = numbers(place)
    if not table.keep_days or len(found) <= table.keep_least:
        return ()
    before = now - timedelta(days=table.keep_days)
    older, newest = found[: -table.keep_least], found[-table.keep_least :]
    manifests = [read_manifest(place, one) for one in older]
    removed = [one for one in manifests if one.made_at < before]
    kept = [one for one in manifests if one.made_at >= before] + [read_manifest(place, one) for one in newest]
    _remove(place, removed, frozenset[str]().union(*(one.files for one in kept)))
    return [one.number for one in removed]


def _remove(place: Place, removed: Sequence[Manifest], kept: frozenset[str]) -> None:
    for one in removed:
        place.remove(manifest_name(one.number))
    for name in sorted(frozenset[str]().union(*(one.files for one in removed)) - kept):
        place.remove(name)
