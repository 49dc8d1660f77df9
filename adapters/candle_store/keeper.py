"""Keeps the candles that an engine takes: it collects them, and a thread of its own writes them to the store."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from domain.candle import Candle
from domain.errors import WhenceError
from domain.plain_text import counted

_log = logging.getLogger(__name__)
_PAUSE_SECONDS = 0.5
_BATCH = 5_000
_MOST = 500_000
"""The candles that wait for a store that does not answer; the oldest ones are dropped beyond it."""


class Kept(Protocol):
    """See `adapters.candle_store.book.CandleBook`."""

    def put(self, log_id: str, candles: Sequence[Candle]) -> None: ...


class CandleKeeper:
    """A `commands.observer.CandleObserver`. It never waits for the store, and a store that fails stops no trading."""

    def __init__(
        self,
        opened: Callable[[], Kept],
        log_id: Callable[[], str],
        *,
        at_end: bool = False,
        most: int = _MOST,
    ) -> None:
        """`opened` opens the store, on the thread that writes; it is called again after it failed. `log_id` gives the
        id of the engine's log, which is known once the engine took a candle. With `at_end` all candles are written
        by `close`, for a run that ends by itself and that nobody watches.
        """
        self._opened, self._log_id, self._most = opened, log_id, most
        self._waiting: deque[Candle] = deque()
        self._book: Kept | None = None
        self._fault, self._dropped = "", 0
        self._ending = threading.Event()
        self._thread = None if at_end else threading.Thread(target=self._run, name="candles")
        if self._thread is not None:
            self._thread.start()

    def closed(self, candles: Sequence[Candle]) -> None:
        """See `CandleObserver`."""
        self._waiting.extend(candles)

    def close(self) -> None:
        """Writes what waits and ends the thread; idempotent. Candles that cannot be written are logged as missing."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
        self._write()
        if missing := len(self._waiting) + self._dropped:
            _log.warning(
                "%s not kept for the chart: %s; `whence candles rebuild` adds them",
                counted(missing, "candle"),
                self._fault,
            )
            self._waiting.clear()
            self._dropped = 0

    def _run(self) -> None:
        while not self._ending.wait(_PAUSE_SECONDS):
            self._write()

    def _write(self) -> None:
        """Writes what waits; what the store did not take waits for the next time."""
        try:
            while self._waiting:
                self._write_batch()
                self._fault = ""
        except WhenceError as fault:
            if self._fault != str(fault):
                _log.warning("candles wait for the store of the chart: %s", fault)
            self._fault = str(fault)
            self._shorten()

    def _write_batch(self) -> None:
        self._book = self._book or self._opened()
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), _BATCH))]
        try:
            self._book.put(self._log_id(), batch)
        except WhenceError:
            self._waiting.extendleft(reversed(batch))
            raise

    def _shorten(self) -> None:
        while len(self._waiting) > self._most:
            self._waiting.popleft()
            self._dropped += 1
