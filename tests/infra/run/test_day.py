"""The trading day: what happened before midnight is the old day's, and the new one's losses begin at nothing."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from adapters.tapes import synthetic_tape
from domain.account import BalanceChanged, DayClosed, DayOpened
from domain.settings import SizingSettings
from tests.journeys.runs import EAGER, SYMBOLS, plan, play
from tests.replacing import replace

A_DAY = timedelta(days=1)
BOLD = replace(EAGER, sizing=SizingSettings(risk=Decimal("0.01")))
"""Enough at stake for the wide stops of candles of a day."""


def test_what_a_day_brought_is_recorded_before_it_is_closed() -> None:
    """Candles of a day are the hardest case: all that happens in one is told when the next day has begun."""
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
