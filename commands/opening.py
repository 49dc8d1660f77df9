"""The command of a log: to be opened, once."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from domain.errors import Refused
from domain.opening import LogOpened


class OpenLog(Struct, frozen=True, gc=False):
    """Opens the log with this identity."""

    opening: LogOpened


def decide(command: OpenLog, state: LogOpened | None) -> Sequence[LogOpened]:
    """The opening; nothing if the log was opened with the same identity. Raises Refused for another identity."""
    if state is None:
        return [command.opening]
    if state == command.opening:
        return []
    raise Refused(f"this log was opened as {state.log_id} for {state.tape or 'live trading'}")
