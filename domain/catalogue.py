"""The catalogue: the trading rules of known instruments, and documented defaults for unknown ones.

The table holds Bybit's linear perpetuals as its instruments-info endpoint returned them in January 2025 (tick, lot,
bounds, minimum notional, leverage), with the maintenance margin of the first tier of its risk-limit table. Fees are
those of an account without a VIP level.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from domain.instrument import Instrument, instrument_id, symbol_of, with_tick

MAKER_FEE = Decimal("0.0002")
TAKER_FEE = Decimal("0.00055")
MIN_NOTIONAL = Decimal(5)

_QUOTES = ("USDT", "USDC", "USD", "EUR", "BTC", "ETH")

# symbol: tick, lot (= minimum quantity), maximum quantity, maximum leverage, maintenance margin
_BYBIT_LINEAR: Mapping[str, tuple[str, str, str, str, str]] = {
    "BTCUSDT": ("0.1", "0.001", "1190", "100", "0.005"),
    "ETHUSDT": ("0.01", "0.01", "7240", "100", "0.005"),
    "SOLUSDT": ("0.01", "0.1", "79770", "100", "0.01"),
    "XRPUSDT": ("0.0001", "0.1", "2875000", "75", "0.01"),
}

# lot, maximum quantity, maximum leverage, maintenance margin of an instrument that is not in the table
_DEFAULTS = (Decimal("0.001"), Decimal(100_000), Decimal(25), Decimal("0.02"))


def known() -> tuple[Instrument, ...]:
    """The rules of every instrument in the table, ordered by symbol; a market without a tape lists all of them."""
    return tuple(rules_for(instrument_id(symbol), MIN_NOTIONAL) for symbol in sorted(_BYBIT_LINEAR))


def rules_for(instrument: str, tick_seen: Decimal) -> Instrument:
    """The rules of an instrument: the venue's if the instrument is in the table, else cautious defaults.

    The default tick is `tick_seen`, the finest step observed in the market's prices. The other defaults are a lot of
    0.001, leverage up to 25, a maintenance margin of 2 %, and Bybit's fees and minimum notional.
    """
    symbol = symbol_of(instrument)
    known = _BYBIT_LINEAR.get(symbol) if instrument == instrument_id(symbol) else None
    figures = (tick_seen, *_DEFAULTS) if known is None else tuple(Decimal(text) for text in known)
    tick, lot, most, leverage, maintenance = figures
    base, quote = split_symbol(symbol)
    return Instrument(
        id=instrument,
        base=base,
        quote=quote,
        tick=tick,
        lot=lot,
        min_quantity=lot,
        max_quantity=most,
        min_notional=MIN_NOTIONAL,
        maker_fee=MAKER_FEE,
        taker_fee=TAKER_FEE,
        max_leverage=leverage,
        maintenance_margin=maintenance,
    )


def on_the_market(rules: Instrument, tick_seen: Decimal) -> Instrument:
    """The rules with `tick_seen` as the tick where the market's prices are finer than the known tick."""
    return rules if tick_seen >= rules.tick else with_tick(rules, tick=tick_seen)


def split_symbol(symbol: str) -> tuple[str, str]:
    """`BTCUSDT` -> (`BTC`, `USDT`); a symbol without a known quote currency is the base, quoted in USDT."""
    for quote in _QUOTES:
        if symbol.endswith(quote) and len(symbol) > len(quote):
            return symbol.removesuffix(quote), quote
    return symbol, "USDT"
