"""The signals of a period that were left to other engines, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.log import Recorded
from domain.routed import RouteEnded, RouteReported, SignalRouted
from domain.signal import SignalDetected
from projections.explained.decisions import BY_A_PERSON


@dataclass(frozen=True, slots=True)
class Route:
    """A routed signal: its chain, its strategy, when it was routed (UTC, with the ordinal), and what was to be done in
    which instrument. `outcomes` are what was recorded of it up to the end of the period, in order.
    """

    ordinal: int
    at: datetime
    chain: str
    strategy: str
    routed: SignalRouted
    outcomes: list[str] = field(default_factory=list[str])

    def as_json(self) -> dict[str, object]:
        """For programs, without its time: prices as text; those of an exit are as proposed here."""
        one = self.routed
        return {
            "ordinal": self.ordinal,
            "chain": self.chain,
            "strategy": self.strategy,
            "instrument": one.instrument,
            "direction": one.direction.value,
            "intent": one.intent.value,
            "price": format(one.price, "f"),
            "stop": format(one.stop, "f"),
            "target": format(one.target, "f"),
            "outcomes": list(self.outcomes),
        }


class Routes:
    """Folds the routes of one account."""

    def __init__(self) -> None:
        self._strategies: dict[str, str] = {}
        self._routes: dict[str, Route] = {}

    def fold(self, recorded: Recorded) -> None:
        """Takes an event of the account."""
        meta, event = recorded.envelope.meta, recorded.envelope.event
        chain = meta.correlation_id
        match event:
            case SignalDetected():
                self._strategies[chain] = event.strategy
            case SignalRouted():
                strategy = self._strategies.get(chain, "")
                self._routes[chain] = Route(recorded.ordinal, meta.occurred_at, chain, strategy, event)
            case RouteReported():
                self._routes[chain].outcomes.append(event.outcome.value)
            case RouteEnded():
                self._routes[chain].outcomes.append(BY_A_PERSON)
            case _:
                pass

    def since(self, ordinal: int) -> Sequence[Route]:
        """Those that were routed from this event on, in the order of the log."""
        return [one for one in self._routes.values() if one.ordinal >= ordinal]
