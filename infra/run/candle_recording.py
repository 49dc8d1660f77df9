"""The recording of candles that were played on no log: a backtest feeds them to an engine as `whence paper` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from adapters.tapes import Tape, merge
from domain.candle import Candle
from domain.errors import InvalidInput
from infra.run.plan import Plan
from infra.run.recorded_candles import played_inputs, recording_of
from infra.run.recording import Recording

NO_CANDLES: tuple[Candle, ...] = ()


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time that is traded: candles that open at `begin` or later and close at `end` or before (UTC); None for no
    bound."""

    begin: datetime | None = None
    end: datetime | None = None

    def of(self, tape: Tape) -> Tape:
        """The candles of the tape within the stretch. Raises InvalidInput where there are none."""
        found = self.within(tape)
        if found is None:
            first, last = tape.candles[0].open_time, tape.candles[-1].close_time
            raise InvalidInput(
                f"{tape.path or tape.instrument} has no candle in this period: its candles are of "
                f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"
            )
        return found

    def within(self, tape: Tape) -> Tape | None:
        """The same; None where there are none."""
        candles = tuple(one for one in tape.candles if self._has(one))
        if not candles or len(candles) == len(tape.candles):
            return tape if candles else None
        within = candles[0].open_time, candles[-1].close_time
        gaps = tuple(one for one in tape.gaps if within[0] <= one.start < within[1])
        return replace(tape, candles=candles, gaps=gaps)

    def before(self, tapes: Sequence[Tape]) -> Sequence[Candle]:
        """The candles of all tapes that close at `begin` or before, in order of time."""
        begin = self.begin
        if begin is None:
            return NO_CANDLES
        return [one for at, closed in merge(tapes) if at <= begin for one in closed]

    def _has(self, candle: Candle) -> bool:
        begins = self.begin is None or candle.open_time >= self.begin
        return begins and (self.end is None or candle.close_time <= self.end)


def candle_recording(plan: Plan, warming: Sequence[Candle] = NO_CANDLES) -> Recording:
    """The recording of the plan's tapes. Strategies read the candles of `warming` before the first one is traded."""
    tape = f"{plan.opening.tape}{_after(warming)}"
    return recording_of(plan, lambda: played_inputs(plan, plan, warming), tape)


def _after(warming: Sequence[Candle]) -> str:
    return f" after {len(warming)} candles from {warming[0].open_time.isoformat()}" if warming else ""
