"""The trading day: events before midnight belong to the old day, and the new day's losses begin at zero."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from adapters.tapes import synthetic_tape
from domain.account import BalanceChanged, DayClosed, DayOpened
from domain.sizing.settings import SizingSettings
from tests.journeys.runs import EAGER, SYMBOLS, plan, play
from tests.replacing import replace

A_DAY = timedelta(days=1)
BOLD = replace(EAGER, sizing=SizingSettings(risk=Decimal("0.01")))
"""Settings that risk enough to trade although daily candles have wide stops."""


def test_the_balance_changes_of_a_day_are_recorded_before_it_is_closed() -> None:
    """Daily candles are the hardest case: the events of a daily candle are reported after the next day has begun."""
    tapes = synthetic_tape(4, SYMBOLS[:2], interval=A_DAY, candles=700)
    with closing(open_memory(AvroCodec())) as log:
        recorded = play(plan(tapes, BOLD), log)
    begins, booked = tapes[0].candles[0].open_time, 0
    for envelope in recorded:
        match envelope.event:
            case DayOpened(day):
                begins = datetime.fromisoformat(day).replace(tzinfo=UTC)
            case BalanceChanged():
                assert begins <= envelope.meta.occurred_at <= begins + A_DAY, envelope
                booked += 1
            case _:
                pass
    assert booked > 10
    days = [one.event for one in recorded if isinstance(one.event, DayClosed)]
    assert any(day.realised for day in days)
    assert all(day.realised == day.balance - before.balance for before, day in pairwise(days))
