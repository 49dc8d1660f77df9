"""A recording: the outside facts of a log, which a backtest feeds to an engine again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from commands.input_tape import Taped
from domain.instrument import Instrument
from domain.opening import LogOpened
from domain.settings import Settings
from infra.run.stake import Stake


class FilledBy(Enum):
    """What of a recorded market the simulated exchange fills orders from."""

    CANDLES = auto()
    TRADES = auto()
    BOOKS = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLog:
    """The log whose inputs a backtest is fed, as it was opened: what a backtest must know before its first input.

    `opening`, `stake` and `settings` are those that the log was opened with. `instruments` have the rules of the first
    listing of each; those that are listed later may be among them. `tape` identifies the market where it is not that of
    the whole log of `opening`; it is empty where it is.
    """

    opening: LogOpened
    account: str
    stake: Stake
    settings: Settings
    instruments: Sequence[Instrument]
    tape: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording(SourceLog):
    """The market of a log and the requests of people, in the order in which its engine was fed.

    `inputs` begins with the first of `total` inputs at each call. `instruments` holds each that is ever listed.
    `is_live`: the market is that of a live feed, and other fills than those of the simulated exchange are in the log.
    `filled_by` is what of the market fills the orders.
    """

    inputs: Callable[[], Iterator[Taped]]
    total: int
    is_live: bool
    filled_by: FilledBy = FilledBy.CANDLES

    @property
    def is_of_candles(self) -> bool:
        """Whether the market is recorded candles alone, of which those that lead to nothing may be passed over."""
        return not self.is_live and self.filled_by is FilledBy.CANDLES
