"""Events as people and their tools read them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings

from adapters.avro.json_form import to_json
from adapters.avro.moment import iso
from domain.log import Envelope
from domain.order import OrderFilled
from tests.adapters.avro.events import envelopes
from tests.replacing import replace
from tests.schemas.samples import NOON, SAMPLES


def test_a_fill() -> None:
    assert to_json(SAMPLES["whence.order.OrderFilled"].event) == {
        "execution_id": "01hx3k9zq2m4c-e1/1",
        "price": "43210.55",
        "quantity": "0.125",
        "fee": "-2.97072531",
        "fee_currency": "USDT",
        "liquidity": "MAKER",
    }


def test_an_intent_tells_its_time_and_what_it_lacks() -> None:
    told = to_json(SAMPLES["whence.order.OrderPlaced"].event)
    assert told["fresh_until"] == "2026-03-01T12:01:00Z"
    assert told["limit_price"] is None
    assert told["trigger_price"] == "43655.1"
    assert told["reduce_only"] is True


def test_parts_are_told_whole() -> None:
    told = to_json(SAMPLES["whence.signal.DecisionMade"].event)
    assert told["votes"][0] == {
        "member": "confidence",
        "chamber": "ALPHA",
        "approves": True,
        "reasons": [],
        "figures": {"threshold": "0.65", "limit": "3"},
    }


def test_no_exponents() -> None:
    fill = SAMPLES["whence.order.OrderFilled"].event
    assert isinstance(fill, OrderFilled)
    assert to_json(replace(fill, fee=Decimal("1E-8"), price=Decimal("4E+4"))) | {
        "quantity": "",
        "liquidity": "",
    } == {
        **to_json(fill),
        "fee": "0.00000001",
        "price": "40000",
        "quantity": "",
        "liquidity": "",
    }


@settings(max_examples=50, deadline=None)
@given(envelopes())
def test_any_event_is_json(envelope: Envelope) -> None:
    told = to_json(envelope.event)
    assert json.loads(json.dumps(told)) == told


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (NOON, "2026-03-01T12:00:00Z"),
        (NOON + timedelta(microseconds=1), "2026-03-01T12:00:00.000001Z"),
        (NOON.astimezone(timezone(timedelta(hours=2))), "2026-03-01T12:00:00Z"),
    ],
)
def test_times_are_utc(moment: datetime, told: str) -> None:
    assert iso(moment) == told
