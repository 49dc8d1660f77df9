"""A log in a file with the snapshot beside it, as an engine keeps them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.avro import AvroCodec
from adapters.log.recorder_log import RecorderLog
from adapters.log.sqlite import open_sqlite
from adapters.marks.key_folder import KeyFolder
from adapters.snapshots import SnapshotFile, Snapshots, Unfit
from commands.world import World
from domain.log import Envelope
from tests.projections.folded import a_run

EVENTS = a_run(1_500)
EVERY = 100
CODE = bytes(range(32))
BESIDE = b"kept by the run"


@dataclass(frozen=True)
class Place:
    """The folder of one log, its snapshot and its keys; `code` is the fingerprint of the program that runs there."""

    folder: Path
    code: bytes = CODE

    @property
    def log(self) -> Path:
        return self.folder / "a.db"

    @property
    def snapshot(self) -> Path:
        return self.folder / "a.db.snapshot"

    @property
    def keys(self) -> KeyFolder:
        return KeyFolder(self.folder / "keys")

    def file(self) -> SnapshotFile:
        """The snapshot's file, with the parts that are found in it; none where it is refused."""
        file = SnapshotFile(self.snapshot, self.keys, self.code)
        try:
            file.find()
        except Unfit:
            assert file.size == 0
        return file

    @contextmanager
    def engine(self) -> Generator[Engine]:
        """An engine that owns the log, with the world that it starts from."""
        file = self.file()
        with closing(open_sqlite(self.log, AvroCodec(), self.keys, file.link)) as log:
            yield Engine(log, Snapshots(file, log, EVERY))


class Engine:
    """`begun` is the ordinal of the snapshot from which the world came, 0 without one."""

    def __init__(self, log: RecorderLog, snapshots: Snapshots) -> None:
        self.log, self.snapshots = log, snapshots
        self.world, self.beside = snapshots.restored()
        self.begun = self.world.ordinal
        self.world.fold_all(one.envelope for one in log.read(after=self.begun))

    def record(self, events: Sequence[Envelope]) -> None:
        self.log.append(events)
        self.world.fold_all(events)

    def record_upto(self, ordinal: int) -> None:
        """Records the run's events up to this ordinal, and brings the snapshot up to date."""
        self.record(EVENTS[self.world.ordinal : ordinal])
        self.stop()

    def stop(self) -> None:
        self.snapshots.close(self.world, lambda: BESIDE)


def recorded(folder: Path, *parts: int) -> Place:
    """A log with a part of its snapshot at each of these ordinals."""
    folder.mkdir(exist_ok=True)
    place = Place(folder)
    with place.engine() as engine:
        for ordinal in parts:
            engine.record_upto(ordinal)
    return place


def folded(upto: int) -> World:
    """The world of the run's events up to an ordinal, without a snapshot."""
    return World().fold_all(EVENTS[:upto])
