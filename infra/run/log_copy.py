"""Copies a log into another storage, event by event, and compares both: docs/decisions/0086-copies-of-logs.md."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from typing import NamedTuple

from adapters.log.moved import is_adopted
from adapters.log.recorder_log import RecordedLog, RecorderLog, Row
from domain.errors import InvalidInput, LogCorrupt, Refused
from domain.log import Recorded

_AT_ONCE = 500
"""The number of events after which an append ends, at the next boundary between units."""


class Advanced(NamedTuple):
    """What was done up to the event with this number (counted from 1): `compare`, `copy` or `read back`."""

    phase: str
    number: int


class LogCopy:
    """One copying of a log, up to the event that is its last one now.

    `held` is the number of events that the target had before, `total` that of the source. `copied` counts what was
    appended.
    """

    def __init__(
        self,
        source: RecordedLog,
        target: RecorderLog,
        reader: Callable[[], RecordedLog],
        name: str,
        doubt: str | None = None,
    ) -> None:
        """`reader` opens the target anew for reading back; `name` is the target's address in errors.

        `doubt` is why nothing proves the source's events, which a person accepts; empty where they were proven
        otherwise than by the source's marks; None where the source's marks have to prove them.
        Raises InvalidInput for a source without events and for a target that is the source, and Refused for a source
        that is not verified, and for a target with events that no copying wrote, or that were proven where these are
        not.
        """
        self._source, self._target, self._reader, self._name = source, target, reader, name
        self._head = source.head()
        self.held, self.copied, self.total = target.head(), 0, self._head
        self._check(doubt)

    def steps(self) -> Iterator[Advanced]:
        """Copies, and yields after each append; a later copying continues after the last one.

        Raises Refused where the target's events differ from the source's, LogCorrupt where what was read back does, and
        what reading and appending raise.
        """
        last = yield from self._compared()
        for unit in _appends(self._source.read(last, self._head)):
            self._target.append_recorded(unit)
            self.copied += len(unit)
            yield Advanced("copy", self.held + self.copied)
        yield from self._read_back(last)

    def _check(self, doubt: str | None) -> None:
        if not self._head:
            raise InvalidInput("the log that is to be copied has no events")
        if doubt is None and (reason := self._source.unverified()):
            raise Refused(
                f"the copy would have valid marks, and the log that is to be copied has none: {reason}"
            )
        if self._source.storage() and self._source.storage() == self._target.storage():
            raise InvalidInput(f"{self._name} is the log that is to be copied: name another one for the copy")
        if self.held and (is_adopted(self._target) or not self._target.is_copy()):
            raise Refused(
                f"{self._name} holds {self.held} events and is no copy, or one that was adopted: name an empty log"
            )
        if self.held and doubt and not self._target.is_unproven():
            raise Refused(
                f"{self._name} holds {self.held} events that were proven, and {doubt}: name an empty log for them"
            )

    def _compared(self) -> Generator[Advanced, None, int]:
        """Compares what the target has; returns the ordinal of the source's last compared event."""
        last = 0
        theirs = self._target.placed(0, self.held)
        ours = self._source.placed(0, self._head)
        with closing(ours), closing(theirs):
            for number, copied in enumerate(theirs, 1):
                recorded = next(ours, None)
                if recorded is None or not _equal(recorded, copied):
                    raise Refused(_differs(self._name, number, recorded, copied))
                last = recorded[0]
                if number % _AT_ONCE == 0:
                    yield Advanced("compare", number)
        return last

    def _read_back(self, after: int) -> Iterator[Advanced]:
        with closing(self._reader()) as reader:
            theirs = reader.placed(self.held, reader.head())
            ours = self._source.placed(after, self._head)
            for number, recorded in enumerate(ours, self.held + 1):
                copied = next(theirs, None)
                if copied is None or not _equal(recorded, copied):
                    raise LogCorrupt(_differs(self._name, number, recorded, copied))
                if number % _AT_ONCE == 0 or number == self.held + self.copied:
                    yield Advanced("read back", number)


def _appends(events: Iterable[Recorded]) -> Iterator[Sequence[Recorded]]:
    """The events in appends. Each ends with a unit: the events of a unit have one time of recording."""
    waiting: list[Recorded] = []
    for one in events:
        if len(waiting) >= _AT_ONCE and _at(one) != _at(waiting[-1]):
            yield waiting
            waiting = []
        waiting.append(one)
    if waiting:
        yield waiting


def _at(recorded: Recorded) -> datetime:
    return recorded.envelope.meta.recorded_at


def _equal(one: Row, other: Row) -> bool:
    """Whether stream, version and bytes are equal; the ordinals of a log on PostgreSQL may have gaps."""
    return one[1:] == other[1:]


def _differs(name: str, number: int, recorded: Row | None, copied: Row | None) -> str:
    return (
        f"event {number} of {name} is {_place(copied)}, and that of the log that is copied is {_place(recorded)}"
        f"{'; their bytes differ' if recorded and copied and recorded[1:3] == copied[1:3] else ''}"
    )


def _place(row: Row | None) -> str:
    return "missing" if row is None else f"{row[1]} version {row[2]}"
