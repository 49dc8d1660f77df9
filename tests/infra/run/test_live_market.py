"""The market of a live run: each candle once, in order, without a hole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice

import pytest

from commands.inputs import MarketMoved, Warmed
from commands.watching import Instance
from domain.candle import Candle
from domain.errors import ExchangeUnreachable
from domain.market import Quote
from infra.run.clock import SteadyClock
from infra.run.live_market import LiveMarket
from tests.domain.history import NOW, D
from tests.infra.run.live_desk import BTC, FIVE, HandFeed, OnPrice, a_candle
from tests.replacing import replace

ETH = "ETHUSDT-LINEAR.BYBIT"


def at(number: int, name: str = BTC) -> Candle:
    """The candle that opens `number` intervals after noon."""
    return replace(a_candle(NOW + number * FIVE, str(100 + number)), instrument=name)


class Hall:
    def __init__(self, past: Sequence[Candle], interval: timedelta | None = None) -> None:
        self.feed = HandFeed(past)
        instances = [Instance(id="trend", strategy=OnPrice(), interval=interval)]
        clock = SteadyClock(lambda: NOW + 5 * FIVE)
        self.market = LiveMarket(self.feed, [BTC, ETH], FIVE, instances, clock)

    def moves(self, *events: Candle | Quote) -> list[tuple[str, list[object]]]:
        self.feed.waiting.extend(events)
        return [
            ("warmed", list(one.candles)) if isinstance(one, Warmed) else ("moved", list(one.events))
            for one in self.market.moves()
        ]


def test_candles_are_moved_by_close_time_and_other_events_after_them() -> None:
    quote = Quote(instrument=BTC, at=NOW, bid=D(99), bid_size=D(1), ask=D(101), ask_size=D(1))
    moves = Hall([]).moves(quote, at(1), at(0, ETH), at(0))
    assert moves == [("moved", [at(0), at(0, ETH)]), ("moved", [at(1)]), ("moved", [quote])]


def test_a_candle_is_passed_on_once() -> None:
    hall = Hall([at(0), at(1)])
    assert [one.candles for one in hall.market.warmed()] == [(at(0), at(1))]
    assert hall.moves(at(1), at(2), at(2)) == [("moved", [at(2)])]
    assert hall.moves(at(0), at(2)) == []


def test_a_hole_is_filled_with_candles_that_lead_to_no_signal() -> None:
    hall = Hall([at(0), at(1), at(2), at(3)])
    assert hall.moves(at(0)) == [("moved", [at(0)])]
    assert hall.moves(at(3)) == [("warmed", [at(1), at(2)]), ("moved", [at(3)])]


def test_a_hole_that_cannot_be_fetched_costs_no_event_of_another_instrument_and_no_candle_of_its_own() -> (
    None
):
    quote = Quote(instrument=BTC, at=NOW, bid=D(99), bid_size=D(1), ask=D(101), ask_size=D(1))
    hall = Hall([at(1, ETH), at(2, ETH)])
    hall.moves(at(0), at(0, ETH), at(1))
    hall.feed.is_cut = True
    hall.feed.waiting.extend((at(2), at(2, ETH), quote))
    moves = hall.market.moves()
    moved = [one.events for one in islice(moves, 2) if isinstance(one, MarketMoved)]
    with pytest.raises(ExchangeUnreachable):
        next(moves)
    assert moved == [(at(2),), (quote,)]
    hall.feed.is_cut = False
    assert hall.moves(at(3), at(3, ETH)) == [
        ("warmed", [at(1, ETH), at(2, ETH)]),
        ("moved", [at(3), at(3, ETH)]),
    ]
    assert hall.market.queries == 2


def test_an_instrument_that_begins_without_any_candle_of_the_clock_s_time_is_named_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hall = Hall([at(-3_000), at(0, ETH)])
    assert [one.candles for one in hall.market.warmed()] == [(at(0, ETH),)]
    (line,) = caplog.messages
    assert line.startswith(f"{BTC}: the exchange has no candle of ")
    assert "12:25 UTC, so its strategies begin without a past" in line


def test_an_instrument_without_candles_at_the_exchange_is_left_out_and_the_others_go_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hall = Hall([at(0), at(1, ETH), at(3, ETH)])
    hall.feed.unlisted[ETH] = "Bybit has no ETHUSDT"
    assert [one.candles for one in hall.market.warmed()] == [(at(0),)]
    del hall.feed.unlisted[ETH]
    assert hall.moves(at(1), at(0, ETH)) == [("moved", [at(0, ETH)]), ("moved", [at(1)])]
    hall.moves(at(2, ETH))
    hall.feed.unlisted[ETH] = "Bybit has no ETHUSDT"
    assert hall.moves(at(2), at(4, ETH)) == [("moved", [at(2)])]
    assert hall.moves(at(3), at(5, ETH)) == [("moved", [at(3)])]
    assert hall.market.left_out == {ETH: "Bybit has no ETHUSDT"}
    assert caplog.messages == [
        f"{ETH} is left out, no entry follows from its candles: Bybit has no ETHUSDT",
        f"{ETH} has candles again",
        f"{ETH} is left out, no entry follows from its candles: Bybit has no ETHUSDT",
    ]
    del hall.feed.unlisted[ETH]
    assert hall.moves(at(6, ETH)) == [("warmed", [at(3, ETH)]), ("moved", [at(6, ETH)])]
    assert hall.market.left_out == {}


def test_candles_of_another_interval_are_left_out() -> None:
    assert Hall([]).moves(replace(at(0), interval=3 * FIVE)) == []


def test_an_event_of_a_clock_that_is_ahead_is_recorded_no_earlier_than_it_happened() -> None:
    hall = Hall([])
    hall.feed.waiting.append(at(5))
    (moved,) = hall.market.moves()
    assert isinstance(moved, MarketMoved)
    assert moved.at == at(5).close_time


@pytest.mark.parametrize(("interval", "since"), [(None, 300), (3 * FIVE, 900)], ids=["own", "coarser"])
def test_the_warm_up_covers_the_longest_interval(interval: timedelta | None, since: int) -> None:
    first = at(5 - since)
    hall = Hall([at(4 - since), first, at(4)], interval)
    assert [one.candles for one in hall.market.warmed()] == [(first, at(4))]


def test_candles_that_arrived_before_trading_began_only_warm() -> None:
    hall = Hall([])
    hall.feed.waiting.extend((at(0), at(1)))
    assert [one.candles for one in hall.market.passed()] == [(at(0),), (at(1),)]
