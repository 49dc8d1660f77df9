"""Paper trading on a tape: recorded candles, the simulated exchange, the tape's clock, and a log of any kind.

A restarted run plays the tape from its first candle. Up to the log's end it records nothing and checks that the same
events result: it recalls the log (`commands/recall.py`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from itertools import chain

from adapters.played import PlayedStore
from adapters.tapes import merge
from commands.door import Answer, Declined
from commands.driver import Driver
from commands.engine import Engine
from commands.exchange import OrderEntry
from commands.guarding import Guard
from commands.identity import Identity
from commands.inputs import MarketMoved, Reported, RequestMade, opening
from commands.observer import Observer
from commands.recall import Recall
from commands.request import (
    AmendOrder,
    CancelOrder,
    ClosePosition,
    DraftEntry,
    DraftOrder,
    MoveProtection,
    PlaceOrder,
    RaiseSignal,
    Requested,
)
from commands.scorer import NO_SCORER, Scorer
from commands.sender import Sender
from commands.world import World
from domain.candle import Candle
from domain.errors import InvalidSettings, TapeMismatch
from domain.log import Envelope, EventLog
from infra.run.adopting import AdoptionCheck, changes_to, request_for
from infra.run.attending import Attending
from infra.run.bars import Bars
from infra.run.clock import utc_now
from infra.run.collecting import seldom_collected
from infra.run.finer import FinerRules
from infra.run.plan import Plan
from infra.run.restated import PlayedTape
from infra.run.resuming import resumed
from infra.run.skipping import Skipping

SOURCE = "paper"

_OF_THE_MARKET = (
    DraftEntry,
    DraftOrder,
    PlaceOrder,
    AmendOrder,
    CancelOrder,
    ClosePosition,
    MoveProtection,
    RaiseSignal,
)
_ENDED = (
    "the tape has ended: no candle follows that could carry this out, and it would wait without an end; stop this run "
    "and go on with `whence api` on the same log, or add candles to the tape"
)


class PaperRun(Attending):
    """One run of one plan against one log. `plan` has the rules and the stake that the log was opened with."""

    def __init__(
        self,
        plan: Plan,
        log: EventLog,
        seen: Callable[[Envelope], None],
        plug: Callable[[OrderEntry], OrderEntry] = lambda exchange: exchange,
        observer: Observer | None = None,
        clock: Callable[[], datetime] = utc_now,
        played: PlayedStore | None = None,
        *,
        skips: bool = False,
        interruptible: Callable[[], AbstractContextManager[None]] = nullcontext,
        scorer: Scorer = NO_SCORER,
    ) -> None:
        """`seen` receives every event once, also recalled ones. `plug` returns the exchange to use, such as a wrapper.

        `observer` receives every candle and every unit of work that is not recalled. `clock` decides whether a request
        has expired; events are recorded at the tape's time. `played` keeps the record of the candles that were played.
        With `skips` the candles that lead to nothing are passed over, and no request is answered between them; the
        events are the same. `interruptible` is entered while the strategies scan the whole tape, which records nothing:
        what it raises there leaves the log as it is. `scorer` returns the scores of the models in force.

        Raises TapeMismatch where the log was made by another plan, InvalidInput where it was not made by this program.
        """
        self.plan = resumed(plan, log)
        self._adopts = self.plan.adopts
        self._adoption, self._is_settled = AdoptionCheck(plan), False
        self._exchange = self.plan.exchange()
        self._finer = FinerRules(plan, self.plan)
        identity = Identity(self.plan.opening.log_id, plan.account, SOURCE)
        recall = Recall(log.read())
        engine = Engine(
            World(),
            identity,
            since=plan.begins,
            instances=plan.instances,
            regimes=self.plan.settings.regimes,
            leverage=self.plan.settings.leverage,
            recall=recall,
            scorer=scorer,
        )
        guard = Guard(engine.world, engine.market)
        sender = Sender(plug(self._exchange), lambda: self.at, guard, self._exchange)
        driver = Driver(engine, log, sender, self._adoption.seeing(seen), observer)
        files = {tape.instrument: tape.path for tape in plan.tapes}
        begins = log.head() == 0
        self._played = None if played is None else PlayedTape(played, identity.log_id, files, begins=begins)
        self._has_ended, self._skips, self._interruptible = False, skips, interruptible
        super().__init__(driver, clock, plan.begins)

    def _carried_out(self, requested: Requested) -> Answer:
        """See `Attending`. After the last candle, requests that only the market could carry out are declined."""
        if not self._has_ended or not isinstance(requested.request, _OF_THE_MARKET):
            return super()._carried_out(requested)
        made = RequestMade(self.at, self._clock(), requested)
        return self.driver.engine.settled(made) or Declined(requested.id, "Refused", _ENDED)

    def instants(self) -> Iterator[tuple[datetime, int]]:
        """Plays the tape; yields the close time of each instant that the engine was given, after its events are
        recorded, and the number of candles that closed since the one before.

        Requests are answered between two instants and recorded at the tape's time; call `attend` after the last one.
        Raises TapeMismatch where a candle was changed after it was played on this log, or where the log holds events
        that this tape does not lead to, and the log's errors.
        """
        with self.closed_on_failure(), seldom_collected(), self._recorded() as take:
            self.driver.handle(opening(self.plan.opening.log_id, self.plan.commands(), self.plan.begins))
            for at, candles, closed in self._met(take):
                self.at = at
                if self._finer.is_needed:
                    self._relist(candles)
                self._exchange.on_candles(candles)
                if reports := self._exchange.reports():
                    self.driver.handle(Reported(at, tuple(reports)))
                self.driver.handle(MarketMoved(at, tuple(candles)))
                if not self._is_settled:
                    self._adopt()
                self.attend()
                self._note_complete()
                yield at, closed
            self._adopt()
            self._note_complete()
            if self.recalling:
                raise TapeMismatch(
                    "the log continues after this tape's last candle; play the longer tape, or, where somebody has "
                    "traded manually on this log, choose another log"
                )
            self._has_ended = True

    def _met(
        self, take: Callable[[Sequence[Candle]], None]
    ) -> Iterator[tuple[datetime, Sequence[Candle], int]]:
        """The instants that the engine is given, each with its candles and the number of candles since the last one.

        With `skips` the engine passes over those between. `take` takes each candle before it is traded.
        """
        if not self._skips:
            for at, candles in merge(self.plan.tapes):
                take(candles)
                yield at, candles, len(candles)
            return
        with self._interruptible():
            bars = Bars(merge(self.plan.tapes))
            skipping = Skipping(bars, self._exchange)
            skipping.foresee(self.driver.engine)
        reached, last = 0, len(bars.times) - 1
        while reached <= last:
            until = self._finer.idle_until
            limit = last if until is None else min(last, bisect_right(bars.times, until))
            begin, reached = reached, skipping.next(self.driver.engine, reached, limit)
            candles = tuple(chain.from_iterable(bars.candles[begin : reached + 1]))
            take(candles)
            if reached > begin:
                skipping.pass_over(self.driver, begin, reached)
            yield bars.times[reached], bars.candles[reached], len(candles)
            reached += 1

    @contextmanager
    def _recorded(self) -> Generator[Callable[[Sequence[Candle]], None]]:
        """The function that compares and records candles; what it was given is written however the run ends."""
        if self._played is None:
            yield lambda _candles: None
            return
        try:
            yield self._played.take
        finally:
            self._played.write()

    def _note_complete(self) -> None:
        """A run that is stopped before the log's end has not come to the instant that the log ends in."""
        if self._played is not None and not self.recalling:
            self._played.instant_is_complete(self.world.ordinal)

    def _relist(self, candles: Sequence[Candle]) -> None:
        change = self._finer.due(self.at, candles)
        if change is None:
            return
        self.driver.handle(change)
        for instrument in self._finer.taken(self.world.portfolio.instruments, change):
            self._exchange.relist(instrument)

    def _adopt(self) -> None:
        """Puts the settings that the plan adopts in force, once the log is recalled.

        Raises InvalidSettings where they are declined, TapeMismatch where the log has adopted other settings than the
        plan's.
        """
        if self._is_settled or self.recalling:
            return
        self._is_settled = True
        self._adoption.check()
        wanted, in_force = self._adopts, self.world.portfolio.settings
        if wanted is None:
            return
        changes = changes_to(in_force.settings, wanted)
        answer = self.answer(request_for(changes, self.plan.account, in_force.version, self._clock()))
        if isinstance(answer, Declined):
            raise InvalidSettings(f"the changed settings cannot be adopted: {answer.reason}")
