from __future__ import annotations

import threading
from decimal import ROUND_UP, Context, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.arithmetic import EXACT, distance
from domain.instrument import Instrument
from domain.sizing.settings import SizingRule, SizingSettings
from domain.sizing.size import (
    CUT_TO_MAX_RISK,
    GRID_RULES,
    RULES,
    Funds,
    Sized,
    least,
    leverage_of,
    margin_required,
    named,
    size,
)
from tests.domain.history import an_instrument
from tests.replacing import replace

D = Decimal
RICH = Funds(balance=D(10_000), spendable=D(1_000_000), leverage=D(5))
BY_RISK = SizingSettings(rule=SizingRule.RISK, risk=D("0.01"))
ENTRY, STOP = D(100), D(98)


def sized(
    settings: SizingSettings = BY_RISK, funds: Funds = RICH, stop: Decimal = STOP, **rules: Any
) -> Sized:
    return size(settings, an_instrument(**rules), ENTRY, stop, funds)


def test_every_rule_of_the_settings_is_in_the_table() -> None:
    assert set(RULES) == set(GRID_RULES) == set(SizingRule)


@pytest.mark.parametrize(
    ("settings", "quantity"),
    [
        (SizingSettings(rule=SizingRule.FIXED, quantity=D("0.5")), D("0.500")),
        (SizingSettings(rule=SizingRule.PERCENT, percent=D("0.25")), D("25.000")),
        (BY_RISK, D("50.000")),
        (SizingSettings(rule=SizingRule.MINIMUM), D("0.050")),
        (SizingSettings(rule=SizingRule.KELLY, risk=D("0.004")), D("20.000")),
    ],
    ids=lambda value: getattr(value, "rule", ""),
)
def test_each_rule_gives_its_quantity(settings: SizingSettings, quantity: Decimal) -> None:
    assert sized(settings) == Sized(wanted=quantity, quantity=quantity, reasons=(), cuts=())


def test_a_quantity_is_rounded_down_to_the_lot() -> None:
    assert sized(stop=D("92.9")).quantity == D("14.084")
    assert sized(stop=D("92.9"), lot=D(5), min_quantity=D(5)).quantity == D(10)


def test_a_stop_at_the_entry_price_gives_no_quantity() -> None:
    assert sized(stop=ENTRY) == Sized(wanted=D(0), quantity=D(0), reasons=("BELOW_MIN_QUANTITY",), cuts=())


def test_the_largest_quantity_is_not_exceeded() -> None:
    assert sized(max_quantity=D("12.3456")) == Sized(
        wanted=D("12.345"), quantity=D("12.345"), reasons=("CUT_TO_MAX_QUANTITY",), cuts=()
    )


@pytest.mark.parametrize(("quantity", "traded"), [(D("0.05"), True), (D("0.049"), False)])
def test_a_notional_below_the_minimum_is_not_traded(quantity: Decimal, traded: bool) -> None:
    found = sized(SizingSettings(rule=SizingRule.FIXED, quantity=quantity))
    assert found.quantity == (quantity if traded else 0)
    assert found.reasons == (() if traded else ("BELOW_MIN_NOTIONAL",))


@pytest.mark.parametrize(("quantity", "traded"), [(D(2), True), (D("1.999"), False)])
def test_a_quantity_below_the_minimum_is_not_traded(quantity: Decimal, traded: bool) -> None:
    found = sized(SizingSettings(rule=SizingRule.FIXED, quantity=quantity), min_quantity=D(2))
    assert found.quantity == (quantity if traded else 0)
    assert found.reasons == (() if traded else ("BELOW_MIN_QUANTITY",))


def test_an_account_without_money_trades_nothing() -> None:
    for balance in (D(0), D(-50)):
        assert sized(funds=replace(RICH, balance=balance)).wanted == 0


def test_margin_is_notional_over_leverage_plus_fees_in_and_out() -> None:
    assert margin_required(an_instrument(), D(10), ENTRY, D(5)) == D("201.10")


def test_margin_is_rounded_up() -> None:
    assert margin_required(an_instrument(taker_fee=D(0)), D(1), ENTRY, D(3)) == D("33.33333334")


def test_a_quantity_that_the_margin_does_not_cover_is_cut_with_a_reason() -> None:
    found = sized(funds=replace(RICH, spendable=D("201.10")))
    assert found == Sized(wanted=D("50.000"), quantity=D("10.000"), reasons=(), cuts=("CUT_TO_MARGIN",))


def test_a_quantity_cut_below_the_minimum_is_zero_with_both_reasons() -> None:
    found = sized(funds=replace(RICH, spendable=D(1)))
    assert found == Sized(
        wanted=D("50.000"), quantity=D(0), reasons=(), cuts=("CUT_TO_MARGIN", "BELOW_MIN_NOTIONAL")
    )


@pytest.mark.parametrize("spendable", [D(0), D(-1)])
def test_without_spendable_funds_the_quantity_is_zero(spendable: Decimal) -> None:
    assert sized(funds=replace(RICH, spendable=spendable)).quantity == 0


@pytest.mark.parametrize(("account", "leverage"), [(D(5), D(5)), (D(200), D(100))])
def test_leverage_is_the_smaller_of_account_and_instrument(account: Decimal, leverage: Decimal) -> None:
    assert leverage_of(an_instrument(), account) == leverage


def test_a_size_does_not_depend_on_the_decimal_context_of_the_thread() -> None:
    expected = sized(stop=D("92.9"), funds=replace(RICH, spendable=D("123.456")))
    found: list[Sized] = []

    def with_four_digits() -> None:
        with localcontext(Context(prec=4, rounding=ROUND_UP)):
            found.append(sized(stop=D("92.9"), funds=replace(RICH, spendable=D("123.456"))))

    thread = threading.Thread(target=with_four_digits)
    thread.start()
    thread.join()
    assert [repr(one) for one in found] == [repr(expected)]


def amounts(low: str, high: str, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(D(low), D(high), places=places, allow_nan=False, allow_infinity=False)


STEPS = st.sampled_from([D(1), D("0.5"), D("0.1"), D("0.001"), D("0.000001")])
INSTRUMENTS = st.builds(
    an_instrument,
    lot=STEPS,
    min_quantity=STEPS,
    max_quantity=amounts("1", "100000", 3),
    min_notional=amounts("0", "10", 2),
    taker_fee=amounts("0", "0.01", 6),
)
SETTINGS = st.builds(
    SizingSettings,
    rule=st.sampled_from(SizingRule),
    quantity=amounts("0", "1000", 5),
    percent=amounts("0", "5", 4),
    risk=amounts("0", "0.05", 5),
)
FUNDS = st.builds(
    Funds,
    balance=amounts("100", "1000000", 12),
    spendable=amounts("0", "1000000", 12),
    leverage=amounts("1", "150", 2),
)
PRICES = amounts("0.5", "5000", 4)


@given(SETTINGS, INSTRUMENTS, PRICES, PRICES, FUNDS)
def test_a_size_is_within_lot_bounds_margin_and_risk(
    settings: SizingSettings, instrument: Instrument, entry: Decimal, stop: Decimal, funds: Funds
) -> None:
    found = size(settings, instrument, entry, stop, funds)
    assert 0 <= found.quantity <= found.wanted <= instrument.max_quantity
    assert EXACT.remainder(found.quantity, instrument.lot) == 0
    assert margin_required(instrument, found.quantity, entry, funds.leverage) <= max(funds.spendable, D(0))
    if settings.rule in {SizingRule.RISK, SizingRule.KELLY}:
        lost = EXACT.multiply(found.wanted, distance(entry, stop))
        assert lost <= max(EXACT.multiply(funds.balance, settings.risk), D(0))
    for quantity in {found.quantity, found.wanted} - {D(0)}:
        assert quantity >= instrument.min_quantity
        assert EXACT.multiply(quantity, entry) >= instrument.min_notional
    assert bool(found.quantity) or bool(found.reasons or found.cuts)


@given(INSTRUMENTS, PRICES, FUNDS)
def test_margin_cuts_no_more_than_necessary(instrument: Instrument, entry: Decimal, funds: Funds) -> None:
    everything = SizingSettings(rule=SizingRule.FIXED, quantity=instrument.max_quantity)
    found = size(everything, instrument, entry, entry, funds)
    more = EXACT.add(found.quantity, instrument.lot)
    too_much = margin_required(instrument, more, entry, funds.leverage) > funds.spendable
    too_small = more <= instrument.min_quantity or EXACT.multiply(more, entry) < instrument.min_notional
    assert found.quantity == found.wanted or too_much or too_small


@given(INSTRUMENTS, PRICES)
def test_the_least_quantity_can_be_traded_and_one_lot_less_cannot(
    instrument: Instrument, entry: Decimal
) -> None:
    quantity = least(instrument, entry)
    assert named(instrument, entry, quantity).reasons in ((), ("ABOVE_MAX_QUANTITY",))
    assert named(instrument, entry, EXACT.subtract(quantity, instrument.lot)).reasons


@given(SETTINGS, INSTRUMENTS, PRICES, PRICES, FUNDS, amounts("0", "5000", 6))
def test_the_loss_at_the_stop_never_exceeds_the_risk_that_a_size_is_cut_to(
    settings: SizingSettings,
    instrument: Instrument,
    entry: Decimal,
    stop: Decimal,
    funds: Funds,
    most: Decimal,
) -> None:
    found = size(settings, instrument, entry, stop, funds, most)
    uncut = size(settings, instrument, entry, stop, funds)
    assert EXACT.multiply(found.wanted, distance(entry, stop)) <= most
    assert found.quantity <= uncut.quantity
    if EXACT.multiply(uncut.wanted, distance(entry, stop)) > most:
        assert CUT_TO_MAX_RISK in found.reasons


@given(SETTINGS, INSTRUMENTS, PRICES, PRICES, FUNDS, amounts("1", "3", 3))
def test_a_larger_balance_never_gives_a_smaller_size(
    settings: SizingSettings,
    instrument: Instrument,
    entry: Decimal,
    stop: Decimal,
    funds: Funds,
    times: Decimal,
) -> None:
    richer = replace(
        funds, balance=EXACT.multiply(funds.balance, times), spendable=EXACT.multiply(funds.spendable, times)
    )
    found = size(settings, instrument, entry, stop, funds).quantity
    assert size(settings, instrument, entry, stop, richer).quantity >= found
