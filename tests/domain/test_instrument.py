from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.instrument import (
    InstrumentListed,
    InstrumentRulesChanged,
    check_digits,
    check_instrument_id,
    check_positive,
    evolve,
    instrument_id,
    round_down,
    round_up,
    symbol_of,
)
from tests.domain.history import BTC, D, an_instrument


@pytest.mark.parametrize(
    "spelled", [BTC, "1000PEPEUSDT-LINEAR.BYBIT", "BTCUSD-INVERSE.BYBIT", "BTCUSDT-SPOT.OKX"]
)
def test_an_id_of_symbol_market_and_venue_is_accepted(spelled: str) -> None:
    check_instrument_id(spelled)


@pytest.mark.parametrize(
    "spelled",
    [
        "",
        "BTCUSDT",
        "BTC/USDT-LINEAR.BYBIT",
        "btcusdt-LINEAR.BYBIT",
        "BTCUSDT-FUTURE.BYBIT",
        "BTCUSDT-LINEAR.",
        "BTCUSDT-LINEAR.BYBIT\n",
        " BTCUSDT-LINEAR.BYBIT",
        f"{'A' * 31}-LINEAR.BYBIT",
    ],
)
def test_an_id_of_another_form_is_refused(spelled: str) -> None:
    with pytest.raises(InvalidInput, match=r"is not an instrument; spell it like BTCUSDT-LINEAR\.BYBIT"):
        check_instrument_id(spelled)


def test_a_symbol_maps_to_its_instrument_and_back() -> None:
    assert instrument_id("BTCUSDT") == BTC
    assert instrument_id("BTCUSDT", "SPOT", "OKX") == "BTCUSDT-SPOT.OKX"
    assert symbol_of(BTC) == "BTCUSDT"
    with pytest.raises(InvalidInput, match=r"'BTC-USDT-LINEAR\.BYBIT' is not an instrument"):
        instrument_id("BTC-USDT")


def test_the_catalogue_holds_the_latest_rules_of_each_instrument() -> None:
    listed, finer, other = (
        an_instrument(),
        an_instrument(tick=D("0.01")),
        an_instrument("ETHUSDT-LINEAR.BYBIT"),
    )
    first = evolve({}, InstrumentListed(listed))
    after = evolve(evolve(first, InstrumentListed(other)), InstrumentRulesChanged(finer))
    assert first == {BTC: listed}
    assert after == {BTC: finer, other.id: other}


values = st.decimals("0", "1e12", places=8, allow_nan=False, allow_infinity=False)
step_values = st.sampled_from([D("0.00000001"), D("0.001"), D("0.5"), D("0.1"), D(1), D(5)])


@given(values, step_values)
def test_rounding_returns_the_nearest_multiple_of_the_step_on_its_side(value: Decimal, step: Decimal) -> None:
    below, above = round_down(value, step), round_up(value, step)
    assert below <= value < below + step
    assert above - step < value <= above
    assert below % step == above % step == 0


@pytest.mark.parametrize(
    ("value", "step"),
    [("0.001", "0.001"), ("1e3", "0.5"), ("12.5", "0.5"), ("99999999999999999999999999999.5", "0.5")],
)
def test_a_multiple_of_the_step_is_accepted(value: str, step: str) -> None:
    check_digits("quantity", D(value), D(step))


@pytest.mark.parametrize(
    ("value", "step"), [("0.0015", "0.001"), ("12.3", "0.5"), ("1e58", "0.001"), ("1e999", "1")]
)
def test_more_digits_than_the_step_are_refused(value: str, step: str) -> None:
    with pytest.raises(InvalidInput, match="has more digits than the instrument allows: its step is"):
        check_digits("quantity", D(value), D(step))


@pytest.mark.parametrize("value", [D(0), D("-0"), D(-1), D("NaN"), D("sNaN"), D("Infinity"), D("-Infinity")])
def test_a_quantity_that_is_not_positive_and_finite_is_refused(value: Decimal) -> None:
    with pytest.raises(InvalidInput, match="must be a positive, finite number"):
        check_positive("quantity", value)


@pytest.mark.parametrize("value", [0.5, 1, "1", None])
def test_a_quantity_that_is_no_decimal_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match="is not a Decimal: prices and quantities are exact"):
        check_positive("quantity", value)


def test_a_valid_quantity_is_returned_unchanged() -> None:
    assert check_positive("quantity", D("0.10")) == D("0.1")
