"""Recorded markets from files: candles that `whence candles check` reads, trades and order books of Bybit."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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
from adapters.simulated.venue.played import Event, Printed, Quoted, Snapshot
from adapters.simulated.venue.requests import SIDES
from adapters.tapes import Tape, read_tape
from adapters.tapes.content import read_content
from adapters.tapes.steps import seen_on
from domain.catalogue import guessed_rules, on_the_market, real_rules
from domain.direction import Side
from domain.errors import InvalidInput
from domain.instrument import Instrument, instrument_id
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
    """One symbol's market. `past` are candles before the first event; `starts` is the first event's time (ms).
    `has_trades` is false of books, which tell no last price.
    """

    instrument: Instrument
    starts: int
    past: Sequence[Bar]
    events: Iterable[Event]
    has_trades: bool = True


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
    return _candles(read_tape(file, symbol=symbol, now=now), past, category)


def _candles(tape: Tape, past: int, category: str) -> Recording:
    rules = _traded_as(category, _rules_of(tape))
    before, played = tape.candles[:past], tape.candles[past:]
    if not played:
        raise InvalidInput(f"{tape.instrument}: {len(tape.candles)} candles, of which {past} are past")
    starts = int(played[0].open_time.timestamp() * 1000)
    return Recording(rules, starts, [bar_of(one) for one in before], path(played, rules))


def _rules_of(tape: Tape) -> Instrument:
    real = real_rules(tape.instrument, {})
    if real is None:
        return guessed_rules(tape.instrument, seen_on(tape), "", None).instrument
    return on_the_market(real, seen_on(tape).tick).instrument


def _trades(file: Path, text: str, category: str) -> Recording:
    events: list[Event] = []
    symbol = ""
    for row in csv.DictReader(io.StringIO(text)):
        symbol = _same(file, symbol, row["symbol"])
        events.append(_printed(file, row))
    return _events_of(file, symbol, sorted(events, key=lambda one: one.at), category)


def _printed(file: Path, row: dict[str, str]) -> Printed:
    try:
        stamp, price, size = (number(row[name], Decimal) for name in ("timestamp", "price", "size"))
        at = int(stamp * 1000 if stamp < _SECONDS_BELOW else stamp)
        return Printed(at, _SIDE[row["side"]], _above_zero(price), _above_zero(size))
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"{file}: not a trade: {row}") from error


def _above_zero(value: Decimal) -> Decimal:
    if value <= 0:
        raise ValueError(value)
    return value


def _books(file: Path, text: str, category: str) -> Recording:
    events: list[Event] = []
    symbol, before = "", 0
    for line in filter(None, text.splitlines()):
        try:
            message = msgspec.json.decode(line, type=_Message)
            events.extend(_quoted(message, first=not events, before=before))
            symbol, before = _same(file, symbol, message.data.s), message.ts
        except (msgspec.DecodeError, ValueError) as error:
            raise InvalidInput(f"{file}: not a message of an order book: {line[:80]}") from error
    return replace(_events_of(file, symbol, events, category), has_trades=False)


def _same(file: Path, before: str, symbol: str) -> str:
    """Raises InvalidInput where a file has a second symbol."""
    if before and before != symbol:
        raise InvalidInput(f"{file} has {before} and {symbol}; give a file for each symbol")
    return symbol


def _quoted(message: _Message, *, first: bool, before: int) -> Sequence[Event]:
    """The events of a message. Raises ValueError for a delta before the first snapshot, a time that goes back, a price
    that is not above 0, or a bid that is not below an ask.
    """
    if message.ts < before or (first and message.type != "snapshot"):
        raise ValueError
    halves = ((Side.BUY, message.data.b), (Side.SELL, message.data.a))
    levels = [
        Quoted(message.ts, side, number(price, Decimal), number(size, Decimal))
        for side, half in halves
        for price, size in half
    ]
    if any(one.price <= 0 or one.size < 0 for one in levels):
        raise ValueError
    bids, asks = ([one.price for one in levels if one.side is side and one.size] for side in Side)
    if message.type == "snapshot" and bids and asks and max(bids) >= min(asks):
        raise ValueError
    return [Snapshot(message.ts, levels)] if message.type == "snapshot" else levels


def _events_of(file: Path, symbol: str, events: list[Event], category: str) -> Recording:
    if not events:
        raise InvalidInput(f"{file} is empty")
    listing = real_rules(instrument_id(symbol), {})
    if listing is None:
        raise InvalidInput(f"{file}: the rules of {symbol} are not known; candles of it would show them")
    return Recording(_traded_as(category, listing.instrument), events[0].at, (), events)


def _traded_as(category: str, rules: Instrument) -> Instrument:
    """The rules of a contract, or those of the pair of its symbol."""
    return pair_of(rules, 0).instrument if category == SPOT else rules


def _text(data: bytes) -> str:
    """What is no text has replacement characters."""
    return data.decode(errors="replace")
