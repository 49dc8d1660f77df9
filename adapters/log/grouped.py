"""A log whose appends share transactions, for runs in which nothing outside of the process follows from an append.

An append is held in memory. What is held is encoded and written in one transaction, in the order of the appends: when
there is enough of it, when the oldest has waited long enough, and before the log is read, checked or closed. A process
that is killed loses whole appends from the log's end, never a part of one.

Events are encoded together because that takes a third less time: the encoder's code and caches stay in the processor's
cache, which each unit of work fills with other code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Final

from adapters.log.recorder_log import Codec, RecorderLog
from domain.command_fact import is_command
from domain.log import Envelope, Recorded

MOST_EVENTS: Final = 1_000
LONGEST_SECONDS: Final = 0.1
"""What an append waits at most for the next one with which it is written, while appends follow each other."""


class GroupedLog:
    """An `EventLog` over an owned log; see the module.

    Only for a simulated exchange: a real one must not receive an order before its event is durable. Closing it does not
    close the owned log. After an error nothing is held any more. The caller may go on only where
    the events of a request were invalid, because nothing was decided after them.
    """

    def __init__(self, log: RecorderLog, codec: Codec) -> None:
        """`codec` makes canonical bytes, which the log frames as it stores them."""
        self._log, self._codec = log, codec
        self._held: list[Sequence[Envelope]] = []
        self._last = self._written = log.head()
        self._write_by = 0.0

    def append(self, envelopes: Sequence[Envelope]) -> int:
        """See `EventLog.append`; durable later, but at once where a person's request led to these envelopes, since its
        answer depends on them. Raises what `settle` raises for these envelopes or for those before.
        """
        now = monotonic()
        if not self._held:
            self._write_by = now + LONGEST_SECONDS
        self._held.append(envelopes)
        self._last += len(envelopes)
        is_full = now >= self._write_by or self._last - self._written >= MOST_EVENTS
        if is_full or (envelopes and is_command(envelopes[0].meta.causation_id)):
            self.settle()
        return self._last

    def settle(self) -> None:
        """Makes all appends durable. Raises what `EventLog.append` raises.

        After InvalidEvent the appends before the one at fault are durable; after another error none of those held is.
        """
        if not self._held:
            return
        held, self._held = self._held, []
        envelopes: list[Envelope] = []
        data: list[bytes] = []
        try:
            for unit in held:
                data += self._codec.encode_all(unit)
                envelopes += unit
        finally:
            if envelopes:
                self._written = self._log.append_canonical(envelopes, data)
            self._last = self._written

    def head(self) -> int:
        """See `LogReader.head`."""
        self.settle()
        return self._log.head()

    def read(self, after: int = 0, upto: int | None = None) -> Iterator[Recorded]:
        """See `LogReader.read`."""
        self.settle()
        return self._log.read(after, upto)

    def read_stream(self, stream: str, after: int = 0) -> Iterator[Envelope]:
        """See `LogReader.read_stream`."""
        self.settle()
        return self._log.read_stream(stream, after)

    def check(self) -> None:
        """See `EventLog.check`; an engine calls it where no append follows for a while."""
        self.settle()
        self._log.check()

    def check_answers(self) -> None:
        """See `EventLog.check_answers`."""
        self._log.check_answers()

    def close(self) -> None:
        """Makes all appends durable; idempotent. Raises what `settle` raises."""
        self.settle()
