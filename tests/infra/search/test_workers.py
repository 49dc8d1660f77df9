"""A process of a search that ends is an error with what to do, and none outlives its search."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime

import pytest

from adapters.tapes import synthetic_tape
from domain.errors import ServerFailed
from infra.config import WhenceSettings
from infra.run.backtest import NO_CHANGE
from infra.search.market import Market
from infra.search.parts import Part
from infra.search.workers import Task, Workers

MARKET = Market(synthetic_tape(4, ["BTCUSDT"], candles=100), WhenceSettings(), "")
TASK = Task(Part("training", datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 2, tzinfo=UTC)), NO_CHANGE)


def test_a_process_that_is_killed_ends_the_search_with_an_error_and_not_with_a_wait() -> None:
    with Workers(MARKET, 1, lambda: False) as workers:
        workers.start()
        (process,) = multiprocessing.active_children()
        process.kill()
        with pytest.raises(ServerFailed, match=r"has ended with the code -9; .* the same command goes on"):
            next(workers.outcomes([TASK]))
    assert not multiprocessing.active_children()


def test_a_requested_stop_ends_the_processes_without_an_outcome() -> None:
    with Workers(MARKET, 1, lambda: True) as workers:
        assert list(workers.outcomes([TASK])) == []
        assert multiprocessing.active_children()
    assert not multiprocessing.active_children()
