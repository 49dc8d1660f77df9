"""Which storage of a log may be written: see docs/decisions/0086-copies-of-logs.md."""

from __future__ import annotations

from adapters.log.recorder_log import RecordedLog
from domain.errors import NotAdopted
from domain.log import LOG_STREAM, Envelope
from domain.moving import LogMoved


def last_move(log: RecordedLog) -> LogMoved | None:
    """The last move that the log has recorded; None where it was never moved."""
    moves = _moves(log)
    return moves[-1] if moves else None


def _moves(log: RecordedLog) -> list[LogMoved]:
    return [one.event for one in log_stream(log) if isinstance(one.event, LogMoved)]


def is_adopted(log: RecordedLog) -> bool:
    """Whether the log continues in this storage, to which its last move brought it."""
    move = last_move(log)
    return move is not None and move.storage == log.storage()


def is_unadopted(log: RecordedLog) -> bool:
    """Whether the log is a copy that nobody has adopted."""
    return log.is_copy() and not is_adopted(log)


def is_unproven(log: RecordedLog) -> bool:
    """Whether a copy of this log is one of events that nothing proved.

    An adoption without the source accepts them, and proves nothing; one that compared them with the source has proved
    them.
    """
    if not log.is_unproven():
        return False
    return is_unadopted(log) or any(move.source_lost for move in _moves(log))


def log_stream(log: RecordedLog) -> list[Envelope]:
    """The events of the log about itself: its opening, and its moves."""
    return list(log.read_stream(LOG_STREAM))


def check_continues(log: RecordedLog, name: str) -> None:
    """Raises NotAdopted where the log must not be written in this storage; `name` is its address in the message."""
    if not log.head() or is_adopted(log):
        return
    if log.is_copy():
        raise NotAdopted(
            f"{name} is a copy, which has the ids of the log that it was copied from: no engine writes to it. To "
            f"continue with it instead of that log: `whence log adopt --log {name} --source URL`"
        )
    move = last_move(log)
    if move is not None:
        raise NotAdopted(
            f"{name} continues at {move.address} ({move.storage}), which was adopted: no engine writes here any more"
        )
