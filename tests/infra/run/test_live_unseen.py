"""A live run while no query of the exchange states the orders that it has accepted."""

from __future__ import annotations

from commands.door import Completed, Declined
from commands.order import CancelOrder
from commands.request import ResolveDiscrepancy
from commands.world import World
from tests.infra.run.live_desk import BTC, LIMIT, PLAN, D, Desks, LiveDesk
from tests.infra.run.test_live_adoption import ADOPTING
from tests.infra.run.test_live_kill import ADDING, holding, passes_until
from tests.infra.run.test_live_rest import stops
from tests.replacing import replace

QUERIES = ("/v5/order/realtime", "/v5/order/history")
"""Those of open orders, of ended orders, and of one order by its id."""
SHORT = replace(PLAN, rhythm=replace(PLAN.rhythm, given_up=30.0))
LARGER = replace(ADDING, terms=replace(ADDING.terms, quantity=D("0.11")))


def working(desk: LiveDesk) -> set[str]:
    portfolio = desk.run.world.portfolio
    return {*portfolio.entries, *portfolio.exits}


def trading(desk: LiveDesk) -> LiveDesk:
    """The desk with a position, its stop and target, and an entry that rests to increase it."""
    holding(desk)
    assert isinstance(desk.asks(ADDING), Completed)
    desk.until(lambda: len(working(desk)) == 3 and len(at_exchange(desk)) == 3)
    desk.passes(PLAN.rhythm.lost)
    return desk


def at_exchange(desk: LiveDesk) -> list[tuple[str, str]]:
    """The open orders of the account by the venue's own books: kind and quantity."""
    return sorted((str(one.stop_kind), str(one.qty)) for one in desk.account.orders.values() if one.is_open)


def goes_blind(desk: LiveDesk) -> None:
    for path in QUERIES:
        desk.venue.fails(path, "empty", times=0)


def passes_in_steps(desk: LiveDesk, seconds: int) -> None:
    for _ in range(seconds // 5):
        desk.passes(5)


def unseen(desk: LiveDesk) -> list[str]:
    return sorted(desk.run.world.portfolio.discrepancies.unresolved)


def is_as_before(desk: LiveDesk, orders: set[str], there: list[tuple[str, str]]) -> bool:
    """Whether log and exchange have the orders that they had, and the log leads to the same state again."""
    assert working(desk) == orders
    assert at_exchange(desk) == there
    assert not {"OrderRejected", "OrderCancelled"} & set(desk.names())
    assert World().fold_all(desk.log.envelopes).portfolio == desk.run.world.portfolio
    return True


def test_accepted_orders_that_no_query_states_are_neither_lost_nor_doubled_also_by_a_process_that_is_killed(
    desks: Desks,
) -> None:
    desk = trading(desks())
    orders, there = working(desk), at_exchange(desk)
    goes_blind(desk)
    passes_in_steps(desk, 60)
    assert unseen(desk) == sorted(f"difference:AcceptedOrderNotFound:{one}" for one in orders)
    assert is_as_before(desk, orders, there)
    desk.run.close()
    desk = desks(key=desk.key, log=desk.log).started_in_doubt()
    passes_in_steps(desk, 10)
    assert len(unseen(desk)) == len(orders)
    assert isinstance(desk.asks(LARGER), Declined)
    assert "disagree" in desk.reason
    assert is_as_before(desk, orders, there)
    desk.venue.do(lambda one: one.faults.clear())
    passes_until(desk, lambda: not unseen(desk), most=6)
    assert is_as_before(desk, orders, there)
    (entry,) = desk.run.world.portfolio.entries
    assert isinstance(desk.asks(CancelOrder(entry, "another one")), Completed)
    desk.until(lambda: not desk.run.world.portfolio.entries)
    assert isinstance(desk.asks(LARGER), Completed), "entries are permitted again"


def test_an_unseen_stop_that_fills_ends_its_discrepancy_while_the_queries_stay_empty(desks: Desks) -> None:
    desk = holding(desks())
    desk.passes(PLAN.rhythm.lost)
    goes_blind(desk)
    passes_until(desk, lambda: len(unseen(desk)) == 2)
    desk.trades_at("98")
    desk.until(lambda: desk.has("PositionClosed"))
    passes_until(desk, lambda: not unseen(desk) and not working(desk))
    assert desk.exchange.positions() == []
    assert at_exchange(desk) == []


def test_legs_that_no_query_finds_are_not_cancelled_again_and_again_beside_a_later_position(
    desks: Desks,
) -> None:
    desk = holding(desks(plan=ADOPTING))
    desk.passes(PLAN.rhythm.lost)
    legs = working(desk)
    desk.venue.fails("order", "missing", times=0)
    goes_blind(desk)
    held = desk.run.world.portfolio.positions[BTC].state.quantity
    desk.stranger(side="Sell", orderType="Market", qty=f"{held * 2}")
    passes_until(desk, lambda: desk.has("PositionClosed") and BTC in desk.run.world.portfolio.positions)
    passes_until(desk, lambda: not desk.run.world.portfolio.discrepancies.reconciling)
    passes_in_steps(desk, 60)
    assert unseen(desk) == sorted(f"difference:AcceptedOrderNotFound:{one}" for one in legs)
    assert "OrderCancelRequested" not in desk.names()
    assert desk.run.is_trading


def test_orders_that_are_unseen_for_the_whole_patience_are_given_up_and_the_position_gets_its_stop_again(
    desks: Desks,
) -> None:
    desk = holding(desks(plan=SHORT))
    (stop,) = stops(desk)
    desk.passes(PLAN.rhythm.lost)

    goes_blind(desk)
    passes_in_steps(desk, 25)
    assert not desk.has("OrderCancelled")
    desk.venue.do(lambda one: one.venue.end(stop, "CancelByAdmin", one.clock.market()))
    desk.venue.fails("order", "missing", times=0)
    passes_until(desk, lambda: desk.has("OrderCancelled"))
    desk.venue.do(lambda one: one.faults.clear())
    passes_until(desk, lambda: [one.link[-3:] for one in stops(desk)] == ["-s2"])
    assert desk.run.world.portfolio.positions[BTC].state.stop == D(99)


def test_a_person_gives_up_an_unseen_order_at_once(desks: Desks) -> None:
    desk = desks().started()
    assert isinstance(desk.asks(LIMIT), Completed)
    desk.until(lambda: len(working(desk)) == 3 and bool(at_exchange(desk)))
    (entry,) = desk.run.world.portfolio.entries
    goes_blind(desk)
    passes_until(desk, lambda: len(unseen(desk)) == 3)
    name = f"difference:AcceptedOrderNotFound:{entry}"
    assert isinstance(desk.asks(ResolveDiscrepancy(name, "it is gone", D(1))), Declined)
    assert "without a transfer" in desk.reason
    assert isinstance(desk.asks(ResolveDiscrepancy(name, "it is gone")), Completed)
    assert not desk.run.world.portfolio.entries
    assert name not in unseen(desk)
