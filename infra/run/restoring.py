"""Restores state, last known prices and exchange from a log, without a tape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from adapters.simulated import SimulatedExchange, check_playable
from adapters.simulated.still import StillMarket
from commands.outgoing import Amendment, Outgoing, unconfirmed
from commands.world import World
from domain.errors import InvalidInput
from domain.log import Envelope, EventLog
from domain.order import OrderAmendRequested
from domain.streams import account_stream, parse
from infra.run.beginning import Beginning
from infra.run.clock import SteadyClock
from infra.run.simulation import rules_of


class Restored:
    """`world` and `prices` are restored from the log; `observe` updates the prices with later events."""

    def __init__(
        self, clock: SteadyClock, seen: Callable[[Envelope], None], log: EventLog, by_hand: str
    ) -> None:
        """Reads the log, passes every event to `seen` and moves `clock` up to its times; raises the log's errors.

        `by_hand` is the source of the events of runs without a market feed.
        """
        self.world, self.prices = World(), StillMarket(by_hand)
        self._clock, self._seen = clock, seen
        self._amendments: dict[str, Amendment] = {}
        for recorded in log.read():
            envelope = recorded.envelope
            self.world.fold(envelope)
            if isinstance(envelope.event, OrderAmendRequested):
                requested = Amendment(envelope.event, envelope.meta.recorded_at)
                self._amendments[parse(envelope.meta.stream).id] = requested
            self.observe(envelope)

    def observe(self, envelope: Envelope) -> None:
        """Updates prices and clock from a recorded event and passes it to `seen`."""
        self._clock.not_before(envelope.meta.recorded_at)
        self.prices.observe(envelope)
        self._seen(envelope)

    def exchange(self, beginning: Beginning, at: datetime) -> SimulatedExchange:
        """The exchange at `at`; the exchange of a new account where the log is empty.

        Raises InvalidInput for a log of another account or of simulator rules that this program cannot play.
        """
        if self.world.log_id is None:
            return beginning.exchange()
        check_account(self.world, beginning.account)
        check_playable(self.world.state("log").simulator)
        simulation = self.world.portfolio.settings.settings.simulation
        rules = rules_of(simulation)
        return SimulatedExchange.restored(self.world, rules, simulation.seed, at)

    def unconfirmed(self) -> Sequence[Outgoing]:
        """The requests to the exchange that the log does not show as confirmed."""
        return unconfirmed(self.world, self._amendments)


def check_account(world: World, account: str) -> None:
    """Raises InvalidInput for the log of another account."""
    if account_stream(account) in world.versions:
        return
    found = ", ".join(parse(stream).account for stream in world.versions if parse(stream).noun == "account")
    raise InvalidInput(
        f"this log is of the account {found or '(none)'}, not of {account}; name its account with --account"
    )
