"""Buy and hold: what the starting balance had become, had it bought every instrument of the tapes at the beginning."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from adapters.tapes import Tape
from domain.arithmetic import EXACT, total

Point = tuple[datetime, Decimal]
"""A time (UTC) and an amount in the account's currency."""
_POINTS = 1_000


def buy_and_hold(tapes: Sequence[Tape], balance: Decimal, until: datetime) -> Sequence[Point]:
    """The value up to `until` of equal shares of `balance`, bought at each tape's first open, without fees.

    At most about `_POINTS` points, the last close among them; a tape counts with its last close so far. One point at
    `until` with `balance`, where no candle has closed by then.
    """
    share = EXACT.divide(balance, Decimal(len(tapes)))
    closes = {candle.close_time for tape in tapes for candle in tape.candles}
    times = sorted(at for at in closes if at <= until)
    if not times:
        return [(until, balance)]
    chosen = [*times[:: max(len(times) // _POINTS, 1)], times[-1]]
    values = [_values(tape, share, chosen) for tape in tapes]
    return [(at, total(one[n] for one in values)) for n, at in enumerate(chosen)]


def _values(tape: Tape, share: Decimal, times: Sequence[datetime]) -> Sequence[Decimal]:
    """The value of the share at each time; the share itself before the tape's first close."""
    quantity = EXACT.divide(share, tape.candles[0].open)
    found: list[Decimal] = []
    place, value = 0, share
    for at in times:
        while place < len(tape.candles) and tape.candles[place].close_time <= at:
            value = EXACT.multiply(quantity, tape.candles[place].close)
            place += 1
        found.append(value)
    return found
