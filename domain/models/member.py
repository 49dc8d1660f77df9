"""A member of the ensemble, by its kind: one model that predicts all heads of a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
from msgspec import Raw, Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Heads(Struct, frozen=True, gc=False):
    """What a member predicts of a row, before calibration.

    `win` is the probability that the trade gains after fees, `stopped` that its stop is hit first, `net` the mean net
    return as a fraction of the price of entry. `effects` is, for each feature in the order of the set, how far it moved
    `win`, in probability; their sum is the distance of `win` from what the member predicts of an unknown row.
    """

    win: float
    stopped: float
    net: float
    effects: Floats


class Member(Protocol):
    """A member that was read from a model file. It is pure."""

    @property
    def earlier(self) -> int:
        """How many rows of the instrument before the signal's own it reads."""
        ...

    def predict(self, row: Sequence[float], earlier: Sequence[Sequence[float]] = ()) -> Heads:
        """The heads of a row: one value a feature, NaN where it is missing.

        `earlier` are the rows of the instrument before it, oldest first; the last ones are read.
        """
        ...


MemberReader = Callable[[Raw, int], Member]
"""Reads the `content` of a member of its kind, for so many features. Raises InvalidInput with the place in it."""
Readers = Mapping[str, MemberReader]
