"""The alerts of positions without a stop: made in the engine's process, which knows them, and sent by its API's."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from adapters.alerts.book import Ending, NoticeBook
from commands.watchdog import Watchdog
from domain.errors import StoreError
from infra.alerts import AlertSettings
from infra.run.alerting import places_of
from infra.run.clock import utc_now
from infra.run.faults import UNPROTECTED, unprotected_notices

_log = logging.getLogger(__name__)
_EVERY_SECONDS = 1.0


class PositionAlerts:
    """Raises a notice for each position that no stop covers, and withdraws it when a stop covers the position."""

    def __init__(
        self,
        engine: Engine,
        settings: AlertSettings,
        account: str,
        watchdog: Watchdog,
        *,
        partition: int = 0,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._book, self._watchdog, self._clock = NoticeBook(engine, partition), watchdog, clock
        self._account, self._ending = account, Ending(account, (UNPROTECTED,))
        self._places = tuple(place.name for place in places_of(settings))
        self._is_silent = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="position-alerts", daemon=True)

    def start(self) -> None:
        """Looks once a second, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Looks a last time and ends the thread."""
        self._stopping.set()
        self._thread.join()

    def step(self) -> None:
        """Looks once. Raises StoreError."""
        now = self._clock()
        found = list(unprotected_notices(self._account, self._watchdog, now))
        for notice in found:
            self._book.raise_(notice, self._places, now)
        self._book.withdraw(self._ending, {notice.id for notice in found}, now)

    def _run(self) -> None:
        while not self._stopping.wait(_EVERY_SECONDS):
            self._look()
        self._look()

    def _look(self) -> None:
        try:
            self.step()
            self._is_silent = False
        except StoreError as fault:
            if not self._is_silent:
                _log.warning("positions without a stop raise no alert until the store answers: %s", fault)
            self._is_silent = True
