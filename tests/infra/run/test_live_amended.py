"""A live run whose orders somebody else amends at the exchange."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from adapters.avro import AvroCodec
from adapters.bybit import Credentials, Site
from adapters.bybit.client import http
from adapters.log.sqlite import open_sqlite
from commands.door import Completed, Declined
from commands.request import MoveProtection, ResolveDiscrepancy
from domain.reconciliation import DiscrepancyFound
from infra.cli.difference_rows import rows
from infra.config import load
from infra.run.live_comparison import LoggedState, folded
from tests.adapters.bybit.bench import QUICK, SYMBOL
from tests.adapters.simulated.server.serving import SECRET
from tests.infra.run.live_desk import BTC, LIMIT, PLAN, D, Desks, LiveDesk
from tests.infra.run.test_live_adoption import is_equal, looks
from tests.infra.run.test_live_kill import holding
from tests.infra.run.test_live_rest import stops


def amends(desk: LiveDesk, order_id: str, **terms: str) -> None:
    """Another program, or a person, amends the order with this id of the exchange."""
    session: Any = http(Credentials(desk.key, SECRET), Site(http=desk.venue.url), QUICK)
    session.amend_order(category="linear", symbol=SYMBOL, orderId=order_id, **terms)


def unresolved(desk: LiveDesk) -> list[str]:
    return sorted(desk.run.world.portfolio.discrepancies.unresolved)


def found(desk: LiveDesk) -> list[str]:
    return [one.event.found for one in desk.log.envelopes if isinstance(one.event, DiscrepancyFound)]


def trigger(desk: LiveDesk) -> Any:
    (stop,) = stops(desk)
    return stop.trigger_price


def state_of(desk: LiveDesk, folder: Path) -> LoggedState:
    """The state of the desk's log as `whence reconcile` reads it."""
    with closing(open_sqlite(folder / "live.db", AvroCodec())) as log:
        log.append(desk.log.envelopes)
    return folded(load(log=f"sqlite:///{folder / 'live.db'}", account="main"))


@pytest.mark.parametrize("is_reported", [True, False], ids=["reported", "found by a comparison"])
def test_an_entry_amended_by_others_is_recorded_as_it_is_and_halts_entries_until_a_person_resolves_it(
    desks: Desks, tmp_path: Path, *, is_reported: bool
) -> None:
    desk = desks().started()
    desk.asks(LIMIT)
    desk.until(lambda: bool(desk.entries()) and desk.has("OrderAccepted"))
    (entry,) = desk.run.world.portfolio.entries
    if not is_reported:
        desk.venue.fails("order", "missing", times=0)
    amends(desk, desk.entries()[0].id, price="98.5", qty="0.2")
    if is_reported:
        desk.until(lambda: desk.has("DiscrepancyFound"))
    looks(desk)
    terms = desk.run.world.portfolio.entries[entry].order.terms
    assert (terms.limit_price, terms.quantity) == (D("98.5"), D("0.2"))
    name = f"difference:OrderAmendedOutside:{entry}:quantity=0.2:limit=98.5"
    assert unresolved(desk) == [name]
    assert found(desk) == [
        (
            "OrderAmendedOutside: somebody else has changed the order at the exchange: "
            "quantity 0.1 to 0.2, limit 99 to 98.5"
        )
    ]
    (printed,) = rows([], state_of(desk, tmp_path).discrepancies, "bybit")
    assert (printed["id"], printed["kind"], printed["remedy"]) == (name, "OrderAmendedOutside", "a person")
    assert isinstance(desk.asks(LIMIT), Declined)
    assert "disagree" in desk.reason
    assert isinstance(desk.asks(ResolveDiscrepancy(name, "as I want it")), Completed)
    looks(desk)
    assert is_equal(desk)


@pytest.mark.parametrize("is_reported", [True, False], ids=["reported", "found by a comparison"])
def test_a_stop_that_others_move_to_a_worse_price_is_moved_back(desks: Desks, *, is_reported: bool) -> None:
    desk = holding(desks())
    (stop,) = stops(desk)
    for number in ("", "#2"):
        if not is_reported:
            desk.venue.fails("order", "missing")
        amends(desk, stop.id, triggerPrice="95")
        if not is_reported:
            looks(desk)
        desk.until(lambda: trigger(desk) == D(99) and desk.names().count("OrderAmended") % 2 == 0)
        assert found(desk)[-1].endswith("the order at the exchange: trigger 99 to 95")
        assert desk.run.world.portfolio.positions[BTC].state.stop == D(99)
        names = [
            one.event.discrepancy_id for one in desk.log.envelopes if isinstance(one.event, DiscrepancyFound)
        ]
        assert names[-1].startswith("difference:OrderAmendedOutside:")
        assert names[-1].endswith(f":trigger=95{number}")
        looks(desk)
        assert unresolved(desk) == []
    assert is_equal(desk)


def test_a_stop_that_others_move_to_a_better_price_stays_there_and_is_named(desks: Desks) -> None:
    desk = holding(desks())
    (stop,) = stops(desk)
    amends(desk, stop.id, triggerPrice="99.5")
    desk.until(lambda: desk.has("DiscrepancyFound"))
    looks(desk)
    assert trigger(desk) == desk.run.world.portfolio.positions[BTC].state.stop == D("99.5")
    (name,) = unresolved(desk)
    assert isinstance(desk.asks(ResolveDiscrepancy(name, "closer is better")), Completed)
    assert is_equal(desk)


def test_a_stop_that_a_person_moves_through_the_log_is_no_discrepancy(desks: Desks) -> None:
    desk = holding(desks())
    stream = desk.run.world.portfolio.positions[BTC].stream
    assert isinstance(desk.asks(MoveProtection(stream, stop=D(97))), Completed)
    desk.until(lambda: trigger(desk) == D(97) and desk.has("OrderAmended"))
    desk.passes(PLAN.rhythm.poll)
    assert found(desk) == []
    assert is_equal(desk)


def test_a_stop_that_others_move_half_way_back_stays_there_because_the_log_decided_no_better_price(
    desks: Desks,
) -> None:
    desk = holding(desks())
    (stop,) = stops(desk)
    amends(desk, stop.id, triggerPrice="99.5")
    desk.until(lambda: len(found(desk)) == 1)
    amends(desk, stop.id, triggerPrice="99.2")
    desk.until(lambda: len(found(desk)) == 2)
    looks(desk)
    assert trigger(desk) == desk.run.world.portfolio.positions[BTC].state.stop == D("99.2")
    (name,) = unresolved(desk)
    assert name.endswith(":trigger=99.2")
    assert isinstance(desk.asks(ResolveDiscrepancy(name, "half of it is enough")), Completed)
    assert is_equal(desk)
