"""The R-multiples of closed trades, folded from a history."""

from __future__ import annotations

from decimal import Decimal

from domain.direction import Direction
from domain.grid import Grid, GridLevel
from domain.order import OrderType
from domain.position import PositionIncreased, PositionOrphaned, ProtectionMoved
from domain.sizing.results import MOST_RESULTS, with_result
from tests.domain.committees.test_policy import holding
from tests.domain.history import (
    BTC,
    History,
    a_closing,
    a_decision,
    a_signal,
    an_open_day,
    an_opening,
    an_order,
)

D = Decimal
OWNER = "trend"


def closed(history: History, net: int = 42, n: int = 1) -> History:
    return history.position(a_closing(D(net), D(10_000)), n=n)


def results(history: History) -> dict[str, tuple[Decimal, ...]]:
    return dict(history.portfolio().results)


def test_a_result_is_the_net_profit_over_what_the_fill_risked() -> None:
    """By hand: 10 at 100 with a stop at 97.9 risk 21."""
    assert results(closed(holding())) == {OWNER: (D(2),)}
    assert results(closed(holding(), net=-28)) == {OWNER: (D("-1.333333"),)}


def test_the_stop_of_the_entry_counts_after_it_was_moved() -> None:
    trailed = holding().position(ProtectionMoved(D(99), None))
    assert results(closed(trailed)) == {OWNER: (D(2),)}


def test_a_further_fill_adds_what_it_risks_at_the_stop_of_its_time() -> None:
    """By hand: 21, and 5 at 102 with the stop moved to 101 risk 5 more: 13 / 26."""
    more = PositionIncreased(order_id="def-e1", quantity=D(5), price=D(102), cost=D(510), fee=D(0))
    grown = holding().position(ProtectionMoved(D(101), None), more)
    assert results(closed(grown, net=13)) == {OWNER: (D("0.5"),)}


def test_a_short_risks_the_distance_to_the_stop_above_it() -> None:
    short = holding(direction=Direction.SHORT, stop=D(104))
    assert results(closed(short, net=-40)) == {OWNER: (D(-1),)}


def test_a_position_of_a_grid_risks_all_its_levels_from_its_first_fill() -> None:
    """By hand: 10 of each level risk 6 + 4 at 92, so 100; another order's 2 at 97 risk 10 more: 55 / 110."""
    levels = (GridLevel(D(98), D(100)), GridLevel(D(96), D(98)))
    signal = a_signal(grid=Grid(levels=levels, rounds=2, lifetime_seconds=60), stop=D(92), target=D(104))
    decision = a_decision(quantity=D(20), stop=D(92), target=D(104))
    entry = an_order(type=OrderType.LIMIT, limit_price=D(98))
    first = an_opening(price=D(98), cost=D(980), stop=D(92))
    again = PositionIncreased(order_id="abc-e3", quantity=D(10), price=D(98), cost=D(980), fee=D(0))
    other = PositionIncreased(order_id="def-e1", quantity=D(2), price=D(97), cost=D(194), fee=D(0))
    placed = an_open_day().signal(signal, decision).order("abc-e1", entry)
    assert results(closed(placed.position(first, again, other), net=55)) == {OWNER: (D("0.5"),)}


def test_a_position_without_a_stop_at_a_fill_has_no_result() -> None:
    more = PositionIncreased(order_id="def-e1", quantity=D(5), price=D(102), cost=D(510), fee=D(0))
    assert results(closed(holding(stop=None))) == {}
    assert results(closed(holding().position(ProtectionMoved(None, None), more))) == {}


def test_a_stop_at_the_price_of_the_entry_gives_no_result() -> None:
    assert results(closed(holding(stop=D(100)))) == {}


def test_the_results_of_people_are_not_kept() -> None:
    assert results(closed(an_open_day().position(an_opening()))) == {}


def test_a_result_belongs_to_the_owner_at_the_close() -> None:
    handed_over = holding().position(PositionOrphaned(OWNER, "slow"))
    assert results(closed(handed_over)) == {"slow": (D(2),)}


def test_the_results_of_each_owner_are_kept_in_order() -> None:
    history = closed(holding())
    history.position(an_opening(), n=2)
    assert results(closed(history, net=-21, n=2)) == {OWNER: (D(2), D(-1))}
    assert not history.portfolio().positions.get(BTC)


def test_the_oldest_results_are_dropped() -> None:
    found: dict[str, tuple[Decimal, ...]] = {}
    for number in range(MOST_RESULTS + 3):
        found = dict(with_result(found, OWNER, D(number), D(1)))
    assert len(found[OWNER]) == MOST_RESULTS
    assert (found[OWNER][0], found[OWNER][-1]) == (D(3), D(MOST_RESULTS + 2))
