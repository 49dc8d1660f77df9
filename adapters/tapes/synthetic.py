"""A synthetic market: candles from a seeded model, for use where there is no recording. Its prices are invented."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from random import Random

from adapters.tapes.conditions import Conditions, conditions
from adapters.tapes.tape import Tape
from adapters.tapes.walk import Character, Walk
from domain.candle import Candle, interval_name
from domain.catalogue import rules_for
from domain.errors import InvalidInput
from domain.instrument import instrument_named, symbol_of

# The model's name, which every recipe holds. After a change to the model's output its number must rise by 1.
MODEL = "whence-synthetic-1"
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
INTERVAL = timedelta(minutes=5)
CANDLES = 5_000
START = datetime(2025, 1, 1, tzinfo=UTC)
SEED = 7
"""The seed of the market of `whence paper` without options."""

_MINUTE = timedelta(minutes=1)
_CHARACTERS = {
    "BTCUSDT": Character(price=60_000.0, volatility=0.5, correlation=0.9, volume=250.0),
    "ETHUSDT": Character(price=2_500.0, volatility=0.7, correlation=0.8, volume=4_000.0),
    "SOLUSDT": Character(price=150.0, volatility=0.9, correlation=0.7, volume=30_000.0),
    "XRPUSDT": Character(price=2.5, volatility=0.9, correlation=0.6, volume=500_000.0),
}
_ANY = Character(price=100.0, volatility=0.8, correlation=0.6, volume=10_000.0)
# The tick of a symbol that is not in the catalogue.
_TICK = Decimal("0.01")


def synthetic_tape(
    seed: int,
    symbols: Sequence[str] = SYMBOLS,
    interval: timedelta = INTERVAL,
    candles: int = CANDLES,
    start: datetime = START,
) -> tuple[Tape, ...]:
    """Returns a tape of `candles` candles for each symbol, in the order of `symbols`; the first opens at `start`.

    A symbol may be an instrument id (BTCUSDT-LINEAR.BYBIT); its market and venue determine tick and lot, but not the
    path of the price.

    The model: the market moves through regimes of range, rise, fall and storm, a Markov chain (Hamilton, "A new
    approach to the economic analysis of nonstationary time series and the business cycle", Econometrica 57, 1989). Its
    variance reverts to the regime's level and diffuses with its square root (Heston, Review of Financial Studies 6,
    1993). A price takes ten sub-steps in each candle: the regime's drift, a shock shared with the market and a shock of
    its own; in the range regime the price also reverts to a moving level (Uhlenbeck and Ornstein, Physical Review 36,
    1930). High and low are the extremes of the sub-steps. Volume grows with variance and with the size of the move
    (Karpoff, Journal of Financial and Quantitative Analysis 22, 1987) and depends on the time of day. Each candle opens
    at the close of the previous candle. Prices are multiples of the tick, volumes of the lot, as listed in the
    catalogue (the tick is 0.01 for a symbol that is not listed).

    The same arguments give the same tapes on every machine. The model uses only +, -, *, / and square root, which
    IEEE 754 defines exactly, and `Random.random`, whose sequence Python guarantees. A longer tape begins with the
    candles of a shorter one, and a symbol's tape does not depend on the other symbols.

    Raises InvalidInput for an invalid or repeated symbol, an interval that is not whole minutes, fewer than one
    candle, or a start without a time zone or not on a whole minute.
    """
    instruments = [instrument_named(symbol) for symbol in symbols]
    _check(instruments, interval, candles, start)
    market = tuple(conditions(_chance(seed, "market"), candles))
    return tuple(
        _tape(seed, instrument, interval, start.astimezone(UTC), market) for instrument in instruments
    )


def _check(instruments: Sequence[str], interval: timedelta, candles: int, start: datetime) -> None:
    if not instruments or len(set(instruments)) < len(instruments):
        raise InvalidInput("a synthetic market needs one symbol or more, each listed once")
    if interval < _MINUTE or interval % _MINUTE:
        raise InvalidInput(f"a candle's interval must be whole minutes, not {interval}")
    if candles < 1:
        raise InvalidInput(f"a tape needs one candle or more, not {candles}")
    if start.tzinfo is None or start.second or start.microsecond:
        raise InvalidInput(f"a tape must start at a whole minute with a time zone, not {start}")


def _chance(seed: int, name: str) -> Random:
    """The random generator of one name; draws for one name do not affect those for another."""
    number = int.from_bytes(sha256(f"{MODEL}/{seed}/{name}".encode()).digest(), "big")
    return Random(number)  # noqa: S311 - the draws are no secret


def _tape(
    seed: int, instrument: str, interval: timedelta, start: datetime, market: Sequence[Conditions]
) -> Tape:
    rules, symbol = rules_for(instrument, _TICK), symbol_of(instrument)
    walk = Walk(rules, _CHARACTERS.get(symbol, _ANY), interval, _chance(seed, symbol))
    candles = tuple(_candles(rules.id, interval, start, market, walk))
    recipe = f"{MODEL} seed={seed} start={start.isoformat()}"
    note = f"synthetic market, not recorded prices: {recipe} interval={interval_name(interval)}"
    return Tape(rules.id, interval, candles, notes=(note,), synthetic=True, recipe=recipe)


def _candles(
    instrument: str, interval: timedelta, start: datetime, market: Sequence[Conditions], walk: Walk
) -> Iterator[Candle]:
    for index, prevailing in enumerate(market):
        opens = start + index * interval
        bar = walk.bar(opens, prevailing)
        yield Candle(
            instrument=instrument,
            interval=interval,
            open_time=opens,
            open=bar.open,
            high=bar.high,
            low=bar.low,
            close=bar.close,
            volume=bar.volume,
        )
