from __future__ import annotations

import pytest
from msgspec.structs import fields

from commands.instrument import RANGES, ListInstrument, check_rules
from domain.errors import InvalidInput
from domain.instrument import Instrument, InstrumentListed, InstrumentRulesChanged
from tests.commands.sentence import given
from tests.domain.history import D, an_instrument

BTC = an_instrument()


def test_an_instrument_is_listed_once_and_only_new_rules_are_recorded() -> None:
    finer = an_instrument(tick=D("0.01"))
    given().when(ListInstrument(BTC), ListInstrument(BTC), ListInstrument(finer), ListInstrument(finer)).then(
        InstrumentListed(BTC), InstrumentRulesChanged(finer)
    )


@pytest.mark.parametrize("spelled", ["BTCUSDT", "BTC/USDT", "btcusdt-LINEAR.BYBIT", "BTCUSDT-SWAP.BYBIT", ""])
def test_an_instrument_with_an_invalid_id_is_refused(spelled: str) -> None:
    given().when(ListInstrument(an_instrument(spelled))).then_error(InvalidInput, "is not an instrument")


def test_every_figure_has_a_range() -> None:
    figures = {field.name for field in fields(Instrument) if field.type is D}
    assert {name for name, _, _ in RANGES} == figures


@pytest.mark.parametrize(("name", "low", "high"), RANGES)
def test_a_figure_is_accepted_at_its_bounds_and_refused_beyond_them(name: str, low: D, high: D) -> None:
    for bound in (low, high):
        wide = {"min_quantity": D(0), "max_quantity": D("1e18"), name: bound}
        check_rules(an_instrument(BTC.id, **wide))
    for beyond in (low - D("1e-19"), high + 1, D("NaN"), D("-Infinity")):
        with pytest.raises(InvalidInput, match=f"BTCUSDT-LINEAR.BYBIT: {name} = .* must be in "):
            check_rules(an_instrument(BTC.id, **{name: beyond}))


def test_all_faults_are_reported_in_one_error() -> None:
    given().when(ListInstrument(an_instrument(tick=D(0), lot=D(-1)))).then_error(
        InvalidInput, "tick = 0 must be in 1E-18 … 1E+18; lot = -1 must be in 1E-18 … 1E+18"
    )


def test_a_least_quantity_above_the_greatest_is_refused() -> None:
    given().when(ListInstrument(an_instrument(min_quantity=D(5), max_quantity=D(4)))).then_error(
        InvalidInput, "min_quantity 5 is above max_quantity 4"
    )
