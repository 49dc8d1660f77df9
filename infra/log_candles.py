"""The candles around a time of a log: from the tape of its inputs, from files, or from its synthetic market.

A log holds no candles. A live run keeps them on the tape of its inputs; a run on candle files names them by a hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from adapters.inputs.batch import TapedInput
from adapters.tapes import Tape, read_tapes, synthetic_tape, tape_identity
from adapters.tapes.synthetic import INTERVAL, SEED, START
from commands.inputs import MarketMoved, Warmed
from domain.candle import Candle
from domain.errors import InvalidInput
from domain.log import LogReader
from domain.opening import LogOpened, Mode
from infra.config import WhenceSettings
from infra.inputs import taped_inputs
from infra.run.origin import of_this_log

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


class LogCandles:
    """The candles of one log, or of the files that were given for it.

    Files are read once, and the synthetic market is made again only where it is too short. The tape of inputs is read
    for each time.
    """

    def __init__(
        self, settings: WhenceSettings, opening: LogOpened, files: Sequence[Path], symbols: Sequence[str]
    ) -> None:
        self._settings, self._opening, self._files, self._symbols = settings, opening, files, symbols
        self._market: Sequence[Tape] = ()
        self._bars = 0
        self._sources: Mapping[Mode, Callable[[Around], Found]] = {
            Mode.TAPE: self._from_market,
            Mode.BACKTEST: self._from_market,
            Mode.LIVE: self._from_tape,
        }

    def around(self, around: Around) -> Found:
        """The candles of the moment.

        Raises InvalidInput for a file that is no candle file, and where the files have none of the instrument.
        """
        return self._from_files(around) if self._files else self._sources[self._opening.mode](around)

    def all(self, log: LogReader) -> Iterator[Candle]:
        """The candles that the log's engine took: of a tape of inputs in the order of the inputs, else those that
        closed until the log's last event, by instrument.

        Raises InvalidInput where there are none: files that are not those of the log, or no tape of its inputs.
        """
        if self._opening.mode is Mode.LIVE and not self._files:
            return (one for taped in of_this_log(taped_inputs(self._settings), log) for one in _in(taped))
        if self._files and self._opening.mode is Mode.TAPE and not self._are_of_the_log:
            raise InvalidInput(
                "these are not the files of the log: give those that it was made from, in any order"
            )
        return self._until(_last_recorded(log))

    def _until(self, end: datetime) -> Iterator[Candle]:
        if self._files:
            tapes = self._given
        elif self._is_usual_market:
            tapes = synthetic_tape(SEED, candles=max((end - START) // INTERVAL, 1))
        else:
            raise InvalidInput(
                "the log does not hold its candles: give the candle files that it was made from"
            )
        return (one for one in _candles_of(tapes) if one.close_time <= end)

    @cached_property
    def _given(self) -> Sequence[Tape]:
        return read_tapes(self._files, self._symbols, now=datetime.now(UTC))

    @cached_property
    def _are_of_the_log(self) -> bool:
        """Whether the files are those that the log was made from."""
        return self._opening.mode is Mode.TAPE and tape_identity(self._given) == self._opening.tape

    def _from_files(self, around: Around) -> Found:
        held = {tape.instrument for tape in self._given}
        if around.instrument not in held:
            raise InvalidInput(
                f"--candles: no file has candles of {around.instrument}, only of {', '.join(sorted(held))}; "
                "give its file, or name its symbol with --symbol"
            )
        note = "the files given, which are those of the log" if self._are_of_the_log else "the files given"
        return _chosen(around, _candles_of(self._given), note)

    @cached_property
    def _is_usual_market(self) -> bool:
        return is_usual_market(self._opening)

    def _from_market(self, around: Around) -> Found:
        if not self._is_usual_market:
            return Found((), "The log does not hold its candles: give the candle files with --candles.")
        bars = bars_until(around.end)
        if bars > self._bars:
            self._market, self._bars = synthetic_tape(SEED, candles=bars), bars
        return _chosen(around, _candles_of(self._market), "the synthetic market")

    def _from_tape(self, around: Around) -> Found:
        try:
            taped = list(_taped(self._settings, around))
        except InvalidInput as missing:
            return Found((), f"The log does not hold its candles, and its inputs were not kept: {missing}.")
        return _chosen(around, taped, "the tape of the log's inputs")


def is_usual_market(opening: LogOpened) -> bool:
    """Whether the log has the synthetic market of `whence paper` without options, which can be made again."""
    return opening.synthetic and tape_identity(synthetic_tape(SEED, candles=1)) == opening.tape


def bars_until(end: datetime) -> int:
    """The number of candles of the synthetic market that open by this time (UTC); at least one."""
    return max((end - START) // INTERVAL + 1, 1)


def usual_market(end: datetime) -> Sequence[Tape]:
    """The synthetic market of `whence paper` without options, up to this time (UTC)."""
    return synthetic_tape(SEED, candles=bars_until(end))


def _taped(settings: WhenceSettings, around: Around) -> Iterator[Candle]:
    for taped in taped_inputs(settings):
        if taped.received_at > around.end + _LATE:
            return
        yield from (one for one in _in(taped) if _is_within(one, around))


def _in(taped: TapedInput) -> Iterable[Candle]:
    """The closed candles of an input."""
    match taped.given:
        case MarketMoved(events=events):
            return (one for one in events if isinstance(one, Candle))
        case Warmed(candles=candles):
            return candles
        case _:
            return ()


def _last_recorded(log: LogReader) -> datetime:
    head = log.head()
    return next(iter(log.read(head - 1, head))).envelope.meta.recorded_at


def _candles_of(tapes: Iterable[Tape]) -> Iterator[Candle]:
    return (candle for tape in tapes for candle in tape.candles)


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
