"""A run in a market at rest, moved by the wall clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from commands.door import Answer
from commands.driver import Driver
from commands.inputs import Reported, RequestMade, Started
from commands.leverage import LeverageReport
from commands.request import Requested
from commands.sender import SentReport
from domain.opening import Mode
from domain.settings import Settings
from infra.run.at_rest import MarketAtRest
from infra.run.attending import Attending
from infra.run.clock import SteadyClock

Resume = Callable[[], Sequence[SentReport | LeverageReport]]
"""Sends unconfirmed requests of the log again and returns the resulting reports."""


class RestingRun(Attending):
    """Leaves a log made from a tape unchanged until the first request; from then on, also after a restart, the wall
    clock moves the market.
    """

    def __init__(
        self,
        driver: Driver,
        clock: Callable[[], datetime],
        steady: SteadyClock,
        market: MarketAtRest,
        resume: Resume,
        configured: Settings,
        *,
        is_continued: bool,
    ) -> None:
        """`clock` decides whether a request has expired; events are recorded at the times of `steady`.

        On a log opened without a tape, the strategies in `configured` come into force. A log opened with a tape keeps
        the strategies that it was opened with. `is_continued` is whether a request was carried out on the log before:
        what an earlier run left unsent is then sent, or expires, without waiting for another request.
        """
        super().__init__(driver, clock, steady.tick())
        self._configured = configured
        self._steady, self._market, self._resume, self._trading = steady, market, resume, False
        if self._is_live or is_continued:
            self._begin_trading()

    @property
    def has_market(self) -> bool:
        """Whether any instrument has a price; without one every order is refused."""
        return self._market.is_priced

    def attend(self, patience: float = 0) -> int:
        """Moves the market up to now, then answers requests as `Attending.attend` does; call it about once a second."""
        with self.closed_on_failure():
            self._move_market()
            return super().attend(patience)

    def _carried_out(self, requested: Requested) -> Answer:
        """See `Attending`. A request that was already answered does not start the market's clock."""
        settled = self.driver.engine.settled(RequestMade(self.at, self._clock(), requested))
        if settled is not None:
            return settled
        self._begin_trading()
        self._move_market()
        self.at = self._steady.tick()
        self.driver.handle(self._market.known(self.at))
        return super()._carried_out(requested)

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
