"""Candles as bytes: read back digit by digit, and everything else refused with its reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random

import msgspec
import pytest

from adapters.candle_topic.wire import candle_bytes, read_candle
from domain.errors import InvalidInput
from tests.adapters.candle_topic.candles import candle

FULL = msgspec.structs.replace(
    candle(3), bid=Decimal("99.990"), ask=Decimal("100.01"), funding_rate=Decimal("-0.0001")
)


@pytest.mark.parametrize("given", [candle(1), FULL])
def test_a_candle_is_read_as_it_was_written_with_every_digit(given: object) -> None:
    assert isinstance(given, type(FULL))
    read = read_candle(candle_bytes(given))
    assert read == given
    assert str(read.volume) == "10.50"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A changed member, and what the refusal names."""

    changed: Mapping[str, object]
    named: str


WRONG: Mapping[str, Wrong] = {
    "another version": Wrong({"version": 2}, "version 2"),
    "unknown member": Wrong({"vol": "1"}, "vol"),
    "no instrument": Wrong({"instrument": "BTC"}, "instrument"),
    "no interval": Wrong({"interval": "7m"}, "interval"),
    "time without a zone": Wrong({"open_time": "2026-03-02T14:00:00"}, "open_time"),
    "close after the last year": Wrong({"open_time": "9999-12-31T23:59:00Z"}, "open_time"),
    "opening before the first year": Wrong({"open_time": "0001-01-01T00:00:00+01:00"}, "open_time"),
    "price zero": Wrong({"open": "0", "low": "0"}, "open"),
    "price not finite": Wrong({"close": "NaN"}, "close"),
    "price of 101 digits": Wrong({"high": "9" * 101}, "high"),
    "price that no market has": Wrong({"high": "1e90"}, "high"),
    "volume that no market has": Wrong({"volume": "1e90"}, "volume"),
    "volume below zero": Wrong({"volume": "-1"}, "volume"),
    "high below the close": Wrong({"high": "99"}, "between low and high"),
    "low above the close": Wrong({"low": "101", "high": "102"}, "between low and high"),
    "infinite funding": Wrong({"funding_rate": "Infinity"}, "funding_rate"),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_no_candle_of_this_version_is_refused_by_name(wrong: Wrong) -> None:
    form = {**json.loads(candle_bytes(candle(1))), **wrong.changed}
    with pytest.raises(InvalidInput, match=wrong.named):
        read_candle(json.dumps(form).encode())


def test_damaged_bytes_are_refused_or_lead_to_a_candle_and_raise_nothing_else() -> None:
    chance, written = Random(5), candle_bytes(FULL)
    refused = 0
    for _ in range(500):
        damaged = bytearray(written)
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            read_candle(bytes(damaged))
        except InvalidInput:
            refused += 1
    assert refused > 100
