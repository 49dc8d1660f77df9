"""The closed trades of logs, read by several processes where there are several logs."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing

from domain.errors import InvalidInput, ServerFailed
from domain.weights.result import ClosedTrades
from infra.config import WhenceSettings, shown
from infra.logs import open_reader
from infra.weights.cache import Cache, log_key
from projections.trade_results import closed_trades


class LogTrades:
    """The trades of several logs. `progress` is the number of logs that were read, and how many there are."""

    def __init__(self, logs: Sequence[WhenceSettings], cache: Cache) -> None:
        """Raises InvalidInput where two of the logs are one log, or a copy of it; see `log_key` for other errors."""
        self._cache = cache
        self._logs: dict[str, WhenceSettings] = {}
        names: dict[str, str] = {}
        for one in logs:
            log_id, key = log_key(one)
            if log_id in names:
                raise InvalidInput(
                    f"{shown(one.log)} has the id of {names[log_id]}: trades of a copy would count twice"
                )
            names[log_id] = shown(one.log)
            self._logs[key] = one
        self.progress = (0, len(self._logs))
        self.read = 0

    def steps(self, processes: int) -> Iterator[ClosedTrades]:
        """Yields the trades of each log. Raises the log's errors."""
        left = dict[str, WhenceSettings]()
        for key, one in self._logs.items():
            kept = self._cache.trades(key)
            if kept is None:
                left[key] = one
            else:
                yield self._counted(kept)
        for key, found in _read(left, processes):
            self.read += 1
            self._cache.keep(key, found)
            yield self._counted(found)

    def _counted(self, trades: ClosedTrades) -> ClosedTrades:
        done, count = self.progress
        self.progress = (done + 1, count)
        return trades


def trades_of(settings: WhenceSettings) -> ClosedTrades:
    """The closed trades of one log. Raises the log's errors."""
    with closing(open_reader(settings)) as log:
        return closed_trades(log.read())


def _read(logs: dict[str, WhenceSettings], processes: int) -> Iterator[tuple[str, ClosedTrades]]:
    if min(len(logs), processes) < 2:
        yield from ((key, trades_of(one)) for key, one in logs.items())
        return
    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(min(len(logs), processes), context) as pool:
            tasks: dict[Future[ClosedTrades], str] = {
                pool.submit(trades_of, one): key for key, one in logs.items()
            }
            for ended in as_completed(tasks):
                yield tasks[ended], ended.result()
    except BrokenProcessPool:
        raise ServerFailed(
            "a process that read a log has ended; where memory ran out, use fewer --processes"
        ) from None
