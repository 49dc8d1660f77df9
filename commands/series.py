"""Series of entries that change nothing: they are counted here, and recorded as one event when the series ends.

A series is of one strategy instance, instrument, position and intent. It ends at the instance's next proposal in the
instrument that is not of the series, which the log records after it. The count is no state of the log: a run on a tape
that begins again counts anew what its tape proposes, a live run what is proposed on the candles of its warm-up. The id
of a series is that of the proposal that ends it, so that a series that both lead to is recorded once.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from commands.watching import Sighting
from domain.known_intent import is_of_a_series, known_intent
from domain.portfolio import Portfolio
from domain.settings import IntentSettings
from domain.signal import SeriesEnded
from domain.strategies import Intent


class Taken(Struct, frozen=True):
    """Whether a proposal is recorded itself, and the series that it ends; None where it ends none."""

    is_recorded: bool
    ended: SeriesEnded | None = None


_RECORDED = Taken(is_recorded=True)


class RunningSeries:
    """The series that have not ended yet, by strategy instance and instrument."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, str], SeriesEnded] = {}

    def take(self, sighting: Sighting, portfolio: Portfolio) -> Taken:
        """Takes a proposal that is worth recording, in time order."""
        if not self._running and not _settings(sighting, portfolio).in_use:
            return _RECORDED
        key = (sighting.instance.id, sighting.proposal.instrument)
        running, begun = self._running.get(key), _begun(sighting, portfolio)
        if begun is None:
            self._running.pop(key, None)
            return Taken(is_recorded=True, ended=running)
        if running is not None and _is_same(running, begun):
            self._running[key] = _extended(running, begun)
            return Taken(is_recorded=False)
        self._running[key] = begun
        return Taken(is_recorded=False, ended=running)

    def warm(self, sighting: Sighting, portfolio: Portfolio, *, is_recorded: bool) -> SeriesEnded | None:
        """Takes a proposal on a candle of the past, from which no signal follows; returns the series that it ends.

        `is_recorded` is whether the log holds its signal. Proposals up to the opening of the held position are not of
        its series, and those that were taken before are not taken again.
        """
        name, closed_at = sighting.proposal.instrument, sighting.at
        key = (sighting.instance.id, name)
        held, running = portfolio.positions.get(name), self._running.get(key)
        if (
            held is None
            or closed_at <= held.opened_at
            or (running is not None and closed_at <= running.last_at)
        ):
            return None
        if is_recorded:
            return self._running.pop(key, None)
        return self.take(sighting, portfolio).ended


def _settings(sighting: Sighting, portfolio: Portfolio) -> IntentSettings:
    return portfolio.settings.settings.intents_of(sighting.instance.id)


def _begun(sighting: Sighting, portfolio: Portfolio) -> SeriesEnded | None:
    """The series that begins with this proposal; None where the proposal is recorded itself."""
    proposal, owner = sighting.proposal, sighting.instance.id
    if proposal.intent is not Intent.ENTER:
        return None
    intent = known_intent(proposal, owner, portfolio)
    if not is_of_a_series(intent, _settings(sighting, portfolio)):
        return None
    return SeriesEnded(
        strategy=owner,
        instrument=proposal.instrument,
        direction=proposal.direction,
        intent=intent,
        position=portfolio.positions[proposal.instrument].id,
        count=1,
        first_at=sighting.at,
        last_at=sighting.at,
    )


def _is_same(running: SeriesEnded, begun: SeriesEnded) -> bool:
    return (running.intent, running.position) == (begun.intent, begun.position)


def _extended(running: SeriesEnded, begun: SeriesEnded) -> SeriesEnded:
    return replace(running, count=running.count + 1, last_at=begun.last_at)
