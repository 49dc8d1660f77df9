"""The earlier rows of the same instrument, for each row of a dataset."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]


def histories(instruments: Sequence[str], rows: int) -> Places:
    """For each row of a dataset, the indices of the last `rows` rows of its instrument, its own the last.

    The result is n by `rows`, -1 where the instrument has no more rows. The dataset is in order of time, so no index is
    of a later signal.
    """
    found = np.full((len(instruments), rows), -1, dtype=np.int64)
    _, group = np.unique(np.asarray(instruments, dtype=np.str_), return_inverse=True)
    for one in range(int(group.max(initial=-1)) + 1):
        places = np.flatnonzero(group == one)
        for back in range(min(rows, len(places))):
            found[places[back:], rows - 1 - back] = places[: len(places) - back]
    return found
