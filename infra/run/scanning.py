"""A process of a scanner: candles in, signals to the engine out, and the progress committed once each is answered."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final, Protocol

from adapters.candle_topic.group import Held, Read
from adapters.metrics.scanner import Outcome, ScannerMetrics
from commands.door import Answer, Completed, Declined, Door, TimedOut
from commands.request import OutsideSignal, RaiseSignal, Requested
from commands.scanner import Place, Scanner, Share
from domain.errors import RefusedForNow

_log = logging.getLogger(__name__)
_PATIENCE_SECONDS: Final = 2.5
_MOST_PATIENCE_SECONDS: Final = 10.0
_LEAST_SECONDS: Final = 0.1
_PAUSE_SECONDS: Final = 1.0
_MOST_PAUSES: Final = 15
"""How often a signal that the engine refuses for now is repeated: the candles of other instruments wait meanwhile, and
their signals are valid for 30 s by default."""
_AT_ONCE: Final = 8
"""Signals that wait for the engine at the same time: in a fast market many instruments signal on one candle."""


class Candles(Protocol):
    """The candles of the partitions that this process holds; see `adapters.candle_topic.group.CandleGroup`."""

    @property
    def held(self) -> Sequence[Held[Share]]: ...

    def read(self, seconds: float) -> Sequence[Read[Share]]: ...

    def commit(self, reads: Sequence[Read[Share]]) -> None: ...

    def lag(self) -> int: ...


class Scanning:
    """Reads candles and raises signals.

    A signal that no engine answers is repeated until it is late; one that the engine refuses for now, for a while.
    """

    def __init__(
        self,
        scanner: Scanner,
        account: str,
        door: Door,
        metrics: ScannerMetrics,
        now: Callable[[], datetime],
        stopped: Callable[[], bool],
        wait: Callable[[float], None],
    ) -> None:
        """`wait` waits for so many seconds, or until a stop is requested."""
        self._scanner, self._account, self._door, self._metrics = scanner, account, door, metrics
        self._now, self._stopped, self._wait = now, stopped, wait
        self._given_up: set[str] = set()
        """The instruments whose last signal was refused for now to the end: the next one is sent once."""

    def run(self, candles: Candles, seconds: float = 0.5) -> None:
        """Takes steps until a stop is requested. Raises LogUnavailable where the brokers do not respond."""
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="signal") as pool:
            while not self._stopped():
                self._step(candles, seconds, pool)

    def _step(self, candles: Candles, seconds: float, pool: ThreadPoolExecutor) -> None:
        reads = candles.read(seconds)
        signals = [one for read in reads if (one := self._signal(read)) is not None]
        # Each of them has ended before any progress is committed, so a process that is killed here loses none.
        if all(list(pool.map(self._ended, signals))):
            candles.commit(reads)
        self._metrics.show(candles.lag(), sum(one.state.instruments for one in candles.held))

    def _signal(self, read: Read[Share]) -> Requested | None:
        """The signal that follows from the candle; none from one of the past, which only leads to the state."""
        place, proposal = read.held.state.on_candle(read.candle)
        if not read.counts:
            return None
        self._metrics.read(place)
        if place is Place.AFTER_GAP:
            _log.warning(
                "%s: candles are missing before %s", read.candle.instrument, read.candle.open_time.isoformat()
            )
        if proposal is None:
            return None
        if proposal.grid is not None:
            self._metrics.signalled(Outcome.REFUSED)
            _log.warning(
                "%s at %s: the strategy proposes a grid, which a signal from outside cannot have; run the strategy in "
                "the engine, in [[trading.strategies]]",
                proposal.instrument,
                read.candle.close_time.isoformat(timespec="seconds"),
            )
            return None
        return self._scanner.requested(proposal, read.candle.close_time, self._account)

    def _ended(self, requested: Requested) -> bool:
        """Whether the signal is finished: answered, or late. It is not where a stop was requested before."""
        patience = _PATIENCE_SECONDS
        pauses = 0 if _signal_of(requested).instrument in self._given_up else _MOST_PAUSES
        while self._now() <= requested.valid_until:
            left = (requested.valid_until - self._now()).total_seconds()
            answer = self._door.ask(requested, max(min(left, patience), _LEAST_SECONDS))
            # Each repetition is another request for an engine that is slow already.
            patience = min(2 * patience, _MOST_PATIENCE_SECONDS)
            why = _why_again(answer)
            if not why or (isinstance(answer, Declined) and not pauses):
                self._note(requested, answer)
                return True
            if self._stopped():
                return False
            _log.warning(
                "the signal %s on %s is repeated until %s: %s",
                requested.id,
                _place_of(requested),
                requested.valid_until.isoformat(timespec="seconds"),
                why,
            )
            if isinstance(answer, Declined):
                pauses -= 1
                self._wait(_PAUSE_SECONDS)
        self._late(requested, "its time had passed before an engine took it")
        return True

    def _note(self, requested: Requested, answer: Answer) -> None:
        match answer:
            case Completed():
                self._given_up.discard(_signal_of(requested).instrument)
                outcome = Outcome.REPEATED if answer.repeated else Outcome.RECORDED
                self._metrics.signalled(outcome)
                verdict = "" if answer.decided is None else f": {answer.decided.verdict}"
                _log.info("signal %s on %s %s%s", requested.id, _place_of(requested), outcome.value, verdict)
            case Declined(code="Expired"):
                self._late(requested, answer.reason)
            case Declined():
                if answer.code == RefusedForNow.__name__:
                    self._given_up.add(_signal_of(requested).instrument)
                self._metrics.signalled(Outcome.REFUSED)
                _log.warning(
                    "the signal %s on %s is refused: %s", requested.id, _place_of(requested), answer.reason
                )
            case _:
                raise TypeError(f"the door answered {type(answer).__name__} to a signal")

    def _late(self, requested: Requested, why: str) -> None:
        self._metrics.signalled(Outcome.LATE)
        _log.warning("the signal %s on %s is late: %s", requested.id, _place_of(requested), why)


def _why_again(answer: Answer) -> str:
    """Why the signal is to be sent again; empty after an answer that stays."""
    match answer:
        case TimedOut():
            return f"no engine has answered: {answer.known}"
        case Declined() if answer.code == RefusedForNow.__name__:
            return f"the engine refuses it for now: {answer.reason}"
        case _:
            return ""


def _signal_of(requested: Requested) -> OutsideSignal:
    assert isinstance(requested.request, RaiseSignal)
    return requested.request.signal


def _place_of(requested: Requested) -> str:
    """Instrument and close of the signal's candle, for messages."""
    signal = _signal_of(requested)
    return f"{signal.instrument} at {signal.candle_closed_at.isoformat(timespec='seconds')}"
