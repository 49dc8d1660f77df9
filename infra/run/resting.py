"""A run in a market at rest: the wall clock moves it, and requests are answered on an open day."""

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
"""Sends again what the log left unconfirmed, and returns what was found out by that."""


class RestingRun(Attending):
    """A log made from a tape stays as it is until somebody makes a request; from then on the wall clock moves it."""

    def __init__(
        self,
        driver: Driver,
        clock: Callable[[], datetime],
        steady: SteadyClock,
        market: MarketAtRest,
        resume: Resume,
        configured: Settings,
    ) -> None:
        """`clock` says until when a request is valid; `steady` gives the times that are recorded.

        `configured` are the settings of today: their strategies are put in force where the log was opened without a
        tape, which belongs to the strategies that were configured for it.
        """
        super().__init__(driver, clock, steady.tick())
        self._configured = configured
        self._steady, self._market, self._resume, self._trading = steady, market, resume, False
        if self._is_live:
            self._begin_trading()

    def attend(self, patience: float = 0) -> int:
        """Lets the market stand until now, then answers as every run does; call it about once a second."""
        with self.closed_on_failure():
            self._stand()
            return super().attend(patience)

    def answer(self, requested: Requested) -> Answer:
        """See `Attending.answer`; a request that is settled already starts nothing."""
        settled = self.driver.engine.settled(RequestMade(self.at, self._clock(), requested))
        if settled is not None:
            return settled
        self._begin_trading()
        self._stand()
        self.at = self._steady.tick()
        self.driver.handle(self._market.known(self.at))
        return super().answer(requested)

    def _begin_trading(self) -> None:
        """From here on time passes, and what the log left unconfirmed is sent again; nothing where it has begun."""
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

    def _stand(self) -> None:
        if self._trading:
            for given in self._market.until(self._steady.tick(), self.world.portfolio):
                self.driver.handle(given)
