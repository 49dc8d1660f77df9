"""Promotion of retrained models without a person: one error budget over all, and a test that may be read at any time.

*The budget.* The k-th trial on an account (k = 1, 2 …) promotes its challenger by chance with a probability of at most
alpha / (k (k + 1)). A challenger is tried anew, with the next k, after a change of the champion or of its own role.
These levels add up to alpha, so the probability that any challenger without skill is ever promoted is at most alpha,
however many there are: alpha-spending for online tests (Foster and Stine, 2008,
"Alpha-investing"; Robertson, Wason and Ramdas, 2023, "Online multiple hypothesis testing", section 3).

*The test.* The difference of the squared errors of champion and challenger on one signal is above 0 where the
challenger is better. Its hypothesis: given all that was known at a signal, the expected difference is 0 or less. The
wealth of a bettor, the product of 1 + stake * difference with a stake that is fixed before the outcome is known, is
then a supermartingale; the probability that it ever reaches 1 / level is at most level (Ville, 1939; Waudby-Smith and
Ramdas, 2024, "Estimating means of bounded random variables by betting"; for forecasters: Choe and Ramdas, 2023,
"Comparing sequential forecasters"). So it may be looked at after every trade.

*What counts.* Only signals after the trial began. A stake must be fixed with every outcome before it
known, so a signal is passed over while one that counted before it is not resolved. Signals of one instant count as
their mean. Which signals count must not depend on how fast they end: while the trade of one that counts is open,
nothing after it does. Otherwise the losses that end during a long gain would count in its place, and every look would
choose among the trades by their outcome.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from statistics import fmean
from typing import Final

from msgspec import Struct

from domain.errors import InvalidInput

_MOST_STAKED: Final = 0.5
"""The greatest share of the wealth that one outcome can take."""
_PRIOR: Final = 4.0
"""The stakes begin as if so many differences of mean 0 and of the variance below had been seen."""
_PRIOR_VARIANCE: Final = 0.02


class ScoredOutcome(Struct, frozen=True, gc=False, kw_only=True):
    """One signal that champion and challenger scored, with what became of it.

    Times are microseconds since 1970 (UTC). `champion` is the confidence (0..1) of the champion or, without one, of the
    baseline that it must be better than; `challenger` that of the challenger. `gained`: the net return was above 0.
    """

    signal_at: int
    resolved_at: int
    champion: float
    challenger: float
    gained: bool


class Ruling(StrEnum):
    """PROMOTE: better beyond its share of the budget. WAIT: not yet shown."""

    PROMOTE = "PROMOTE"
    WAIT = "WAIT"


class Trial(Struct, frozen=True, kw_only=True):
    """The state of the test of one challenger.

    `level` is its share of the budget, `wealth` the greatest wealth from 1 (needed: 1 / level), `signals` how
    many outcomes counted and `passed_over` how many did not, `mean` the mean difference of the squared errors of
    those that counted (above 0: the challenger is better; 0 for none).
    """

    ruling: Ruling
    level: float
    wealth: float
    signals: int
    passed_over: int
    mean: float

    @property
    def sentence(self) -> str:
        """The trial in words, as the reason of a promotion."""
        figures = (
            f"{self.signals} signals of the trial, mean gain in squared error {self.mean:.4f}, evidence "
            f"{self.wealth:.1f} of the {1 / self.level:.0f} that its share {self.level:.4g} of the error budget needs"
        )
        return (
            f"better than the champion: {figures}"
            if self.ruling is Ruling.PROMOTE
            else f"not yet shown: {figures}"
        )


def level_of(ordinal: int, budget: float) -> float:
    """The share of the error budget (0..1) of the trial with this ordinal (1, 2 …): budget / (k (k + 1)).

    Raises InvalidInput for an ordinal below 1 or a budget that is not in 0..1.
    """
    if ordinal < 1 or not 0 < budget < 1:
        raise InvalidInput(
            f"a share of an error budget needs an ordinal from 1 and a budget in 0 … 1, not {ordinal} and {budget}"
        )
    return budget / (ordinal * (ordinal + 1))


def tried(
    outcomes: Sequence[ScoredOutcome],
    *,
    began_at: int,
    ordinal: int,
    budget: float,
    least_signals: int,
    open_at: Sequence[int] = (),
) -> Trial:
    """The trial of a challenger; `outcomes` are in any order, those up to `began_at` do not count.

    `open_at` are the times of the signals, scored by both, whose entry or trade has not ended.
    It is promoted where its wealth ever reached 1 / level, and at least `least_signals` instants had counted by then.
    Raises InvalidInput as `level_of`, and for a confidence outside 0..1.
    """
    level = level_of(ordinal, budget)
    later = sorted((one for one in outcomes if one.signal_at > began_at), key=lambda one: one.signal_at)
    bettor, used, promoted = _Bettor(), 0, False
    for group in _apart(later, [at for at in open_at if at > began_at]):
        used += len(group)
        bettor.take(fmean(map(_difference, group)), fmean(map(_greatest, group)))
        promoted = promoted or (bettor.taken >= least_signals and bettor.wealth * level >= 1)
    return Trial(
        ruling=Ruling.PROMOTE if promoted else Ruling.WAIT,
        level=level,
        wealth=round(bettor.greatest, 6),
        signals=used,
        passed_over=len(later) - used,
        mean=round(bettor.mean, 6),
    )


def _apart(rising: Sequence[ScoredOutcome], open_at: Sequence[int]) -> Iterator[list[ScoredOutcome]]:
    """The outcomes of one instant together, each instant after all that counted before it was resolved, up to the first
    instant that counts and has a signal that is not resolved.
    """
    free_at: int | None = None
    for at, group in groupby(rising, key=lambda one: one.signal_at):
        if any(one <= at and (free_at is None or one >= free_at) for one in open_at):
            return
        together = list(group)
        if free_at is None or at >= free_at:
            yield together
            free_at = max(one.resolved_at for one in together)


def _difference(one: ScoredOutcome) -> float:
    if not (0 <= one.champion <= 1 and 0 <= one.challenger <= 1):
        raise InvalidInput(f"a confidence must be in 0 … 1, not {one.champion} and {one.challenger}")
    return (one.champion - one.gained) ** 2 - (one.challenger - one.gained) ** 2


def _greatest(one: ScoredOutcome) -> float:
    """The greatest amount of the difference, whatever the outcome; known at the signal."""
    both = one.champion + one.challenger
    return abs(one.champion - one.challenger) * max(both, 2 - both)


class _Bettor:
    """Wealth that grows where differences are above 0 more than below.

    A stake is the mean over the mean square of the differences before it: Kelly's, to second order.
    """

    def __init__(self) -> None:
        self.wealth = self.greatest = 1.0
        self.taken = 0
        self._sum = self._squares = 0.0

    @property
    def mean(self) -> float:
        return self._sum / self.taken if self.taken else 0.0

    def take(self, difference: float, greatest: float) -> None:
        """Takes a difference that could not be beyond ± `greatest`."""
        if greatest > 0:
            self.wealth *= 1 + min(self._stake(), _MOST_STAKED / greatest) * difference
        self.greatest = max(self.greatest, self.wealth)
        self.taken += 1
        self._sum += difference
        self._squares += difference * difference

    def _stake(self) -> float:
        count = self.taken + _PRIOR
        mean = self._sum / count
        return max(0.0, mean / ((self._squares + _PRIOR * _PRIOR_VARIANCE) / count))
