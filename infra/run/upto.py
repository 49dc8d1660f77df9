"""The last event of a log that a command reads: `--upto N`."""

from __future__ import annotations

from domain.errors import InvalidInput
from domain.log import LogReader


def read_upto(log: LogReader, upto: int | None) -> int:
    """The ordinal of the last event that is read: `upto`, or the log's head. Raises InvalidInput for no such event."""
    head = log.head()
    if not head:
        raise InvalidInput("the log has no events yet")
    if upto is not None and not 1 <= upto <= head:
        raise InvalidInput(f"the log has events 1 to {head}; there is none with the ordinal {upto}")
    return head if upto is None else upto
