"""The books of a run: what the exchange tells and what the clock says, recorded; each event shown once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from commands.account import TurnDay
from commands.exchange import AnyReport
from commands.handler import ENGINE, Handler
from commands.reports import stimuli
from commands.stimulus import Ask, Stimulus
from domain.log import Envelope


class Books:
    """Keeps one account's, on the thread that owns the log."""

    def __init__(self, handler: Handler, seen: Callable[[Envelope], None]) -> None:
        self._handler, self._seen = handler, seen

    def handle(self, stimulus: Stimulus) -> Sequence[Envelope]:
        """Records what follows from the stimulus; see `Handler.handle` for what it raises."""
        envelopes = self._handler.handle(stimulus)
        for envelope in envelopes:
            self._seen(envelope)
        return envelopes

    def report(self, at: datetime, reports: Sequence[AnyReport]) -> None:
        """Records what an exchange reported, in its order."""
        for stimulus in stimuli(reports, self._handler.world, self._handler.identity.account, at):
            self.handle(stimulus)

    def turn(self, at: datetime, reports: Sequence[AnyReport], since: datetime) -> Sequence[AnyReport]:
        """Opens the day of `at` after what the old one still brought; returns the reports that are of the new one.

        What comes with a candle that ends at midnight happened before it, whatever instant it is told with. `since`
        is when this market began: the first day does not begin before it.
        """
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        late = [report for report in reports if at == midnight or report.at < midnight]
        self.report(at, late)
        day = at.date().isoformat()
        ask = Ask(
            command=TurnDay(day),
            cause=f"clock:{day}T00:00:00Z",
            occurred_at=max(midnight, since),
            actor=ENGINE,
        )
        self.handle(Stimulus(at, (ask,)))
        return reports[len(late) :]
