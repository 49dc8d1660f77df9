"""Which orders had no news for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.in_flight import InFlight, orders_in_flight
from domain.order import (
    OrderAccepted,
    OrderCancelRequested,
    OrderEvent,
    OrderOutcomeUnknown,
    OrderSubmitted,
)
from tests.domain.history import NOW, an_open_day, an_order

FIVE = timedelta(seconds=5)


@pytest.mark.parametrize(
    ("events", "flies"),
    [
        ((), True),
        ((OrderSubmitted("v1"),), True),
        ((OrderAccepted("v1"),), False),
        ((OrderAccepted("v1"), OrderCancelRequested("enough")), True),
        ((OrderOutcomeUnknown("timeout"),), True),
    ],
    ids=["placed", "submitted", "accepted", "cancel requested", "outcome unknown"],
)
def test_an_order_is_silent_once_a_request_had_no_answer_for_long(
    events: tuple[OrderEvent, ...], *, flies: bool
) -> None:
    history = an_open_day().order("abc-e1", an_order(), *events)
    news, portfolio = InFlight(), history.portfolio()
    for envelope in history.envelopes:
        news.observe(envelope)
    last = history.envelopes[-1].meta.recorded_at
    assert list(orders_in_flight(portfolio)) == ["abc-e1"] * flies
    assert news.silent(portfolio, last + FIVE, FIVE) == ["abc-e1"] * flies
    assert news.silent(portfolio, last + FIVE - timedelta(microseconds=1), FIVE) == []


def test_every_working_order_with_late_news_is_young() -> None:
    history = an_open_day().order("abc-e1", an_order(), OrderAccepted("v1"))
    news, portfolio = InFlight(), history.portfolio()
    for envelope in history.envelopes:
        news.observe(envelope)
    assert news.young(portfolio, NOW, FIVE) == ["abc-e1"]
    assert news.young(portfolio, NOW + FIVE, FIVE) == []
