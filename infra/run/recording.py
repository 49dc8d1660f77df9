"""A recording: the outside facts of a log, which a backtest feeds to an engine again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from commands.input_tape import Taped
from domain.instrument import Instrument
from domain.opening import LogOpened
from domain.settings import Settings
from infra.run.stake import Stake


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The market of a log and the requests of people, in the order in which its engine was fed.

    `inputs` begins with the first of `total` inputs at each call. `opening`, `stake` and `settings` are those that the
    log was opened with, `head` is the ordinal of its last event. `instruments` have the rules of the first listing of
    each instrument that is ever listed. `is_live`: the market is that of a live feed, and other fills than those of the
    simulated exchange are in the log.
    """

    opening: LogOpened
    account: str
    head: int
    stake: Stake
    settings: Settings
    instruments: Sequence[Instrument]
    inputs: Callable[[], Iterator[Taped]]
    total: int
    is_live: bool
