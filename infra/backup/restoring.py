"""Reads a backup, and restores what is beside its events: the tape and the store's own tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from adapters.backup.manifest import Manifest, numbers, read_manifest, store_name
from adapters.backup.place import Place
from adapters.backup.segment import TAPE, batches_of
from adapters.inputs.batch import Batch, Checked
from adapters.marks.signature import Signer
from domain.errors import InvalidInput
from infra.backup.making import signature_fault
from infra.backup.store_tables import RestoredStore, restore_store
from infra.config import WhenceSettings
from infra.inputs import write_tape
from infra.logs import keys_of, open_any


def chosen_backup(place: Place, number: int | None) -> Manifest:
    """The backup with this number; the newest without one. Raises InvalidInput where there is none, LogCorrupt."""
    found = numbers(place)
    if not found:
        raise InvalidInput(f"{place} has no backup: `whence backup` makes one")
    return read_manifest(place, found[-1] if number is None else number)


def doubt_of(settings: WhenceSettings, place: Place, manifest: Manifest) -> str:
    """Why nothing proves the events of the backup; empty where its signature does, which covers each file's hash."""
    fault = "its log was not verified when it was made" if manifest.unproven else ""
    fault = fault or signature_fault(settings, manifest)
    return f"nothing proves the events of backup {manifest.number} in {place}: {fault}" if fault else ""


def restore_tape(settings: WhenceSettings, place: Place, manifest: Manifest) -> bool:
    """Writes the tape of the backup for the restored log; returns whether it did.

    It does not where the backup has no tape, and for a log of a kind without tapes. Raises LogCorrupt, KeyMissing,
    BackupUnavailable, and what `write_tape` raises.
    """
    if not manifest.tape:
        return False
    with closing(open_any(settings, copies=True)) as copy:
        return write_tape(
            settings, copy, Checked(Signer(keys_of(settings))).batches(_batches(place, manifest))
        )


def restore_tables(settings: WhenceSettings, place: Place, manifest: Manifest) -> RestoredStore | None:
    """Puts the rows of the store's own tables into the configured store; returns None where the backup has none.

    Raises what `restore_store` raises.
    """
    if not manifest.store:
        return None
    name = store_name(manifest.store)
    return restore_store(settings, manifest.store, place.read(name), f"{place}/{name}")


def _batches(place: Place, manifest: Manifest) -> Iterator[Batch]:
    """The batches from the first one that the tape had when the backup was made."""
    for segment in manifest.tape:
        name = segment.name(TAPE)
        for batch in batches_of(segment, place.read(name), f"{place}/{name}"):
            if batch.first >= manifest.tape_from:
                yield batch
