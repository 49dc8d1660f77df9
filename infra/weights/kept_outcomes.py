"""Backtests that were made before are taken from the cache; the others are traded, and kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from domain.errors import Refused
from infra.search.market import Outcome
from infra.search.workers import Task
from infra.weights.cache import BacktestKeys, Cache
from infra.weights.walk_forward import Trade


class KeptOutcomes:
    """Trades tasks by `trade` where the cache lacks them; `made` counts the backtests that were traded."""

    def __init__(self, cache: Cache, keys: BacktestKeys, trade: Trade) -> None:
        self._cache, self._keys, self._trade = cache, keys, trade
        self.made = 0

    def outcomes(self, tasks: Sequence[Task]) -> Iterator[tuple[int, Outcome]]:
        """As `Trade`. Every outcome is as the cache gives it back, so that a repeated fit has the same bytes.

        Raises what `trade` raises, and Refused where the cache gives nothing back that it was given.
        """
        keys = [self._keys.key(task) for task in tasks]
        left = list[int]()
        for number, key in enumerate(keys):
            kept = self._cache.outcome(key)
            if kept is None:
                left.append(number)
            else:
                yield number, kept
        for place, outcome in self._trade([tasks[number] for number in left]):
            number = left[place]
            self.made += 1
            if outcome.fault:
                yield number, outcome
                continue
            self._cache.keep(keys[number], outcome)
            again = self._cache.outcome(keys[number])
            if again is None:
                raise Refused("the folder of the cache gives back nothing that is written into it")
            yield number, again
