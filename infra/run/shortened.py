"""A recording cut to a part of its time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from msgspec.structs import replace as changed

from commands.input_tape import SessionBegun, Taped
from commands.inputs import MarketMoved, Relisted, Started, Warmed
from commands.opening import OpenLog
from commands.stimulus import Stimulus
from domain.candle import Candle
from domain.errors import InvalidInput
from infra.run.recording import Recording


def shortened(recording: Recording, begin: datetime | None, end: datetime | None) -> Recording:
    """The recording from `begin` to `end` (UTC), with the candles that close at `end`; None for no bound.

    Of the time before `begin`, strategies read the candles, and the rules of instruments stay in force; what people
    requested then is left out. Raises InvalidInput where no candle is in the period.
    """
    if begin is None and end is None:
        return recording

    def inputs() -> Iterator[Taped]:
        ended = (one for one in recording.inputs() if end is None or _moment(one) <= end)
        return ended if begin is None else _begun_at(begin, ended)

    total, has_candles = 0, False
    for given in inputs():
        total += 1
        has_candles = has_candles or bool(candles_of(given))
    if not has_candles:
        raise InvalidInput("the recording has no candle in this period")
    bounds = (f"{word} {at.isoformat()}" for word, at in (("from", begin), ("to", end)) if at is not None)
    tape = f"{recording.tape or f'log {recording.opening.log_id}'} {' '.join(bounds)}"
    return replace(recording, inputs=inputs, total=total, tape=tape)


def candles_of(given: Taped) -> tuple[Candle, ...]:
    """The candles that close with this input; none of an input that moves no market."""
    if type(given) is not MarketMoved:
        return ()
    first = given.events[0] if len(given.events) == 1 else None
    return (first,) if type(first) is Candle else tuple(one for one in given.events if type(one) is Candle)


def _moment(given: Taped) -> datetime:
    """The time of the input; of candles, their close, which a live feed reports later."""
    return max((one.close_time for one in candles_of(given)), default=given.at)


def _begun_at(begin: datetime, inputs: Iterator[Taped]) -> Iterator[Taped]:
    """The inputs after `begin`; what came before is one session that begins there, and candles that it reads."""
    before, has_begun = _Before(), False
    for given in inputs:
        if _moment(given) <= begin:
            before.take(given)
            continue
        if not has_begun:
            has_begun = True
            yield from before.session_at(begin)
        yield given


class _Before:
    """What the time before the period leaves: the opening, the latest session, the rules, and the candles."""

    def __init__(self) -> None:
        self._session: SessionBegun | None = None
        self._opening: Stimulus | None = None
        self._started: Started | None = None
        self._relisted: list[Relisted] = []
        self._candles: dict[tuple[str, datetime], Candle] = {}

    def take(self, given: Taped) -> None:
        """Adds an input of before."""
        match given:
            case SessionBegun():
                self._session = given
            case Stimulus() if any(isinstance(ask.command, OpenLog) for ask in given.asks):
                self._opening = given
            case Started():
                self._started = given
            case Relisted():
                self._relisted.append(given)
            case Warmed():
                self._read(given.candles)
            case _:
                self._read(candles_of(given))

    def session_at(self, begin: datetime) -> Iterator[Taped]:
        """The inputs that begin trading at `begin`; none where nothing came before."""
        if self._session is not None:
            yield changed(self._session, at=begin, since=begin)
        for one in (self._opening, self._started, *self._relisted):
            if one is not None:
                yield changed(one, at=begin)
        if self._candles:
            yield Warmed(begin, tuple(self._candles.values()))

    def _read(self, candles: tuple[Candle, ...]) -> None:
        for one in candles:
            self._candles.setdefault((one.instrument, one.open_time), one)
