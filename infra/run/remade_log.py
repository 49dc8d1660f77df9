"""A log that is made again by a run that always makes the same events: what it holds is compared, the rest appended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters.avro import AvroCodec
from adapters.log.recorder_log import RecorderLog
from domain.errors import Conflict, TapeMismatch
from domain.log import Envelope, Recorded
from infra.run.replaying import Frames


class RemadeLog:
    """The log of a run that begins with its first event again; see `EventLog`.

    `made` counts the events that the run has made. Those that the log holds are compared byte by byte, and no event is
    written before all of them are confirmed.
    """

    def __init__(self, log: RecorderLog, name: str) -> None:
        """`log` is owned by this process; `name` names it in errors."""
        self._log, self._name, self._codec = log, name, AvroCodec()
        self._frames = Frames(log)
        self.held = log.head()
        self.made = 0

    def head(self) -> int:
        """See `LogReader`: the events that this run has made."""
        return self.made

    def read(self, after: int = 0, upto: int | None = None) -> Iterator[Recorded]:
        """See `LogReader`."""
        return self._log.read(after, self.made if upto is None else min(upto, self.made))

    def read_stream(self, stream: str, after: int = 0) -> Iterator[Envelope]:
        """See `LogReader`."""
        return self._log.read_stream(stream, after)

    def append(self, envelopes: Sequence[Envelope]) -> int:
        """Compares the events that the log holds, and appends the others in one append.

        Raises TapeMismatch, which names the first ordinal that differs, also where another process has appended; and
        the log's errors.
        """
        known = min(len(envelopes), max(self.held - self.made, 0))
        for ordinal, envelope in enumerate(envelopes[:known], self.made + 1):
            if self._frames.at(ordinal) != self._codec.canonical(self._codec.encode(envelope)):
                raise self._differing(ordinal, "is another one than this run makes")
        if rest := envelopes[known:]:
            self._write(rest, self.made + known + 1)
        self.made += len(envelopes)
        return self.made

    def check(self) -> None:
        """See `EventLog`."""
        self._log.check()

    def check_answers(self) -> None:
        """See `EventLog`."""
        self._log.check_answers()

    def check_complete(self) -> None:
        """Raises TapeMismatch where the log holds events that the run has not made: call it when no input is left."""
        if self.held > self.made:
            raise self._differing(self.made + 1, "follows from no input of the tape")

    def close(self) -> None:
        """See `EventLog`."""
        self._log.close()

    def _write(self, envelopes: Sequence[Envelope], first: int) -> None:
        try:
            last = self._log.append(envelopes)
        except Conflict as fault:
            raise self._differing(first, f"was written by another process ({fault})") from None
        if last != first + len(envelopes) - 1:
            raise self._differing(first, "was written by another process")

    def _differing(self, ordinal: int, how: str) -> TapeMismatch:
        return TapeMismatch(
            f"{self._name}: event {ordinal} {how}. The log was made with other settings, another policy, other "
            "strategies, from another tape or by another program or version of it; nothing was written over it. Start "
            "with the options of the first start, or name a new log"
        )
