"""The candles around a time of a log: from the tape of its inputs, from files, or from its synthetic market.

A log holds no candles. A live run keeps them on the tape of its inputs; a run on candle files names them by a hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from adapters.tapes import read_tape, synthetic_tape, tape_identity
from adapters.tapes.synthetic import INTERVAL, START
from commands.inputs import MarketMoved, Warmed
from domain.candle import Candle
from domain.errors import InvalidInput
from domain.opening import LogOpened, Mode
from infra.config import WhenceSettings
from infra.inputs import taped_inputs

_SEED = 7
_LATE = timedelta(hours=1)
"""How long after the end of a candle its input may come; the reading of the tape ends then."""


class Around(NamedTuple):
    """Which candles are wanted: those of the instrument that are open between two times (UTC). `interval` is None where
    any will do; then the finest are returned."""

    instrument: str
    interval: timedelta | None
    begin: datetime
    end: datetime


class Found(NamedTuple):
    """The candles in order of time; `note` states where they are from, or why there are none."""

    candles: Sequence[Candle]
    note: str


def candles_around(
    settings: WhenceSettings,
    opening: LogOpened,
    around: Around,
    files: Sequence[Path],
    symbols: Sequence[str],
) -> Found:
    """The candles of the moment.

    Raises InvalidInput for a file that is no candle file, and where the files have none of the instrument.
    """
    if files:
        return _from_files(opening, around, files, symbols)
    return _SOURCES[opening.mode](settings, opening, around)


def _from_files(opening: LogOpened, around: Around, files: Sequence[Path], symbols: Sequence[str]) -> Found:
    if symbols and len(symbols) != len(files):
        raise InvalidInput(
            f"{len(files)} files were given with {len(symbols)} symbols: give one for each, in order"
        )
    now = datetime.now(UTC)
    named: Sequence[str | None] = symbols or [None] * len(files)
    tapes = [read_tape(file, symbol=symbol, now=now) for file, symbol in zip(files, named, strict=True)]
    held = {tape.instrument for tape in tapes}
    if around.instrument not in held:
        raise InvalidInput(
            f"--candles: no file has candles of {around.instrument}, only of {', '.join(sorted(held))}; "
            "give its file, or name its symbol with --symbol"
        )
    sure = opening.mode is Mode.TAPE and tape_identity(tapes) == opening.tape
    note = "the files given, which are those of the log" if sure else "the files given"
    return _chosen(around, (candle for tape in tapes for candle in tape.candles), note)


def _from_market(_settings: WhenceSettings, opening: LogOpened, around: Around) -> Found:
    """The synthetic market of `whence paper` without options is made again; any other has to be given."""
    if not opening.synthetic or tape_identity(synthetic_tape(_SEED, candles=1)) != opening.tape:
        return Found((), "The log does not hold its candles: give the candle files with --candles.")
    bars = max((around.end - START) // INTERVAL + 1, 1)
    made = synthetic_tape(_SEED, candles=bars)
    return _chosen(around, (candle for tape in made for candle in tape.candles), "the synthetic market")


def _from_tape(settings: WhenceSettings, _opening: LogOpened, around: Around) -> Found:
    try:
        taped = list(_taped(settings, around))
    except InvalidInput as missing:
        return Found((), f"The log does not hold its candles, and its inputs were not kept: {missing}.")
    return _chosen(around, taped, "the tape of the log's inputs")


def _taped(settings: WhenceSettings, around: Around) -> Iterator[Candle]:
    for taped in taped_inputs(settings):
        if taped.received_at > around.end + _LATE:
            return
        match taped.given:
            case MarketMoved(events=events):
                yield from (one for one in events if isinstance(one, Candle) and _is_within(one, around))
            case Warmed(candles=candles):
                yield from (one for one in candles if _is_within(one, around))
            case _:
                pass


_SOURCES: Mapping[Mode, Callable[[WhenceSettings, LogOpened, Around], Found]] = {
    Mode.TAPE: _from_market,
    Mode.LIVE: _from_tape,
}


def _chosen(around: Around, candles: Iterable[Candle], source: str) -> Found:
    """The candles of the wanted interval, else the finest ones, each once."""
    within = [one for one in candles if _is_within(one, around)]
    if not within:
        return Found((), f"There are no candles of {around.instrument} for this time in {source}.")
    interval = around.interval if any(one.interval == around.interval for one in within) else None
    finest = interval or min(one.interval for one in within)
    once = {one.open_time: one for one in within if one.interval == finest}
    return Found([once[at] for at in sorted(once)], f"Candles: {source}.")


def _is_within(candle: Candle, around: Around) -> bool:
    return (
        candle.instrument == around.instrument
        and candle.close_time > around.begin
        and candle.open_time < around.end
    )
