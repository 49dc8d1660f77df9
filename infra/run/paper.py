"""Paper trading on a tape: recorded candles, the simulated exchange, the tape's clock, any log.

Started again, it plays the tape from its first candle and takes from the log what the log holds (`commands/recall.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from adapters.tapes import merge
from commands.driver import Driver
from commands.engine import Engine
from commands.exchange import OrderEntry
from commands.identity import Identity
from commands.inputs import MarketMoved, Reported, opening
from commands.observer import Observer
from commands.recall import Recall
from commands.sender import Sender
from commands.world import World
from domain.errors import TapeMismatch
from domain.log import Envelope, EventLog
from infra.run.attending import Attending
from infra.run.clock import utc_now
from infra.run.collecting import seldom_collected
from infra.run.plan import Plan
from infra.run.resuming import resumed

SOURCE = "paper"


class PaperRun(Attending):
    """One run of one plan against one log."""

    def __init__(
        self,
        plan: Plan,
        log: EventLog,
        seen: Callable[[Envelope], None],
        plug: Callable[[OrderEntry], OrderEntry] = lambda exchange: exchange,
        observer: Observer | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """`seen` is shown every event once, recalled ones too; `plug` may put something before the exchange.

        `observer` sees every candle, and every unit but those that are recalled. `clock` says until when a person's
        request is valid; whatever is recorded goes by the tape's clock.

        Raises TapeMismatch where the log was made by another plan, InvalidInput where it is not ours.
        """
        self._plan = resumed(plan, log)
        self._exchange = plan.exchange()
        identity = Identity(self._plan.opening.log_id, plan.account, SOURCE)
        recall = Recall(log.read())
        engine = Engine(World(), identity, since=plan.begins, instances=plan.instances, recall=recall)
        driver = Driver(engine, log, Sender(plug(self._exchange), lambda: self.at), seen, observer)
        super().__init__(driver, clock, plan.begins)

    def instants(self) -> Iterator[tuple[datetime, int]]:
        """Plays the tape; yields each close time and how many candles closed then, when all of it is recorded.

        Between two instants it answers requests, recorded at the tape's instant; after the last one `attend` does.
        Raises TapeMismatch where the log holds what this tape does not lead to, and what the log raises.
        """
        with self.closed_on_failure(), seldom_collected():
            self.driver.handle(opening(self._plan.opening.log_id, self._plan.commands(), self._plan.begins))
            for at, candles in merge(self._plan.tapes):
                self.at = at
                self._exchange.on_candles(candles)
                if reports := self._exchange.reports():
                    self.driver.handle(Reported(at, tuple(reports)))
                self.driver.handle(MarketMoved(at, tuple(candles)))
                self.attend()
                yield at, len(candles)
            if self.recalling:
                raise TapeMismatch(
                    "the log goes on after this tape's last candle; play the longer tape, or begin another log where "
                    "somebody has traded by hand on this one since"
                )
