"""The driver: appends the engine's units to the log, then sends their orders and notifies the observers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import chain
from time import perf_counter

from commands import answering
from commands.door import Answer
from commands.engine import NO_WORK, Engine, Work
from commands.input_tape import InputTape
from commands.inputs import Input, MarketMoved, Reported, RequestMade, Warmed
from commands.leverage import LeverageReport
from commands.observer import CandleObserver, Observer
from commands.outgoing import outgoing, outgoing_leverages
from commands.sender import Sender, SentReport
from commands.unit import Unit
from domain.candle import Candle
from domain.errors import Conflict, InvalidEvent, InvalidInput
from domain.log import Envelope, EventLog

_ATTEMPTS = 5


class Driver:
    """Handles one input after the other, on the thread that owns the log.

    An append can fail in four ways:

    - Conflict: another writer appended first. Its events are folded and the unit is decided again, at most five times.
      A request is judged again, too: what permitted it may have changed.
    - InvalidEvent: an event has an invalid value; nothing was recorded. A request is declined with this error.
    - OwnershipLost: another engine owns the log; nothing was recorded.
    - LogUnavailable: the unit may have been recorded. The log shows the next engine whether it was.

    After each failure the state is unchanged, and nothing of the unit was sent. Every failure except a resolved
    conflict is raised to the caller. The caller may continue with this engine only after InvalidEvent.
    """

    def __init__(
        self,
        engine: Engine,
        log: EventLog,
        sender: Sender,
        seen: Callable[[Envelope], None],
        observer: Observer | None = None,
        tape: InputTape | None = None,
    ) -> None:
        """`seen` is called with every durable event, also a recalled one; `observer` only with units decided now.

        `tape` takes every input before it is handled. It holds the `SessionBegun` of this engine already.
        """
        self.engine, self._tape = engine, tape
        self._log, self._sender, self._seen, self._observer = log, sender, seen, observer
        self._found: list[SentReport | LeverageReport] = []
        self._candle_observer: CandleObserver | None = None

    def show_candles_to(self, observer: CandleObserver) -> None:
        """From the next input on, `observer` sees the candles that the engine takes."""
        self._candle_observer = observer

    def handle(self, given: Input) -> Answer | None:
        """Records all events that follow from the input and sends their orders; returns the answer to a request.

        Reports that the sender makes itself (an intent was not sent, an outcome is unknown) are handled as the next
        input, at the time of the reports.

        Raises what `Engine.process` raises, and what the log (see `EventLog.append`) and the tape raise.
        """
        if self._tape is not None:
            self._tape.take(given)
        work = self.engine.process(given)
        if work is not NO_WORK:
            return self._carried_out(work, given)
        self._end(given)
        return None

    def pass_over(self, times: Sequence[datetime], candles: Sequence[Sequence[Candle]]) -> None:
        """Takes instants of a recorded market that lead to nothing; see `Engine.pass_over`."""
        self.engine.pass_over(times, candles)
        if self._candle_observer is not None:
            self._candle_observer.closed(tuple(chain.from_iterable(candles)))
        if self._observer is not None:
            for candle in chain.from_iterable(candles):
                self._observer.saw(candle.instrument, candle.close, candle.close_time)

    def refresh(self) -> None:
        """Folds the events of the log that are not in the state yet."""
        self.engine.refresh(self._log.read(after=self.engine.world.ordinal))

    def _carried_out(self, work: Work, given: Input) -> Answer | None:
        conflicts = 0
        while True:
            began = perf_counter()
            try:
                unit = next(work)
            except StopIteration as done:
                self._end(given)
                answer: Answer | None = done.value
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
                if isinstance(given, RequestMade):
                    # The work holds the commands of a request that was judged on the state before.
                    work.close()
                    work = self.engine.process(given)

    def check(self) -> None:
        """Raises OwnershipLost or LogLost where this engine cannot record anything any more; see `EventLog.check`."""
        self._log.check()

    def check_answers(self) -> None:
        """Raises LogUnavailable where the log's store does not answer; see `EventLog.check_answers`."""
        self._log.check_answers()

    def _end(self, given: Input) -> None:
        if self._observer is not None:
            self._show(self._observer, given)
        if self._candle_observer is not None and (candles := _candles_of(given)):
            self._candle_observer.closed(candles)
        if self._found:
            self._take_found_reports()

    def _show(self, observer: Observer, given: Input) -> None:
        if isinstance(given, MarketMoved):
            for event in given.events:
                if isinstance(event, Candle):
                    observer.saw(event.instrument, event.close, event.close_time)

    def _take_found_reports(self) -> None:
        found, self._found = self._found, []
        self.handle(Reported(max(report.at for report in found), tuple(found)))

    def _record(self, unit: Unit, worked: float) -> None:
        began = perf_counter()
        if not unit.is_recorded:
            if self._tape is not None:
                self._tape.keep()
            self._log.append(unit.envelopes)
        self.engine.confirm(unit)
        if self._observer is not None and not unit.is_recorded:
            self._observer.recorded(unit.envelopes, worked, perf_counter() - began)
        if requests := outgoing(unit.envelopes):
            self._found.extend(self._sender.send(requests))
        if changes := outgoing_leverages(unit.envelopes):
            self._found.extend(self._sender.set_leverages(changes))
        for envelope in unit.envelopes:
            self._seen(envelope)


def _candles_of(given: Input) -> Sequence[Candle]:
    """The closed candles of an input."""
    match given:
        case MarketMoved(events=events):
            return [event for event in events if isinstance(event, Candle)]
        case Warmed(candles=candles):
            return candles
        case _:
            return ()
