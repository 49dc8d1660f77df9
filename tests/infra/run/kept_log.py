"""A log in a file with its snapshot, for the desks of live and demo runs."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager

from adapters.avro import AvroCodec
from adapters.log.recorder_log import RecorderLog
from adapters.log.sqlite import open_sqlite
from adapters.snapshots import Snapshots
from domain.log import Envelope, Recorded
from tests.adapters.snapshots.kept import Place
from tests.commands.list_log import ListLog

NEVER = 1_000_000
"""So many events that no part is written."""


class KeptLog(ListLog):
    """`envelopes` are those of the file; `read_after` are the ordinals from which the log was read."""

    def __init__(self, log: RecorderLog) -> None:
        super().__init__(one.envelope for one in log.read())
        self.read_after: list[int] = []
        self._log = log

    def head(self) -> int:
        return self._log.head()

    def read(self, after: int = 0, upto: int | None = None) -> Iterator[Recorded]:
        if upto is None:
            self.read_after.append(after)
        return self._log.read(after, upto)

    def append(self, envelopes: Sequence[Envelope]) -> int:
        ordinal = self._log.append(envelopes)
        self.envelopes.extend(envelopes)
        return ordinal

    def check(self) -> None:
        self._log.check()

    def check_answers(self) -> None:
        self._log.check_answers()


@contextmanager
def kept(place: Place, events: int = 10) -> Generator[tuple[KeptLog, Snapshots]]:
    """The log of a place with its snapshot, of which a part is written for so many events."""
    file = place.file()
    with closing(open_sqlite(place.log, AvroCodec(), place.keys, file.link)) as log:
        yield KeptLog(log), Snapshots(file, log, events)
