"""The same candles and the same book lead a live run and a demo run to the same decisions, orders and fills."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import pytest

from domain.log import Envelope
from domain.order import OrderFilled, OrderPlaced
from domain.signal import DecisionMade, SignalDetected
from tests.adapters.bybit.bench import bybit_venue
from tests.adapters.simulated.server.serving import RunningVenue
from tests.infra.run.demo_desk import DemoDesk
from tests.infra.run.live_desk import FIVE, LiveDesk, a_candle
from tests.infra.run.test_paper_live_feed import show

CLOSES = ("100", "101", "98.2", "98", "98.1", "101", "108")
"""An entry that is stopped out, and one that reaches its target."""


@pytest.fixture
def venue() -> Iterator[RunningVenue]:
    with bybit_venue() as running:
        yield running


def decided(envelopes: Sequence[Envelope]) -> list[tuple[object, ...]]:
    return [row for one in envelopes for row in _row(one)]


def _row(envelope: Envelope) -> Iterator[tuple[object, ...]]:
    match envelope.event:
        case SignalDetected() as signal:
            yield "signal", signal.instrument, signal.price, signal.stop, signal.target
        case DecisionMade() as made:
            yield "decision", made.verdict, made.reasons
        case OrderPlaced() as order:
            yield (
                "order",
                order.purpose,
                order.side,
                order.quantity,
                order.limit_price,
                order.trigger_price,
            )
        case OrderFilled() as fill:
            yield "fill", fill.price, fill.quantity, fill.fee, fill.liquidity
        case _:
            pass


def test_a_live_run_and_a_demo_run_decide_and_fill_the_same(venue: RunningVenue) -> None:
    live = LiveDesk(venue)
    demo = DemoDesk(at=live.now())
    live.trades_at("100")
    live.started()
    demo.now = live.now()
    demo.started()
    for close in CLOSES:
        bid, ask = f"{float(close) - 0.1:.1f}", f"{float(close) + 0.1:.1f}"
        live.passes(400)
        demo.now = live.now()
        venue.do(partial(show, bid=bid, ask=ask))
        demo.shows(bid, ask)
        candle = a_candle(live.now() - FIVE, close)
        for desk in (live, demo):
            desk.feed.waiting.append(candle)
        live.run.attend()
        demo.passes(1)
        demo.passes(1)
        live.until(lambda: decided(live.log.envelopes) == decided(demo.log.envelopes))
    found = decided(demo.log.envelopes)
    assert [one[0] for one in found].count("fill") == 4
    assert live.run.world.portfolio.account.balance == demo.run.world.portfolio.account.balance
    live.close()
