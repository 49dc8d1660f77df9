"""A drill: restores a backup into a folder that is removed afterwards, projects it, and compares it with the log."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import NamedTuple

from sqlalchemy import Engine

from adapters.backup.manifest import Manifest
from adapters.backup.place import Place
from adapters.backup.rows import read_backup
from adapters.log.recorder_log import RecordedLog
from adapters.notary.folder import CHECKPOINTS
from adapters.notary.leaves import leaf_of, log_id_of
from adapters.notary.verifying import Trust, read_signed, verified
from domain.errors import BackupUnavailable, LogCorrupt
from domain.notary.note import parse_verifier
from infra.backup.restoring import chosen_backup, doubt_of, restore_tables, restore_tape
from infra.backup.standing import Standing, check_equal, folded, projected, tree_of
from infra.config import WhenceSettings
from infra.logs import open_any, open_reader
from infra.notary import notarys_folder
from infra.run.log_copy import LogCopy
from infra.run.rebuilding import catch_up
from infra.store import migrated_store
from projections.bookkeeping import BuildKind
from projections.builds import kept_up
from projections.catalogue import PROJECTIONS


class Drilled(NamedTuple):
    """What a drill has found equal, and the seconds of each of its parts.

    `behind` is the number of events that the log has and the backup has not. `checkpoint` is the size of the notary's
    last checkpoint that the restored events agree with; 0 where this user has none for the log. `rows` are the rows of
    the store's own tables. `doubt` is why the signature proves nothing; the comparison with the log holds all the same.
    """

    manifest: Manifest
    behind: int
    balances: int
    open_orders: int
    has_tape: bool
    rows: int
    checkpoint: int
    doubt: str
    seconds: Mapping[str, float]


def drilled(settings: WhenceSettings, place: Place, number: int | None, scratch: Path | None) -> Drilled:
    """Restores the backup (the newest without a number) into a new folder in `scratch`, and compares it with the
    configured log up to the backup's last event: every event, the notary's tree and checkpoints, balances and open
    orders of the read models.

    Neither the log nor its store is written. Raises LogCorrupt where anything differs, which the message names,
    BackupUnavailable where the folder cannot be written, and what restoring raises.
    """
    manifest = chosen_backup(place, number)
    with _scratch(scratch) as folder:
        return _Drill(settings, place, manifest, folder).done()


class _Drill:
    def __init__(self, settings: WhenceSettings, place: Place, manifest: Manifest, folder: Path) -> None:
        self._settings, self._place, self._manifest = settings, place, manifest
        own = {"log": f"sqlite:///{folder / 'log.db'}", "store": f"sqlite:///{folder / 'read.db'}"}
        self._aside = settings.model_copy(update=own)
        self._seconds = dict[str, float]()

    def done(self) -> Drilled:
        doubt = doubt_of(self._settings, self._place, self._manifest)
        with self._timed("restore"):
            self._restore(doubt)
            has_tape = restore_tape(self._aside, self._place, self._manifest)
            restored = restore_tables(self._aside, self._place, self._manifest)
            rows = 0 if restored is None else restored.rows
        with migrated_store(self._aside) as engine:
            with self._timed("project"):
                self._project(engine)
            with self._timed("compare"):
                checkpoint = self._check_restored()
                behind, standing = self._check_original()
                check_equal(f"backup {self._manifest.number} in {self._place}", standing, projected(engine))
        return Drilled(
            self._manifest,
            behind,
            len(standing.balances),
            len(standing.orders),
            has_tape,
            rows,
            checkpoint,
            doubt,
            self._seconds,
        )

    def _restore(self, doubt: str) -> None:
        unproven = bool(doubt)
        source = read_backup(self._place, self._manifest)
        with closing(open_any(self._aside, copies=True, unproven=unproven)) as target:
            copying = LogCopy(source, target, lambda: open_reader(self._aside), self._aside.log, doubt)
            for _ in copying.steps():
                pass

    def _project(self, engine: Engine) -> None:
        builds = kept_up(engine, PROJECTIONS.values(), BuildKind.TODAY)
        catch_up(engine, self._aside, builds, lambda _reached: None, lambda: False)

    def _check_restored(self) -> int:
        """Compares the restored log with manifest and checkpoints; returns the size of the last checkpoint."""
        with closing(open_reader(self._aside)) as restored:
            self._check_tree(restored, "the restored log")
            path = notarys_folder(log_id_of(restored))
            if not self._manifest.notary or not (path / CHECKPOINTS).exists():
                return 0
            signed = read_signed(path, Trust(parse_verifier(self._manifest.notary)))
            within = [one for one in signed.checkpoints if one.size <= self._manifest.events]
            if not within:
                return 0
            verified(restored, signed._replace(checkpoints=within), path)
            return within[-1].size

    def _check_original(self) -> tuple[int, Standing]:
        events = self._manifest.events
        with closing(open_reader(self._settings)) as log:
            head = log.head()
            if head < events:
                raise LogCorrupt(
                    f"the log ends at event {head}, and backup {self._manifest.number} in {self._place} has {events}: "
                    "the log has lost events; restore the backup"
                )
            self._check_tree(log, "the log")
            return head - events, folded(log, events)

    def _check_tree(self, log: RecordedLog, what: str) -> None:
        events = self._manifest.events
        (row,) = log.placed(events - 1, events)
        tree = [one.hex() for one in tree_of(log, events).hashes]
        if leaf_of(row).hash.hex() != self._manifest.leaf or tree != self._manifest.tree:
            raise LogCorrupt(
                f"the first {events} events of {what} are not those of backup {self._manifest.number} in "
                f"{self._place}"
            )

    @contextmanager
    def _timed(self, part: str) -> Generator[None]:
        begun = monotonic()
        yield
        self._seconds[part] = monotonic() - begun


@contextmanager
def _scratch(parent: Path | None) -> Generator[Path]:
    """A folder for the drill, which is removed afterwards. Raises BackupUnavailable where it cannot be written."""
    try:
        with TemporaryDirectory(prefix="whence-drill-", dir=parent) as folder:
            yield Path(folder)
    except OSError as fault:
        raise BackupUnavailable(
            f"the folder of the drill cannot be used: {fault.strerror or fault}; name another one with --scratch"
        ) from None
