"""Events as JSON."""

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


def test_a_fill_is_a_json_object_of_texts() -> None:
    assert to_json(SAMPLES["whence.order.OrderFilled"].event) == {
        "execution_id": "01hx3k9zq2m4c-e1/1",
        "price": "43210.55",
        "quantity": "0.125",
        "fee": "-2.97072531",
        "fee_currency": "USDT",
        "liquidity": "MAKER",
    }


def test_an_order_has_iso_times_and_null_for_absent_prices() -> None:
    data = to_json(SAMPLES["whence.order.OrderPlaced"].event)
    assert data["fresh_until"] == "2026-03-01T12:01:00Z"
    assert data["limit_price"] is None
    assert data["trigger_price"] == "43655.1"
    assert data["reduce_only"] is True


def test_nested_values_are_json_objects() -> None:
    data = to_json(SAMPLES["whence.signal.DecisionMade"].event)
    assert data["votes"][0] == {
        "member": "confidence",
        "chamber": "ALPHA",
        "approves": True,
        "reasons": [],
        "figures": {"threshold": "0.65", "limit": "3"},
    }


def test_decimals_with_exponents_are_in_plain_notation() -> None:
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
def test_any_event_survives_a_json_round_trip(envelope: Envelope) -> None:
    data = to_json(envelope.event)
    assert json.loads(json.dumps(data)) == data


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (NOON, "2026-03-01T12:00:00Z"),
        (NOON + timedelta(microseconds=1), "2026-03-01T12:00:00.000001Z"),
        (NOON.astimezone(timezone(timedelta(hours=2))), "2026-03-01T12:00:00Z"),
    ],
)
def test_times_are_formatted_in_utc(moment: datetime, expected: str) -> None:
    assert iso(moment) == expected
