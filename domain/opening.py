"""The opening of a log: its first event, which names it."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from msgspec import Struct


class Mode(StrEnum):
    """What the log was opened for."""

    TAPE = "TAPE"
    LIVE = "LIVE"


class LogOpened(Struct, frozen=True, gc=False, kw_only=True):
    """The first event of every log: names it.

    `tape` says which recorded market it was opened for (empty when live); `synthetic` is true when that market
    was made by a seeded generator; `simulator` is the version of the simulated exchange's rules that fill its orders.
    """

    log_id: UUID
    mode: Mode
    tape: str
    synthetic: bool
    simulator: int = 1
