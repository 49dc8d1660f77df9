"""A log that this process owns together with the snapshot of its states, and the world folded from both."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import closing, contextmanager
from typing import Final, NamedTuple

from adapters.log.recorder_log import RecorderLog
from adapters.snapshots import KeptSnapshots, SnapshotFile, Snapshots, Unfit, fingerprint
from commands.world import World
from infra.config import WhenceSettings
from infra.logs import kept_snapshots_place, keys_of, open_owned, snapshot_path
from infra.run.collecting import seldom_collected

_log = logging.getLogger(__name__)

CODE: Final = (
    "domain",
    "commands",
    "adapters.avro",
    "adapters.snapshots",
    "adapters.simulated.still",
    "infra.run.live_times",
    "infra.run.restoring",
    "schemas",
)
"""The packages and modules that decide which state follows from a log; see `adapters/snapshots/fingerprint.py`."""


class Owned(NamedTuple):
    """A log that this process owns; `snapshots` is None where none can be kept."""

    log: RecorderLog
    snapshots: Snapshots | None


@contextmanager
def owned_log(settings: WhenceSettings) -> Generator[Owned]:
    """The configured log. Its events up to the snapshot are not verified again; raises what `open_owned` raises.

    Where inputs are removed after some days, each start writes a part, from which a replay can begin then.
    """
    file = _found(settings)
    if file is None:
        with closing(open_owned(settings)) as log:
            yield Owned(log, None)
        return
    with closing(open_owned(settings, file.link)) as log:
        yield Owned(log, Snapshots(file, log, at_starts=bool(settings.inputs_days)))


def kept_snapshots(settings: WhenceSettings) -> KeptSnapshots | None:
    """The kept snapshots of the configured log; None for a log on which no tape is kept."""
    place = kept_snapshots_place(settings)
    return None if place is None else KeptSnapshots(*place, keys_of(settings), fingerprint(CODE))


def snapshot_at(settings: WhenceSettings, ordinal: int) -> SnapshotFile:
    """The snapshot of the log's engine up to its part at this ordinal. Raises Unfit where it has none."""
    path = snapshot_path(settings)
    if path is None:
        raise Unfit("this log has none")
    file = SnapshotFile(path, keys_of(settings), fingerprint(CODE))
    file.find()
    file.cut(ordinal)
    return file


def folded(log: RecorderLog, snapshots: Snapshots | None) -> World:
    """The world of the log: that of the snapshot, and the events after it; of the whole log without a snapshot."""
    with seldom_collected():
        world = World() if snapshots is None else snapshots.restored()[0]
    return world.fold_all(one.envelope for one in log.read(after=world.ordinal))


def _found(settings: WhenceSettings) -> SnapshotFile | None:
    """The file of the log's snapshot, after its parts were found; None for a log without one."""
    path = snapshot_path(settings)
    if path is None:
        return None
    file = SnapshotFile(path, keys_of(settings), fingerprint(CODE))
    try:
        file.find()
    except Unfit as fault:
        _log.warning("the snapshot %s is not used, and the whole log is read: %s", path, fault)
    return file
