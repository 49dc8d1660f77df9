"""The exit price of a trade is the mean of all fills that reduced it, in every form of the results."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from msgspec.structs import replace

from adapters.tapes import synthetic_tape
from domain.closing import CloseReason
from domain.direction import Direction, Purpose
from domain.management.settings import ManagementSettings
from domain.position import PositionClosed, PositionCloseWithdrawn, PositionClosing, PositionReduced
from domain.settings import RiskSettings, Settings
from infra.cli.wording import Wording
from infra.run.plan import plan_of
from projections.chain import find_story
from projections.exits import Closes, Exits
from projections.explained.positions import positions_of
from projections.explained.timeline import timeline
from projections.reports.book import Book
from projections.reports.figures import Scope
from projections.reports.period import Period
from projections.trades import Trades
from tests.commands.list_log import ListLog
from tests.domain.history import a_closing, an_opening
from tests.journeys.runs import play
from tests.projections.logs import HandMade
from tests.projections.stores import WrittenLog
from tests.projections.test_summary import closed, summary

D = Decimal


@cache
def in_parts() -> WrittenLog:
    """A run whose positions are closed in parts, at different prices."""
    settings = Settings(
        risk=RiskSettings(cooldown_seconds=0, minimum_win_rate=D(0)),
        management=ManagementSettings(partial_closes=("0.001:0.25", "0.002:0.5")),
    )
    log = ListLog()
    play(plan_of(synthetic_tape(4, candles=1_500), "paper", D(10_000), D(1), settings), log)
    return WrittenLog(log.envelopes)


def test_the_exit_price_of_one_fill_is_the_recorded_one() -> None:
    assert str(Exits().mean(D(2), D("100.50"))) == "100.50"


def test_the_exit_price_of_several_fills_is_weighed_by_their_quantities() -> None:
    assert Exits().then(D(3), D(104)).mean(D(1), D(100)) == 103


def test_the_profit_of_a_position_that_was_closed_in_parts_follows_from_its_entry_and_exit_prices() -> None:
    log = in_parts()
    reduced = {one.meta.stream for one in log.envelopes if isinstance(one.event, PositionReduced)}
    assert len(reduced) >= 3
    ended = [one for one in positions_of(log.read()) if one.exit is not None]
    assert len(ended) >= 3
    for one in ended:
        assert one.exit is not None
        sign = 1 if one.direction is Direction.LONG else -1
        assert abs(sign * (one.exit - one.entry) * one.quantity - one.gross) < D("1e-9")


def test_every_form_of_the_results_has_the_same_exit_price() -> None:
    log, trades = in_parts(), Trades()
    for envelope in log.envelopes:
        trades.fold(envelope)
    listed = [one.exit for one in trades.closed]
    assert listed == [one.exit for one in positions_of(log.read()) if one.exit is not None]
    closings = Book("paper", Period(), Scope()).read(log.read()).closings
    assert sorted(listed) == sorted(one.price for one in closings)


def test_a_story_names_the_rule_of_the_manager_that_closed_the_position_in_every_form() -> None:
    stream, begun = "position-paper-BTC-LONG-1", PositionClosing(CloseReason.TIME_LIMIT, "zzz", "zzz-x")
    log = HandMade()
    for event in (an_opening(), begun, closed("1", reason=Purpose.MANUAL)):
        log.write(stream, "aaa", "candle:a", event)
    story = find_story(log.read, "aaa")
    assert story is not None
    (line,) = [one.line for one in timeline(story) if isinstance(one.recorded.envelope.event, PositionClosed)]
    assert line.startswith("by TIME_LIMIT at ")
    wording = Wording(log.read, lambda _stream: [one.envelope for one in log.events])
    assert wording.line_of(log.events[-1]) == line


def test_a_close_that_was_withdrawn_does_not_name_the_later_exit() -> None:
    closes = Closes()
    closes.fold("a", PositionClosing(CloseReason.TIME_LIMIT, "zzz", "zzz-x"))
    closes.fold("a", PositionCloseWithdrawn("the price came back"))
    assert closes.exit_of("a", replace(a_closing(D(1), D(1_000)), reason=Purpose.MANUAL)) == "MANUAL"


def test_a_close_by_a_rule_of_the_manager_is_counted_under_the_rule() -> None:
    begun = PositionClosing(CloseReason.EARLY_PROFIT, "zzz", "zzz-x")
    added = summary(
        an_opening(),
        begun,
        closed("1", reason=Purpose.MANUAL),
        an_opening(),
        closed("1", reason=Purpose.MANUAL),
    )
    assert added.figures()["exits"] == {"EARLY_PROFIT": 1, "MANUAL": 1}
