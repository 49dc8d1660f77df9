"""The books of a feed: when a snapshot is requested, what a reader gets, and what is kept for it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from adapters import book_shelf
from adapters.book_shelf import BookShelf
from adapters.ladder_book.scale import Scale
from adapters.market_recordings.row import MarketRow, NoticeRow
from adapters.market_recordings.tap import MarketTap
from adapters.milliseconds import in_ms
from domain.book.book import BookTerms, Taken
from domain.book.depth import PublicTrade
from domain.book.sequence import BinanceSpot, Bybit, SequenceRule
from domain.direction import Side
from domain.errors import InvalidInput
from tests.domain.book.frames import ASKS, delta, snapshot
from tests.domain.book.kinds import TICK, WITHOUT_NUMBA

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BTC, ETH = "BTCUSDT-LINEAR.BYBIT", "ETHUSDT-LINEAR.BYBIT"


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def shelf(rule: SequenceRule, clock: Clock, listed: int | None = None) -> BookShelf:
    terms = BookTerms(rule=rule, listed=listed, patience=10.0)
    return BookShelf((BTC, ETH), terms, clock=lambda: NOW, seconds=clock)


def test_a_gap_requests_the_snapshot_of_its_instrument_at_once_and_again_after_a_longer_pause() -> None:
    clock = Clock()
    kept = shelf(Bybit(), clock)
    for name in (BTC, ETH):
        kept.take(name, snapshot(100))
    kept.take(BTC, delta(102))
    requested_at: list[float] = []
    for tenth in range(50):
        clock.at = tenth / 10
        found = kept.requests((BTC, ETH))
        assert found in ([], [BTC])
        requested_at += [clock.at] * len(found)
    assert requested_at[0] == 0.0
    assert requested_at[1] >= 0.25
    assert 3 <= len(requested_at) <= 6


def test_a_snapshot_ends_the_requests() -> None:
    clock = Clock()
    kept = shelf(Bybit(), clock)
    kept.take(BTC, snapshot(100))
    kept.take(BTC, delta(102))
    assert kept.requests((BTC,)) == [BTC]
    kept.take(BTC, snapshot(103))
    clock.at = 5.0
    assert kept.requests((BTC,)) == []


def test_the_first_snapshot_is_requested_only_where_the_exchange_sends_none() -> None:
    clock = Clock()
    bybit, binance = shelf(Bybit(), clock), shelf(BinanceSpot(), clock)
    for kept in (bybit, binance):
        kept.begin((BTC, ETH))
    binance.take(BTC, delta(5))
    assert (bybit.requests((BTC, ETH)), binance.requests((BTC, ETH))) == ([], [BTC])
    clock.at = 1.0
    assert (bybit.requests((BTC, ETH)), binance.requests((ETH,))) == ([], [ETH])


def test_a_silent_book_is_declared_requested_and_not_read() -> None:
    clock = Clock()
    kept = shelf(Bybit(), clock)
    kept.take(BTC, snapshot(100))
    clock.at = 10.1
    assert kept.depth(BTC, 5) is None
    assert kept.sweep(BTC, Side.BUY, Decimal(1)) is None
    assert kept.requests((BTC,)) == [BTC]
    state = kept.states({BTC: "", ETH: ""})[0]
    assert (state.is_live, state.gaps, state.fault) == (False, 1, "nothing came for 10 s")


class Taps:
    """A tap that counts the messages, and keeps the notices, by kind."""

    def __init__(self) -> None:
        self.messages, self.notices = 0, list[str]()

    def take(self, row: MarketRow) -> None:
        if isinstance(row, NoticeRow):
            self.notices.append(row.notice)
        else:
            self.messages += 1


@pytest.mark.parametrize("rule", [Bybit(), BinanceSpot()], ids=["bybit", "binance"])
def test_a_market_that_stands_still_loses_its_book_once_and_news_make_it_known(rule: SequenceRule) -> None:
    clock, taps = Clock(), Taps()
    terms = BookTerms(rule=rule, patience=10.0)
    kept = BookShelf((BTC,), terms, clock=lambda: NOW, seconds=clock, tap=MarketTap(taps.take))
    kept.take(BTC, snapshot(100))
    requested = 0
    for _ in range(600):  # ten minutes, in which the exchange answers each request with the book that it has
        clock.at += 1.0
        for name in kept.requests((BTC,)):
            requested += 1
            assert kept.take(name, snapshot(100)) is Taken.OLD
        assert kept.depth(BTC, 5) is None or clock.at <= 10.0
    state = kept.states({BTC: ""})[0]
    assert (state.is_live, state.gaps, state.fault) == (False, 1, "nothing came for 10 s")
    assert (taps.messages, taps.notices) == (1, ["GAP"])
    assert 15 <= requested <= 60  # the longest pause is 30 s
    assert kept.awaited((BTC,)) == []  # it has been answered: its connection is not to be made anew
    assert kept.take(BTC, delta(101)) in (Taken.REFUSED, Taken.HELD)
    assert kept.requests((BTC,)) == [BTC]
    assert kept.take(BTC, snapshot(101)) is Taken.REPLACED
    assert kept.depth(BTC, 5) is not None


def test_after_a_new_connection_the_snapshot_of_a_market_that_stood_still_is_taken() -> None:
    clock = Clock()
    kept = shelf(Bybit(), clock)
    kept.take(BTC, snapshot(100))
    clock.at = 10.1
    assert kept.requests((BTC,)) == [BTC]
    kept.begin((BTC, ETH))
    assert kept.take(BTC, snapshot(100)) is Taken.REPLACED


def test_a_book_that_its_owner_gives_up_is_requested_and_known_with_the_next_snapshot_whatever_its_number() -> (
    None
):
    kept = shelf(Bybit(), Clock())
    kept.take(BTC, snapshot(100))
    kept.lose([BTC, ETH], "rows were lost")
    assert [(one.fault, one.gaps) for one in kept.states({BTC: "", ETH: ""})] == [
        ("rows were lost", 1),
        ("the book is AWAITED", 0),
    ]
    assert kept.requests((BTC, ETH)) == [BTC]
    assert kept.take(BTC, snapshot(100)) is Taken.REPLACED


def test_a_quiet_book_is_known_while_its_connection_is_heard() -> None:
    clock = Clock()
    kept = shelf(Bybit(), clock)
    kept.take(BTC, snapshot(100))
    for _ in range(360):
        clock.at += 10.0
        kept.hear((BTC, ETH))
        assert kept.requests((BTC,)) == []
    assert kept.depth(BTC, 5) is not None


@pytest.mark.parametrize("sign", ["trade", "best prices", "numbers that began anew"])
def test_a_book_that_stands_still_while_the_market_moves_is_requested_though_its_connection_is_heard(
    sign: str,
) -> None:
    clock = Clock()
    kept = shelf(BinanceSpot(), clock)
    kept.take(BTC, snapshot(100))
    match sign:
        case "trade":
            kept.add_trades([trade(1, 2_001)])
        case "best prices":
            kept.reach(BTC, 101)
        case _:
            kept.take(BTC, delta(7))
    clock.at = 10.1
    kept.hear((BTC,))
    assert kept.depth(BTC, 5) is None
    assert kept.requests((BTC,)) == [BTC]
    assert "after the market moved" in kept.states({BTC: "", ETH: ""})[0].fault
    assert kept.take(BTC, snapshot(8)) is Taken.REPLACED


def test_signs_that_the_book_has_reached_leave_it_known() -> None:
    clock = Clock()
    kept = shelf(Bybit(), clock)
    kept.take(BTC, snapshot(100))
    kept.reach(BTC, 101)
    kept.take(BTC, delta(101))
    kept.add_trades([trade(1, 2_020)])
    kept.reach(BTC, 101)
    clock.at = 10.1
    kept.hear((BTC,))
    assert kept.depth(BTC, 5) is not None


def test_a_book_that_is_running_out_is_requested_while_it_is_read() -> None:
    clock = Clock()
    kept = shelf(BinanceSpot(), clock, listed=8)
    rows = [(f"{90 - n}", "1") for n in range(8)]
    kept.take(BTC, snapshot(100, bids=rows))
    assert kept.requests((BTC,)) == []
    kept.take(BTC, delta(101, bids=[(price, "0") for price, _ in rows[:7]]))
    assert kept.requests((BTC,)) == [BTC]
    assert kept.depth(BTC, 5) is not None


def test_a_message_of_the_future_is_refused_and_changes_nothing() -> None:
    kept = shelf(Bybit(), Clock())
    with pytest.raises(InvalidInput, match="lies ahead of this machine's clock"):
        kept.take(BTC, snapshot(100, at=in_ms(NOW) + 60_001))
    kept.take(BTC, snapshot(100, at=in_ms(NOW) + 60_000))
    assert kept.depth(BTC, 5) is not None


def test_a_fault_of_the_connection_is_that_of_its_books() -> None:
    kept = shelf(Bybit(), Clock())
    kept.take(BTC, snapshot(100))
    states = kept.states({BTC: "cut", ETH: ""})
    assert [(one.instrument, one.is_live, one.fault) for one in states] == [
        (BTC, False, "cut"),
        (ETH, False, "the book is AWAITED"),
    ]


def test_the_oldest_trades_go_where_nobody_takes_them_and_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(book_shelf, "_MOST_TRADES", 2)
    kept = shelf(Bybit(), Clock())
    kept.add_trades([trade(number) for number in range(3)])
    assert [one.id for one in kept.trades()] == ["1", "2"]
    assert kept.trades() == []
    assert kept.states({BTC: "", ETH: ""})[0].dropped == 1


def fast_shelf(slots: int = 64) -> BookShelf:
    terms = BookTerms(rule=Bybit(), depth=50, patience=10.0)
    scales = {BTC: Scale(tick=TICK, size_places=1)}
    return BookShelf((BTC, ETH), terms, clock=lambda: NOW, seconds=Clock(), scales=scales, slots=slots)


@WITHOUT_NUMBA
def test_the_books_of_instruments_with_a_scale_are_fast_and_the_others_plain() -> None:
    kept = fast_shelf()
    assert (kept.is_fast(BTC), kept.is_fast(ETH)) == (True, False)
    for name in (BTC, ETH):
        kept.take(name, snapshot(100))
        kept.take(name, delta(101, bids=[("100.2", "7.5")]))
    fast, plain = kept.depth(BTC, 5), kept.depth(ETH, 5)
    assert fast is not None
    assert plain is not None
    assert fast.bid_sizes.tolist() == plain.bid_sizes.tolist() == [7.5, 2.0, 3.0]


@WITHOUT_NUMBA
@pytest.mark.parametrize(
    "row", [("100.17", "1"), ("100.2", "1.25")], ids=["a price off the tick", "a size with more decimals"]
)
def test_a_delta_that_does_not_fit_the_scale_is_a_gap_and_the_book_is_plain_from_the_next_snapshot_on(
    row: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    kept = fast_shelf()
    kept.take(BTC, snapshot(100))
    assert kept.take(BTC, delta(101, bids=[row])) is Taken.GAP
    assert kept.requests((BTC,)) == [BTC]
    assert (kept.is_fast(BTC), kept.states({BTC: "", ETH: ""})[0].gaps) == (False, 1)
    assert f"the book of {BTC} is plain from now on" in caplog.text
    assert kept.take(BTC, snapshot(102, bids=[row])) is Taken.REPLACED


@WITHOUT_NUMBA
def test_a_snapshot_with_levels_too_far_apart_for_the_ladder_makes_the_book_plain_without_a_gap() -> None:
    kept = fast_shelf(slots=8)
    far = [(f"{101 + number}", "1.0") for number in range(40)]
    assert kept.take(BTC, snapshot(100, asks=[*ASKS, *far])) is Taken.REPLACED
    depth = kept.depth(BTC, 50)
    assert depth is not None
    assert (kept.is_fast(BTC), len(depth.ask_prices)) == (False, 43)
    assert kept.states({BTC: "", ETH: ""})[0].gaps == 0


def trade(number: int, at: int = 0) -> PublicTrade:
    return PublicTrade(instrument=BTC, id=str(number), price=1.0, size=1.0, is_buy=True, matched_ms=at)
