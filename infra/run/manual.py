"""Trading by hand: an engine for a log that no other engine owns, on the simulated exchange, in a market at rest.

A log made from a tape stays as it is until somebody makes a request; from then on the wall clock rules, and the tape
cannot be played on it any more.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

from commands.door import Answer
from commands.driver import Driver
from commands.engine import Engine
from commands.identity import Identity
from commands.inputs import Reported, RequestMade, opening
from commands.observer import Observer
from commands.request import Requested
from commands.sender import Sender
from domain.log import Envelope, EventLog
from domain.opening import Mode
from infra.run.at_rest import MarketAtRest
from infra.run.attending import Attending
from infra.run.beginning import Beginning
from infra.run.clock import SteadyClock, utc_now
from infra.run.restoring import Restored

SOURCE = "manual"


class ManualRun(Attending):
    """The engine of one log."""

    def __init__(
        self,
        log: EventLog,
        beginning: Beginning,
        seen: Callable[[Envelope], None],
        observer: Observer | None = None,
        clock: Callable[[], datetime] = utc_now,
        name: Callable[[], UUID] = uuid4,
    ) -> None:
        """Reads the whole log (`seen` is shown all of it), and opens an empty one by the id that `name` gives.

        Raises InvalidInput for a log that is not ours, InvalidSettings for a beginning that cannot be traded with, and
        what the log raises.
        """
        self._steady = SteadyClock(clock)
        self._restored = Restored(self._steady, seen, log)
        began, world = self._steady.tick(), self._restored.world
        exchange = self._restored.exchange(beginning, began)
        self._market = MarketAtRest(self._restored.prices, exchange, began)
        opens, log_id = world.log_id is None, world.log_id or name()
        engine = Engine(world, Identity(log_id, beginning.account, SOURCE), since=began)
        self._exchange, self._sender = exchange, Sender(exchange, self._steady.tick)
        driver = Driver(engine, log, self._sender, self._restored.hear, observer)
        super().__init__(driver, clock, began)
        if opens:
            driver.handle(opening(log_id, beginning.commands(log_id), began))
        self._trading = False
        if world.state("log").mode is Mode.LIVE:
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
        found = self._sender.resume(self._restored.unconfirmed(), self._exchange)
        if found:
            self.driver.handle(Reported(self._steady.tick(), tuple(found)))

    def _stand(self) -> None:
        if self._trading:
            for given in self._market.until(self._steady.tick(), self.world.portfolio):
                self.driver.handle(given)
