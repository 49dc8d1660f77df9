"""A run in a market at rest, moved by the wall clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from commands.door import Answer
from commands.driver import Driver
from commands.exchange import OrderReport
from commands.inputs import Reported, RequestMade, Started
from commands.request import Requested
from domain.opening import Mode
from domain.settings import Settings
from infra.run.at_rest import MarketAtRest
from infra.run.attending import Attending
from infra.run.clock import SteadyClock

Resume = Callable[[], Sequence[OrderReport]]
"""Sends unconfirmed requests of the log again and returns the resulting reports."""


class RestingRun(Attending):
    """A log made from a tape is unchanged until the first request; from then on the wall clock moves it."""

    def __init__(
        self,
        driver: Driver,
        clock: Callable[[], datetime],
        steady: SteadyClock,
        market: MarketAtRest,
        resume: Resume,
        configured: Settings,
    ) -> None:
        """Requests expire by `clock`; events are recorded at the times of `steady`.

        The strategies of the settings `configured` are put in force where the log was opened without a tape. A log
        opened with a tape keeps the strategies it was opened with.
        """
        super().__init__(driver, clock, steady.tick())
        self._configured = configured
        self._steady, self._market, self._resume, self._trading = steady, market, resume, False
        if self._is_live:
            self._begin_trading()

    def attend(self, patience: float = 0) -> int:
        """Moves the market up to now, then answers requests as in `Attending`; call it about once a second."""
        with self.closed_on_failure():
            self._move_market()
            return super().attend(patience)

    def answer(self, requested: Requested) -> Answer:
        """See `Attending.answer`; a request that was answered before does not start trading."""
        settled = self.driver.engine.settled(RequestMade(self.at, self._clock(), requested))
        if settled is not None:
            return settled
        self._begin_trading()
        self._move_market()
        self.at = self._steady.tick()
        self.driver.handle(self._market.known(self.at))
        return super().answer(requested)

    def _begin_trading(self) -> None:
        """Starts the market's clock and sends unconfirmed requests again; has no effect the second time."""
        if self._trading:
            return
        self._trading = True
        found = self._resume()
        if found:
            self.driver.handle(Reported(self._steady.tick(), tuple(found)))
        if self._is_live:
            self.driver.handle(Started(self._steady.tick(), self._configured))

    @property
    def _is_live(self) -> bool:
        return self.world.state("log").mode is Mode.LIVE

    def _move_market(self) -> None:
        if self._trading:
            for input_ in self._market.until(self._steady.tick(), self.world.portfolio):
                self.driver.handle(input_)
