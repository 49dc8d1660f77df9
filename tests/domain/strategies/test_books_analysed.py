"""The strategies on books, on readings of the analysis: planted situations, seeded flow and recorded traffic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from domain.book.depth import Depth, PublicTrade
from domain.direction import Direction
from domain.market import BookReading
from domain.strategies import BookWatcher, Intent, Proposal
from domain.strategies.builtin import BUILTIN
from tests.domain.book.analysis.recordings import recorded
from tests.domain.book.flow import NAME, START_MS, Flow, Message
from tests.domain.strategies.book_recordings import readings_of
from tests.domain.strategies.made_books import NAMES

STEP_MS = 200
QUIET = 700
"""The books before the planted situation: 140 s, so that every window is full."""
PRESSED = 60
RECORDED = 1_850
"""The readings of the recording that are judged: the first three minutes, with three entries."""


def proposals_of(name: str, readings: Sequence[BookReading], **parameters: float) -> list[Proposal | None]:
    watcher = BUILTIN[name](parameters).watch()
    assert isinstance(watcher, BookWatcher)
    return [watcher.on_book(one) for one in readings]


def entries_of(name: str, readings: Sequence[BookReading], **parameters: float) -> list[tuple[int, Proposal]]:
    found = enumerate(proposals_of(name, readings, **parameters))
    return [(n, one) for n, one in found if one is not None and one.intent is Intent.ENTER]


def a_depth(number: int, mid: float, bid: float = 1.0, ask: float = 1.0, wall: float = 1.0) -> Depth:
    """60 levels a side, a half apart; the best five of each have these sizes, and the tenth bid is a wall."""
    bids = mid - 0.25 - 0.5 * np.arange(60, dtype=np.float64)
    asks = mid + 0.25 + 0.5 * np.arange(60, dtype=np.float64)
    bid_sizes, ask_sizes = np.ones(60), np.ones(60)
    bid_sizes[:5], ask_sizes[:5], bid_sizes[9] = bid, ask, wall
    # Sizes of which most are equal have no deviation; every third level is a little larger.
    bid_sizes[10::3] += 0.2
    ask_sizes[10::3] += 0.2
    at = START_MS + number * STEP_MS
    return Depth(
        instrument=NAME,
        update_id=number + 1,
        sequence=number + 1,
        matched_ms=at,
        received_ms=at,
        bid_prices=bids,
        bid_sizes=bid_sizes,
        ask_prices=asks,
        ask_sizes=ask_sizes,
    )


def a_trade(number: int, price: float, size: float, *, is_buy: bool) -> PublicTrade:
    at = START_MS + number * STEP_MS
    return PublicTrade(instrument=NAME, id=str(number), price=price, size=size, is_buy=is_buy, matched_ms=at)


def quiet() -> Iterator[Message]:
    """The mid goes to and fro by half a unit of 10,000 each second, with small trades of both sides."""
    for number in range(QUIET):
        mid = 10_000.25 + 0.5 * (number // 5 % 2)
        yield a_depth(number, mid, wall=6.0)
        is_buy = number // 5 % 2 == 0
        yield a_trade(number, mid + (0.25 if is_buy else -0.25), 0.1, is_buy=is_buy)


def absorbed(size: float, bid: float) -> list[BookReading]:
    """Takers sell so much in each step while the bids stay, with bids of this size at the best prices."""

    def messages() -> Iterator[Message]:
        yield from quiet()
        for number in range(QUIET, QUIET + PRESSED):
            yield a_depth(number, 10_000.25, bid=bid, wall=60.0)
            yield a_trade(number, 10_000.0, size, is_buy=False)

    return list(readings_of(messages(), NAME))


def broken(size: float) -> list[BookReading]:
    """The price rises out of the range by two ticks a step, while takers buy so much in each."""

    def messages() -> Iterator[Message]:
        yield from quiet()
        for number in range(QUIET, QUIET + PRESSED):
            mid = 10_000.25 + (number - QUIET) * 0.25
            yield a_depth(number, mid, bid=4.0)
            yield a_trade(number, mid + 0.25, size, is_buy=True)

    return list(readings_of(messages(), NAME))


def test_the_scalper_enters_where_bids_absorb_the_sales_with_its_stop_behind_the_wall() -> None:
    (number, found), *others = entries_of("book-scalper", absorbed(3.0, bid=8.0), strong=12, stop_most=40.0)
    assert others == []
    assert number >= QUIET
    assert (found.direction, found.price) == (Direction.LONG, Decimal("10000.5"))
    # The wall is ten levels down: 9995.5, less half a basis point.
    assert found.stop == Decimal("9995.5") * Decimal("0.99995")
    assert found.inputs["imbalance"] > 0.7
    assert found.inputs["absorption"] >= 1.5
    assert found.inputs["volume_delta"] < 0.0


@pytest.mark.parametrize(("size", "bid"), [(0.1, 8.0), (3.0, 1.0)], ids=["no sales", "no imbalance"])
def test_the_scalper_is_silent_where_nothing_is_absorbed(size: float, bid: float) -> None:
    assert entries_of("book-scalper", absorbed(size, bid), stop_most=40.0) == []


def test_the_breakout_enters_where_the_price_leaves_the_range_with_its_takers() -> None:
    (number, found), *_ = entries_of("cluster-breakout", broken(3.0), width=20.0, stop_most=40.0)
    assert number >= QUIET
    assert found.direction is Direction.LONG
    # Its point of control is a step of 1 bp from the prices of the range.
    assert Decimal(9_997) < found.stop < Decimal(10_001) < found.price
    assert found.inputs["value_place"] > 1.1


def test_the_breakout_is_silent_where_few_buy() -> None:
    assert entries_of("cluster-breakout", broken(0.02), width=20.0, stop_most=40.0) == []


def _slow_stop(reading: BookReading, direction: Direction, volatility: float) -> Decimal:
    """The stop by the default bounds, computed the obvious way."""
    sign = 1 if direction is Direction.LONG else -1
    levels = reading.bids if sign > 0 else reading.asks
    price = float((reading.asks if sign > 0 else reading.bids)[0].price)
    usual = median(float(one.size) for one in levels)
    strong = [float(one.price) for one in levels if float(one.size) >= 3.0 * usual]
    figure = reading.values[NAMES.index("support_distance" if sign > 0 else "resistance_distance")]
    if figure is not None:
        mid = (float(reading.bids[0].price) + float(reading.asks[0].price)) / 2
        strong.append(mid * (1 - sign * figure / 1e4))
    nearest = price * (1 - sign * 0.3 * volatility / 1e4)
    stops = [one * (1 - sign * 0.5 / 1e4) for one in strong]
    farther = [one for one in stops if sign * (nearest - one) > 0]
    found = min(farther, key=lambda one: abs(one - price)) if farther else nearest
    return Decimal(found)


def judged(readings: Sequence[BookReading]) -> int:
    """The entries of the scalper and of the trader of imbalance, each judged by its figures and levels."""
    count = 0
    for name, depth, limit, needed in (("book-scalper", 5, 0.7, 3), ("book-imbalance", 20, 0.5, 10)):
        place = NAMES.index(f"imbalance_{depth}")
        for number, found in entries_of(name, readings):
            sign = 1 if found.direction is Direction.LONG else -1
            row = [one.values[place] for one in readings[number - needed + 1 : number + 1]]
            assert all(value is not None and sign * value > limit for value in row)
            expected = _slow_stop(readings[number], found.direction, found.inputs["volatility"])
            assert float(found.stop) == pytest.approx(float(expected), rel=1e-9)
            count += 1
    return count


def test_entries_on_seeded_flow_have_their_imbalance_and_the_stop_of_the_slow_version() -> None:
    readings = list(readings_of(Flow(2, levels=100, step_ms=100.0).messages(3_500), NAME))
    assert judged(readings) >= 1


def test_entries_on_a_recorded_book_have_their_imbalance_and_the_stop_of_the_slow_version(
    market_data: Path,
) -> None:
    file = market_data / "ticks" / "spot_btcusdt_20240808.gz"
    if not file.exists():
        pytest.skip(f"the recording {file.name} is not on this machine")
    readings = list(islice(readings_of(recorded(file, NAME), NAME), RECORDED))
    assert judged(readings) >= 3
