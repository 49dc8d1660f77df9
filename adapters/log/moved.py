"""Which storage of a log may be written: see docs/decisions/0086-copies-of-logs.md."""

from __future__ import annotations

from adapters.log.recorder_log import RecordedLog
from domain.errors import NotAdopted
from domain.log import LOG_STREAM, Envelope
from domain.moving import LogMoved


def last_move(log: RecordedLog) -> LogMoved | None:
    """The last move that the log has recorded; None where it was never moved."""
    moves = [one.event for one in log_stream(log) if isinstance(one.event, LogMoved)]
    return moves[-1] if moves else None


def log_stream(log: RecordedLog) -> list[Envelope]:
    """The events of the log about itself: its opening, and its moves."""
    return list(log.read_stream(LOG_STREAM))


def check_continues(log: RecordedLog, name: str) -> None:
    """Raises NotAdopted where the log must not be written in this storage; `name` is its address in the message."""
    if not log.head():
        return
    move = last_move(log)
    if move is not None and move.storage == log.storage():
        return
    if log.is_copy():
        raise NotAdopted(
            f"{name} is a copy, which has the ids of the log that it was copied from: no engine writes to it. To "
            f"continue with it instead of that log: `whence log adopt --log {name} --source URL`"
        )
    if move is not None:
        raise NotAdopted(
            f"{name} continues at {move.address} ({move.storage}), which was adopted: no engine writes here any more"
        )
