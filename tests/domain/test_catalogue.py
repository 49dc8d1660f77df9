from __future__ import annotations

import pytest

from commands.instrument import check_rules
from domain.catalogue import MAKER_FEE, MIN_NOTIONAL, TAKER_FEE, rules_for, split_symbol
from domain.instrument import instrument_id
from tests.domain.history import D

KNOWN = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"]


@pytest.mark.parametrize(
    ("symbol", "tick", "lot"),
    [
        ("BTCUSDT", "0.1", "0.001"),
        ("ETHUSDT", "0.01", "0.01"),
        ("SOLUSDT", "0.01", "0.1"),
        ("XRPUSDT", "0.0001", "0.1"),
    ],
)
def test_known_rules_do_not_depend_on_the_observed_tick(symbol: str, tick: str, lot: str) -> None:
    rules = rules_for(instrument_id(symbol), D("0.00001"))
    assert (rules.tick, rules.lot, rules.min_quantity) == (D(tick), D(lot), D(lot))
    assert (rules.maker_fee, rules.taker_fee, rules.min_notional) == (MAKER_FEE, TAKER_FEE, MIN_NOTIONAL)
    assert (rules.base, rules.quote) == (symbol.removesuffix("USDT"), "USDT")


def test_the_same_symbol_on_another_market_gets_the_default_rules() -> None:
    spot = rules_for("BTCUSDT-SPOT.BYBIT", D("0.01"))
    assert (spot.id, spot.tick, spot.max_leverage) == ("BTCUSDT-SPOT.BYBIT", D("0.01"), D(25))


def test_an_unknown_instrument_gets_cautious_defaults() -> None:
    unknown = rules_for(instrument_id("DOGEUSDT"), D("0.00001"))
    known = rules_for(instrument_id("BTCUSDT"), D("0.1"))
    assert unknown.tick == D("0.00001")
    assert unknown.max_leverage < known.max_leverage
    assert unknown.maintenance_margin > known.maintenance_margin


@pytest.mark.parametrize("symbol", [*KNOWN, "DOGEUSDT"])
def test_known_and_default_rules_pass_the_check_for_listing(symbol: str) -> None:
    check_rules(rules_for(instrument_id(symbol), D("0.0001")))


@pytest.mark.parametrize(
    ("symbol", "base", "quote"),
    [
        ("BTCUSDT", "BTC", "USDT"),
        ("BTCUSDC", "BTC", "USDC"),
        ("ETHBTC", "ETH", "BTC"),
        ("BTCUSD", "BTC", "USD"),
        ("USDT", "USDT", "USDT"),
        ("GOLD", "GOLD", "USDT"),
    ],
)
def test_a_symbol_is_split_into_base_and_quote(symbol: str, base: str, quote: str) -> None:
    assert split_symbol(symbol) == (base, quote)
