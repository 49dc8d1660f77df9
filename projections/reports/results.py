"""The results of closed trades in groups, and how they are distributed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import NamedTuple

from domain.arithmetic import EXACT, ONE
from domain.direction import Direction
from domain.position import PositionClosed
from projections.performance import NO_TRADES, after_close
from projections.projection import Row

_BINS = 14
"""About as many bars fit on a narrow screen."""
_STEPS = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))


class Closing(NamedTuple):
    """The close of a position: its id, its strategy as `projections/performance.py` records it, its direction, when it
    closed, why, and the mean price of its exits (`projections/exits.py`)."""

    ordinal: int
    position: str
    strategy: str
    instrument: str
    direction: Direction
    at: datetime
    event: PositionClosed
    exit: str
    price: Decimal


class By(StrEnum):
    """How closed trades are grouped. The first four are those of GraphQL's `performance`; HOUR is that of the close,
    EXIT the reason of the close, DIRECTION that of the position."""

    ALL = "ALL"
    INSTRUMENT = "INSTRUMENT"
    STRATEGY = "STRATEGY"
    DAY = "DAY"
    MONTH = "MONTH"
    HOUR = "HOUR"
    EXIT = "EXIT"
    DIRECTION = "DIRECTION"


_VALUES: Mapping[By, Callable[[Closing], str]] = {
    By.ALL: lambda _one: "",
    By.INSTRUMENT: lambda one: one.instrument,
    By.STRATEGY: lambda one: one.strategy,
    By.DAY: lambda one: one.at.date().isoformat(),
    By.MONTH: lambda one: f"{one.at:%Y-%m}",
    By.HOUR: lambda one: f"{one.at:%H}",
    By.EXIT: lambda one: one.exit,
    By.DIRECTION: lambda one: one.direction.value,
}

Groups = Mapping[By, Mapping[str, Row]]
"""The sums of each group, with the columns of `projections.performance.NO_TRADES` and `best` and `worst`, the nets of
those trades (None without a trade), by its value in order."""
_NONE: Row = {**NO_TRADES, "best": None, "worst": None}


def grouped(closings: Sequence[Closing]) -> Groups:
    """The sums of the trades in every group. ALL has a row without trades, too."""
    found: dict[By, dict[str, Row]] = {by: {} for by in By}
    found[By.ALL][""] = _NONE
    for one in closings:
        for by, value in _VALUES.items():
            rows, name = found[by], value(one)
            rows[name] = _after(rows.get(name, _NONE), one.event)
    return {by: dict(sorted(rows.items())) for by, rows in found.items()}


def _after(row: Row, closed: PositionClosed) -> Row:
    nets = [closed.net, *(row[name] for name in ("best", "worst") if row[name] is not None)]
    return {**after_close(row, closed), "best": max(nets), "worst": min(nets)}


class Bin(NamedTuple):
    """The number of trades with `low` <= net < `high`, in the account's currency."""

    low: Decimal
    high: Decimal
    trades: int


def distribution(closings: Iterable[Closing]) -> Sequence[Bin]:
    """The trades by net result, in about `_BINS` bins between round numbers, 0 among them; none without a trade."""
    nets = [one.event.net for one in closings]
    if not nets:
        return ()
    step = _round_step(EXACT.divide(EXACT.subtract(max(nets), min(nets)), Decimal(_BINS)))
    counts: dict[Decimal, int] = {}
    for net in nets:
        place = EXACT.divide(net, step).to_integral_value(ROUND_FLOOR)
        counts[place] = counts.get(place, 0) + 1
    places = range(int(min(counts)), int(max(counts)) + 1)
    edges = {at: EXACT.normalize(EXACT.multiply(step, Decimal(at))) for at in (*places, places.stop)}
    return [Bin(edges[at], edges[at + 1], counts.get(Decimal(at), 0)) for at in places]


def _round_step(least: Decimal) -> Decimal:
    """The smallest of 1, 2 and 5 times a power of ten that is at least this; 1 where all trades have one result."""
    if least <= 0:
        return ONE
    power = ONE.scaleb(least.adjusted())
    return next(step for one in _STEPS if (step := EXACT.multiply(one, power)) >= least)
