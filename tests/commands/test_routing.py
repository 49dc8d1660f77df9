"""Entries that are cheapest at another engine: routed there, entered nowhere else, and closed there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from commands.exit_again import exit_again
from commands.signal import ReportRoute, RouteSignal
from commands.signal import decide as decide_signal
from commands.stimulus import Stimulus
from domain.direction import Direction
from domain.errors import Refused
from domain.log import Envelope
from domain.market import BookReading
from domain.routed import EXIT_AGAIN, OpenRoute, RouteOutcome, RouteReported, SignalRouted
from domain.signal import Decided, Detected, Verdict
from domain.strategies import Intent, Proposal
from domain.venues.settings import VenueSettings
from projections.chain import missing_causes
from projections.sentences import sentence
from tests.commands.desk import IDENTITY, Desk, folded, snapshot
from tests.commands.test_book_reads import MINUTE, a_proposal, decision_of, moved, signal_of
from tests.commands.test_venues import Caller, a_desk, orders_of, proposed, reading
from tests.domain.history import BTC, D, a_decision, a_signal
from tests.replacing import replace

AWAY = "BTCUSDT-LINEAR.BINANCE"
ACROSS = VenueSettings(equal=(f"{BTC}={AWAY}",), elsewhere=(f"{AWAY}=0.0005",))
TAKEN = RouteReported(outcome=RouteOutcome.TAKEN, signal="s-there", reasons=("ALL_APPROVE",))
REFUSED = RouteReported(outcome=RouteOutcome.REFUSED, signal="s-there", reasons=("RECONCILING",))
ENDED = RouteReported(outcome=RouteOutcome.ENDED, signal="s-there", reasons=())


def an_engine(caller: Caller | None = None, venues: VenueSettings = ACROSS, **changed: Any) -> Desk:
    return a_desk(caller or Caller(), venues, **changed)


def read(desk: Desk, away: str = "101.01") -> None:
    """The spread is 20 basis points here, and 1 at the other engine, whose ask is `away`."""
    moved(desk, reading(desk, BTC, "100.9", "101.1"), reading(desk, AWAY, "101", away))


def routes_in(recorded: Sequence[Envelope]) -> list[SignalRouted]:
    return [one.event for one in recorded if isinstance(one.event, SignalRouted)]


def routed(desk: Desk) -> str:
    """The chain of an entry that was routed."""
    read(desk)
    (envelope,) = [one for one in proposed(desk) if isinstance(one.event, SignalRouted)]
    return envelope.meta.correlation_id


def reported(desk: Desk, chain: str, report: RouteReported) -> list[Envelope]:
    return desk.ask(ReportRoute(chain, report), cause=f"exchange:{AWAY}:{chain}:{report.outcome}")


def test_an_entry_that_is_cheapest_at_another_engine_is_routed_and_nothing_is_ordered_here() -> None:
    desk = an_engine()
    read(desk)
    recorded = proposed(desk)
    decision, (route,) = decision_of(recorded), routes_in(recorded)
    assert (decision.verdict, decision.reasons) == (Verdict.SKIP, ("ROUTED",))
    assert (route.instrument, route.intent, route.direction) == (AWAY, Intent.ENTER, Direction.LONG)
    # proposed at 101 with a stop of 99 and a target of 107; the ask there is 101.01
    assert (route.price, route.stop, route.target) == (D("101.0"), D("99.0"), D("107.0"))
    signal = signal_of(recorded)
    assert (signal.instrument, signal.price) == (BTC, D(101))
    assert signal.venue is not None
    assert signal.venue.cheapest is signal.venue.of(AWAY)
    (vote,) = [one for one in decision.votes if one.member == "venue"]
    assert vote.figures["chosen"] == AWAY
    assert orders_of(recorded) == []
    assert f"routed to the engine of {AWAY}: enter LONG at 101" in sentence(route)
    assert list(missing_causes(desk.log.read())) == []


def test_the_prices_of_a_routed_entry_are_on_the_tick_that_the_settings_state_of_the_other_instrument() -> (
    None
):
    desk = an_engine(venues=replace(ACROSS, elsewhere=(f"{AWAY}=0.0005=BTCUSDT=0.001=0.3",)))
    read(desk)
    (route,) = routes_in(proposed(desk))
    # the ask there is 101.01; 99/101 of 100.8 are 98.80…, and 107/101 of it 106.78…
    assert (route.price, route.stop, route.target) == (D("100.8"), D("98.7"), D("106.5"))


@pytest.mark.parametrize("why", ["stale", "lost"])
def test_an_entry_stays_here_where_the_other_book_is_not_known(why: str) -> None:
    desk = an_engine()
    read(desk)
    if why == "stale":
        desk.at += 11 * MINUTE / 60
        moved(desk, reading(desk, BTC, "100.9", "101.1"))
    else:
        lost = replace(reading(desk, AWAY, "1", "2"), is_known=False, why="halted", bids=(), asks=())
        moved(desk, lost)
    recorded = proposed(desk)
    assert routes_in(recorded) == []
    assert {one.instrument for one in orders_of(recorded)} == {BTC}


@pytest.mark.parametrize("report", [None, TAKEN])
def test_no_entry_is_made_anywhere_while_a_route_is_unanswered_or_taken(report: RouteReported | None) -> None:
    desk = an_engine()
    chain = routed(desk)
    if report is not None:
        reported(desk, chain, report)
    read(desk, away="110")
    recorded = proposed(desk)
    assert "ROUTE_OPEN" in decision_of(recorded).reasons
    assert (orders_of(recorded), routes_in(recorded)) == ([], [])


@pytest.mark.parametrize("reports", [[REFUSED], [TAKEN, ENDED]])
def test_an_entry_is_made_here_again_once_the_route_is_over(reports: list[RouteReported]) -> None:
    desk = an_engine()
    chain = routed(desk)
    for report in reports:
        reported(desk, chain, report)
    read(desk, away="110")
    assert {one.instrument for one in orders_of(proposed(desk))} == {BTC}


@pytest.mark.parametrize("intent", [Intent.EXIT, Intent.ENTER])
def test_an_exit_and_an_opposite_entry_are_routed_to_where_the_position_is(intent: Intent) -> None:
    caller = Caller()
    desk = an_engine(caller)
    reported(desk, routed(desk), TAKEN)
    caller.wants = (intent, Direction.SHORT)
    recorded = proposed(desk)
    (route,) = routes_in(recorded)
    assert (route.instrument, route.intent, route.direction) == (AWAY, Intent.EXIT, Direction.SHORT)
    assert (decision_of(recorded).verdict, orders_of(recorded)) == (Verdict.SKIP, [])
    assert "close the position there" in sentence(route)
    assert routes_in(proposed(desk)) == []


class OfAnyBook(Caller):
    """Proposes what it wants at each reading, in the instrument of the reading."""

    def on_book(self, reading_: BookReading) -> Proposal | None:
        best = reading_.asks[0] if self.wants[1] is Direction.LONG else reading_.bids[0]
        return replace(a_proposal(best.price, *self.wants), instrument=reading_.instrument)


def test_an_entry_proposed_by_the_book_of_another_engine_is_not_recorded_and_an_opposite_one_is_routed() -> (
    None
):
    caller = OfAnyBook()
    desk = an_engine(caller, instruments=())
    assert moved(desk, reading(desk, AWAY, "101", "101.01")) == []
    (first,) = [
        one
        for one in moved(desk, reading(desk, BTC, "100.9", "101.1"))
        if isinstance(one.event, SignalRouted)
    ]
    reported(desk, first.meta.correlation_id, TAKEN)
    assert moved(desk, reading(desk, AWAY, "101", "101.01")) == []
    caller.wants = (Intent.ENTER, Direction.SHORT)
    (route,) = routes_in(moved(desk, reading(desk, AWAY, "101", "101.01")))
    assert (route.instrument, route.intent) == (AWAY, Intent.EXIT)


def test_a_further_exit_of_an_entry_is_routed_30_s_after_one_that_was_taken() -> None:
    caller = Caller()
    desk = an_engine(caller)
    reported(desk, routed(desk), TAKEN)
    caller.wants = (Intent.EXIT, Direction.SHORT)
    (route,) = [one for one in proposed(desk) if isinstance(one.event, SignalRouted)]
    reported(desk, route.meta.correlation_id, TAKEN)
    (entry,) = desk.world.portfolio.routes.values()
    assert entry.left_at == desk.at
    assert entry.is_being_left(desk.at + EXIT_AGAIN - timedelta(seconds=1))
    of_proposal = (entry.owner, BTC, Direction.SHORT)
    assert desk.world.portfolio.routed_against(*of_proposal, desk.at) is None
    assert desk.world.portfolio.routed_against(*of_proposal, desk.at + EXIT_AGAIN) is entry
    assert snapshot(desk.world) == folded(desk.log)


LATE = RouteReported(outcome=RouteOutcome.REFUSED, signal="s-there", reasons=("STALE_DATA",))


def left(desk: Desk, caller: Caller, intent: Intent = Intent.EXIT) -> OpenRoute:
    """The route of an exit, or of an opposite entry, of an entry that was taken."""
    reported(desk, routed(desk), TAKEN)
    caller.wants = (intent, Direction.SHORT)
    proposed(desk)
    (found,) = [one for one in desk.world.portfolio.routes.values() if not one.is_entry]
    return found


def reported_after(desk: Desk, route: OpenRoute, report: RouteReported, seconds: float) -> list[Envelope]:
    """The record of a report so long after the exit was routed, with what follows from it in a live run."""
    desk.at = route.routed_at + timedelta(seconds=seconds)
    record = desk.stimulus(ReportRoute(route.chain, report), cause=f"exchange:{AWAY}:{route.chain}:REFUSED")
    again = exit_again(route, report, desk.world, IDENTITY, record.asks[0].cause, desk.at)
    return desk.handle(Stimulus(desk.at, (*record.asks, *again)))


@pytest.mark.parametrize("intent", [Intent.EXIT, Intent.ENTER])
def test_an_exit_that_arrives_too_late_is_routed_again_with_the_time_of_now_until_it_is_taken(
    intent: Intent,
) -> None:
    caller = Caller()
    desk = an_engine(caller)
    late = left(desk, caller, intent)
    for _ in range(2):
        recorded = reported_after(desk, late, LATE, 45)
        (route,) = routes_in(recorded)
        assert (route.instrument, route.intent, route.direction) == (AWAY, Intent.EXIT, Direction.SHORT)
        assert orders_of(recorded) == []
        first, late = late, next(one for one in desk.world.portfolio.routes.values() if not one.is_entry)
        assert late.chain != first.chain
        assert (late.owner, late.routed_at, late.closed_at) == (first.owner, desk.at, desk.at)
    assert routes_in(reported_after(desk, late, TAKEN, 45)) == []
    assert list(missing_causes(desk.log.read())) == []
    assert snapshot(desk.world) == folded(desk.log)


@pytest.mark.parametrize(
    ("report", "seconds"),
    [(LATE, 2), (replace(LATE, reasons=("STALE_DATA", "EXIT_UNDER_WAY")), 45), (REFUSED, 45)],
)
def test_an_exit_that_is_refused_at_once_or_for_another_reason_is_not_routed_again(
    report: RouteReported, seconds: float
) -> None:
    caller = Caller()
    desk = an_engine(caller)
    assert routes_in(reported_after(desk, left(desk, caller), report, seconds)) == []


def test_a_late_exit_of_an_entry_that_is_over_is_not_routed_again() -> None:
    caller = Caller()
    desk = an_engine(caller)
    late = left(desk, caller)
    (entry,) = [one for one in desk.world.portfolio.routes.values() if one.is_entry]
    reported(desk, entry.chain, ENDED)
    assert routes_in(reported_after(desk, late, LATE, 45)) == []


def test_an_exit_without_a_position_here_or_elsewhere_is_not_recorded() -> None:
    caller = Caller()
    desk = an_engine(caller)
    reported(desk, routed(desk), REFUSED)
    caller.wants = (Intent.EXIT, Direction.SHORT)
    assert proposed(desk) == []


def test_a_log_with_routes_is_recalled_to_the_same_events_and_states() -> None:
    whole = an_engine()
    reported(whole, routed(whole), TAKEN)
    (route,) = whole.world.portfolio.routes.values()
    assert (route.owner, route.proposed, route.taken_as) == ("reader", BTC, "s-there")
    assert snapshot(whole.world) == folded(whole.log)


def test_a_report_is_recorded_once_and_none_after_the_end() -> None:
    state = Detected(a_signal())
    with pytest.raises(Refused, match="is not decided"):
        decide_signal(RouteSignal("c", a_route()), state)
    decided = Decided(a_signal(), a_decision())
    with pytest.raises(Refused, match="was not routed"):
        decide_signal(ReportRoute("c", TAKEN), decided)
    there = replace(decided, routed=a_route())
    assert decide_signal(RouteSignal("c", a_route()), there) == []
    assert decide_signal(ReportRoute("c", TAKEN), there) == [TAKEN]
    assert decide_signal(ReportRoute("c", TAKEN), replace(there, reported=TAKEN)) == []
    assert decide_signal(ReportRoute("c", ENDED), replace(there, reported=TAKEN)) == [ENDED]
    assert decide_signal(ReportRoute("c", TAKEN), replace(there, reported=REFUSED)) == []


def a_route() -> SignalRouted:
    return SignalRouted(
        instrument=AWAY,
        direction=Direction.LONG,
        intent=Intent.ENTER,
        price=D(101),
        stop=D(99),
        target=D(107),
    )
