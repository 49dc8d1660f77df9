"""The parts of a market's time: what a search is trained on, its walk-forward tests, and what it never sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal

from adapters.tapes import Tape
from domain.errors import InvalidInput
from domain.ratios import LEAST_DAYS
from infra.run.candle_recording import Stretch

TRAINING = "training"
HELD_OUT = "held out"
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Part:
    """Whole UTC days from `begin` on and before `end` (both midnight UTC), with its name."""

    name: str
    begin: datetime
    end: datetime

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.end - self.begin).days

    @property
    def stretch(self) -> Stretch:
        """The time as a backtest trades it; earlier candles warm the strategies."""
        return Stretch(self.begin, self.end)

    @property
    def spelled(self) -> str:
        """The first and the last day."""
        return f"{self.begin:%Y-%m-%d} to {self.end - _A_DAY:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class Fold:
    """A step of the walk forward: a search on `training` gives settings for `test`, which follows it."""

    training: Part
    test: Part


@dataclass(frozen=True, slots=True)
class Division:
    """The whole time: `training`, the folds within it, and `held_out` after it; None where nothing is held out."""

    training: Part
    folds: Sequence[Fold]
    held_out: Part | None

    @property
    def searched(self) -> Iterator[Part]:
        """The parts on which a search runs."""
        yield from (one.training for one in self.folds)
        yield self.training

    @property
    def all(self) -> Iterator[Part]:
        """Every part that is traded."""
        yield from self.searched
        yield from (one.test for one in self.folds)
        if self.held_out is not None:
            yield self.held_out


def division_of(
    begin: datetime, end: datetime, held_out: Decimal, folds: int, *, needs_days: bool
) -> Division:
    """Divides the days from `begin` to `end` (midnight UTC).

    The last `held_out` of the days (a fraction, rounded up) are held out; the others are the training. Its first half
    trains the first fold. The second half is divided evenly, the earlier ones a day longer, into the tests of the
    folds, each of which is trained on all days before its test (anchored). `needs_days`: the objective is not defined
    under `LEAST_DAYS` days.

    Raises InvalidInput where a part would have no day, or a training too few.
    """
    days = (end - begin).days
    kept = int((days * held_out).to_integral_value(ROUND_CEILING))
    trained = days - kept
    first = trained - trained // 2 if folds else trained
    least = LEAST_DAYS if needs_days else 1
    if first < least or trained - first < folds:
        need = f"{least} by this objective" if needs_days else f"{least}"
        raise InvalidInput(
            f"{days} days are too few: with --held-out {held_out:f} and --folds {folds} the first search has {first} "
            f"days, and the tests have {trained - first}; a search needs {need}, and each test 1: give more candles, "
            "hold out less, or test in fewer folds (--folds 0: none)"
        )
    training = Part(TRAINING, begin, begin + trained * _A_DAY)
    held = Part(HELD_OUT, training.end, end) if kept else None
    return Division(training, list(_folds(training, first, folds)), held)


def _folds(training: Part, first: int, folds: int) -> Iterator[Fold]:
    begin = training.begin + first * _A_DAY
    length, longer = divmod(training.days - first, folds) if folds else (0, 0)
    for number in range(1, folds + 1):
        end = begin + (length + (number <= longer)) * _A_DAY
        yield Fold(Part(f"fold {number}", training.begin, begin), Part(f"test {number}", begin, end))
        begin = end


def days_of(tapes: Sequence[Tape]) -> tuple[datetime, datetime]:
    """The midnight at or before the first candle of the tapes, and that at or after the close of the last (UTC)."""
    first = min(one.candles[0].open_time for one in tapes)
    last = max(one.candles[-1].close_time for one in tapes)
    midnight = datetime.combine(last.date(), time(), UTC)
    return datetime.combine(first.date(), time(), UTC), midnight if midnight == last else midnight + _A_DAY
