"""A market that stands still: the source of its prices, and the volume of its candles."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from adapters.simulated.still import SECOND, StillMarket
from domain.order import OrderType
from tests.domain.history import BTC, ETH, NOW, History, a_fill, a_signal, a_stop, an_instrument, an_order
from tests.replacing import replace

RULES = {BTC: an_instrument(BTC), ETH: an_instrument(ETH)}
SHARE = Decimal("0.1")


def prices_after(history: History) -> dict[str, Decimal]:
    market = StillMarket()
    for envelope in history.envelopes:
        market.observe(envelope)
    return market.prices


def test_the_price_is_that_of_the_last_fill_or_signal() -> None:
    history = History().order("abc-e1", an_order(), a_fill(Decimal(1)))
    assert prices_after(history) == {BTC: 100}
    assert prices_after(history.signal(a_signal(price=Decimal(101)))) == {BTC: 101}
    later = replace(a_fill(Decimal(1), "x2"), price=Decimal(99))
    assert prices_after(history.order("abc-e1", later)) == {BTC: 99}


def test_the_limit_price_of_an_entry_is_the_markets_price_only_where_no_other_is_known() -> None:
    limit = an_order(type=OrderType.LIMIT, limit_price=Decimal(90))
    assert prices_after(History().order("abc-e1", limit)) == {BTC: 90}
    assert prices_after(History().signal(a_signal()).order("abc-e1", limit)) == {BTC: 100}
    assert prices_after(History().order("abc-e1", an_order()).order("abc-s1", a_stop())) == {}
    out = replace(limit, reduce_only=True)
    assert prices_after(History().order("abc-x1", out)) == {}


def test_a_one_second_candle_is_flat_and_has_volume_for_the_largest_order() -> None:
    market = StillMarket()
    market.observe(History().signal(a_signal()).envelopes[0])
    (candle,) = market.candles(NOW, RULES, SHARE)
    assert (candle.instrument, candle.interval, candle.close_time) == (
        BTC,
        SECOND,
        NOW + timedelta(seconds=1),
    )
    assert {candle.open, candle.high, candle.low, candle.close} == {Decimal(100)}
    assert candle.volume * SHARE >= RULES[BTC].max_quantity
