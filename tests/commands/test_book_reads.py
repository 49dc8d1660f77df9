"""Strategies that read order books: signals from readings, the book that they are judged with, what is not recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from commands.book_reads import LEAST_APART, BookReads
from commands.exchange import Accepted
from commands.inputs import MarketMoved
from commands.request import RaiseSignal
from commands.watching import Instance
from domain.book.book_read import BookRead
from domain.book.settings import BookSettings, OwnBookSettings
from domain.candle import Candle
from domain.direction import Direction
from domain.errors import InvalidInput, StrategyFailed
from domain.filters.settings import FilterSettings
from domain.log import Envelope
from domain.market import BookReading, Level
from domain.order import OrderPlaced
from domain.settings import AlphaSettings, Settings, StrategySettings
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.strategies import BookWatcher, Intent, Proposal, Watcher
from tests.commands.desk import Desk, a_fill_of, long, names
from tests.commands.outside import outside
from tests.commands.requests.asking import Asking
from tests.domain.history import BTC, ETH, NOW, D
from tests.replacing import replace

MINUTE = timedelta(minutes=1)


class OfCandles:
    """Proposes a long at each candle that closes at 101."""

    name = "reader"

    def watch(self) -> Watcher:
        return self

    def scan(self, candles: Sequence[Candle]) -> Sequence[Proposal | None]:
        return [self.on_candle(one) for one in candles]

    def on_candle(self, candle: Candle) -> Proposal | None:
        return a_proposal(D(101)) if candle.close == D(101) else None


class Reader(OfCandles):
    """Beside that proposes what `wants` says at each reading, at the best price."""

    def __init__(self) -> None:
        self.wants: tuple[Intent, Direction] | None = (Intent.ENTER, Direction.LONG)
        self.changed: dict[str, Any] = {}
        self.seen: list[BookReading] = []
        self.fails = False

    def on_book(self, reading: BookReading) -> Proposal | None:
        self.seen.append(reading)
        if self.fails:
            raise ArithmeticError("no opinion")
        if self.wants is None:
            return None
        intent, direction = self.wants
        levels = reading.asks if direction is Direction.LONG else reading.bids
        price = levels[0].price if levels else D(100)
        return replace(a_proposal(price, intent, direction), **self.changed)


def a_proposal(
    price: Decimal, intent: Intent = Intent.ENTER, direction: Direction = Direction.LONG
) -> Proposal:
    away = D(2) if direction is Direction.LONG else D(-2)
    return Proposal(
        strategy="reader",
        instrument=BTC,
        interval=MINUTE,
        direction=direction,
        intent=intent,
        confidence=0.9,
        trend=0.0,
        price=price,
        stop=price - away,
        target=price + 3 * away,
        inputs={"imbalance": 0.75},
    )


def a_reading(desk: Desk, number: int = 7, **changed: Any) -> BookReading:
    reading = BookReading(
        instrument=BTC,
        at=desk.at,
        update_id=number,
        is_known=True,
        bids=(Level(D("99.9"), D(90)),),
        asks=(Level(D(100), D(30)), Level(D("100.1"), D(60))),
    )
    return replace(reading, **changed)


def lost(desk: Desk) -> BookReading:
    return a_reading(desk, is_known=False, why="a delta is missing", bids=(), asks=())


def a_candle(desk: Desk, close: str) -> Candle:
    price = D(close)
    return Candle(
        instrument=BTC,
        interval=MINUTE,
        open_time=desk.at - MINUTE,
        open=price,
        high=price,
        low=price,
        close=price,
        volume=D(1),
    )


def opened(reader: OfCandles, **settings: Any) -> Desk:
    desk = Desk(instances=(Instance(id="reader", strategy=reader),))
    strategies = (StrategySettings("reader"),)
    given: dict[str, Any] = {"strategies": strategies, "alpha": AlphaSettings(minimum_trend=-1.0), **settings}
    return desk.opened(Settings(**given))


def moved(desk: Desk, *events: BookReading | Candle, after: float = 1) -> list[Envelope]:
    desk.at += timedelta(seconds=after)
    return desk.handle(MarketMoved(desk.at, tuple(events)))


def signal_of(recorded: Sequence[Envelope]) -> SignalDetected:
    (found,) = [one.event for one in recorded if isinstance(one.event, SignalDetected)]
    return found


def decision_of(recorded: Sequence[Envelope]) -> DecisionMade:
    (found,) = [one.event for one in recorded if isinstance(one.event, DecisionMade)]
    return found


def test_a_proposal_on_a_reading_is_a_signal_of_its_time_with_the_reading_as_its_cause() -> None:
    reader = Reader()
    assert isinstance(reader.watch(), BookWatcher)
    desk = opened(reader)
    reading = a_reading(desk)
    recorded = moved(desk, reading)
    signal = signal_of(recorded)
    assert recorded[0].meta.causation_id == f"book:{BTC}:7"
    assert recorded[0].meta.occurred_at == signal.candle_closed_at == reading.at
    assert signal.book == BookRead(at=reading.at, update_id=7, bids=reading.bids, asks=reading.asks)
    decision = decision_of(recorded)
    assert (decision.verdict, decision.quantity) == (Verdict.ENTER, D(50))
    (vote,) = [one for one in decision.votes if one.member == "book"]
    assert vote.figures["cost_bps"] == "4.0000"
    assert names(recorded)[2:] == ["FundsReserved", "OrderPlaced", "OrderPlaced", "OrderPlaced"]


def test_a_reading_of_another_instrument_reaches_no_watcher_of_this_one() -> None:
    reader = Reader()
    desk = Desk(instances=(Instance(id="reader", strategy=reader, instruments=(BTC,)),)).opened()
    assert moved(desk, a_reading(desk, instrument=ETH)) == []
    assert reader.seen == []


def test_a_reading_of_a_book_that_is_lost_reaches_the_watcher_and_an_entry_on_it_is_refused() -> None:
    reader = Reader()
    desk = opened(reader)
    with pytest.raises(InvalidInput, match="has the best ask"):
        moved(desk, lost(desk))
    assert [one.is_known for one in reader.seen] == [False]


@pytest.mark.parametrize("wrong", [{"price": D("100.1")}, {"strategy": "other"}, {"instrument": ETH}])
def test_a_proposal_that_is_not_of_its_reading_is_refused(wrong: dict[str, Any]) -> None:
    reader = Reader()
    reader.changed = wrong
    desk = opened(reader)
    with pytest.raises(InvalidInput, match="a proposal names its strategy and the instrument of the reading"):
        moved(desk, a_reading(desk))


def test_a_strategy_that_raises_on_a_reading_is_named_with_the_reading() -> None:
    reader = Reader()
    reader.fails = True
    desk = opened(reader)
    with pytest.raises(StrategyFailed, match=f"strategy reader failed on book:{BTC}:7: ArithmeticError"):
        moved(desk, a_reading(desk))


def test_an_entry_on_a_candle_of_a_reader_is_skipped_before_the_first_reading_and_while_the_book_is_lost() -> (
    None
):
    reader = Reader()
    reader.wants = None
    desk = opened(reader)
    first = decision_of(moved(desk, a_candle(desk, "101")))
    assert (first.verdict, first.reasons) == (Verdict.SKIP, ("BOOK_UNKNOWN",))
    moved(desk, a_reading(desk))
    moved(desk, lost(desk))
    second = moved(desk, a_candle(desk, "101"), after=20)
    assert decision_of(second).reasons == ("BOOK_UNKNOWN",)
    read = signal_of(second).book
    assert read is not None
    assert read.why == "a delta is missing"


def test_an_entry_on_a_candle_is_judged_by_the_last_reading_until_it_is_stale() -> None:
    reader = Reader()
    reader.wants = None
    desk = opened(reader)
    deep = a_reading(desk, asks=(Level(D(101), D(90)),))
    moved(desk, deep)
    assert decision_of(moved(desk, a_candle(desk, "101"), after=11)).reasons == ("BOOK_STALE",)
    moved(desk, replace(deep, at=desk.at))
    assert decision_of(moved(desk, a_candle(desk, "101"), after=9)).verdict is Verdict.ENTER


@pytest.mark.parametrize(
    ("settings", "reasons"),
    [
        ({"book": BookSettings(required=True)}, ("BOOK_UNKNOWN",)),
        (
            {"strategies": (StrategySettings("reader", book=OwnBookSettings(required=True)),)},
            ("BOOK_UNKNOWN",),
        ),
        ({}, ("ALL_APPROVE",)),
    ],
)
def test_an_entry_of_a_strategy_of_candles_needs_a_book_where_a_setting_says_so(
    settings: dict[str, Any], reasons: tuple[str, ...]
) -> None:
    desk = opened(OfCandles(), **settings)
    recorded = moved(desk, a_candle(desk, "101"))
    assert decision_of(recorded).reasons == reasons
    assert (signal_of(recorded).book is None) == (settings == {})


def test_no_second_entry_is_recorded_while_one_waits_or_its_direction_is_held() -> None:
    desk = opened(Reader())
    (entry, *_) = [one for one in moved(desk, a_reading(desk)) if names([one]) == ["OrderPlaced"]]
    order_id = entry.meta.stream.removeprefix(f"order-{entry.meta.account}-")
    assert moved(desk, a_reading(desk, 8), after=5) == []
    desk.tell(Accepted(order_id=order_id, at=desk.at, fact="a", venue_order_id="v"))
    desk.tell(a_fill_of(order_id, "x1", D(50), D(100)))
    assert BTC in desk.world.portfolio.positions
    assert moved(desk, a_reading(desk, 9), after=5) == []


def test_an_entry_that_is_skipped_is_recorded_again_only_after_a_second() -> None:
    thin = (Level(D(100), D(1)),)
    desk = opened(Reader())
    assert decision_of(moved(desk, a_reading(desk, 1, asks=thin))).reasons == ("BOOK_TOO_THIN",)
    half = LEAST_APART.total_seconds() / 2
    assert moved(desk, a_reading(desk, 2, asks=thin), after=half) == []
    assert decision_of(moved(desk, a_reading(desk, 3, asks=thin), after=half)).reasons == ("BOOK_TOO_THIN",)


def test_the_same_update_after_the_exchange_has_begun_anew_is_another_signal() -> None:
    thin = (Level(D(100), D(1)),)
    desk = opened(Reader())
    first = moved(desk, a_reading(desk, 1, asks=thin))
    second = moved(desk, a_reading(desk, 1, asks=thin), after=5)
    assert first[0].meta.correlation_id != second[0].meta.correlation_id
    assert first[0].meta.causation_id == second[0].meta.causation_id


def test_an_exit_on_a_lost_book_closes_the_position() -> None:
    reader = Reader()
    desk = opened(reader)
    (entry, *_) = [one for one in moved(desk, a_reading(desk)) if names([one]) == ["OrderPlaced"]]
    order_id = entry.meta.stream.removeprefix(f"order-{entry.meta.account}-")
    desk.tell(Accepted(order_id=order_id, at=desk.at, fact="a", venue_order_id="v"))
    desk.tell(a_fill_of(order_id, "x1", D(50), D(100)))
    reader.wants = (Intent.EXIT, Direction.SHORT)
    recorded = moved(desk, lost(desk), after=5)
    assert decision_of(recorded).verdict is Verdict.CLOSE
    assert signal_of(recorded).book is None


def test_an_entry_on_a_reading_has_the_figures_of_its_filters_at_the_last_candle() -> None:
    reader = Reader()
    reader.wants = None
    filters = FilterSettings(minimum_adx=20.0)
    desk = Desk(instances=(Instance(id="reader", strategy=reader, filters=filters),))
    desk.opened(Settings(strategies=(StrategySettings("reader"),), filters=filters))
    moved(desk, a_candle(desk, "100"))
    reader.wants = (Intent.ENTER, Direction.LONG)
    decision = decision_of(moved(desk, a_reading(desk)))
    assert "FILTER_FIGURES_MISSING" in decision.reasons
    assert desk.at > NOW


def test_a_signal_from_outside_is_judged_by_the_book_where_every_entry_needs_one() -> None:
    eve = Asking(Settings(book=BookSettings(required=True)))
    eve.accepted(RaiseSignal(outside(long())))
    (decided,) = [one.event for one in eve.desk.recorded if isinstance(one.event, DecisionMade)]
    assert (decided.verdict, decided.reasons) == (Verdict.SKIP, ("BOOK_UNKNOWN",))


def test_a_confirmed_book_counts_as_of_its_confirmation_and_reaches_no_strategy_twice() -> None:
    reader = Reader()
    required = BookSettings(required=True, stale_seconds=10)
    desk = opened(reader, book=required)
    known = a_reading(desk)
    moved(desk, known)
    assert moved(desk, replace(known, confirmed_at=desk.at + timedelta(seconds=9)), after=9) == []
    assert [one.update_id for one in reader.seen] == [7]


def test_a_confirmation_after_a_gap_or_a_restart_is_the_first_reading_of_its_book() -> None:
    desk, reads = Desk(), BookReads()
    known = replace(a_reading(desk), confirmed_at=desk.at + timedelta(seconds=5))
    gap = replace(lost(desk), at=desk.at + timedelta(seconds=6))
    assert reads.take((known,)) == [known]
    later = replace(known, confirmed_at=desk.at + timedelta(seconds=9))
    assert reads.take((later,)) == []
    assert reads.read(BTC, desk.at).at == later.confirmed_at
    assert reads.take((gap,)) == [gap]
    assert reads.take((later,)) == [later]


@pytest.mark.parametrize(("freshness", "stale", "lasts"), [(60, 10, 10), (5, 10, 5), (60, 30, 30)])
def test_an_entry_that_was_judged_with_a_book_may_be_sent_no_longer_than_the_book_counts_as_fresh(
    freshness: int, stale: int, lasts: int
) -> None:
    book = BookSettings(stale_seconds=stale)
    desk = opened(Reader(), order_freshness_seconds=freshness, book=book)
    recorded = moved(desk, a_reading(desk))
    placed = [one.event for one in recorded if isinstance(one.event, OrderPlaced)]
    assert {one.fresh_until - desk.at for one in placed} == {timedelta(seconds=lasts)}
