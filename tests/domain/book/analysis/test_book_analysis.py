"""Missing values, refusals, and the recorded traffic of Binance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from adapters.book_kind import BookKind, preparation_of
from domain.book.analysis.book_analysis import STALE_MS, BookAnalysis
from domain.book.analysis.table import FIGURES, row_of
from domain.book.analysis.trades import Vpin
from domain.book.depth import Depth, PublicTrade
from domain.errors import InvalidInput
from tests.domain.book.analysis.recordings import recorded
from tests.domain.book.analysis.test_manipulation import a_book
from tests.domain.book.flow import NAME, START_MS, Flow, Message

NOTHING = (None,) * len(FIGURES)


def a_trade(at: int, price: float = 60_000.5, size: float = 1.0, *, is_buy: bool = True) -> PublicTrade:
    return PublicTrade(
        instrument=NAME, id=str(at), price=price, size=size, is_buy=is_buy, matched_ms=START_MS + at
    )


def analysed(*messages: Message) -> BookAnalysis:
    analysis = BookAnalysis(NAME)
    for one in messages:
        if isinstance(one, Depth):
            analysis.on_depth(one)
        else:
            analysis.on_trade(one)
    return analysis


def value(analysis: BookAnalysis, name: str) -> float | None:
    row = row_of(analysis, analysis.last_ms)
    return next(one for figure, one in zip(FIGURES, row, strict=True) if figure.feature.name == name)


def test_there_are_more_than_fifty_formulas_each_with_units_source_and_why_it_is_missing() -> None:
    names = [one.feature.name for one in FIGURES]
    assert len(set(names)) == len(names)
    assert all(one.feature.formula and one.feature.source and one.missing for one in FIGURES)
    # A formula of both sides, or of several depths, counts once.
    assert len({one.feature.formula.partition("; bids")[0].partition("; asks")[0] for one in FIGURES}) >= 50


def test_without_a_book_all_figures_are_missing() -> None:
    assert row_of(analysed(a_trade(0)), START_MS) == NOTHING


def test_a_book_that_is_ten_seconds_old_has_no_figures() -> None:
    analysis = analysed(a_book(0, {}))
    assert value(analysis, "spread") == pytest.approx(1 / 60_000 * 1e4)
    assert row_of(analysis, START_MS + STALE_MS) == NOTHING


def test_a_book_that_is_silent_while_trades_go_on_has_no_figures_and_keeps_no_trades() -> None:
    trades = [a_trade(at, 90.0, is_buy=False) for at in range(500, 60_000, 500)]
    analysis = analysed(a_book(0, {}), *trades[:18])
    assert value(analysis, "spread") is not None
    assert row_of(analysis, START_MS + STALE_MS) == NOTHING
    for one in trades[18:]:
        analysis.on_trade(one)
    assert row_of(analysis, analysis.last_ms) == NOTHING
    assert (analysis.bids.waiting, analysis.asks.waiting) == ([], [])


def test_a_book_that_continues_after_ten_seconds_begins_anew() -> None:
    analysis = analysed(*Flow(1).messages(600))
    assert analysis.bins.count > 20
    last = analysis.depth
    assert last is not None
    analysis.on_depth(replace(last, matched_ms=last.matched_ms + STALE_MS))
    assert (analysis.bins.count, value(analysis, "move")) == (0, None)


@pytest.mark.parametrize("is_empty", [True, False])
def test_an_empty_side_and_crossed_prices_are_no_book(is_empty: bool) -> None:
    book = a_book(100, {})
    broken = (
        replace(book, ask_prices=np.array([]), ask_sizes=np.array([]))
        if is_empty
        else replace(book, ask_prices=book.ask_prices - 1.0)
    )
    assert row_of(analysed(a_book(0, {}), broken), START_MS + 100) == NOTHING


def test_a_reset_forgets_all() -> None:
    analysis = analysed(*Flow(1).messages(600))
    analysis.reset()
    assert (row_of(analysis, analysis.last_ms), analysis.delta) == (NOTHING, 0.0)


def test_refills_after_trades_are_an_iceberg_with_what_was_hidden() -> None:
    messages: list[Message] = [a_book(0, {})]
    for at in range(500, 11_500, 500):
        # One unit is bought of the one that is shown, and one unit is shown again.
        messages += [a_trade(at), a_book(at, {})]
    analysis = analysed(*messages)
    assert value(analysis, "iceberg_ask") == pytest.approx(22.0)
    assert value(analysis, "iceberg_bid") == 0.0


@pytest.mark.parametrize(("full", "left", "size"), [(1.0, 0.5, 0.5), (0.3, 0.2, 0.1)])
def test_trades_that_explain_a_decrease_are_no_refill_of_an_iceberg(
    full: float, left: float, size: float
) -> None:
    messages: list[Message] = [a_book(0, {60_000.5: full})]
    for at in range(500, 10_500, 1_000):
        messages += [a_trade(at, size=size), a_book(at, {60_000.5: left}), a_book(at + 500, {60_000.5: full})]
    # One refill, where an iceberg has three.
    messages += [a_trade(10_500, size=size), a_book(10_500, {60_000.5: full}), a_book(11_000, {})]
    assert value(analysed(*messages), "iceberg_ask") == 0.0


@pytest.mark.parametrize("bucket", [1e-9, 1e-300])
def test_a_trade_of_many_buckets_fills_them_at_once(bucket: float) -> None:
    vpin = Vpin(bucket)
    vpin.take(bucket / 2.0, 0, is_buy=False)
    vpin.take(1e9, 1, is_buy=True)
    assert vpin.value == 1.0


def test_a_bucket_is_as_large_as_a_mean_trade_where_the_first_minute_has_few() -> None:
    vpin = Vpin(None)
    vpin.take(0.001, 0, is_buy=True)
    for number in range(1, 150):
        vpin.take(20.0, 60_000 + number, is_buy=number % 2 == 0)
        assert (vpin.value is None) == (number < 50)
    # A bucket of 19.6 has most of one trade, and the end of the other side's.
    assert vpin.value is not None
    assert 0.3 < vpin.value < 0.9


def test_a_trade_that_is_received_after_its_levels_is_no_cancellation() -> None:
    taken = a_book(500, {60_000.5: 0.25})
    early, late = (
        analysed(a_book(0, {}), *messages)
        for messages in ((a_trade(500, size=0.75), taken), (taken, a_trade(500, size=0.75)))
    )
    for analysis in (early, late):
        for at in range(1_000, 61_000, 500):
            analysis.on_depth(a_book(at, {60_000.5: 0.25}))
        assert (value(analysis, "cancelled"), value(analysis, "hidden_ask")) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (replace(a_book(200, {}), instrument="ETH"), "levels of ETH were given"),
        (a_book(50, {}), "give them in the order of the exchange"),
        (replace(a_trade(200), instrument="ETH"), "a trade of ETH was given"),
        (replace(a_trade(200), size=float("nan")), "has size nan"),
    ],
)
def test_messages_that_are_not_of_this_book_are_refused(message: Message, error: str) -> None:
    with pytest.raises(InvalidInput, match=error):
        analysed(a_book(100, {}), message)


@pytest.mark.parametrize(("order", "bucket"), [(0.0, None), (1.0, float("inf"))])
def test_parameters_out_of_their_range_are_refused(order: float, bucket: float | None) -> None:
    with pytest.raises(InvalidInput, match="must be above 0 and finite"):
        BookAnalysis(NAME, order, bucket)


@pytest.mark.parametrize("market", ["usdm", "spot"])
def test_recorded_traffic_has_every_figure_of_one_book_within_its_bounds(
    market: str, market_data: Path
) -> None:
    file = market_data / "ticks" / f"{market}_btcusdt_20240808.gz"
    if not file.exists():
        pytest.skip(f"the recording {file.name} is not on this machine")
    analysis, preparation = BookAnalysis(market), preparation_of(BookKind.AUTO)
    suspicions = 0
    for number, one in enumerate(recorded(file, market)):
        if isinstance(one, Depth):
            suspicions += len(analysis.on_depth(one))
        else:
            analysis.on_trade(one)
        if number % 200 == 0:
            plain = row_of(analysis, analysis.last_ms, analysis.bins, analysis.bins)
            assert plain == row_of(analysis, analysis.last_ms, analysis.bins, analysis.bins, preparation)
    row = dict(zip((one.feature for one in FIGURES), row_of(analysis, analysis.last_ms), strict=True))
    pairs = ("reference_", "venue_", "roll_spread", "spread_excess", "support", "resistance")
    missing = [one.name for one, found in row.items() if found is None and not one.name.startswith(pairs)]
    assert missing == []
    bounds = {"0..1": (0.0, 1.0), "-1..1": (-1.0, 1.0)}
    for feature, found in row.items():
        if feature.units in bounds and found is not None:
            low, high = bounds[feature.units]
            assert low - 1e-9 <= found <= high + 1e-9, feature.name
    assert analysis.bins.count > 600
    # Stated in docs/book-analysis.md.
    assert suspicions == {"usdm": 15, "spot": 4}[market]
