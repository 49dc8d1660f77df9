"""The driver: takes the engine's units to the log, and from there to the exchange and to whoever watches."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from commands import answering
from commands.door import Answer
from commands.engine import Engine
from commands.exchange import OrderReport
from commands.inputs import Input, MarketMoved, Reported, RequestMade
from commands.observer import Observer
from commands.outgoing import outgoing
from commands.sender import Sender
from commands.unit import Unit
from domain.candle import Candle
from domain.errors import Conflict, InvalidEvent, InvalidInput
from domain.log import Envelope, EventLog

_ATTEMPTS = 5


class Driver:
    """Works on the thread that owns the log, one input after the other.

    What an append's failure means:

    - Conflict: another writer was faster. What it left is folded, and the unit is decided again, five times at most.
    - InvalidEvent: an event would be a lie; nothing was recorded. A request is declined with it.
    - OwnershipLost: another engine owns the log; nothing was recorded.
    - LogUnavailable: nobody knows whether it was recorded. The next engine finds out when it reads the log.

    After each of them the state is as it was, and nothing of the unit was sent. All but a conflict that ends go to the
    caller, who must not go on with this engine but for InvalidEvent.
    """

    def __init__(
        self,
        engine: Engine,
        log: EventLog,
        sender: Sender,
        seen: Callable[[Envelope], None],
        observer: Observer | None = None,
    ) -> None:
        """`seen` is shown every event once it is durable, recalled ones too; `observer` is shown no recalled unit."""
        self.engine = engine
        self._log, self._sender, self._seen, self._observer = log, sender, seen, observer
        self._found: list[OrderReport] = []

    def handle(self, given: Input) -> Answer | None:
        """Records all that follows from the input and sends what it requests of the exchange; a request's answer.

        What the sender finds out itself (an intent that was not sent, an outcome that is not known) is put in as the
        next input, at the time it was found out.

        Raises what `Engine.process` raises, and what the log raises (see `EventLog.append`).
        """
        work, conflicts = self.engine.process(given), 0
        while True:
            began = perf_counter()
            try:
                unit = next(work)
            except StopIteration as done:
                answer: Answer | None = done.value
                if self._observer is not None:
                    self._show(self._observer, given)
                if self._found:
                    self._put_in_what_was_found()
                return answer
            try:
                self._record(unit, perf_counter() - began)
                conflicts = 0
            except InvalidEvent as fault:
                work.close()
                if not isinstance(given, RequestMade):
                    raise
                return answering.declined(given.requested, InvalidInput(str(fault)))
            except Conflict:
                conflicts += 1
                if conflicts == _ATTEMPTS:
                    raise
                self.refresh()

    def refresh(self) -> None:
        """Folds what the log holds beyond the state."""
        self.engine.refresh(self._log.read(after=self.engine.world.ordinal))

    def _show(self, observer: Observer, given: Input) -> None:
        if isinstance(given, MarketMoved):
            for event in given.events:
                if isinstance(event, Candle):
                    observer.saw(event.instrument, event.close, event.close_time)

    def _put_in_what_was_found(self) -> None:
        found, self._found = self._found, []
        self.handle(Reported(max(report.at for report in found), tuple(found)))

    def _record(self, unit: Unit, worked: float) -> None:
        began = perf_counter()
        if not unit.is_recorded:
            self._log.append(unit.envelopes)
        self.engine.confirm(unit)
        if self._observer is not None and not unit.is_recorded:
            self._observer.recorded(unit.envelopes, worked, perf_counter() - began)
        self._found.extend(self._sender.send(outgoing(unit.envelopes)))
        for envelope in unit.envelopes:
            self._seen(envelope)
