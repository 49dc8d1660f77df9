"""The order book of an entry: unknown, stale, too thin or too dear refuses it alone; it judges no exit."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.book.book_read import BookRead, read_of
from domain.book.settings import BookSettings, OwnBookSettings
from domain.committees import decide
from domain.direction import Direction
from domain.grid import Grid, GridLevel
from domain.market import BookReading, Level
from domain.settings import Settings, StrategySettings
from domain.signal import SignalDetected, Verdict, Vote
from domain.strategies import Intent
from tests.domain.committees.test_policy import a_view, holding
from tests.domain.history import BTC, NOW, D, a_signal, an_open_day
from tests.replacing import replace


def levels(*rows: tuple[str, str]) -> tuple[Level, ...]:
    return tuple(Level(D(price), D(size)) for price, size in rows)


DEEP = BookRead(
    at=NOW, update_id=7, bids=levels(("99.99", "80")), asks=levels(("100", "30"), ("100.1", "30"))
)
"""A sweep of 50 takes 30 at 100 and 20 at 100.1: 5,002, which is 2 or 4 basis points beyond 100."""
SIGNAL = a_signal(book=DEEP)
"""50 at 100."""


def decided(signal: SignalDetected = SIGNAL, after: float = 0, **settings: Any) -> Any:
    history = an_open_day(Settings(book=BookSettings(**settings)))
    return decide(signal, a_view(history, NOW + timedelta(seconds=after)))


def vote_of(decision: Any) -> Vote:
    (found,) = [one for one in decision.votes if one.member == "book"]
    assert isinstance(found, Vote)
    return found


def test_an_entry_within_its_limit_records_the_exact_sweep_of_its_quantity() -> None:
    decision = decided()
    assert (decision.verdict, decision.quantity) == (Verdict.ENTER, D(50))
    figures = vote_of(decision).figures
    assert figures == {
        "at": NOW.isoformat(),
        "update_id": "7",
        "age_seconds": "0.0",
        "stale_seconds": "10",
        "quantity": "50.000",
        "filled": "50.000",
        "best": "100",
        "worst": "100.1",
        "vwap": "100.04",
        "cost": "2.0000",
        "cost_bps": "4.0000",
        "max_slippage_bps": "10",
        "expected_slippage_bps": "4.0000",
    }


def test_the_expected_slippage_is_against_the_signals_price_and_the_limit_against_the_best_price() -> None:
    asks = levels(("100.05", "60"))
    figures = vote_of(decided(a_signal(book=replace(DEEP, asks=asks)))).figures
    assert (figures["cost_bps"], figures["expected_slippage_bps"]) == ("0.0000", "5.0000")


def test_a_short_takes_the_bids() -> None:
    signal = a_signal(direction=Direction.SHORT, stop=D(102), target=D(90), trend=-0.5, book=DEEP)
    figures = vote_of(decided(signal)).figures
    assert (figures["best"], figures["filled"]) == ("99.99", "50.000")


@pytest.mark.parametrize(
    ("book", "after", "reason"),
    [
        (replace(DEEP, why="a delta is missing", bids=(), asks=()), 0, "BOOK_UNKNOWN"),
        (read_of(None, NOW), 0, "BOOK_UNKNOWN"),
        (DEEP, 10.001, "BOOK_STALE"),
        (replace(DEEP, asks=levels(("100", "49.999"))), 0, "BOOK_TOO_THIN"),
        (replace(DEEP, asks=()), 0, "BOOK_TOO_THIN"),
        (replace(DEEP, asks=levels(("100", "25"), ("100.201", "25"))), 0, "EXPECTED_SLIPPAGE"),
    ],
)
def test_a_book_alone_refuses_an_entry_with_its_own_reason(book: BookRead, after: float, reason: str) -> None:
    decision = decided(a_signal(book=book), after)
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, (reason,))
    assert [one.member for one in decision.votes if not one.approves] == ["book"]


@pytest.mark.parametrize(
    ("book", "after", "limits"),
    [
        (DEEP, 10, {}),
        (replace(DEEP, asks=levels(("100", "50"))), 0, {}),
        (replace(DEEP, asks=levels(("100", "25"), ("100.2", "25"))), 0, {}),
        (replace(DEEP, asks=levels(("100", "25"), ("103", "25"))), 0, {"max_slippage_bps": D(0)}),
    ],
)
def test_a_book_just_within_the_limits_or_without_a_limit_lets_an_entry_pass(
    book: BookRead, after: float, limits: dict[str, Decimal]
) -> None:
    assert decided(a_signal(book=book), after, **limits).verdict is Verdict.ENTER


def test_an_instance_has_its_own_limit() -> None:
    own = StrategySettings(SIGNAL.strategy, book=OwnBookSettings(max_slippage_bps=D("3.9")))
    settings = Settings(strategies=(own,))
    assert decide(SIGNAL, a_view(an_open_day(settings))).reasons == ("EXPECTED_SLIPPAGE",)


def test_a_signal_without_a_book_is_not_judged_by_one() -> None:
    assert "book" not in [one.member for one in decided(a_signal()).votes]


def test_an_exit_is_made_although_the_book_is_not_known() -> None:
    signal = a_signal(direction=Direction.SHORT, intent=Intent.EXIT, book=read_of(None, NOW))
    decision = decide(signal, a_view(holding()))
    assert decision.verdict is Verdict.CLOSE


def test_a_grid_rests_so_that_only_its_book_must_be_known() -> None:
    grid = Grid(levels=(GridLevel(D(99), D(101)),), rounds=1, lifetime_seconds=60)
    thin = replace(DEEP, asks=levels(("100", "0.001")))
    known = decided(a_signal(grid=grid, book=thin, stop=D(98), target=D(105)))
    assert vote_of(known).approves
    gone = decided(a_signal(grid=grid, book=read_of(None, NOW), stop=D(98), target=D(105)))
    assert "BOOK_UNKNOWN" in gone.reasons


def test_a_reading_of_a_book_that_is_not_known_has_a_reason_in_the_log() -> None:
    reading = BookReading(instrument=BTC, at=NOW, update_id=3, is_known=False)
    assert read_of(reading, NOW) == BookRead(at=NOW, update_id=3, why="the book is not known")
