"""Responses that ccxt's `bybit` takes for something else than they are, over our venue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from domain.direction import Side
from domain.errors import OutcomeUnknown
from domain.venue import VenueStatus
from tests.adapters.ccxt.bench import CcxtBench
from tests.adapters.simulated.server.serving import RunningVenue
from tests.commands.exchange_contract import Session

CREATE = "/v5/order/create"
UNKNOWN: dict[str, dict[str, Any]] = {
    **{str(code): {"kind": "code", "value": code} for code in (10000, 10002, 10006, 10016, 10019, 10429)},
    **{f"status {status}": {"kind": "status", "value": status} for status in (403, 429, 500, 502, 504)},
    "page": {"kind": "html"},
    "half of a response": {"kind": "truncated"},
    "no response": {"kind": "drop"},
}


@pytest.fixture(scope="module")
def bench(venue: RunningVenue) -> Iterator[CcxtBench]:
    bench = CcxtBench(venue, streams=False)
    yield bench
    bench.close()


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize("is_executed", [True, False], ids=["executed", "not executed"])
def test_an_order_with_this_response_has_an_unknown_outcome_that_a_query_resolves(
    bench: CcxtBench, name: str, *, is_executed: bool
) -> None:
    session = Session(bench)
    order_id = f"{name.replace(' ', '-')}-{is_executed}"
    bench.venue.fails(CREATE, **UNKNOWN[name], commit=is_executed)
    with pytest.raises(OutcomeUnknown):
        session.exchange.submit([session.order(order_id, Side.BUY, limit="90")])
    bench.venue.do(lambda one: one.faults.clear())
    found = session.exchange.order(order_id)
    assert (found is not None) is is_executed


def test_a_cancelled_order_that_was_filled_in_part_keeps_its_part(bench: CcxtBench) -> None:
    """Bybit states that nothing is left of it."""
    session = Session(bench)
    order = session.order("part", Side.BUY, limit="99")
    session.send(order)
    bench.trades_at("99", volume=str(order.terms.quantity / 2))
    session.exchange.cancel("part", bench.now())
    bench.trades_at("101")
    found = session.exchange.order("part")
    assert found is not None
    assert (found.status, found.filled) == (VenueStatus.CANCELLED, order.terms.quantity / 2)
