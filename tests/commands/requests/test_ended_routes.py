"""The end of a route by a person: with a statement that nothing is held, and undone where it was taken."""

from __future__ import annotations

from commands.request import EndRoute
from commands.signal import ReportRoute
from domain.routed import RouteOutcome, RouteReported
from projections.sentences import sentence
from tests.commands.desk import folded, snapshot
from tests.commands.requests.asking import Asking
from tests.commands.requests.routed import AWAY, routed

TAKEN = RouteReported(outcome=RouteOutcome.TAKEN, signal="s9", reasons=())
ENDED = RouteReported(outcome=RouteOutcome.ENDED, signal="s9", reasons=())


def report(eve: Asking, chain: str, reported: RouteReported) -> None:
    eve.desk.ask(ReportRoute(chain, reported), cause=f"exchange:{AWAY}:{chain}:{reported.outcome}")


def test_a_route_is_ended_with_the_statement_that_nothing_is_held_and_not_without_it() -> None:
    eve = Asking()
    chain = routed(eve)
    refusal = eve.declined(EndRoute(chain, "that machine is gone"))
    assert f"may have been entered in {AWAY}: look at that account" in refusal
    assert chain in eve.desk.world.portfolio.routes
    assert eve.accepted(EndRoute(chain, "that machine is gone", nothing_held=True)) == ["RouteEnded"]
    assert eve.desk.world.portfolio.routes == {}
    assert sentence(eve.desk.recorded[-1].event).endswith("that machine is gone")
    assert snapshot(eve.desk.world) == folded(eve.desk.log)


def test_a_chain_that_was_not_routed_is_refused_and_the_open_ones_are_named() -> None:
    eve = Asking()
    chain = routed(eve)
    refusal = eve.declined(EndRoute("else", "gone", nothing_held=True))
    assert refusal == f"Refused: else is no route to another engine; open are: {chain}"


def test_a_route_that_a_person_has_ended_is_open_again_once_the_other_engine_has_taken_it() -> None:
    eve = Asking()
    chain = routed(eve)
    eve.accepted(EndRoute(chain, "that machine is gone", nothing_held=True))
    report(eve, chain, TAKEN)
    assert eve.desk.world.portfolio.routes[chain].taken_as == "s9"
    report(eve, chain, ENDED)
    assert eve.desk.world.portfolio.routes == {}
    assert snapshot(eve.desk.world) == folded(eve.desk.log)


def test_a_taken_route_that_a_person_has_ended_stays_ended() -> None:
    eve = Asking()
    chain = routed(eve)
    report(eve, chain, TAKEN)
    eve.accepted(EndRoute(chain, "liquidated there", nothing_held=True))
    before = len(eve.desk.recorded)
    for late in (TAKEN, ENDED):
        report(eve, chain, late)
    assert (len(eve.desk.recorded), eve.desk.world.portfolio.routes) == (before, {})
