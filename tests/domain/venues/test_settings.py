"""The settings of equal instruments, and their faults."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.errors import InvalidSettings
from domain.settings import Settings, check
from domain.venues.settings import ONE_VENUE, VenueSettings, check_unrouted, faults

BYBIT, SECOND, THIRD = "BTCUSDT-LINEAR.BYBIT", "XBTUSDT-LINEAR.BYBIT", "BTC2USDT-LINEAR.BYBIT"


def test_the_equal_ones_of_an_instrument_are_the_others_of_its_group_in_their_order() -> None:
    settings = VenueSettings(
        equal=(f"{BYBIT} = {SECOND} = {THIRD}", "ETHUSDT-LINEAR.BYBIT=ETH2USDT-LINEAR.BYBIT")
    )
    check(Settings(venues=settings))
    assert settings.equal_to(SECOND) == (BYBIT, THIRD)
    assert settings.equal_to("SOLUSDT-LINEAR.BYBIT") == ()
    assert ONE_VENUE.equal_to(BYBIT) == ()


@pytest.mark.parametrize(
    ("equal", "fault"),
    [
        ((BYBIT,), "venues.equal.0: only 'BTCUSDT-LINEAR.BYBIT' is named"),
        ((f"{BYBIT}=BTC",), "venues.equal.0: 'BTC' is not an instrument"),
        ((f"{BYBIT}={BYBIT}",), f"venues.equal.0: {BYBIT} is named twice"),
        ((f"{BYBIT}={SECOND}", f"{THIRD}={SECOND}"), f"venues.equal.1: {SECOND} is named twice"),
        ((f"{BYBIT}=BTCUSDT-SPOT.BYBIT",), "are of several markets; equal"),
        ((f"{BYBIT}=BTCUSDT-LINEAR.BINANCE",), "and an engine has one account"),
        (("",), "venues.equal.0: '' is not an instrument"),
    ],
)
def test_settings_that_name_no_choice_are_refused_with_the_place(equal: tuple[str, ...], fault: str) -> None:
    with pytest.raises(InvalidSettings, match=fault):
        check(Settings(venues=VenueSettings(equal=equal)))


BINANCE = "BTCUSDT-LINEAR.BINANCE"
ACROSS = (f"{BYBIT}={BINANCE}",)


def test_an_instrument_of_another_engine_has_its_fee_and_may_be_of_another_exchange() -> None:
    settings = VenueSettings(equal=ACROSS, elsewhere=(f"{BINANCE} = 0.0005",))
    assert list(faults(settings)) == []
    assert settings.fees_elsewhere == {BINANCE: Decimal("0.0005")}
    assert (settings.is_elsewhere(BINANCE), settings.is_elsewhere(BYBIT)) == (True, False)


def test_the_twin_of_an_instrument_elsewhere_has_its_symbol_or_the_one_that_is_stated() -> None:
    perp, usdc = "BTCPERP-LINEAR.BYBIT", "BTCUSDC-LINEAR.BINANCE"
    stated = VenueSettings(equal=(f"{usdc}={perp}",), elsewhere=(f"{perp} = 0.0005 = BTCUSDC",))
    assert list(faults(stated)) == []
    assert (stated.twin_of(perp), stated.fees_elsewhere) == (usdc, {perp: Decimal("0.0005")})
    same = VenueSettings(equal=(f"{BYBIT}={SECOND}={BINANCE}",), elsewhere=(f"{BINANCE}=0.0005",))
    assert (same.twin_of(BINANCE), same.twin_of(SECOND)) == (BYBIT, "")


def test_lot_and_tick_of_an_instrument_elsewhere_are_those_stated_else_none() -> None:
    text = f"{BINANCE} = 0.0005 = = 0.001 = 0.1"
    stated = VenueSettings(equal=(f"{BYBIT}={SECOND}={BINANCE}",), elsewhere=(text,))
    assert list(faults(stated)) == []
    assert stated.steps_of(BINANCE) == (Decimal("0.001"), Decimal("0.1"))
    assert (stated.twin_of(BINANCE), stated.fees_elsewhere) == (BYBIT, {BINANCE: Decimal("0.0005")})
    assert stated.steps_of(SECOND) is None
    assert VenueSettings(equal=ACROSS, elsewhere=(f"{BINANCE}=0.0005",)).steps_of(BINANCE) is None


@pytest.mark.parametrize("text", ["ETHUSDT-LINEAR.BINANCE=0.0005", f"{BINANCE}=0.0005=ETHUSDT"])
def test_an_instrument_elsewhere_of_another_symbol_than_those_here_is_refused(text: str) -> None:
    name = text.partition("=")[0]
    found = list(faults(VenueSettings(equal=(f"{BYBIT}={name}",), elsewhere=(text,))))
    assert [one.partition(": equal inst")[0] for one in found] == [
        f"venues.elsewhere.0: no instrument equal to {name} is traded here as ETHUSDT"
    ]


@pytest.mark.parametrize(
    ("elsewhere", "fault"),
    [
        ((f"{BINANCE}=much",), "venues.elsewhere.0: the taker fee of BTCUSDT-LINEAR.BINANCE is 'much'"),
        ((f"{BINANCE}=1",), "write a fraction from 0 to below 1"),
        ((BINANCE,), "the taker fee of BTCUSDT-LINEAR.BINANCE is ''"),
        ((f"{BINANCE}=0.0005==much=0.1",), "venues.elsewhere.0: the lot of BTCUSDT-LINEAR.BINANCE is 'much'"),
        ((f"{BINANCE}=0.0005==0=0.1",), "is '0'; write both steps, above 0"),
        (
            (f"{BINANCE}=0.0005==0.001",),
            "the tick of BTCUSDT-LINEAR.BINANCE is ''; write both steps, above 0",
        ),
        ((f"{BINANCE}=0.0005===0.1",), "the lot of BTCUSDT-LINEAR.BINANCE is ''"),
        ((f"{BINANCE}=0.0005==0.001=0.1=5",), "'5' follows the tick of BTCUSDT-LINEAR.BINANCE"),
        (("ETHUSDT-LINEAR.BINANCE=0.0005",), "is in no text of venues.equal"),
        ((f"{BINANCE}=0.0005", f"{BINANCE}=0.0004"), f"venues.elsewhere.1: {BINANCE} is named twice"),
        ((f"{BINANCE}=0.0005", f"{BYBIT}=0.0005"), "one of them has to be traded here"),
    ],
)
def test_an_instrument_elsewhere_without_a_fee_or_an_equal_one_here_is_refused(
    elsewhere: tuple[str, ...], fault: str
) -> None:
    assert any(fault in one for one in faults(VenueSettings(equal=ACROSS, elsewhere=elsewhere)))


def test_a_run_without_other_engines_refuses_instruments_that_they_trade() -> None:
    check_unrouted(VenueSettings(equal=(f"{BYBIT}={SECOND}",)))
    with pytest.raises(InvalidSettings, match="only `whence live` routes entries"):
        check_unrouted(VenueSettings(equal=ACROSS, elsewhere=(f"{BINANCE}=0.0005",)))
