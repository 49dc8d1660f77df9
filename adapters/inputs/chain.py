"""The chain of the batches of one tape, among records of a topic that others have copied there.

A copy of a batch, from this tape or from that of another log of the installation, has a valid signature. It does not
follow on the batch before, which its signature covers, and later batches do not follow on it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from adapters.inputs.batch import Batch, End

_log = logging.getLogger(__name__)


def follows(batch: Batch, end: End) -> bool:
    """Whether the batch is the next one of the tape that ends there."""
    return (batch.first, batch.previous) == (end.last + 1, end.signature)


def is_one_chain(batches: Sequence[Batch]) -> bool:
    """Whether each batch follows on the one before."""
    return all(follows(later, End(one.after, one.signature)) for one, later in pairwise(batches))


class Chain:
    """Follows one tape through the batches of its topic, and names what it passes over in the program's log."""

    def __init__(self, topic: str) -> None:
        self._topic, self._at, self._passed = topic, 0, 0
        self._aside: list[tuple[int, str]] = []
        self.end: End | None = None
        """The end of the tape so far; None before its first batch."""
        self.unconnected: Batch | None = None
        """The first later batch that does not follow on the end, while none does: inputs may be missing before it."""

    def follow(self, placed: Iterable[tuple[int, Batch]]) -> Iterator[tuple[int, Batch]]:
        """The batches of the tape, each with its offset, from the first one that begins a session on.

        `placed` are the batches with a valid signature in the order of their offsets. What a broker with a retention of
        its own has left of a session before the first one is passed over without a word.

        A later call goes on with later offsets.
        """
        before = self._passed
        for offset, batch in placed:
            if self._is_next(batch):
                self.end, self._at = End(batch.after, batch.signature), batch.at
                self._pass_aside()
                yield offset, batch
            elif self.end is not None:
                self._judge(offset, batch, self.end)
        if self._passed > before:
            _log.warning(
                "%s: records of others that were passed over, because the tape goes on without them: %d",
                self._topic,
                self._passed,
            )

    def _is_next(self, batch: Batch) -> bool:
        if self.end is None:
            return batch.begins or batch.first == 1
        return follows(batch, self.end)

    def _judge(self, offset: int, batch: Batch, end: End) -> None:
        """A batch of earlier inputs is a copy. One of later inputs is one, too, if the tape goes on without it."""
        what = f"a batch of the inputs {batch.first} to {batch.after}"
        if batch.after <= end.last and batch.at <= self._at:
            self._pass(offset, what)
            return
        self.unconnected = self.unconnected or batch
        self._aside.append((offset, what))

    def _pass_aside(self) -> None:
        for offset, what in self._aside:
            self._pass(offset, what)
        self._aside.clear()
        self.unconnected = None

    def _pass(self, offset: int, what: str) -> None:
        self._passed += 1
        _log.warning(
            "%s: the record at offset %d is passed over: %s, copied there", self._topic, offset, what
        )
