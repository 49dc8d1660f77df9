"""What closes a live position first, through the Bybit adapter and through ccxt: an order of the manager that crosses a
fill of the stop or target, or a person's close, leaves log and exchange flat with one close.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from commands.request import ClosePosition
from tests.adapters.simulated.server.serving import RunningVenue
from tests.infra.run.live_desk import BTC, D, Desks, LiveDesk, desks_at
from tests.infra.run.test_live_ccxt import CcxtDesk
from tests.infra.run.test_live_managing import actions, closed_for, holding, quoted, ruled_by

STOPPED, TARGET = "98.9", "107.1"


class Crossed:
    """An exchange at which something happens just before or after its next request of one kind is carried out."""

    def __init__(self, exchange: Any) -> None:
        self._exchange = exchange
        self._call, self._is_before = "", True
        self._happens: Callable[[], object] = lambda: None

    def arm(self, call: str, happens: Callable[[], object], *, is_before: bool) -> None:
        self._call, self._happens, self._is_before = call, happens, is_before

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._exchange, name)
        if name != self._call:
            return found
        self._call = ""

        def crossed(*given: Any, **named: Any) -> Any:
            if self._is_before:
                self._happens()
            result = found(*given, **named)
            if not self._is_before:
                self._happens()
            return result

        return crossed


@pytest.fixture(params=[LiveDesk, CcxtDesk], ids=["bybit", "ccxt"])
def desks(venue: RunningVenue, request: pytest.FixtureRequest) -> Iterator[Desks]:
    with desks_at(venue, request.param) as made:
        yield made


def crossing(desks: Desks, rules: dict[str, Any], call: str, price: str, *, is_before: bool) -> LiveDesk:
    """A desk with a long from about 101 under these rules, whose next such request crosses trades at `price`."""
    crossed: list[Crossed] = []

    def wrapped(exchange: Any) -> Crossed:
        crossed.append(Crossed(exchange))
        return crossed[-1]

    desk = holding(desks(plan=ruled_by(**rules), wrapped=wrapped))
    crossed[-1].arm(call, lambda: desk.trades_at(price), is_before=is_before)
    return desk


@pytest.mark.parametrize("is_before", [True, False], ids=["before it arrives", "after it was carried out"])
@pytest.mark.parametrize(
    ("rules", "quote", "call", "price"),
    [
        pytest.param(
            {"largest_loss": D("0.01")}, "99.8", "submit", STOPPED, id="a loss's close and the stop"
        ),
        pytest.param(
            {"early_profit": D("0.003")}, "103", "submit", TARGET, id="an early close and the target"
        ),
        pytest.param(
            {"partial_closes": ("0.01:0.5",)}, "102.5", "submit", TARGET, id="a partial close and the target"
        ),
        pytest.param(
            {"partial_closes": ("0.01:0.5",)}, "102.5", "submit", STOPPED, id="a partial close and the stop"
        ),
        pytest.param(
            {"trailing_levels": ("0.02:0.01",)}, "104", "amend", STOPPED, id="a moved stop and the stop"
        ),
        pytest.param(
            {"trailing_levels": ("0.02:0.01",)}, "104", "amend", TARGET, id="a moved stop and the target"
        ),
    ],
)
def test_a_request_of_the_manager_that_crosses_a_fill_ends_flat_with_one_close(
    desks: Desks, rules: dict[str, Any], quote: str, call: str, price: str, *, is_before: bool
) -> None:
    desk = crossing(desks, rules, call, price, is_before=is_before)
    quoted(desk, quote)
    assert actions(desk)
    desk.until(lambda: desk.has("PositionClosed") or desk.has("PositionReduced"))
    desk.trades_at(price)
    assert len(closed_for(desk)) <= 1


def test_a_person_who_closes_as_the_manager_does_leaves_one_close(desks: Desks) -> None:
    desk = holding(desks(plan=ruled_by(largest_loss=D("0.01"))))
    stream = desk.run.world.portfolio.positions[BTC].stream
    desk.trades_at("99.8")
    quoted(desk, "99.8")
    desk.asks(ClosePosition(stream, "enough"))
    assert len(closed_for(desk)) == 1


def test_the_manager_leaves_a_position_that_a_person_closes(desks: Desks) -> None:
    desk = holding(desks(plan=ruled_by(largest_loss=D("0.01"))))
    desk.asks(ClosePosition(desk.run.world.portfolio.positions[BTC].stream, "enough"))
    quoted(desk, "99.8")
    assert len(closed_for(desk)) == 1
    assert actions(desk) == []
