"""The earlier rows of the same instrument."""

from __future__ import annotations

import numpy as np

from infra.learning.histories import histories


def test_a_row_has_the_last_rows_of_its_instrument_and_its_own_last() -> None:
    found = histories(["A", "B", "A", "A", "B", "A"], np.arange(6), 3)
    assert found.tolist() == [[-1, -1, 0], [-1, -1, 1], [-1, 0, 2], [0, 2, 3], [-1, 1, 4], [2, 3, 5]]


def test_no_index_is_of_a_later_row() -> None:
    instruments = [f"I{at * 7 % 5}" for at in range(200)]
    for at, places in enumerate(histories(instruments, np.arange(200), 16).tolist()):
        assert places[-1] == at
        assert max(places) == at
        assert {instruments[place] for place in places if place >= 0} == {instruments[at]}


def test_signals_of_one_time_do_not_read_each_other() -> None:
    found = histories(["A"] * 5, np.asarray([0, 10, 10, 10, 20]), 3)
    assert found.tolist() == [[-1, -1, 0], [-1, 0, 1], [-1, 0, 2], [-1, 0, 3], [2, 3, 4]]


def test_no_rows_have_no_histories() -> None:
    assert histories([], np.arange(0), 4).shape == (0, 4)
