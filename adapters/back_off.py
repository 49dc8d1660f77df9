"""How long to wait after failures in a row: exponential back-off with jitter."""

from __future__ import annotations

from random import SystemRandom

_LARGEST_EXPONENT = 30
_CHANCE = SystemRandom()
"""It has no state. That of `random` is everyone's: a thread that waits would change the numbers of others."""


def pause(failures: int, first: float, longest: float, chance: float) -> float:
    """Seconds to wait after `failures` failures in a row (0: none); `chance` is a random number from 0 to 1.

    Half of the exponential pause is fixed and half is jitter, so that many clients do not connect at the same time.
    """
    if not failures:
        return 0.0
    whole = min(first * 2.0 ** min(failures - 1, _LARGEST_EXPONENT), longest)
    return whole * (0.5 + chance / 2)


def random_pause(failures: int, first: float, longest: float) -> float:
    """The pause with a chance of its own."""
    return pause(failures, first, longest, _CHANCE.random())
