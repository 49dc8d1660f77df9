"""Manual trading: an engine with the simulated exchange in a market at rest, on a log without another engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

from adapters.snapshots import Snapshots
from commands.driver import Driver
from commands.engine import Engine
from commands.guarding import Guard
from commands.identity import Identity
from commands.input_tape import InputTape, session
from commands.inputs import opening
from commands.observer import Observer
from commands.outgoing import unconfirmed_leverages
from commands.scorer import NO_SCORER, Scorer, TapedScorer
from commands.sender import Sender
from commands.world import World
from domain.log import Envelope, EventLog
from domain.mark import MarkState
from domain.streams import mark_stream
from infra.run.at_rest import MarketAtRest
from infra.run.beginning import Beginning
from infra.run.clock import SteadyClock, utc_now
from infra.run.demo_log import MANUAL
from infra.run.last_prices import Feed, no_feed
from infra.run.log_clock import is_manual
from infra.run.resting import RestingRun
from infra.run.restoring import Restored

SOURCE = MANUAL


class ManualRun(RestingRun):
    """A run of manual requests on one log."""

    def __init__(
        self,
        log: EventLog,
        beginning: Beginning,
        seen: Callable[[Envelope], None],
        observer: Observer | None = None,
        clock: Callable[[], datetime] = utc_now,
        name: Callable[[], UUID] = uuid4,
        feed: Feed = no_feed,
        tape: InputTape | None = None,
        snapshots: Snapshots | None = None,
        scorer: Scorer = NO_SCORER,
    ) -> None:
        """Reads the whole log and passes every event to `seen`. Opens an empty log with the id that `name()` returns.

        With `snapshots` only the events after the snapshot are read, and the snapshot is kept up to date.

        `feed` returns the last prices of the market that was played on the log (`infra/run/last_prices.py`). An
        instrument without a price has no market, and orders in it are refused. `tape` keeps the inputs, and what the
        `scorer` of the models in force returns.

        Raises InvalidInput for a log of another account or program, InvalidSettings for invalid settings in
        `beginning`, and the log's errors.
        """
        steady = SteadyClock(clock)
        restored = Restored(steady, seen, log, SOURCE, snapshots)
        began, world = steady.tick(), restored.world
        exchange = restored.exchange(beginning, began)
        opens, log_id = world.log_id is None, world.log_id or name()
        restored.prices.take(feed(log_id, _marked(world, beginning.account)))
        identity = Identity(log_id, beginning.account, SOURCE)
        taped = scorer if tape is None else TapedScorer(scorer, tape.take)
        engine = Engine(world, identity, since=began, marks=False, scorer=taped)
        if tape is not None:
            tape.take(session(identity, world, began, marks=False, snapshot=restored.begun))
        sender = Sender(exchange, steady.tick, Guard(engine.world, engine.market), exchange)
        driver = Driver(engine, log, sender, restored.observe, observer, tape)
        if opens:
            driver.handle(opening(log_id, beginning.commands(log_id), began))
        market = MarketAtRest(restored.prices, exchange, began)
        super().__init__(
            driver,
            clock,
            steady,
            market,
            lambda: [
                *sender.resume(restored.unconfirmed(), exchange),
                *sender.set_leverages(unconfirmed_leverages(engine.world.portfolio)),
            ],
            beginning.settings,
            is_continued=is_manual(log),
        )
        self._restored = restored

    def attend(self, patience: float = 0) -> int:
        """See `RestingRun.attend`; keeps the snapshot up to date."""
        answered = super().attend(patience)
        self._restored.keep()
        return answered

    def close(self, why: str = "the engine has stopped") -> None:
        """See `Attending.close`; the snapshot then holds everything that was recorded."""
        super().close(why)
        self._restored.close()


def _marked(world: World, account: str) -> int:
    """The number of candles that the log's last mark counts; 0 without a mark."""
    mark: MarkState = world.state(mark_stream(account))
    return 0 if mark is None else mark.candles
