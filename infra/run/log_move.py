"""Adopts a copy of a log: the last event of the log that was copied seals it, and engines may write to the copy.

See docs/decisions/0086-copies-of-logs.md.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from adapters.log.moved import check_continues, is_adopted, last_move, log_stream
from adapters.log.recorder_log import RecordedLog, RecorderLog
from domain.command_fact import command_fact
from domain.errors import InvalidInput, Refused
from domain.events import schema_version
from domain.log import LOG_STREAM, Envelope, Meta, chain_id, event_id
from domain.moving import LogMoved
from domain.opening import LogOpened, Mode

_SOURCE = "log"
"""The source of the event, which no run records."""


class LogMove:
    """The move of a log to the storage of its copy, by a person."""

    def __init__(self, copy: RecorderLog, address: str, actor: str, clock: Callable[[], datetime]) -> None:
        """`address` names the copy, without a password. In a log of candles `clock` is not read.

        Raises Refused for a log that is no copy.
        """
        self._copy, self._address, self._actor, self._clock = copy, address, actor, clock
        self.is_done = is_adopted(copy)
        if not copy.is_copy() and not self.is_done:
            raise Refused(f"{address} is no copy: `whence log copy --to {address}` makes one in an empty log")

    def check_source(self, source: RecorderLog, name: str) -> bool:
        """Whether the source was sealed for this copy already, by an adoption that did not end.

        Raises InvalidInput for another log, and NotAdopted where the source is a copy or continues elsewhere.
        """
        if _opening(source).log_id != _opening(self._copy).log_id:
            raise InvalidInput(f"{name} is another log than the one that {self._address} was copied from")
        move = last_move(source)
        if move is not None and move.storage == self._copy.storage():
            return True
        check_continues(source, name)
        return False

    def seal(self, source: RecorderLog) -> None:
        """Appends the move to the source, in one append. The copy has all other events of the source."""
        source.append([self._moved(source, source.storage())])

    def without_source(self) -> None:
        """Appends the move to the copy alone: the source is lost."""
        self._copy.append([self._moved(self._copy, "")])

    def _moved(self, log: RecordedLog, source: str) -> Envelope:
        event = LogMoved(
            storage=self._copy.storage(), address=self._address, source=source, source_lost=not source
        )
        opening, version = _opening(log), len(log_stream(log)) + 1
        head = log.head()
        last = next(log.read(head - 1, head)).envelope.meta
        now = last.recorded_at if opening.mode is Mode.TAPE else max(self._clock(), last.recorded_at)
        cause = command_fact(f"adopt-{version}")
        return Envelope(
            Meta(
                event_id=event_id(opening.log_id, LOG_STREAM, version),
                stream=LOG_STREAM,
                version=version,
                correlation_id=chain_id(opening.log_id, last.account, cause),
                causation_id=cause,
                occurred_at=now,
                recorded_at=now,
                account=last.account,
                actor=self._actor,
                source=_SOURCE,
                schema_version=schema_version(LogMoved),
            ),
            event,
        )


def _opening(log: RecordedLog) -> LogOpened:
    """The opening of the log. Raises InvalidInput for a log without one."""
    first = next(log.read(upto=1), None)
    if first is None or not isinstance(first.envelope.event, LogOpened):
        raise InvalidInput(f"the log in {log.storage()} does not begin with LogOpened, so it has no id")
    return first.envelope.event
