"""A synthetic market: seeded candles to trade where there is no recording. Nothing here is a price of anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from random import Random

from adapters.tapes.tape import Tape
from adapters.tapes.walk import Character, Walk
from adapters.tapes.weather import Weather, weather
from domain.candle import Candle, interval_name
from domain.catalogue import rules_for
from domain.errors import InvalidInput
from domain.instrument import instrument_named, symbol_of

# Part of every recipe: whoever changes what the model draws gives it the next number.
MODEL = "whence-synthetic-1"
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
INTERVAL = timedelta(minutes=5)
CANDLES = 5_000
START = datetime(2025, 1, 1, tzinfo=UTC)

_MINUTE = timedelta(minutes=1)
_CHARACTERS = {
    "BTCUSDT": Character(price=60_000.0, volatility=0.5, correlation=0.9, volume=250.0),
    "ETHUSDT": Character(price=2_500.0, volatility=0.7, correlation=0.8, volume=4_000.0),
    "SOLUSDT": Character(price=150.0, volatility=0.9, correlation=0.7, volume=30_000.0),
    "XRPUSDT": Character(price=2.5, volatility=0.9, correlation=0.6, volume=500_000.0),
}
_ANY = Character(price=100.0, volatility=0.8, correlation=0.6, volume=10_000.0)
# The tick of a symbol the catalogue does not know.
_TICK = Decimal("0.01")


def synthetic_tape(
    seed: int,
    symbols: Sequence[str] = SYMBOLS,
    interval: timedelta = INTERVAL,
    candles: int = CANDLES,
    start: datetime = START,
) -> tuple[Tape, ...]:
    """A tape of `candles` candles for each symbol, in their order, the first opening at `start`.

    A symbol may be spelled out (BTCUSDT-LINEAR.BYBIT); its market and venue change the rules, not the prices.

    The model: one market moves through regimes of range, rise, fall and storm, a Markov chain (Hamilton,
    "A new approach to the economic analysis of nonstationary time series and the business cycle", Econometrica
    57, 1989). Its variance returns to the regime's level and wanders with its own root (Heston, Review of
    Financial Studies 6, 1993). A price takes ten sub-steps a candle: the regime's drift, a shock shared with the
    market and one of its own; in a range it is pulled to a moving level (Uhlenbeck and Ornstein, Physical Review
    36, 1930). High and low are those of the sub-steps. Volume grows with variance and with the size of the move
    (Karpoff, Journal of Financial and Quantitative Analysis 22, 1987) and has a daily course. Each candle opens
    where the last one closed; prices lie on the tick and volumes on the lot that the catalogue gives the symbol
    (on a tick of 0.01 where it does not know the symbol).

    The same arguments give the same tapes on every machine: there is nothing in it but +, -, *, / and square
    root, which IEEE 754 rounds alike everywhere, and `Random.random`, whose sequence Python promises to keep.
    More candles continue the same tape, and a symbol's tape does not depend on which others are asked for.

    Raises InvalidInput for a symbol that is not one or is given twice, an interval that is not whole minutes,
    fewer than one candle, or a start without a zone or not on a whole minute.
    """
    instruments = [instrument_named(symbol) for symbol in symbols]
    _check(instruments, interval, candles, start)
    market = tuple(weather(_chance(seed, "market"), candles))
    return tuple(
        _tape(seed, instrument, interval, start.astimezone(UTC), market) for instrument in instruments
    )


def _check(instruments: Sequence[str], interval: timedelta, candles: int, start: datetime) -> None:
    if not instruments or len(set(instruments)) < len(instruments):
        raise InvalidInput("a synthetic market needs one symbol or more, each given once")
    if interval < _MINUTE or interval % _MINUTE:
        raise InvalidInput(f"a candle's interval must be whole minutes, not {interval}")
    if candles < 1:
        raise InvalidInput(f"a tape needs one candle or more, not {candles}")
    if start.tzinfo is None or start.second or start.microsecond:
        raise InvalidInput(f"a tape must start at a whole minute with a time zone, not {start}")


def _chance(seed: int, name: str) -> Random:
    """A source of draws of its own for each name: nobody's draws move anybody else's."""
    number = int.from_bytes(sha256(f"{MODEL}/{seed}/{name}".encode()).digest(), "big")
    return Random(number)  # noqa: S311 - a market is made up here, not a secret


def _tape(
    seed: int, instrument: str, interval: timedelta, start: datetime, market: Sequence[Weather]
) -> Tape:
    rules, symbol = rules_for(instrument, _TICK), symbol_of(instrument)
    walk = Walk(rules, _CHARACTERS.get(symbol, _ANY), interval, _chance(seed, symbol))
    candles = tuple(_candles(rules.id, interval, start, market, walk))
    recipe = f"{MODEL} seed={seed} start={start.isoformat()}"
    note = f"synthetic market, not recorded prices: {recipe} interval={interval_name(interval)}"
    return Tape(rules.id, interval, candles, notes=(note,), synthetic=True, recipe=recipe)


def _candles(
    instrument: str, interval: timedelta, start: datetime, market: Sequence[Weather], walk: Walk
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
