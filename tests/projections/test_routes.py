"""The table of routes: its open rows are the open routes of the engine's state, whatever was reported in any order."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from commands.signal import EndRoute, ReportRoute
from domain.portfolio import Portfolio
from domain.routed import RouteOutcome, RouteReported, SignalRouted
from domain.strategies import Intent
from infra.cli.routes import route_rows
from projections.signals import SIGNALS
from tests.commands.requests.asking import Asking
from tests.commands.requests.routed import AWAY, ROUTE, routed
from tests.commands.test_routing import ENDED, REFUSED, TAKEN
from tests.domain.history import ACCOUNT, BTC
from tests.projections.folded import folded, table
from tests.replacing import replace

EXIT: SignalRouted = replace(ROUTE, intent=Intent.EXIT)
REPORTS = (TAKEN, REFUSED, ENDED)


def rows_of(eve: Asking) -> Mapping[Any, Mapping[str, Any]]:
    return table(folded(SIGNALS, eve.desk.log.envelopes), "routes")


def report(eve: Asking, chain: str, reported: RouteReported) -> None:
    eve.desk.ask(ReportRoute(chain, reported), cause=f"exchange:{AWAY}:{chain}:{reported.outcome}")


def listed(rows: Mapping[Any, Mapping[str, Any]]) -> Sequence[Mapping[str, str]]:
    """The open rows in the form of `whence routes`."""
    found = sorted((one for one in rows.values() if one["is_open"]), key=lambda one: one["ordinal"])
    return [
        {
            "route": one["chain"],
            "routed_at": one["routed_at"].isoformat(timespec="seconds"),
            "owner": one["owner"],
            "intent": one["intent"],
            "direction": one["direction"],
            "instrument": one["instrument"],
            "proposed": one["proposed"],
            "state": one["state"].lower(),
            "signal": one["signal"],
        }
        for one in found
    ]


def in_order(portfolio: Portfolio, rows: Mapping[Any, Mapping[str, Any]]) -> Sequence[Mapping[str, str]]:
    """The rows of `whence routes`, by ordinal: routes of one instant are listed by their chains there."""
    ordinals = {one["chain"]: one["ordinal"] for one in rows.values()}
    return sorted(route_rows(portfolio), key=lambda one: ordinals[one["route"]])


@pytest.mark.parametrize("seed", range(12))
def test_the_open_rows_are_those_of_whence_routes_after_each_report_and_each_end(seed: int) -> None:
    chance, eve = random.Random(seed), Asking()
    chains = list[str]()
    states = set[str]()
    for number in range(30):
        step = chance.randrange(6)
        if step < 2 or not chains:
            chains.append(routed(eve, f"r{number}", chance.choice((ROUTE, EXIT))))
        elif step == 2:
            eve.desk.ask(EndRoute(chance.choice(chains), "gone"), cause=f"clock:the end {number}")
        else:
            report(eve, chance.choice(chains), chance.choice(REPORTS))
        rows = rows_of(eve)
        states |= {one["state"] for one in rows.values()}
        portfolio = eve.desk.world.portfolio
        assert listed(rows) == in_order(portfolio, rows)
        assert {one["chain"] for one in rows.values()} == set(chains)
        assert all(one["is_open"] == (one["ended_at"] is None) for one in rows.values())
    assert len(states) > 2


def test_a_row_has_what_was_routed_and_the_last_report() -> None:
    eve = Asking()
    chain = routed(eve)
    (row,) = rows_of(eve).values()
    assert (row["account"], row["chain"], row["owner"], row["proposed"]) == (ACCOUNT, chain, "scanner", BTC)
    assert (row["instrument"], row["intent"], row["direction"]) == (AWAY, "ENTER", "LONG")
    assert (row["price"], row["stop"], row["target"]) == (ROUTE.price, ROUTE.stop, ROUTE.target)
    assert (row["state"], row["is_open"], row["reported_at"]) == ("UNANSWERED", True, None)
    report(eve, chain, REFUSED)
    (row,) = rows_of(eve).values()
    assert (row["state"], row["is_open"], row["signal"]) == ("REFUSED", False, REFUSED.signal)
    assert (row["reasons"], row["reported_at"]) == (list(REFUSED.reasons), eve.desk.at)
    assert row["ended_at"] == eve.desk.at
    assert row["ordinal"] < row["updated_ordinal"]


def test_an_exit_is_over_once_it_was_taken_and_an_entry_is_not() -> None:
    for route, is_open in ((ROUTE, True), (EXIT, False)):
        eve = Asking()
        report(eve, routed(eve, route=route), TAKEN)
        (row,) = rows_of(eve).values()
        assert (row["state"], row["is_open"]) == ("TAKEN", is_open)


def test_the_end_by_a_person_has_reason_and_name_and_a_late_report_that_it_was_taken_opens_the_row() -> None:
    eve = Asking()
    chain = routed(eve)
    eve.desk.ask(EndRoute(chain, "that machine is gone"), cause="command:k9", actor="eve")
    (row,) = rows_of(eve).values()
    assert (row["state"], row["is_open"]) == ("ENDED_BY_PERSON", False)
    assert (row["end_reason"], row["ended_by"]) == ("that machine is gone", "eve")
    report(eve, chain, TAKEN)
    (row,) = rows_of(eve).values()
    assert (row["state"], row["is_open"], row["end_reason"], row["ended_at"]) == ("TAKEN", True, None, None)


def test_every_outcome_of_a_report_is_a_state_of_a_route() -> None:
    eve = Asking()
    states = set[str]()
    for outcome in RouteOutcome:
        report(eve, routed(eve, outcome.value), replace(TAKEN, outcome=outcome))
        states |= {one["state"] for one in rows_of(eve).values()}
    assert states == set(RouteOutcome)
