"""The catalogue: the trading rules of known instruments, and rules guessed from a tape for unknown ones.

Rules with a source are real: those of the table below, and those imported from a file of an exchange. The table holds
Bybit's linear perpetuals as its instruments-info endpoint returned them in January 2025 (tick, lot, bounds, minimum
notional, leverage), with the maintenance margin of the first tier of its risk-limit table. Fees are those of an account
without a VIP level.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from domain.arithmetic import EXACT, FLOOR, ONE, ZERO
from domain.instrument import Instrument, RulesOrigin, instrument_id, market_of, symbol_of
from domain.quotes import QUOTES, quoted, split_symbol
from domain.steps import Seen, power_of_ten

MAKER_FEE = Decimal("0.0002")
TAKER_FEE = Decimal("0.00055")
MIN_NOTIONAL = Decimal(5)
GUESSED_LEVERAGE = Decimal(25)
GUESSED_MAINTENANCE = Decimal("0.02")

BUILT_IN = RulesOrigin("Bybit v5 instruments-info, built in", datetime(2025, 1, 1, tzinfo=UTC), guessed=False)
FROM_THE_TAPE = RulesOrigin("the tape", None, guessed=True)

_TAPES_TICK = "; the tick is the tape's"

# symbol: tick, lot (= minimum quantity), maximum quantity, maximum leverage, maintenance margin
_BYBIT_LINEAR: Mapping[str, tuple[str, str, str, str, str]] = {
    "BTCUSDT": ("0.1", "0.001", "1190", "100", "0.005"),
    "ETHUSDT": ("0.01", "0.01", "7240", "100", "0.005"),
    "SOLUSDT": ("0.01", "0.1", "79770", "100", "0.01"),
    "XRPUSDT": ("0.0001", "0.1", "2875000", "75", "0.01"),
}

# The default lot of a market that is generated, not recorded.
_LOT = Decimal("0.001")

# A guessed lot is worth at most 20 times the least notional (about 100 dollars), a guessed largest order about 20
# million times (about 100 million dollars). Bybit's largest orders of the table are worth 7 to 70 million.
_LOT_VALUE, _LARGEST_VALUE, _STAKE = Decimal(20), Decimal(20_000_000), Decimal(2_000)
# A few round prices look like a tick above the third digit.
_CERTAIN_DIGITS = -2
_LEAST, _MOST = Decimal("1e-18"), Decimal("1e18")


class Listing(Struct, frozen=True, gc=False):
    """An instrument's rules and where they come from; None where an earlier version did not record that."""

    instrument: Instrument
    origin: RulesOrigin | None


Catalogue = Mapping[str, Listing]
"""Real rules by instrument id."""


def known() -> tuple[Listing, ...]:
    """The rules of every instrument in the table, ordered by symbol; a market without a tape lists all of them."""
    return tuple(_built_in(symbol) for symbol in sorted(_BYBIT_LINEAR))


def rules_for(instrument: str, tick: Decimal) -> Instrument:
    """The rules of a generated market: the venue's if the instrument is in the table, else `tick` and defaults.

    The defaults are a lot of 0.001, leverage up to 25, a maintenance margin of 2 %, and Bybit's fees and minimum
    notional.
    """
    symbol = symbol_of(instrument)
    if _is_in_the_table(instrument):
        return _built_in(symbol).instrument
    base, quote = split_symbol(symbol)
    return _rules(instrument, base, quote, tick, _LOT, Decimal(100_000), MIN_NOTIONAL)


def real_rules(instrument: str, imported: Catalogue) -> Listing | None:
    """The rules with a source: imported ones, else those of the table; None for an instrument that has neither."""
    return _imported(instrument, imported) or _of_the_table(instrument)


def guessed_rules(instrument: str, seen: Seen, quote: str, stake: Decimal | None) -> Listing:
    """The rules that a tape shows. `quote` is the quote currency that the user named, or empty.

    Tick and lot are the finest steps of the tape. A lot is worth at most 20 times the least notional, so that few or
    round volumes do not make the instrument untradable; the largest order is worth 20 million times the least notional,
    at the lowest price. `stake` is the starting balance, which replaces 2,000 least notionals where the quote currency
    is not in the table; such an instrument has no least notional. Raises UnknownQuote where the quote currency is not
    certain.
    """
    base, named = quoted(symbol_of(instrument), quote)
    table = QUOTES.get(named)
    least = ZERO if table is None else table.least
    scale = least or FLOOR.divide(stake or ONE, _STAKE)
    coarsest = power_of_ten(FLOOR.divide(EXACT.multiply(scale, _LOT_VALUE), seen.highest))
    largest = power_of_ten(FLOOR.divide(EXACT.multiply(scale, _LARGEST_VALUE), seen.lowest))
    lot = _bounded(min(ONE, coarsest, seen.lot or ONE))
    rules = _rules(instrument, base, named, _guessed_tick(seen), lot, max(lot, _bounded(largest)), least)
    return Listing(rules, FROM_THE_TAPE)


def on_the_market(real: Listing, step: Decimal) -> Listing:
    """Real rules for a tape with prices that are no multiples of the real tick: their step is the tick."""
    tick = finer_tick(real.instrument.tick, step)
    return Listing(with_tick(real.instrument, tick=tick), real.origin and _with_the_tapes_tick(real.origin))


def finer(in_force: Listing, planned: Listing) -> Listing:
    """The rules in force with the finer steps and the wider bounds of rules that a longer tape leads to."""
    now, then = in_force.instrument, planned.instrument
    tick = finer_tick(now.tick, then.tick)
    if in_force.origin is not None and not in_force.origin.guessed:
        return on_the_market(in_force, tick)
    lot, most = min(now.lot, then.lot), max(now.max_quantity, then.max_quantity)
    return Listing(_widened(now, tick=tick, lot=lot, max_quantity=most), in_force.origin)


def finer_tick(tick: Decimal, step: Decimal) -> Decimal:
    """The largest power of ten that divides both; the tick itself where it divides the power of ten `step`."""
    if step >= tick and not EXACT.remainder(step, tick):
        return tick
    exponent = tick.normalize(EXACT).as_tuple().exponent
    return min(step, ONE.scaleb(exponent)) if isinstance(exponent, int) else step


def with_tick(rules: Instrument, *, tick: Decimal) -> Instrument:
    """The rules with another price step (quote currency)."""
    return replace(rules, tick=tick)


def _with_the_tapes_tick(origin: RulesOrigin) -> RulesOrigin:
    source = origin.source.removesuffix(_TAPES_TICK) + _TAPES_TICK
    return RulesOrigin(source, origin.as_of, origin.guessed)


def _widened(rules: Instrument, *, tick: Decimal, lot: Decimal, max_quantity: Decimal) -> Instrument:
    least = min(rules.min_quantity, lot)
    return replace(rules, tick=tick, lot=lot, min_quantity=least, max_quantity=max_quantity)


def _guessed_tick(seen: Seen) -> Decimal:
    if seen.written is None:
        return _bounded(seen.tick)
    return _bounded(min(seen.tick, seen.written, ONE.scaleb(seen.lowest.adjusted() + _CERTAIN_DIGITS)))


def _bounded(step: Decimal) -> Decimal:
    return min(max(step, _LEAST), _MOST)


def _rules(
    instrument: str, base: str, quote: str, tick: Decimal, lot: Decimal, most: Decimal, least: Decimal
) -> Instrument:
    return Instrument(
        id=instrument,
        base=base,
        quote=quote,
        tick=tick,
        lot=lot,
        min_quantity=lot,
        max_quantity=most,
        min_notional=least,
        maker_fee=MAKER_FEE,
        taker_fee=TAKER_FEE,
        max_leverage=GUESSED_LEVERAGE,
        maintenance_margin=GUESSED_MAINTENANCE,
    )


def _is_in_the_table(instrument: str) -> bool:
    symbol = symbol_of(instrument)
    return symbol in _BYBIT_LINEAR and instrument == instrument_id(symbol)


def _of_the_table(instrument: str) -> Listing | None:
    return _built_in(symbol_of(instrument)) if _is_in_the_table(instrument) else None


def _built_in(symbol: str) -> Listing:
    tick, lot, most, leverage, maintenance = map(Decimal, _BYBIT_LINEAR[symbol])
    base, quote = split_symbol(symbol)
    rules = _rules(instrument_id(symbol), base, quote, tick, lot, most, MIN_NOTIONAL)
    return Listing(replace(rules, max_leverage=leverage, maintenance_margin=maintenance), BUILT_IN)


def _imported(instrument: str, imported: Catalogue) -> Listing | None:
    """The imported rules of this id, else of its symbol on another market or venue.

    A candle file names a symbol but no venue, so a symbol of one venue alone is enough; its linear market comes first.
    """
    found = imported.get(instrument) or next(_of_the_symbol(instrument, imported), None)
    return found and Listing(replace(found.instrument, id=instrument), found.origin)


def _of_the_symbol(instrument: str, imported: Catalogue) -> Iterator[Listing]:
    symbol = symbol_of(instrument)
    same = [one for name, one in imported.items() if symbol_of(name) == symbol]
    yield from sorted(same, key=lambda one: (market_of(one.instrument.id) != "LINEAR", one.instrument.id))
