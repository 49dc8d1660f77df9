"""Marks: one for each UTC hour in which candles closed, made of the candles' prices and the account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from commands.mark import MarkAccount, decide
from commands.marking import Marking
from commands.stimulus import Ask
from domain.candle import Candle
from domain.candle_hash import candle_bytes, hash_after
from domain.direction import Direction
from domain.mark import AccountMarked
from domain.market import KnownPrice, MarketView
from domain.portfolio import EMPTY, Portfolio
from domain.valuation import unrealised, unrealised_at_worst
from tests.domain.history import BTC, ETH, D, an_open_day, an_opening

BEGUN = datetime(2025, 4, 3, 12, tzinfo=UTC)
FLAT = an_open_day().portfolio()


def a_candle(minute: int, price: Decimal, instrument: str = BTC, **changed: Decimal) -> Candle:
    """A candle of five minutes that closes at this minute after BEGUN."""
    opened = BEGUN + timedelta(minutes=minute - 5)
    prices = {"open": price, "high": price, "low": price, "close": price, "volume": D(7)} | changed
    return Candle(instrument=instrument, interval=timedelta(minutes=5), open_time=opened, **prices)


def marks_of(
    candles: Sequence[Candle], portfolio: Portfolio = FLAT, marking: Marking | None = None
) -> list[AccountMarked]:
    """The marks that follow while these candles are played, one at each instant."""
    found: list[AccountMarked] = []
    marking, market = marking or Marking(), MarketView()
    for candle in candles:
        market.take(candle)
        for ask in marking.take(candle.close_time, [candle], portfolio, market):
            assert isinstance(ask.command, MarkAccount)
            assert ask.cause == f"clock:{ask.command.mark.hour:%Y-%m-%dT%H}Z"
            found.append(ask.command.mark)
    return found


@pytest.mark.parametrize(
    ("minutes", "hours"),
    [
        pytest.param([5, 55], [], id="an hour that is not over"),
        pytest.param([5, 60], [12], id="a candle at the full hour ends its own hour"),
        pytest.param([55, 65], [12], id="a later candle ends an hour without a candle at its end"),
        pytest.param([55, 65, 120], [12, 13], id="each hour once"),
        pytest.param([60, 65, 130], [12, 13], id="the hour after a mark begins with its first candle"),
        pytest.param([5, 245], [12], id="hours without candles have no mark"),
    ],
)
def test_the_marked_hours_are_those_in_which_candles_closed(minutes: list[int], hours: list[int]) -> None:
    marks = marks_of([a_candle(minute, D(100)) for minute in minutes])
    assert [mark.hour for mark in marks] == [BEGUN.replace(hour=hour) for hour in hours]


def test_the_hash_is_chained_from_hour_to_hour_over_the_candles_in_order() -> None:
    candles = [a_candle(minute, D(100 + minute)) for minute in (5, 60, 65, 120)]
    first, second = marks_of(candles)
    data = [candle_bytes(candle) for candle in candles]
    assert first.candle_hash == hash_after(b"", data[:2]).hex()
    assert second.candle_hash == hash_after(hash_after(b"", data[:2]), data[2:]).hex()
    assert (first.candles, second.candles) == (2, 4)


@pytest.mark.parametrize(
    "name", ["open", "high", "low", "close", "volume", "turnover", "bid", "ask", "funding_rate"]
)
def test_every_figure_of_a_candle_changes_the_hash_and_its_zeros_do_not(name: str) -> None:
    given, zeros, other = (
        candle_bytes(a_candle(5, D(100), BTC, **{name: D(text)})) for text in ("99.50", "99.5", "99.51")
    )
    assert given == zeros != other


LONG, SHORT = Direction.LONG, Direction.SHORT


def holding(direction: Direction, opened_at: datetime = BEGUN, *instruments: str) -> Portfolio:
    """A balance of 10,000 and 2 held at 100 of each instrument (default: of BTC)."""
    history = an_open_day()
    for name in instruments or (BTC,):
        opening = an_opening(instrument=name, direction=direction, quantity=D(2), price=D(100), cost=D(200))
        history = history.record(f"position-main-{name}-{direction}-1", opening, at=opened_at)
    return history.portfolio()


@pytest.mark.parametrize(
    ("direction", "equity", "low", "high", "worst"),
    [(LONG, 10_006, 9_980, 10_010, 9_960), (SHORT, 9_994, 9_990, 10_020, 9_970)],
)
def test_a_held_position_is_valued_at_closes_and_at_its_worst_prices(
    direction: Direction, equity: int, low: int, high: int, worst: int
) -> None:
    """Closes of 105, 90 and 103; the lowest price is 80, the highest 115."""
    candles = [
        a_candle(30, D(105), high=D(115)),
        a_candle(45, D(90), low=D(80)),
        a_candle(60, D(103)),
    ]
    (mark,) = marks_of(candles, holding(direction))
    assert (mark.equity, mark.low, mark.high, mark.worst) == (D(equity), D(low), D(high), D(worst))
    assert mark.equity == mark.balance + mark.unrealised
    assert mark.balance == 10_000


@pytest.mark.parametrize("direction", [LONG, SHORT])
def test_marks_of_one_position_have_the_figures_of_a_valuation_at_every_candle(direction: Direction) -> None:
    """Also the digits: of equal figures the first is kept, as 90.0 before 90 and 115 before 115.00."""
    prices = [("105", "99", "115"), ("90.0", "90", "115.00"), ("90", "90.0", "90"), ("103.5", "101", "115.0")]
    candles = [
        a_candle(15 * number, D(close), low=D(low), high=D(high))
        for number, (close, low, high) in enumerate(prices, 1)
    ]
    for portfolio in (holding(direction), holding(direction, candles[1].close_time)):
        (mark,) = marks_of(candles, portfolio)
        found = (mark.equity, mark.low, mark.high, mark.worst)
        assert list(map(str, found)) == list(map(str, valued_at_every_candle(candles, portfolio)))


def valued_at_every_candle(candles: Sequence[Candle], portfolio: Portfolio) -> Sequence[Decimal]:
    """Equity, low, high and worst."""
    market, balance, held = MarketView(), portfolio.account.balance, portfolio.positions.values()
    closes: list[Decimal] = []
    worst: list[Decimal] = []
    for candle in candles:
        market.take(candle)
        at_worst = unrealised_at_worst(held, market, {candle.instrument: candle}, candle.close_time)
        closes.append(balance + unrealised(held, market))
        worst += [balance + at_worst, closes[-1]]
    return closes[-1], min(closes), max(closes), min(worst)


def test_a_position_that_changes_within_an_hour_is_valued_before_and_after_the_change() -> None:
    """Long at closes of 95 and 120, flat at 80, then short at 130 and 110."""
    marking, market = Marking(), MarketView()
    held = [holding(LONG), holding(LONG), FLAT, holding(SHORT), holding(SHORT)]
    asks: Sequence[Ask] = ()
    for number, (close, portfolio) in enumerate(zip((95, 120, 80, 130, 110), held, strict=True), 1):
        candle = a_candle(12 * number, D(close))
        market.take(candle)
        asks = marking.take(candle.close_time, [candle], portfolio, market)
    (command,) = (ask.command for ask in asks)
    assert isinstance(command, MarkAccount)
    mark = command.mark
    assert (mark.equity, mark.low, mark.high, mark.worst) == (D(9_980), D(9_940), D(10_040), D(9_940))


def test_a_position_opened_within_a_candle_has_only_the_close_of_that_candle() -> None:
    candle = a_candle(60, D(103), low=D(80))
    (mark,) = marks_of([candle], holding(LONG, candle.close_time))
    assert mark.worst == mark.low == 10_006


def test_a_position_keeps_its_last_price_while_another_instrument_trades() -> None:
    candles = [a_candle(55, D(90)), a_candle(60, D(5000), ETH, low=D(1))]
    (mark,) = marks_of(candles, holding(LONG))
    assert mark.equity == mark.worst == 9_980


@pytest.mark.parametrize("others", [[], [ETH]], ids=["one position", "several positions"])
def test_a_price_after_the_close_values_the_account_where_it_is_known_before_the_candle(
    others: list[str],
) -> None:
    """In a live market a candle arrives a moment after its close, and quotes of that moment are known already."""
    marking, market, candle = Marking(), MarketView(), a_candle(60, D(103))
    later = candle.close_time + timedelta(milliseconds=400)
    market.take(KnownPrice(instrument=BTC, at=later, price=D(99)))
    market.take(candle)
    (ask,) = marking.take(candle.close_time, [candle], holding(LONG, BEGUN, BTC, *others), market)
    assert isinstance(ask.command, MarkAccount)
    mark = ask.command.mark
    assert (mark.equity, mark.unrealised, mark.low) == (D(9_998), D(-2), D(9_998))


def live(
    moves: Sequence[tuple[Candle, Portfolio]], ticks: Sequence[float], late: float = 0.4
) -> list[AccountMarked]:
    """The marks where each candle comes `late` seconds after its close; ticks are seconds after BEGUN."""
    marking, market = Marking(), MarketView()
    steps: list[tuple[datetime, tuple[Candle, Portfolio] | None]] = [
        *((candle.close_time + timedelta(seconds=late), (candle, held)) for candle, held in moves),
        *((BEGUN + timedelta(seconds=one), None) for one in ticks),
    ]
    asks: list[Ask] = []
    for at, move in sorted(steps, key=lambda step: step[0]):
        if move is None:
            asks += marking.tick(at)
            continue
        market.take(move[0])
        asks += marking.take(at, [move[0]], move[1], market)
    assert all(ask.occurred_at.minute == ask.occurred_at.microsecond == 0 for ask in asks)
    return [ask.command.mark for ask in asks if isinstance(ask.command, MarkAccount)]


def test_a_live_candle_that_closes_at_the_full_hour_is_in_the_mark_of_its_hour_with_those_that_follow_it() -> (
    None
):
    held = holding(LONG, BEGUN, BTC, ETH)
    moves = [(a_candle(55, D(90)), FLAT), (a_candle(60, D(103)), held), (a_candle(60, D(98), ETH), held)]
    (mark,) = live(moves, [3599, 3601, 3604.9, 3605, 3606])
    assert (mark.hour, mark.equity, mark.candles) == (BEGUN, D(10_002), 3)


def test_a_live_hour_without_ticks_is_marked_at_the_next_candle() -> None:
    moves = [(a_candle(minute, D(100)), FLAT) for minute in (60, 65)]
    assert [mark.candles for mark in live(moves, [])] == [1]


def test_a_live_candle_that_comes_after_the_mark_of_its_hour_counts_in_the_next_hour() -> None:
    moves = [
        (a_candle(60, D(100)), FLAT),
        (a_candle(60, D(70)), holding(LONG)),
        (a_candle(120, D(100)), FLAT),
    ]
    marking, market = Marking(), MarketView()
    marks: list[AccountMarked] = []
    for (candle, held), late in zip(moves, (1, 20, 1), strict=True):
        market.take(candle)
        at = candle.close_time + timedelta(seconds=late)
        asks = [*marking.take(at, [candle], held, market), *marking.tick(at + timedelta(seconds=10))]
        marks += [ask.command.mark for ask in asks if isinstance(ask.command, MarkAccount)]
    assert [(mark.hour.hour, mark.candles, mark.low) for mark in marks] == [
        (12, 1, D(10_000)),
        (13, 3, D(9_940)),
    ]


def test_prices_that_are_no_candles_and_accounts_that_were_never_opened_are_not_marked() -> None:
    marking, market = Marking(), MarketView()
    for minute in (5, 60, 125):
        price = KnownPrice(instrument=BTC, at=BEGUN + timedelta(minutes=minute), price=D(100))
        assert marking.take(price.at, [price], FLAT, market) == ()
    assert marks_of([a_candle(60, D(100))], EMPTY) == []
    assert marking.latest() is None


def test_the_latest_values_are_those_of_an_hour_that_is_not_over() -> None:
    marking = Marking()
    (mark,) = marks_of([a_candle(60, D(101))], holding(LONG), marking)
    assert marking.latest() == mark
    assert marks_of([a_candle(65, D(95))], holding(LONG), marking) == []
    latest = marking.latest()
    assert latest is not None
    assert (latest.hour, latest.equity, latest.candles) == (BEGUN + timedelta(hours=1), D(9_990), 2)


def test_an_hour_is_marked_once() -> None:
    first, second = marks_of([a_candle(60, D(100)), a_candle(120, D(100))])
    assert decide(MarkAccount(first), None) == [first]
    assert decide(MarkAccount(first), first) == decide(MarkAccount(first), second) == []
    assert decide(MarkAccount(second), first) == [second]
