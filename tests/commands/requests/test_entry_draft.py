"""The draft of a strategy's next entry: the size that the engine would trade, and what would keep it out."""

from __future__ import annotations

from decimal import Decimal

import pytest

from commands.request import DraftEntry, PauseStrategy, RaiseSignal
from domain.book.settings import BookSettings
from domain.direction import Direction
from domain.settings import Settings
from domain.signal import DecisionMade, SignalDetected
from domain.strategies import Intent
from tests.commands.desk import long
from tests.commands.outside import outside
from tests.commands.requests.asking import Asking
from tests.domain.history import BTC, D
from tests.replacing import replace


def test_the_draft_has_the_quantity_that_the_signal_then_enters_with() -> None:
    eve = Asking()
    signal = replace(long(), candle_closed_at=eve.desk.at)
    drafted = eve.drafted(DraftEntry(outside(signal)))
    assert drafted.warnings == ()
    eve.accepted(RaiseSignal(outside(signal)))
    (decided,) = (one.event for one in eve.desk.log.envelopes if isinstance(one.event, DecisionMade))
    assert drafted.terms.quantity == decided.quantity > 0
    assert (drafted.terms.stop, drafted.terms.target) == (decided.stop, decided.target)


def test_the_levels_keep_their_proportion_to_the_last_price_and_an_old_candle_does_not_matter() -> None:
    eve = Asking()
    before = eve.drafted(DraftEntry(outside(long())))
    eve.prices[BTC] = D(200)
    moved = eve.drafted(DraftEntry(outside(long())))
    assert before.terms.stop is not None
    assert moved.terms.stop == 2 * before.terms.stop
    assert moved.price == Decimal(200)


def test_a_paused_strategy_has_its_reason_in_the_draft() -> None:
    eve = Asking()
    signal = replace(long(), candle_closed_at=eve.desk.at)
    eve.accepted(RaiseSignal(outside(signal)))
    eve.accepted(PauseStrategy("scanner", "looked"))
    assert "STRATEGY_PAUSED" in eve.drafted(DraftEntry(outside(signal))).warnings


def test_the_draft_is_judged_with_the_order_book_as_the_signal_that_is_raised() -> None:
    eve = Asking(Settings(book=BookSettings(required=True)))
    signal = replace(long(), candle_closed_at=eve.desk.at)
    warnings = eve.drafted(DraftEntry(outside(signal))).warnings
    eve.accepted(RaiseSignal(outside(signal)))
    (decided,) = (one.event for one in eve.desk.log.envelopes if isinstance(one.event, DecisionMade))
    assert warnings == decided.reasons == ("BOOK_UNKNOWN",)


@pytest.mark.parametrize(
    ("signal", "reason"),
    [
        (replace(long(), intent=Intent.EXIT), "only a signal that enters has a size"),
        (replace(long(), price=D(0)), "above 0"),
        (replace(long(), inputs={"hourly_correlation.ETH": 0.1}), "is measured by the engine"),
        (replace(long(), instrument="NOBODY-LINEAR.BYBIT"), "is not listed here"),
    ],
    ids=["exit", "price", "input", "instrument"],
)
def test_what_has_no_size_is_declined(signal: SignalDetected, reason: str) -> None:
    assert reason in Asking().declined(DraftEntry(outside(signal)))


def test_without_a_price_of_the_instrument_the_draft_is_declined() -> None:
    eve = Asking()
    eve.prices.clear()
    assert "no price of" in eve.declined(DraftEntry(outside(long())))


def test_a_short_is_drafted_as_a_sell() -> None:
    signal = replace(long(), direction=Direction.SHORT, stop=D(102), target=D(94), trend=-1.0)
    assert Asking().drafted(DraftEntry(outside(signal))).terms.side == "SELL"
