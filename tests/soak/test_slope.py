"""The arithmetic of the soak: a planted leak is found, noise and steps are none, too few samples are refused."""

from __future__ import annotations

import numpy as np
import pytest

from tests.soak.slope import slope

_HOUR = np.arange(0, 3_600, 5.0)
_MIB = 300.0


def _memory(growth: float, noise: float) -> list[float]:
    """An hour of a process that grows by a fraction of its 300 MiB, with so many MiB of noise."""
    random = np.random.default_rng(3)
    return list(_MIB * (1 + growth * _HOUR / 3_600) + random.normal(0, noise, len(_HOUR)))


def test_a_planted_leak_of_two_percent_an_hour_is_found() -> None:
    found = slope(list(_HOUR), _memory(0.02, 1.0))
    assert found.verdict == "grows"
    assert found.low < 0.02 < found.high


def test_memory_without_a_trend_is_flat() -> None:
    found = slope(list(_HOUR), _memory(0.0, 1.0))
    assert found.verdict == "flat"
    assert found.low < 0 < found.high


def test_a_step_of_one_percent_is_not_called_flat() -> None:
    stepped = [_MIB * (1.01 if at > 1_800 else 1.0) for at in _HOUR]
    assert slope(list(_HOUR), stepped).verdict == "unknown"


def test_neighbouring_samples_that_are_alike_widen_the_interval() -> None:
    random = np.random.default_rng(5)
    wandering = _MIB + np.cumsum(random.normal(0, 0.2, len(_HOUR)))
    shuffled = random.permutation(wandering)
    wide, narrow = (slope(list(_HOUR), list(one)) for one in (wandering, shuffled))
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 12 samples"):
        slope([0.0, 1.0], [1.0, 1.0])
