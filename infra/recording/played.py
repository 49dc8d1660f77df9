"""A recording as a market of `whence venue`: its books and trades at the times of the exchange."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import msgspec

from adapters.milliseconds import in_ms
from adapters.simulated.server.recordings import Recording
from adapters.simulated.venue.categories import SPOT
from adapters.simulated.venue.pair import pair_of
from adapters.simulated.venue.played import Event, Printed, Quoted, Reported, Snapshot, emptied_first
from domain.catalogue import real_rules
from domain.direction import Side
from domain.errors import InvalidInput
from domain.instrument import instrument_id, symbol_of
from domain.market import BookUpdate, Level, Trade
from infra.recording.market import RecordedMarket
from infra.recording.moments import RecordedBook

_NS_IN_MS = 1_000_000


def played(market: RecordedMarket, category: str) -> Sequence[Recording]:
    """The chosen instruments as markets of the category; their events are read while they are played.

    Raises InvalidInput for an instrument whose symbol has no known rules, and for one of another market.
    """
    return [_played(market, one, category) for one in market.instruments]


def shifted(read: Recording, by: int) -> Recording:
    """The recording `by` ms later."""
    return replace(
        read,
        starts=read.starts + by,
        ends=read.ends + by,
        past=[replace(bar, start=bar.start + by) for bar in read.past],
        events=(_later(event, by) for event in read.events),
    )


def _played(market: RecordedMarket, name: str, category: str) -> Recording:
    symbol = symbol_of(name)
    listing = real_rules(instrument_id(symbol), {})
    if listing is None:
        raise InvalidInput(
            f"{market.name}: the rules of {symbol} are not known; name other instruments with --symbol"
        )
    rules = pair_of(listing.instrument, 0).instrument if category == SPOT else listing.instrument
    return Recording(
        instrument=rules,
        guessed=False,
        starts=market.begin_ns // _NS_IN_MS,
        ends=market.end_ns // _NS_IN_MS,
        past=(),
        events=_events(market, name),
    )


def _events(market: RecordedMarket, name: str) -> Iterator[Event]:
    """A book that is not known is empty until its next whole one."""
    book, shown_at, arrived_ns = RecordedBook(name), 0, 0
    for row in market.rows(name):
        arrived_ns = max(arrived_ns, row.arrived_ns)
        for one in book.take(row, arrived_ns):
            at = in_ms(one.at)
            if isinstance(one, Trade):
                kind = Printed if at > shown_at else Reported
                yield kind(at, one.side, one.price, one.quantity)
            else:
                shown_at = at
                yield from _shown(one, at)


def _shown(update: BookUpdate, at: int) -> Sequence[Event]:
    levels = [*_quoted(at, Side.BUY, update.bids), *_quoted(at, Side.SELL, update.asks)]
    return [Snapshot(at, levels)] if update.snapshot else emptied_first(levels)


def _quoted(at: int, side: Side, levels: Sequence[Level]) -> Iterator[Quoted]:
    return (Quoted(at, side, level.price, level.size) for level in levels)


def _later(event: Event, by: int) -> Event:
    if isinstance(event, Snapshot):
        return Snapshot(event.at + by, event.levels)
    return msgspec.structs.replace(event, at=event.at + by)
