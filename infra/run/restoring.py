"""Restores state, last known prices and exchange from a log, without a tape."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from msgspec import MsgspecError, Struct
from msgspec.msgpack import Decoder, encode

from adapters.simulated import SimulatedExchange, check_playable
from adapters.simulated.still import KeptPrices, StillMarket
from adapters.snapshots import Snapshots
from commands.outgoing import Amendment, Outgoing, unconfirmed
from commands.world import World
from domain.errors import InvalidInput
from domain.log import Envelope, EventLog
from domain.order import OrderAmendRequested, Working
from domain.streams import account_stream, parse
from infra.run.beginning import Beginning
from infra.run.clock import SteadyClock
from infra.run.collecting import seldom_collected
from infra.run.simulation import rules_of

_log = logging.getLogger(__name__)


class Beside(Protocol):
    """What one kind of run folds from the events itself, and keeps beside the snapshot of the world."""

    def kept(self, world: World) -> bytes:
        """What `restore` needs, at the world's ordinal."""
        ...

    def restore(self, kept: bytes) -> None:
        """Takes what was kept, before any event."""
        ...


class _Beside(Struct, frozen=True, gc=False, kw_only=True):
    """What a snapshot holds beside the world.

    `source` is that of the run's events, `at` the time of the last event, `own` what the run keeps itself.
    """

    source: str
    at: datetime
    prices: KeptPrices
    amendments: Mapping[str, Amendment]
    own: bytes


class Restored:
    """`world` and `prices` are restored from the log; `observe` updates the prices with later events.

    `begun` is the ordinal of the snapshot that the world began from; 0 without one.
    """

    def __init__(
        self,
        clock: SteadyClock,
        seen: Callable[[Envelope], None],
        log: EventLog,
        by_hand: str,
        snapshots: Snapshots | None = None,
        beside: Beside | None = None,
    ) -> None:
        """Reads the log, passes every event to `seen` and moves `clock` up to its times; raises the log's errors.

        With `snapshots` only the events after the snapshot are read and passed; `beside` is kept with it and restored
        from it. `by_hand` is the source of the run's own events, whose prices come from no market feed.
        """
        self.world, self.prices, self.begun = World(), StillMarket(by_hand), 0
        self._clock, self._seen, self._snapshots = clock, seen, snapshots
        self._source, self._own, self._observed = by_hand, beside, 0
        self._last = datetime.min.replace(tzinfo=UTC)
        self._amendments: dict[str, Amendment] = {}
        if snapshots is not None:
            self._begin_with(snapshots)
        for recorded in log.read(after=self.world.ordinal):
            self.world.fold(recorded.envelope)
            self.observe(recorded.envelope)
        if self._snapshots is not None:
            self._snapshots.begin(self.world, self._beside)

    def observe(self, envelope: Envelope) -> None:
        """Updates prices and clock from a recorded event and passes it to `seen`."""
        meta, event = envelope.meta, envelope.event
        self._observed += 1
        self._last = meta.recorded_at
        self._clock.not_before(meta.recorded_at)
        if isinstance(event, OrderAmendRequested):
            self._amendments[meta.stream] = Amendment(event, meta.recorded_at)
        self.prices.observe(envelope)
        self._seen(envelope)

    def keep(self) -> None:
        """Brings the snapshot up to date where enough events were recorded since."""
        if self._snapshots is not None and self._is_whole:
            self._snapshots.keep(self.world, self._beside)

    def close(self) -> None:
        """Brings the snapshot up to date, at the end of the run."""
        if self._snapshots is None:
            return
        if self._is_whole:
            self._snapshots.close(self.world, self._beside)
        else:
            _log.warning("the run ended amid a unit of work: its snapshot stays as it is")

    @property
    def _is_whole(self) -> bool:
        """Whether `observe` has had every event of the world; a run that fails while it sends has recorded more."""
        return self._observed == self.world.ordinal

    def _begin_with(self, snapshots: Snapshots) -> None:
        with seldom_collected():
            world, kept = snapshots.restored()
        if not world.ordinal:
            return
        beside = self._of_this_kind(kept)
        if beside is None:
            snapshots.refuse("another kind of run made it")
            return
        if self._own is not None:
            self._own.restore(beside.own)
        self.world, self._last = world, beside.at
        self.begun = self._observed = world.ordinal
        self._clock.not_before(beside.at)
        self._amendments = dict(beside.amendments)
        self.prices.restore(beside.prices, self._traded)

    def _traded(self, stream: str) -> str:
        """The instrument of an order of the snapshot."""
        instrument: str = self.world.states[stream].terms.instrument
        return instrument

    def _of_this_kind(self, kept: bytes) -> _Beside | None:
        try:
            found = _decoded(kept)
        except MsgspecError:
            return None
        return found if found.source == self._source else None

    def _beside(self) -> bytes:
        states = self.world.states
        pending = {
            stream: one for stream, one in self._amendments.items() if isinstance(states[stream], Working)
        }
        own = b"" if self._own is None else self._own.kept(self.world)
        return encode(
            _Beside(
                source=self._source,
                at=self._last,
                prices=self.prices.kept(),
                amendments=pending,
                own=own,
            )
        )

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
        return unconfirmed(self.world, {parse(stream).id: one for stream, one in self._amendments.items()})


_decoded = Decoder(_Beside).decode


def check_account(world: World, account: str) -> None:
    """Raises InvalidInput for the log of another account."""
    if account_stream(account) in world.versions:
        return
    found = ", ".join(parse(stream).account for stream in world.versions if parse(stream).noun == "account")
    raise InvalidInput(
        f"this log is of the account {found or '(none)'}, not of {account}; name its account with --account"
    )
