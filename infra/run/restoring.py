"""A log without a tape taken up again: the state, the last known prices and the exchange, as the log has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from adapters.simulated import SimulatedExchange, check_playable
from adapters.simulated.still import StillMarket
from commands.outgoing import Outgoing, unconfirmed
from commands.world import World
from domain.errors import InvalidInput
from domain.log import Envelope, EventLog
from domain.order import OrderAmendRequested
from domain.streams import account_stream, parse
from infra.run.beginning import Beginning
from infra.run.clock import SteadyClock
from infra.run.simulation import rules_of


class Restored:
    """`world` and `prices` hold what the log held; `hear` goes on with the prices."""

    def __init__(self, clock: SteadyClock, seen: Callable[[Envelope], None], log: EventLog) -> None:
        """Reads all of the log: `seen` is shown every event, and `clock` goes back behind none.

        Raises what the log raises.
        """
        self.world, self.prices = World(), StillMarket()
        self._clock, self._seen = clock, seen
        self._amendments: dict[str, OrderAmendRequested] = {}
        for recorded in log.read():
            envelope = recorded.envelope
            self.world.fold(envelope)
            if isinstance(envelope.event, OrderAmendRequested):
                self._amendments[parse(envelope.meta.stream).id] = envelope.event
            self.hear(envelope)

    def hear(self, envelope: Envelope) -> None:
        """Takes up the price and the time that a recorded event holds, and shows it."""
        self._clock.not_before(envelope.meta.recorded_at)
        self.prices.observe(envelope)
        self._seen(envelope)

    def exchange(self, beginning: Beginning, at: datetime) -> SimulatedExchange:
        """The exchange at `at`; that of a new account where the log is empty.

        Raises InvalidInput for a log of another account or of rules of the simulator that cannot be played.
        """
        if self.world.log_id is None:
            return beginning.exchange()
        _check_account(self.world, beginning.account)
        check_playable(self.world.state("log").simulator)
        simulation = self.world.portfolio.settings.settings.simulation
        rules = rules_of(simulation)
        return SimulatedExchange.restored(self.world, rules, simulation.seed, at)

    def unconfirmed(self) -> Sequence[Outgoing]:
        """What the log requested of the exchange and does not show confirmed."""
        return unconfirmed(self.world, self._amendments)


def _check_account(world: World, account: str) -> None:
    if account_stream(account) in world.versions:
        return
    found = ", ".join(parse(stream).account for stream in world.versions if parse(stream).noun == "account")
    raise InvalidInput(
        f"this log is of the account {found or 'of nobody'}, not of {account}; name it with --account"
    )
