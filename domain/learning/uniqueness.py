"""How much of a label is its own: labels whose times overlap are outcomes of the same moves of the market.

López de Prado (2018), "Advances in Financial Machine Learning", section 4.4: the uniqueness of a label at a moment is 1
over the number of labels that are open then; that of a label is its mean over the label's time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def uniqueness(begins: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.float64]:
    """The uniqueness (0..1) of each label, which is open from its begin to its end (microseconds; a label without
    duration counts as one microsecond).
    """
    ends = np.maximum(ends, begins + 1)
    moments = np.unique(np.concatenate((begins, ends)))
    first, last = np.searchsorted(moments, begins), np.searchsorted(moments, ends)
    changes = np.bincount(first, minlength=len(moments)) - np.bincount(last, minlength=len(moments))
    opened = np.cumsum(changes)[:-1]
    lengths = np.diff(moments).astype(np.float64)
    shares = np.divide(lengths, opened, out=np.zeros_like(lengths), where=opened > 0)
    running = np.concatenate(([0.0], np.cumsum(shares)))
    return np.asarray((running[last] - running[first]) / (ends - begins), dtype=np.float64)
