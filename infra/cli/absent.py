"""Notes on strategies that a run has no candles for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from domain.settings import StrategySettings


def absent_notes(strategies: Sequence[StrategySettings], traded: Collection[str]) -> Iterator[str]:
    """A sentence for each strategy that names instruments without candles; `traded` are the ids with candles."""
    for one in strategies:
        absent = [name for name in one.instruments if name not in traded]
        if absent:
            what = "nothing" if len(absent) == len(one.instruments) else "the others only"
            yield f"{one.instance} trades {what}: this run has no candles of {', '.join(absent)}"
