"""Funding that the stream did not report, on our Bybit venue: the position's, or the balance's where it has closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from commands.request import ClosePosition
from domain.account import BalanceChanged, BalanceReason
from domain.log import Envelope
from domain.position import PositionClosed
from tests.adapters.bybit.bench import SYMBOL, bybit_venue
from tests.adapters.simulated.server.serving import RunningVenue
from tests.infra.run.live_desk import PLAN, Desks, LiveDesk, desks_at


@pytest.fixture(scope="module")
def venue() -> Iterator[RunningVenue]:
    with bybit_venue() as running:
        yield running


@pytest.fixture
def desks(venue: RunningVenue) -> Iterator[Desks]:
    with desks_at(venue) as made:
        yield made


def holding(desk: LiveDesk) -> LiveDesk:
    desk.closes_at("101")
    desk.until(lambda: desk.has("PositionOpened"))
    desk.later(1)
    return desk


def funded_and_closed(desk: LiveDesk) -> None:
    """The funding is not reported, and a person closes the position before the next comparison."""
    desk.venue.fails("execution", "missing", times=1)
    desk.venue.act("fund", symbol=SYMBOL, rate="0.01")
    (held,) = desk.run.world.portfolio.positions.values()
    desk.asks(ClosePosition(held.stream, "done"))
    desk.until(lambda: desk.has("PositionClosed"))


def looked(desk: LiveDesk, times: int) -> None:
    for _look in range(times):
        desk.passes(PLAN.rhythm.poll)


def fundings(desk: LiveDesk) -> Sequence[Envelope]:
    return [one for one in desk.log.envelopes if is_funding(one.event)]


def is_funding(event: object) -> bool:
    return isinstance(event, BalanceChanged) and event.reason is BalanceReason.FUNDING


def test_funding_of_a_position_that_closed_before_the_comparison_changes_the_balance_once(
    desks: Desks,
) -> None:
    desk = holding(desks().started())
    funded_and_closed(desk)
    looked(desk, 4)
    (funding,) = fundings(desk)
    assert funding.meta.causation_id.startswith("exchange:bybit:")
    assert not desk.has("PositionFunded")
    assert not desk.has("DiscrepancyFound")
    assert desk.names()[-1] == "ReconciliationEnded"


def test_funding_before_a_stop_that_filled_while_no_engine_ran_is_of_the_position(desks: Desks) -> None:
    desk = holding(desks().started())
    desk.run.close()
    desk.venue.act("fund", symbol=SYMBOL, rate="0.01")
    desk.later(1)
    desk.trades_at("98")
    again = desks(log=desk.log, key=desk.key)
    again.run.start()
    again.run.connect()
    again.until(lambda: again.has("PositionClosed"))
    (closed,) = (one.event for one in again.log.envelopes if isinstance(one.event, PositionClosed))
    assert closed.funding < 0
    assert len(fundings(again)) == 1
