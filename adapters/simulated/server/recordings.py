"""Recorded markets from files: candles that `whence candles check` reads, trades and order books of Bybit."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from adapters.simulated.venue.candle_path import bar_of, path
from adapters.simulated.venue.candles import Bar
from adapters.simulated.venue.categories import LINEAR, SPOT
from adapters.simulated.venue.pair import pair_of
from adapters.simulated.venue.played import Event, Printed, Quoted, Snapshot, emptied_first
from adapters.simulated.venue.requests import SIDES
from adapters.tapes import Tape, read_tape
from adapters.tapes.content import read_content
from adapters.tapes.steps import seen_on
from domain.catalogue import Listing, guessed_rules, on_the_market, real_rules
from domain.direction import Side
from domain.errors import InvalidInput, InvalidTape, UnknownQuote
from domain.instrument import Instrument, instrument_id, symbol_of
from domain.number import number

_TRADE_COLUMNS = frozenset({"timestamp", "symbol", "side", "size", "price"})
_SIDE: Mapping[str, Side] = {str(name): side for name, side in SIDES.items()}
_SECONDS_BELOW = Decimal(10_000_000_000)
"""A trade's timestamp below this is in seconds, else in ms."""
_LOOKED_AT = 4_096
"""The bytes of a file by which its format is recognised."""


class _Book(Struct, frozen=True, gc=False):
    s: str
    b: list[tuple[str, str]]
    a: list[tuple[str, str]]


class _Message(Struct, frozen=True, gc=False):
    type: Literal["snapshot", "delta"]
    ts: int
    data: _Book


@dataclass(frozen=True, slots=True)
class Recording:
    """One symbol's market. `past` are candles before the first event; `starts` and `ends` are the times (ms) of the
    first and of the last event. `guessed`: the rules come from the file itself.
    """

    instrument: Instrument
    guessed: bool
    starts: int
    ends: int
    past: Sequence[Bar]
    events: Iterable[Event]


def recording(file: Path, symbol: str | None, past: int, now: datetime, category: str = LINEAR) -> Recording:
    """Reads a file as a market of the category. `past` is the number of candles that have happened when it begins.

    Raises InvalidInput where the file is of no known format, is empty or names an instrument without rules.
    """
    content = read_content(file)
    first = _text(content.data[:_LOOKED_AT]).split("\n", 1)[0]
    if first.startswith("{") and '"orderbook.' in first:
        return _books(file, _text(content.data), category)
    if set(first.strip().split(",")) >= _TRADE_COLUMNS:
        return _trades(file, _text(content.data), category)
    try:
        tape = read_tape(file, symbol=symbol, now=now)
    except InvalidTape as error:
        raise InvalidInput(f"{error}; docs/venue.md lists what can be played") from error
    return _candles(tape, past, category)


def _candles(tape: Tape, past: int, category: str) -> Recording:
    listing = _rules_of(tape)
    rules = _traded_as(category, listing.instrument)
    before, played = tape.candles[:past], tape.candles[past:]
    if not played:
        count = len(tape.candles)
        raise InvalidInput(
            f"{tape.instrument}: {count} candles, of which {past} are past; choose --past below {count}"
        )
    first, after = played[0].open_time, played[-1].open_time + tape.interval
    starts, ends = (int(at.timestamp() * 1000) for at in (first, after))
    guessed = listing.origin is not None and listing.origin.guessed
    return Recording(rules, guessed, starts, ends, [bar_of(one) for one in before], path(played, rules))


def _rules_of(tape: Tape) -> Listing:
    """Raises InvalidInput where the symbol does not end in a quote currency that is known."""
    real = real_rules(tape.instrument, {})
    if real is not None:
        return on_the_market(real, seen_on(tape).tick)
    try:
        return guessed_rules(tape.instrument, seen_on(tape), "", None)
    except UnknownQuote:
        symbol = symbol_of(tape.instrument)
        raise InvalidInput(
            f"the quote currency of {symbol} is unknown: write the whole symbol, as in --symbol {symbol}USDT"
        ) from None


def _trades(file: Path, text: str, category: str) -> Recording:
    events: list[Event] = []
    rows = list(csv.DictReader(io.StringIO(text)))
    symbol = rows[0]["symbol"] if rows else ""
    for place, row in enumerate(rows, 2):
        with _placed(file, place):
            events.append(_printed(row, symbol))
    return _events_of(file, symbol, sorted(events, key=lambda one: one.at), category)


def _printed(row: dict[str, str], symbol: str) -> Printed:
    """Raises ValueError for a row that is no trade of the symbol."""
    stamp, price, size = (number(row[name] or "", Decimal) for name in ("timestamp", "price", "size"))
    if row["side"] not in _SIDE:
        raise ValueError(f"side {row['side']!r} is neither Buy nor Sell")
    if row["symbol"] != symbol:
        raise ValueError(f"a trade of {row['symbol']} in a file of {symbol}")
    if price <= 0 or size <= 0:
        raise ValueError(f"price {price} and size {size} must be above 0")
    at = int(stamp * 1000 if stamp < _SECONDS_BELOW else stamp)
    return Printed(at, _SIDE[row["side"]], price, size)


@contextmanager
def _placed(file: Path, row: int) -> Generator[None]:
    """Names file and row in what is wrong with a row."""
    try:
        yield
    except (msgspec.DecodeError, ValueError) as error:
        raise InvalidInput(f"{file}, row {row}: {error}") from error


def _books(file: Path, text: str, category: str) -> Recording:
    events: list[Event] = []
    before: _Message | None = None
    for place, line in enumerate(text.splitlines(), 1):
        if line:
            with _placed(file, place):
                message = msgspec.json.decode(line, type=_Message)
                _check_message(message, before)
                events.extend(_quoted(message))
            before = message
    return _events_of(file, "" if before is None else before.data.s, events, category)


def _check_message(message: _Message, before: _Message | None) -> None:
    """Raises ValueError for a message that cannot follow the one before."""
    if before is None and message.type != "snapshot":
        raise ValueError("a book begins with a snapshot")
    if before is not None and message.data.s != before.data.s:
        raise ValueError(f"a book of {message.data.s} in a file of {before.data.s}")
    if before is not None and message.ts < before.ts:
        raise ValueError("its time is before that of the message before")


def _quoted(message: _Message) -> Sequence[Event]:
    """Raises ValueError for levels that no book has."""
    halves = ((Side.BUY, message.data.b), (Side.SELL, message.data.a))
    levels = [
        Quoted(message.ts, side, number(price, Decimal), number(size, Decimal))
        for side, half in halves
        for price, size in half
    ]
    if any(one.price <= 0 or one.size < 0 for one in levels):
        raise ValueError("prices must be above 0, and sizes at least 0")
    if message.type != "snapshot":
        return emptied_first(levels)
    bids, asks = ([one.price for one in levels if one.side is side] for side in (Side.BUY, Side.SELL))
    if bids and asks and max(bids) >= min(asks):
        raise ValueError(f"bid {max(bids)} is not below ask {min(asks)}")
    return [Snapshot(message.ts, levels)]


def _events_of(file: Path, symbol: str, events: list[Event], category: str) -> Recording:
    if not events:
        raise InvalidInput(f"{file} is empty")
    listing = real_rules(instrument_id(symbol), {})
    if listing is None:
        raise InvalidInput(f"{file}: the rules of {symbol} are not known; candles of it would show them")
    rules = _traded_as(category, listing.instrument)
    return Recording(rules, guessed=False, starts=events[0].at, ends=events[-1].at, past=(), events=events)


def _traded_as(category: str, rules: Instrument) -> Instrument:
    """The rules of a contract, or those of the pair of its symbol."""
    return pair_of(rules, 0).instrument if category == SPOT else rules


def _text(data: bytes) -> str:
    """What is no text has replacement characters."""
    return data.decode(errors="replace")
