"""The earlier rows of the same instrument, for each row of a dataset."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from infra.learning.dataset import Micros

Places = NDArray[np.int64]


def histories(instruments: Sequence[str], signal_at: Micros, rows: int) -> Places:
    """For each row of a dataset, the indices of the last `rows` rows of its instrument, its own the last.

    The result is n by `rows`, -1 where the instrument has no more rows. As in the engine, only signals before the own
    one count, not others of the same time. The dataset is in order of `signal_at`.
    """
    found = np.full((len(instruments), rows), -1, dtype=np.int64)
    found[:, -1] = np.arange(len(instruments))
    _, group = np.unique(np.asarray(instruments, dtype=np.str_), return_inverse=True)
    for one in range(int(group.max(initial=-1)) + 1):
        places = np.flatnonzero(group == one)
        before = np.searchsorted(signal_at[places], signal_at[places], side="left")
        for back in range(1, min(rows, len(places))):
            has = before >= back
            found[places[has], rows - 1 - back] = places[before[has] - back]
    return found
