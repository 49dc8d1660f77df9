"""A market that stands still: the source of its prices, and the volume of its candles."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from adapters.simulated.still import SECOND, StillMarket
from domain.log import Envelope
from domain.market import KnownPrice
from domain.order import OrderAmended, OrderAmendRequested, OrderTriggered, OrderType
from tests.domain.history import BTC, ETH, NOW, D, History, a_fill, a_signal, a_stop, an_instrument, an_order
from tests.replacing import replace

RULES = {BTC: an_instrument(BTC), ETH: an_instrument(ETH)}
SHARE = Decimal("0.1")
CANDLE = f"candle:{BTC}:5m:2025-04-03T09:55:00Z"


def market_after(history: History, cause: str | None = None, by_hand: str = "manual") -> StillMarket:
    """The market after these events, whose signals have this cause. Their source is `test`."""
    market = StillMarket(by_hand)
    for envelope in history.envelopes:
        market.observe(envelope if cause is None else _caused(envelope, cause))
    return market


def _caused(envelope: Envelope, cause: str) -> Envelope:
    return replace(envelope, meta=replace(envelope.meta, causation_id=cause))


def test_the_price_is_that_of_the_last_execution_on_a_tape_or_close_that_a_strategy_read() -> None:
    history = History().order("abc-e1", an_order(), a_fill(Decimal(1)))
    assert market_after(history, CANDLE).prices == {BTC: 100}
    assert market_after(history.signal(a_signal(price=Decimal(101))), CANDLE).prices == {BTC: 101}
    later = replace(a_fill(Decimal(1), "x2"), price=Decimal(99))
    assert market_after(history.order("abc-e1", later), CANDLE).prices == {BTC: 99}


def test_the_price_of_a_signal_from_outside_is_no_price_of_the_market() -> None:
    history = History().order("abc-e1", an_order(), a_fill(Decimal(1))).signal(a_signal(price=Decimal(1)))
    assert market_after(history, "command:scan/0123").prices == {BTC: 100}
    assert market_after(History().signal(a_signal(price=Decimal(1))), "command:scan").prices == {}


def test_no_price_of_an_order_is_a_price_of_the_market() -> None:
    entry = an_order(type=OrderType.LIMIT, limit_price=Decimal(90))
    requested = OrderAmendRequested(None, Decimal(91), None)
    amended = OrderAmended(Decimal(1), Decimal(91), None)
    history = History().order("abc-e1", entry, requested, amended)
    history = history.order("abc-s1", a_stop(), OrderTriggered(Decimal(7)))
    target = an_order(type=OrderType.LIMIT, limit_price=Decimal(92), reduce_only=True)
    history = history.order("abc-t1", target)
    market = market_after(history)
    assert (market.prices, market.executed) == ({}, {})


def test_a_fill_of_a_run_by_hand_never_moves_the_price_of_a_feed() -> None:
    market = market_after(History().order("abc-e1", an_order(), a_fill(Decimal(1))), by_hand="test")
    assert market.prices == {}
    assert market.executed == {BTC: 100}
    assert market.known(NOW) == []
    market.take([KnownPrice(instrument=BTC, at=NOW, price=D(98))])
    assert market.prices == {BTC: 98}
    assert market.executed == {}


def test_a_price_of_the_feed_that_is_older_than_the_logs_last_price_changes_nothing() -> None:
    market = market_after(History().signal(a_signal()), CANDLE)
    market.take([KnownPrice(instrument=BTC, at=NOW - timedelta(days=900), price=D(98))])
    assert market.prices == {BTC: 100}


def test_a_one_second_candle_is_flat_and_has_volume_for_the_largest_order() -> None:
    market = market_after(History().signal(a_signal()), CANDLE)
    (candle,) = market.candles(NOW, RULES, SHARE)
    assert (candle.instrument, candle.interval, candle.close_time) == (
        BTC,
        SECOND,
        NOW + timedelta(seconds=1),
    )
    assert {candle.open, candle.high, candle.low, candle.close} == {Decimal(100)}
    assert candle.volume * SHARE >= RULES[BTC].max_quantity
