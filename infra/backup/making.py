"""Makes a backup: writes the segments that the place does not have, then the manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from hashlib import sha256
from itertools import islice, takewhile
from typing import Final, NamedTuple

from msgspec.structs import replace

from adapters.backup.manifest import Manifest, encoded, manifest_name, numbers, read_manifest, store_name
from adapters.backup.place import Place
from adapters.backup.segment import EVENTS, TAPE, Segment, batches_of, packed_events, packed_tape
from adapters.inputs.batch import Batch
from adapters.log.moved import is_unproven
from adapters.log.recorder_log import RecordedLog
from adapters.marks.signature import Signer
from adapters.notary.folder import KEY
from adapters.notary.key import read_key
from adapters.notary.leaves import check_next, leaf_of, log_id_of
from domain.errors import InvalidInput, KeyMissing, MarkRefused, Refused
from domain.notary.merkle import CompactRange
from infra.backup.store_tables import packed_store
from infra.config import WhenceSettings
from infra.inputs import has_tape, taped_batches
from infra.logs import keys_of, open_reader
from infra.notary import notarys_folder

_TAPE_BYTES: Final = 4 * 2**20
"""A segment of a tape with so many bytes is whole."""


class Made(NamedTuple):
    """The backup, and how many bytes were written for it."""

    manifest: Manifest
    written: int


class _Tape(NamedTuple):
    segments: Sequence[Segment]
    begins: int
    missing: str


def backed_up(settings: WhenceSettings, place: Place, now: Callable[[], datetime]) -> Made:
    """Backs the configured log up, also while an engine writes it, with its tape and the store's own tables.

    Only what the place's last backup does not have is written. Until the manifest is there, which is written last, the
    place has its earlier backups alone. Raises InvalidInput where the place has backups of another log, Refused where
    the log does not continue the last backup or another backup is made at the same time, BackupUnavailable, and what
    reading raises.
    """
    return _Making(settings, place).made(now)


def signature_fault(settings: WhenceSettings, manifest: Manifest) -> str:
    """Why the signature of a manifest proves nothing; empty where this installation has signed it."""
    keys = keys_of(settings)
    if not manifest.signature or not keys.read():
        return "it has no signature" if not manifest.signature else f"there is no key in {keys.path}"
    try:
        Signer(keys).check(manifest, bytes.fromhex(manifest.signature))
    except (MarkRefused, KeyMissing, ValueError) as fault:
        return str(fault)
    return ""


class _Making:
    def __init__(self, settings: WhenceSettings, place: Place) -> None:
        self._settings, self._place, self._written = settings, place, 0
        found = numbers(place)
        self._number = found[-1] + 1 if found else 1
        last = self._last = read_manifest(place, found[-1]) if found else None
        self._trusted = last if last is not None and not signature_fault(settings, last) else None
        """The last backup, where its signature proves what it names."""

    def made(self, now: Callable[[], datetime]) -> Made:
        with closing(open_reader(self._settings)) as log:
            manifest = self._of_events(log, now())
        # The log first: a tape that is longer than its log is as after a kill, a log without its inputs is not.
        tape, store = self._tape(), self._store()
        manifest = replace(
            manifest,
            tape=list(tape.segments),
            tape_from=tape.begins,
            without_tape=tape.missing,
            store=store,
            signature="",
        )
        if not manifest.unproven:
            signature = Signer(keys_of(self._settings)).signature(manifest)
            manifest = replace(manifest, signature=signature.hex())
        self._place.create(manifest_name(manifest.number), encoded(manifest))
        return Made(manifest, self._written)

    def _of_events(self, log: RecordedLog, now: datetime) -> Manifest:
        log_id, head = str(log_id_of(log)), log.head()
        last = self._last
        if last is not None:
            _check_continues(log, log_id, head, last, self._place)
        is_unsigned = is_unproven(log) or bool(log.unverified())
        trusted = self._trusted
        kept = [] if trusted is None else _whole(trusted.segments)
        tree = CompactRange() if trusted is None else CompactRange(trusted.events, _bytes(trusted.tree))
        segments = [*kept, *self._segments(log, kept[-1].last if kept else 0, head, tree)]
        (row,) = log.placed(head - 1, head)
        return Manifest(
            number=self._number,
            made_at=now,
            log=log_id,
            events=head,
            leaf=leaf_of(row).hash.hex(),
            tree=[one.hex() for one in tree.hashes],
            segments=segments,
            tape=[],
            tape_from=0,
            store="",
            keys=[key.hex() for key in keys_of(self._settings).read()],
            notary=_notary(log_id),
            unproven=is_unsigned,
        )

    def _segments(self, log: RecordedLog, after: int, head: int, tree: CompactRange) -> Iterator[Segment]:
        """Writes the events after this one; adds the leaves that are not in the tree yet."""
        size = self._settings.backup.segment_events
        last, placed = after, log.placed(after, head)
        while rows := list(islice(placed, size)):
            for row in rows:
                check_next(last, row[0])
                last = row[0]
                if last > tree.size:
                    tree.append(leaf_of(row).hash)
            yield self._put(EVENTS, packed_events(rows, is_whole=len(rows) == size))

    def _tape(self) -> _Tape:
        if not has_tape(self._settings):
            return _Tape((), 0, "")
        try:
            first = next(taped_batches(self._settings), None)
            if first is None:
                return _Tape((), 0, "")
            kept = self._kept_tape(first.first)
            after = kept[-1].last if kept else 0
            new = (one for one in taped_batches(self._settings) if one.after > after)
            parts = [self._put(TAPE, packed_tape(part, is_whole=whole)) for part, whole in _parts(new)]
        except KeyMissing as fault:
            return _Tape((), 0, str(fault))
        return _Tape((*kept, *parts), first.first, "")

    def _kept_tape(self, begins: int) -> Sequence[Segment]:
        """The whole segments of the last backup that the tape still has; none where it is another tape, or where
        nothing proves the last backup, because the new one is signed with them."""
        if self._trusted is None:
            return ()
        kept = [one for one in _whole(self._trusted.tape) if one.last >= begins]
        if not kept:
            return ()
        name = kept[-1].name(TAPE)
        end = batches_of(kept[-1], self._place.read(name), f"{self._place}/{name}")[-1]
        same = any(one == end for one in taped_batches(self._settings) if one.after == end.after)
        return kept if same else ()

    def _store(self) -> str:
        data = packed_store(self._settings)
        if not data:
            return ""
        digest = sha256(data).hexdigest()
        if self._last is None or self._last.store != digest:
            self._write(store_name(digest), data)
        return digest

    def _put(self, folder: str, packed: tuple[Segment, bytes]) -> Segment:
        segment, data = packed
        name = segment.name(folder)
        if self._last is None or name not in self._last.files:
            self._write(name, data)
        return segment

    def _write(self, name: str, data: bytes) -> None:
        self._place.write(name, data)
        self._written += len(data)


def _check_continues(log: RecordedLog, log_id: str, head: int, last: Manifest, place: Place) -> None:
    if last.log != log_id:
        raise InvalidInput(
            f"{place} has backups of the log {last.log}, and this is {log_id}: name another place"
        )
    row = next(iter(log.placed(last.events - 1, min(last.events, head))), None)
    if row is None or leaf_of(row).hash.hex() != last.leaf:
        raise Refused(
            f"the log ends at event {head}, and backup {last.number} in {place} has {last.events} events, or another "
            "one there: the log was restored or changed since. Name another place; these backups stay as they are"
        )


def _whole(segments: Iterable[Segment]) -> list[Segment]:
    return list(takewhile(lambda one: one.is_whole, segments))


def _parts(batches: Iterable[Batch]) -> Iterator[tuple[Sequence[Batch], bool]]:
    """The batches in parts, each with whether it is whole: all but the last one."""
    waiting: list[Batch] = []
    size = 0
    for one in batches:
        waiting.append(one)
        size += len(one.data)
        if size >= _TAPE_BYTES:
            yield waiting, True
            waiting, size = [], 0
    if waiting:
        yield waiting, False


def _bytes(digits: Sequence[str]) -> list[bytes]:
    return [bytes.fromhex(one) for one in digits]


def _notary(log_id: str) -> str:
    path = notarys_folder(log_id) / KEY
    return str(read_key(path).verifier) if path.exists() else ""
