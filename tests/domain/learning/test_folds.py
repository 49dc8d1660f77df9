"""Folds and uniqueness: nothing of a test was known before it, and overlapping labels share their weight."""

from __future__ import annotations

import numpy as np
import pytest

from domain.errors import InvalidSettings
from domain.learning.folds import walk_forward
from domain.learning.settings import TrainingSettings
from domain.learning.uniqueness import uniqueness

HOUR = 3_600_000_000


def test_no_row_before_a_test_was_known_later_than_the_embargo_before_it() -> None:
    random = np.random.default_rng(1)
    signal_at = np.arange(900, dtype=np.int64) * HOUR
    resolved_at = signal_at + (random.random(900) * 40 * HOUR).astype(np.int64)
    embargo = 24 * HOUR
    folds = list(walk_forward(signal_at, resolved_at, 5, 0.25, embargo))
    tested = np.concatenate([one.test for one in folds])
    assert tested.tolist() == list(range(150, 900))
    for fold in folds:
        begin = signal_at[fold.test[0]]
        assert resolved_at[np.concatenate(fold.part)].max() < begin - embargo
        assert resolved_at[fold.part.train].max() < signal_at[fold.part.calibrate[0]] - embargo
        assert not set(fold.part.train.tolist()) & set(fold.part.calibrate.tolist())
        # Nothing else is left out: each purged row was known too late for the test or for the calibration.
        purged = sorted(set(range(int(fold.test[0]))) - set(np.concatenate(fold.part).tolist()))
        cut = signal_at[fold.part.calibrate[0]] - embargo
        assert purged
        assert all(resolved_at[one] >= min(cut, begin - embargo) for one in purged)


def test_uniqueness_is_one_alone_and_shared_where_labels_overlap() -> None:
    #        0  2        4        6   8
    # a      |-----------|              alone for 2 of 4, shared by two for 2
    # b         |-----------------|     shared for 2, alone for 2 (4..6), shared with c for 2
    # c                       |---|     never alone
    begins = np.array([0, 2, 6, 100], dtype=np.int64)
    ends = np.array([4, 8, 8, 100], dtype=np.int64)
    found = uniqueness(begins, ends).tolist()
    assert found == pytest.approx([3 / 4, (1 + 2 + 1) / 6, 1 / 2, 1.0])


def test_equal_labels_share_one_weight() -> None:
    same = np.full(7, 5, dtype=np.int64)
    assert uniqueness(same, same + 10).tolist() == pytest.approx([1 / 7] * 7)
    assert uniqueness(same, same).tolist() == pytest.approx([1 / 7] * 7)


def test_settings_out_of_range_are_refused_by_name() -> None:
    with pytest.raises(InvalidSettings, match="training: trees must be from 1 to 1000, not 0"):
        TrainingSettings(trees=0)
    with pytest.raises(InvalidSettings, match="embargo_hours must be from 0 to 10000, not -1"):
        TrainingSettings(embargo_hours=-1)
