"""Funding that the stream did not report, on our Bybit venue: the position's, or the balance's where it has closed."""

from __future__ import annotations

from collections.abc import Sequence

from commands.door import Completed
from commands.reconciliation import ResolveDiscrepancy, excess_of
from commands.request import ClosePosition
from domain.account import BalanceChanged, BalanceReason
from domain.log import Envelope
from domain.position import PositionClosed
from domain.reconciliation import DiscrepancyFound
from tests.adapters.bybit.bench import SYMBOL
from tests.infra.run.live_desk import PLAN, Desks, LiveDesk


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


def test_funding_that_a_person_accepted_as_a_transfer_is_not_booked_again_on_its_open_position(
    desks: Desks,
) -> None:
    """The list of executions was empty for a while, so nothing stated the funding as it was found in the balance."""
    desk = holding(desks().started())
    desk.venue.fails("execution", "missing", times=1)
    desk.venue.fails("/v5/execution/list", "empty", times=0)
    desk.venue.act("fund", symbol=SYMBOL, rate="0.01")
    looked(desk, 4)
    (found,) = (one.event for one in desk.log.envelopes if isinstance(one.event, DiscrepancyFound))
    name = found.discrepancy_id
    assert isinstance(desk.asks(ResolveDiscrepancy(name, "a fee, I think", excess_of(name))), Completed)
    desk.venue.do(lambda one: one.faults.clear())
    balance = desk.run.world.portfolio.account.balance
    desk.stranger_buys()  # a doubt, in which the list of executions states the funding
    looked(desk, 4)
    assert desk.names().count("ReconciliationBegun") == 3
    assert not desk.has("PositionFunded")
    assert desk.run.world.portfolio.account.balance == balance == desk.account.wallet.balance
