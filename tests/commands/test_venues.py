"""Entries through the whole engine where instruments are equal: made in the cheapest one, and exits where they are."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from commands.exchange import Accepted
from commands.instrument import ListInstrument
from commands.watching import Instance
from domain.candle import Candle
from domain.direction import Direction
from domain.log import Envelope
from domain.market import BookReading, Level
from domain.order import OrderPlaced
from domain.settings import AlphaSettings, Settings, StrategySettings
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.strategies import Intent, Proposal, Watcher
from domain.venues.settings import VenueSettings
from projections.sentences import sentence
from tests.commands.desk import Desk, a_fill_of, folded, snapshot
from tests.commands.list_log import ListLog
from tests.commands.test_book_reads import (
    MINUTE,
    a_candle,
    a_proposal,
    decision_of,
    moved,
    signal_of,
)
from tests.domain.history import BTC, D, an_instrument
from tests.replacing import replace

OTHER = "XBTUSDT-LINEAR.BYBIT"
EQUAL = VenueSettings(equal=(f"{BTC}={OTHER}",))


class Caller:
    """Proposes what `wants` says at each candle of BTC that closes at 101."""

    name = "reader"

    def __init__(self) -> None:
        self.wants: tuple[Intent, Direction] = (Intent.ENTER, Direction.LONG)

    def watch(self) -> Watcher:
        return self

    def scan(self, candles: Sequence[Candle]) -> Sequence[Proposal | None]:
        return [self.on_candle(one) for one in candles]

    def on_candle(self, candle: Candle) -> Proposal | None:
        return a_proposal(D(101), *self.wants) if candle.close == D(101) else None


def a_desk(
    caller: Caller, venues: VenueSettings = EQUAL, instruments: tuple[str, ...] = (BTC,), **changed: Any
) -> Desk:
    desk = Desk(instances=(Instance(id="reader", strategy=caller, instruments=instruments),), **changed)
    desk.opened(
        Settings(
            strategies=(StrategySettings("reader", instruments=instruments),),
            alpha=AlphaSettings(minimum_trend=-1.0),
            venues=venues,
        )
    )
    desk.ask(ListInstrument(an_instrument(OTHER, base="BTC")), cause="command:list")
    return desk


def reading(desk: Desk, instrument: str, bid: str, ask: str) -> BookReading:
    return BookReading(
        instrument=instrument,
        at=desk.at,
        update_id=7,
        is_known=True,
        bids=(Level(D(bid), D(90)),),
        asks=(Level(D(ask), D(90)),),
    )


def read(desk: Desk) -> None:
    """The proposed instrument has a spread of 20 basis points, the other one of 5."""
    moved(desk, reading(desk, BTC, "100.9", "101.1"), reading(desk, OTHER, "202.2", "202.3"))


def proposed(desk: Desk) -> list[Envelope]:
    return moved(desk, a_candle(desk, "101"))


def orders_of(recorded: Sequence[Envelope]) -> list[OrderPlaced]:
    return [one.event for one in recorded if isinstance(one.event, OrderPlaced)]


def entered(desk: Desk, recorded: Sequence[Envelope], price: Decimal) -> None:
    """The exchange accepts and fills the entry."""
    (entry, *_) = [one for one in recorded if isinstance(one.event, OrderPlaced)]
    assert isinstance(entry.event, OrderPlaced)
    order_id = entry.meta.stream.removeprefix(f"order-{entry.meta.account}-")
    desk.tell(Accepted(order_id=order_id, at=desk.at, fact="a", venue_order_id="v"))
    desk.tell(a_fill_of(order_id, "x1", entry.event.quantity, price, at=desk.at))


def test_an_entry_is_placed_with_its_protection_in_the_cheaper_instrument() -> None:
    desk = a_desk(Caller())
    read(desk)
    recorded = proposed(desk)
    signal, decision = signal_of(recorded), decision_of(recorded)
    assert (signal.instrument, signal.price) == (OTHER, D("202.3"))
    assert signal.venue is not None
    assert (signal.venue.proposed, signal.venue.price, signal.venue.stop) == (BTC, D(101), D(99))
    assert recorded[0].meta.causation_id.startswith(f"candle:{BTC}:")
    assert decision.verdict is Verdict.ENTER
    assert {one.instrument for one in orders_of(recorded)} == {OTHER}
    own, other = signal.venue.candidates
    text = f"proposed for {BTC}, costs {BTC} {own.cost_bps} bp, {OTHER} {other.cost_bps} bp"
    assert text in sentence(signal)
    chosen = signal.venue.of(OTHER)
    assert chosen is not None
    assert chosen.quantity == decision.quantity


def test_the_entry_stays_where_it_is_proposed_while_a_book_is_stale() -> None:
    desk = a_desk(Caller())
    read(desk)
    desk.at += 11 * MINUTE / 60
    recorded = moved(desk, a_candle(desk, "101"), after=0)
    signal = signal_of(recorded)
    assert (signal.instrument, signal.price, signal.book) == (BTC, D(101), None)
    assert signal.venue is not None
    assert [one.why for one in signal.venue.candidates] == ["BOOK_STALE", "BOOK_STALE"]
    assert {one.instrument for one in orders_of(recorded)} == {BTC}


def test_without_equal_instruments_a_signal_is_what_it_was() -> None:
    desk = a_desk(Caller(), VenueSettings())
    read(desk)
    signal = signal_of(proposed(desk))
    assert (signal.instrument, signal.price, signal.venue, signal.book) == (BTC, D(101), None, None)


def test_an_exit_closes_the_position_where_it_is_although_a_book_there_is_lost() -> None:
    caller = Caller()
    desk = a_desk(caller)
    read(desk)
    entered(desk, proposed(desk), D("202.3"))
    assert set(desk.world.portfolio.positions) == {OTHER}
    caller.wants = (Intent.EXIT, Direction.SHORT)
    moved(desk, replace(reading(desk, OTHER, "1", "2"), is_known=False, why="gap", bids=(), asks=()))
    recorded = proposed(desk)
    signal = signal_of(recorded)
    assert (signal.instrument, decision_of(recorded).verdict) == (OTHER, Verdict.CLOSE)
    assert signal.venue is not None
    assert (signal.venue.proposed, signal.venue.candidates) == (BTC, ())
    (close,) = orders_of(recorded)
    assert (close.instrument, close.reduce_only) == (OTHER, True)
    assert f"proposed for {BTC}, made where its position is" in sentence(signal)


def test_an_entry_against_the_position_closes_it_where_it_is() -> None:
    caller = Caller()
    desk = a_desk(caller)
    read(desk)
    entered(desk, proposed(desk), D("202.3"))
    caller.wants = (Intent.ENTER, Direction.SHORT)
    recorded = proposed(desk)
    assert (signal_of(recorded).instrument, decision_of(recorded).verdict) == (OTHER, Verdict.CLOSE)


def test_a_second_entry_of_the_strategy_opens_no_second_position_in_the_equal_instrument() -> None:
    desk = a_desk(Caller())
    read(desk)
    entered(desk, proposed(desk), D("202.3"))
    recorded = proposed(desk)
    assert signal_of(recorded).instrument == OTHER
    assert "MAX_POSITIONS_PER_INSTRUMENT" in decision_of(recorded).reasons
    assert orders_of(recorded) == []


@pytest.mark.parametrize("knows_books", [True, False])
def test_a_log_is_recalled_alike_with_the_books_and_without_them(knows_books: bool) -> None:
    """A restart has no books: the choice is the recorded one, and the entry is not placed again."""
    whole = a_desk(Caller())
    read(whole)
    proposed(whole)
    again = a_desk(Caller(), log=ListLog(whole.log.envelopes), recalling=True)
    if knows_books:
        read(again)
    else:
        again.at = whole.at - MINUTE / 60
    proposed(again)
    assert again.recorded == whole.recorded
    assert again.log.envelopes == whole.log.envelopes
    assert snapshot(again.world) == snapshot(whole.world) == folded(whole.log)
    assert len([one for one in again.log.envelopes if isinstance(one.event, DecisionMade)]) == 1
    assert len([one for one in again.log.envelopes if isinstance(one.event, SignalDetected)]) == 1
