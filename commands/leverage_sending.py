"""Sends requests for another leverage, a batch at a time, and reports what became of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from commands.leverage import LeverageEntry, LeverageRefused, LeverageReport, LeverageSet, LeverageUnclear
from commands.outgoing import OutgoingLeverage
from domain.errors import ExchangeError, ExchangeRefused

_NO_LEVERS = "this exchange sets no leverage"


class LeverageSender:
    """Sends to one exchange, whose name in facts is `venue`; `clock` returns the time (UTC) of a report.

    Without `levers` every request is reported as refused. No circuit breaker takes part: an exchange that does not set
    leverages may well take orders.
    """

    def __init__(self, levers: LeverageEntry | None, venue: str, clock: Callable[[], datetime]) -> None:
        self._levers, self._venue, self._clock = levers, venue, clock

    def send(self, requests: Sequence[OutgoingLeverage]) -> Sequence[LeverageReport]:
        """Sends the requests one after another, and returns a report of each.

        A request that was not answered is unclear whatever the error states: it may have been executed. It ends the
        batch, because each further one might wait as long for its answer; the rest is reported as refused, not sent.
        """
        reports: list[LeverageReport] = []
        for request in requests:
            last = reports[-1] if reports else None
            if isinstance(last, LeverageUnclear):
                reason = f"not sent: the request for {last.instrument} before it was not answered"
                return [*reports, *self._all_refused(requests[len(reports) :], reason)]
            reports.append(self._sent(request))
        return reports

    def _sent(self, request: OutgoingLeverage) -> LeverageReport:
        name, leverage = request.instrument, request.leverage
        if self._levers is None:
            return self._refused(request, _NO_LEVERS)
        try:
            self._levers.set_leverage(name, leverage)
        except ExchangeRefused as refused:
            return self._refused(request, str(refused))
        except ExchangeError as error:
            at = self._clock()
            return LeverageUnclear(
                instrument=name, at=at, fact=_clock_fact(at), leverage=leverage, reason=str(error)
            )
        at = self._clock()
        fact = f"exchange:{self._venue}:leverage-{name}-set-{at:%Y%m%dT%H%M%S%f}"
        return LeverageSet(instrument=name, at=at, fact=fact, leverage=leverage)

    def _all_refused(self, requests: Sequence[OutgoingLeverage], reason: str) -> Sequence[LeverageRefused]:
        return [self._refused(one, reason) for one in requests]

    def _refused(self, request: OutgoingLeverage, reason: str) -> LeverageRefused:
        at = self._clock()
        return LeverageRefused(
            instrument=request.instrument,
            at=at,
            fact=_clock_fact(at),
            leverage=request.leverage,
            reason=reason,
        )


def _clock_fact(at: datetime) -> str:
    return f"clock:{at.isoformat(timespec='microseconds')}"
