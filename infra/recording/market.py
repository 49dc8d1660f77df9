"""A recorded market as a backtest needs it: the instruments, their candles, and the moments of books and trades."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from adapters.market_recordings.contents import Contents, contents, identity_of
from adapters.market_recordings.kind import kind_of
from adapters.market_recordings.reader import Wanted, read
from adapters.market_recordings.row import MarketRow
from adapters.tapes.gaps import gaps_in
from adapters.tapes.tape import Tape
from domain.book.readings import ReadingMaker
from domain.candle import Candle, interval_name
from domain.errors import InvalidInput
from domain.instrument import symbol_of
from domain.plain_text import counted
from infra.recording.candles import ReceivedCandle, recorded_candles, traded_candles
from infra.recording.moments import Moment, moment_after, moments_of
from infra.recording.sessions import overlaps

Rows = Callable[[Wanted], Iterator[MarketRow]]
"""Reads the wanted rows in order of receipt."""
MINUTE: Final = timedelta(minutes=1)
_ENCODER: Final = msgspec.msgpack.Encoder()
"""A row in MessagePack states its kind, its fields and the length of each, so rows need no separator in a digest."""
_BOOKS, _TRADES, _CANDLES, _NOTICES = "books", "trades", "candles", "notices"


class Found(NamedTuple):
    """What a recording has: where it is, its rows, their identity, by instrument the kinds of its rows, and the times
    between which they arrived, in nanoseconds since 1970.
    """

    name: str
    rows: Rows
    kinds: dict[str, frozenset[str]]
    begin_ns: int
    end_ns: int
    identity: Callable[[frozenset[str]], str]


class RecordedMarket:
    """The chosen instruments of one recording, each with books. `instruments` are their ids, in order; `begin_ns` and
    `end_ns` are the times of the recording, as of `Found`.
    """

    def __init__(self, found: Found, symbols: Sequence[str] = ()) -> None:
        """`symbols` choose instruments by id or symbol, all where there are none.

        Raises InvalidInput for one that was not recorded, or without its book.
        """
        self.name, self._rows = found.name, found.rows
        self.begin_ns, self.end_ns = found.begin_ns, found.end_ns
        self.instruments = _chosen(found, symbols)
        self.identity = found.identity(frozenset(self.instruments))
        self._has_candles = all(_CANDLES in found.kinds[one] for one in self.instruments)
        self._known = dict[tuple[str, datetime], datetime]()

    def tapes(self, interval: timedelta | None = None) -> Sequence[Tape]:
        """The closed candles of each instrument: the recorded ones of a minute, where no other interval is wanted and
        all instruments have them, else those of its trades.

        Raises InvalidInput for an instrument without a whole candle.
        """
        by_instrument = defaultdict[str, list[ReceivedCandle]](list)
        for one in self._candles(interval):
            by_instrument[one.candle.instrument].append(one)
            key = one.candle.instrument, one.candle.open_time
            self._known[key] = max(moment_after(one.arrived_ns), one.candle.close_time)
        return [
            self._tape(name, [one.candle for one in by_instrument[name]], interval or MINUTE)
            for name in self.instruments
        ]

    def known_at(self, instrument: str, open_time: datetime) -> datetime:
        """When a candle of `tapes` was received (UTC): not before its close."""
        return self._known[instrument, open_time]

    def moments(self, makers: Sequence[ReadingMaker], begin: datetime) -> Iterator[Moment]:
        """See `moments_of`. The recording is read from its beginning, where the books begin."""
        return moments_of(self._read(_BOOKS, _TRADES, _NOTICES), makers, begin)

    def rows(self, instrument: str) -> Iterator[MarketRow]:
        """Books, trades and notices of one instrument in order of receipt."""
        return self._rows(Wanted(frozenset({instrument}), frozenset({_BOOKS, _TRADES, _NOTICES})))

    def _candles(self, interval: timedelta | None) -> Iterator[ReceivedCandle]:
        if interval is None and self._has_candles:
            return recorded_candles(self._read(_CANDLES))
        return traded_candles(self._read(_BOOKS, _TRADES, _NOTICES), interval or MINUTE)

    def _read(self, *kinds: str) -> Iterator[MarketRow]:
        return self._rows(Wanted(frozenset(self.instruments), frozenset(kinds)))

    def _tape(self, instrument: str, candles: Sequence[Candle], interval: timedelta) -> Tape:
        length = interval_name(interval)
        if not candles:
            raise InvalidInput(
                f"{self.name} has no whole candle of {length} of {instrument}: record longer, or "
                "name other instruments with --symbol"
            )
        gaps = gaps_in([one.open_time for one in candles], interval)
        missing = sum(one.missing for one in gaps)
        notes = (
            (f"{counted(missing, 'candle')} of {length} of {instrument} missing: not filled",)
            if missing
            else ()
        )
        return Tape(instrument, interval, tuple(candles), gaps, notes)


def of_folder(root: Path) -> Found:
    """The recording in a folder. Raises what `contents` raises, and InvalidInput for files of two recorders that
    recorded an instrument at the same time.
    """
    found = contents(root)
    _check_sessions(root, found)

    def rows(wanted: Wanted) -> Iterator[MarketRow]:
        return read(root, wanted)

    times = [(held.begin_ns, held.end_ns) for held in found.values()]
    return Found(
        str(root),
        rows,
        _kinds(found),
        min(begin for begin, _ in times),
        max(end for _, end in times),
        partial(identity_of, found),
    )


def _check_sessions(root: Path, found: Contents) -> None:
    for one in overlaps(found):
        raise InvalidInput(
            f"{root} has {one.instrument} twice at the same time, in the sessions {one.one} and {one.other}: move the "
            f"files of one of them (their names have its number) to another folder, and run `whence recordings "
            f"relist {root}`"
        )


def of_rows(name: str, rows: Rows) -> Found:
    """The recording that `rows` reads, such as a topic of Kafka; all of it is read to know what it has.

    Its identity is a digest of every value of the rows of the chosen instruments, in the order in which they are read.
    Raises InvalidInput where it has nothing.
    """
    kinds, hashes = defaultdict[str, set[str]](set), dict[str, Any]()
    begin_ns, end_ns = 2**63, 0
    for row in rows(Wanted()):
        kind = kind_of(row).name
        kinds[row.instrument].add(kind)
        begin_ns, end_ns = min(begin_ns, row.arrived_ns), max(end_ns, row.arrived_ns)
        hashes.setdefault(row.instrument, sha256()).update(_ENCODER.encode(row))
    if not kinds:
        raise InvalidInput(f"{name} has no recording of a market; `whence record --to kafka` makes one")

    def identity(chosen: frozenset[str]) -> str:
        lines = [f"{one}|{hashes[one].hexdigest()}" for one in sorted(chosen)]
        return sha256("\n".join(lines).encode()).hexdigest()

    held = {one: frozenset(each) for one, each in sorted(kinds.items())}
    return Found(name, rows, held, begin_ns, end_ns, identity)


def _kinds(found: Contents) -> dict[str, frozenset[str]]:
    kinds = defaultdict[str, set[str]](set)
    for instrument, kind, _ in found:
        kinds[instrument].add(kind)
    return {name: frozenset(held) for name, held in sorted(kinds.items())}


def _chosen(found: Found, symbols: Sequence[str]) -> tuple[str, ...]:
    wanted = [one.strip().upper() for text in symbols for one in text.split(",")]
    held = [name for name, kinds in found.kinds.items() if _BOOKS in kinds]
    if not held:
        raise InvalidInput(f"{found.name} has no order book: record one with `whence record`")
    for one in wanted:
        if not any(one in (name, symbol_of(name)) for name in held):
            raise InvalidInput(
                f"--symbol {one[:60]!r}: {found.name} has no order book of it; it has those of {', '.join(held)}"
            )
    return tuple(name for name in held if not wanted or name in wanted or symbol_of(name) in wanted)
