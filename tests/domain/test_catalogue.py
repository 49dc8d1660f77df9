from __future__ import annotations

import pytest

from commands.instrument import check_rules
from domain.catalogue import (
    BUILT_IN,
    FROM_THE_TAPE,
    MAKER_FEE,
    MIN_NOTIONAL,
    TAKER_FEE,
    Listing,
    finer,
    finer_tick,
    guessed_rules,
    on_the_market,
    real_rules,
    rules_for,
)
from domain.instrument import RulesOrigin, instrument_id
from domain.steps import Seen
from tests.domain.history import D
from tests.replacing import replace

KNOWN = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"]


def seen(
    tick: str = "0.01",
    lot: str | None = "0.001",
    lowest: str = "99",
    highest: str = "101",
    written: str | None = None,
) -> Seen:
    return Seen(
        tick=D(tick),
        written=None if written is None else D(written),
        lot=None if lot is None else D(lot),
        lowest=D(lowest),
        highest=D(highest),
    )


def guess(symbol: str, of: Seen, quote: str = "", stake: str | None = None) -> Listing:
    return guessed_rules(instrument_id(symbol), of, quote, None if stake is None else D(stake))


@pytest.mark.parametrize(
    ("symbol", "tick", "lot"),
    [
        ("BTCUSDT", "0.1", "0.001"),
        ("ETHUSDT", "0.01", "0.01"),
        ("SOLUSDT", "0.01", "0.1"),
        ("XRPUSDT", "0.0001", "0.1"),
    ],
)
def test_known_rules_are_those_of_the_venue_with_their_source(symbol: str, tick: str, lot: str) -> None:
    listing = real_rules(instrument_id(symbol), {})
    assert listing is not None
    rules = listing.instrument
    assert (rules.tick, rules.lot, rules.min_quantity) == (D(tick), D(lot), D(lot))
    assert (rules.maker_fee, rules.taker_fee, rules.min_notional) == (MAKER_FEE, TAKER_FEE, MIN_NOTIONAL)
    assert (rules.base, rules.quote) == (symbol.removesuffix("USDT"), "USDT")
    assert listing.origin == BUILT_IN
    assert not BUILT_IN.guessed


def test_the_same_symbol_on_another_market_and_an_unknown_one_have_no_real_rules() -> None:
    assert real_rules("BTCUSDT-SPOT.BYBIT", {}) is None
    assert real_rules(instrument_id("DOGEUSDT"), {}) is None


def test_a_generated_market_gets_the_venues_steps_or_defaults() -> None:
    unknown, known = (rules_for(instrument_id(one), D("0.05")) for one in ("DOGEUSDT", "BTCUSDT"))
    assert (unknown.tick, unknown.lot) == (D("0.05"), D("0.001"))
    assert (known.tick, known.lot) == (D("0.1"), D("0.001"))
    assert unknown.max_leverage < known.max_leverage
    assert unknown.maintenance_margin > known.maintenance_margin


@pytest.mark.parametrize("symbol", [*KNOWN, "DOGEUSDT"])
def test_known_and_default_rules_pass_the_check_for_listing(symbol: str) -> None:
    check_rules(rules_for(instrument_id(symbol), D("0.0001")))


@pytest.mark.parametrize(
    ("of", "tick", "lot", "most"),
    [
        (seen(), "0.01", "0.001", "1000000"),
        (seen(tick="1", written="0.01", lot=None), "0.01", "0.1", "1000000"),
        (seen(tick="1", written="1", lot="1", lowest="100"), "1", "0.1", "1000000"),
        (seen(tick="1", written="1", lowest="1", highest="1"), "0.01", "0.001", "100000000"),
        (
            seen(tick="0.0001", written="0.0001", lot="1", lowest="1", highest="1.02"),
            "0.0001",
            "1",
            "100000000",
        ),
        (
            seen(tick="1e-10", lot="1", lowest="0.00001232", highest="0.0000129"),
            "1E-10",
            "1",
            "1000000000000",
        ),
        (seen(tick="0.1", lot="1", lowest="57990.2", highest="58100"), "0.1", "0.001", "1000"),
        (seen(tick="1e-18", lot="1e-18", lowest="1e-18", highest="1e-18"), "1E-18", "1E-18", "1E+18"),
        (seen(tick="1", lot="1", lowest="1e18", highest="1e18"), "1", "1E-16", "1E-10"),
    ],
    ids=[
        "many prices",
        "no volume",
        "three digits",
        "round prices",
        "mid coin",
        "micro",
        "dear",
        "least",
        "most",
    ],
)
def test_guessed_steps_are_the_finest_of_the_tape_and_bounds_follow_the_price(
    of: Seen, tick: str, lot: str, most: str
) -> None:
    listing = guess("ABCUSDT", of)
    rules = listing.instrument
    assert (rules.tick, rules.lot, rules.max_quantity) == (D(tick), D(lot), D(most))
    assert (rules.min_quantity, rules.min_notional) == (D(lot), D(5))
    assert listing.origin == FROM_THE_TAPE
    check_rules(rules)


def test_a_guess_in_a_coin_has_the_least_notional_of_that_coin() -> None:
    rules = guess("ETHBTC", seen("0.00001", "0.0001", "0.0499", "0.0505")).instrument
    assert (rules.base, rules.quote, rules.min_notional) == ("ETH", "BTC", D("0.0001"))
    assert (rules.lot, rules.max_quantity) == (D("0.0001"), D(10_000))


def test_a_guess_in_an_unlisted_currency_has_no_least_notional_and_is_measured_by_the_stake() -> None:
    rules = guess("BTCXYZ", seen("1", "0.001", "100000", "110000"), "XYZ", "20000").instrument
    assert (rules.base, rules.quote, rules.min_notional) == ("BTC", "XYZ", D(0))
    assert (rules.lot, rules.max_quantity) == (D("0.001"), D(1_000))


def test_imported_rules_come_first_by_id_then_by_symbol_with_the_linear_market_before_others() -> None:
    origin = RulesOrigin("a file", None, guessed=False)
    names = ["BTCUSDT-LINEAR.BINANCE", "BTCUSDT-SPOT.BINANCE", "ABCUSDT-SPOT.BINANCE", "XUSDT-LINEAR.BYBIT"]
    rules = replace(rules_for(instrument_id("BTCUSDT"), D("0.1")))
    imported = {
        name: Listing(replace(rules, id=name, tick=D(number)), origin)
        for number, name in enumerate(names, start=1)
    }
    expected = {"BTCUSDT": "1", "BTCUSDT-SPOT.BINANCE": "2", "ABCUSDT": "3", "XUSDT": "4", "ETHUSDT": "0.01"}
    for name, tick in expected.items():
        instrument = name if "-" in name else instrument_id(name)
        found = real_rules(instrument, imported)
        assert found is not None
        assert (found.instrument.id, found.instrument.tick) == (instrument, D(tick))


@pytest.mark.parametrize(
    ("tick", "step", "finest"),
    [
        ("0.1", "1", "0.1"),
        ("0.1", "0.01", "0.01"),
        ("0.5", "0.1", "0.1"),
        ("0.25", "0.1", "0.01"),
        ("5", "1", "1"),
    ],
)
def test_a_finer_tick_divides_the_tick_and_the_step(tick: str, step: str, finest: str) -> None:
    assert finer_tick(D(tick), D(step)) == D(finest)


def test_a_real_tick_that_the_tape_does_not_fit_is_replaced_and_named_in_the_source() -> None:
    real = real_rules(instrument_id("BTCUSDT"), {})
    assert real is not None
    listing = on_the_market(on_the_market(real, D("0.01")), D("0.001"))
    assert listing.origin is not None
    assert listing.origin.source == "Bybit v5 instruments-info, built in; the tick is the tape's"
    assert listing.instrument == replace(real.instrument, tick=D("0.001"))


def test_finer_rules_have_the_finer_steps_and_the_wider_bounds() -> None:
    before = guess("ABCUSDT", seen("0.01", "0.1"))
    longer = guess("ABCUSDT", seen("0.001", "1", lowest="0.9", highest="1"))
    changed = finer(before, longer)
    assert changed.instrument == replace(before.instrument, tick=D("0.001"), max_quantity=D(100_000_000))
    assert changed.origin == FROM_THE_TAPE
    assert finer(longer, before) == Listing(
        replace(longer.instrument, lot=D("0.1"), min_quantity=D("0.1")), FROM_THE_TAPE
    )
