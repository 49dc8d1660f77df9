"""Which stops and targets are cancelled once a query has proved their position flat."""

from __future__ import annotations

import pytest

from commands.flatness import FLAT, cancels, left_over
from commands.order import CancelOrder
from domain.order import OrderAccepted, OrderCancelRequested
from domain.portfolio import Portfolio
from tests.domain.history import (
    BTC,
    NOW,
    D,
    History,
    a_closing,
    a_fill,
    a_stop,
    an_open_day,
    an_opening,
    an_order,
)

STOP = "abc-s1"


def protected(*, is_filled: bool) -> History:
    """An entry with its stop at the exchange; where it is filled, the position that it opened."""
    fills = (a_fill(an_order().quantity),) if is_filled else ()
    history = an_open_day().order("abc-e1", an_order(), *fills).order(STOP, a_stop(), OrderAccepted("v2"))
    return history.position(an_opening()) if is_filled else history


def closed() -> History:
    """A closed position whose stop the exchange has left."""
    return protected(is_filled=True).position(a_closing(D(1), D(10_001)))


def cancelled(
    portfolio: Portfolio, held: frozenset[str] = frozenset(), resting: tuple[str, ...] = (STOP,)
) -> list[str]:
    given = cancels(portfolio, held, resting, NOW)
    commands = [] if given is None else [one.command for one in given.asks]
    assert all(isinstance(one, CancelOrder) and one.reason == FLAT for one in commands)
    return [one.order_id for one in commands if isinstance(one, CancelOrder)]


def test_the_stop_that_the_exchange_left_of_a_closed_position_is_cancelled() -> None:
    assert cancelled(closed().portfolio()) == [STOP]


def test_nothing_is_cancelled_where_the_exchange_states_a_position() -> None:
    assert cancelled(closed().portfolio(), held=frozenset({BTC})) == []


def test_nothing_is_cancelled_that_does_not_rest_any_more_or_is_being_cancelled() -> None:
    assert cancelled(closed().portfolio(), resting=()) == []
    assert cancelled(closed().order(STOP, OrderCancelRequested(FLAT)).portfolio()) == []


@pytest.mark.parametrize("is_filled", [True, False], ids=["of an open position", "of a waiting entry"])
def test_protection_that_is_needed_is_not_left_over(*, is_filled: bool) -> None:
    assert list(left_over(protected(is_filled=is_filled).portfolio())) == []
