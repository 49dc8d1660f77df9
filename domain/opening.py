"""The opening of a log: its first event, which identifies the log."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from msgspec import Struct


class Mode(StrEnum):
    """The kind of market that the log was opened for. BACKTEST is the recorded market of another log."""

    TAPE = "TAPE"
    LIVE = "LIVE"
    BACKTEST = "BACKTEST"


class LogOpened(Struct, frozen=True, gc=False, kw_only=True):
    """The first event of every log.

    `tape` is the recorded market that the log was opened for (empty when live), for a backtest the log that it is taken
    from. `synthetic` is true if a seeded
    generator made that market. `simulator` is the version of the rules by which the simulated exchange fills the log's
    orders.
    """

    log_id: UUID
    mode: Mode
    tape: str
    synthetic: bool
    simulator: int = 1
