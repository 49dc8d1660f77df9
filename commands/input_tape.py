"""The port to the tape of inputs: everything that an engine was fed, in one order, so that the run can be repeated."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from commands.identity import Identity
from commands.inputs import Input
from commands.world import World
from domain.filters.settings import NO_FILTERS, FilterSettings
from domain.leverage.settings import FIXED_LEVERAGE, LeverageSettings
from domain.regimes.settings import NO_REGIMES, RegimeSettings
from domain.settings import StrategySettings


class SessionBegun(Struct, frozen=True, kw_only=True):
    """An engine was made: at its first start, and at each restart.

    `folded` is the number of the log's events that the state was folded from, 0 for an empty log. The first `snapshot`
    of them came from the snapshot of the states at that ordinal; 0 where all were read from the log. `log_id`,
    `account` and `source` are the engine's identity; `since`, `marks` and `strategies` are the arguments of its
    constructor, and `filters` those of all strategies, `regimes` how regimes are read, `leverage` how it follows the
    volatility. An engine without candles has no `strategies`.
    """

    at: datetime
    folded: int
    log_id: UUID
    account: str
    source: str
    since: datetime
    marks: bool = True
    strategies: tuple[StrategySettings, ...] = ()
    snapshot: int = 0
    filters: FilterSettings = NO_FILTERS
    regimes: RegimeSettings = NO_REGIMES
    leverage: LeverageSettings = FIXED_LEVERAGE


Taped = Input | SessionBegun


def session(
    identity: Identity,
    world: World,
    since: datetime,
    *,
    marks: bool = True,
    strategies: tuple[StrategySettings, ...] = (),
    filters: FilterSettings = NO_FILTERS,
    regimes: RegimeSettings = NO_REGIMES,
    leverage: LeverageSettings = FIXED_LEVERAGE,
    snapshot: int = 0,
) -> SessionBegun:
    """The session of an engine that is made at `since` with this identity and state, and with these arguments.

    `snapshot` is the ordinal of the snapshot that the state began from.
    """
    return SessionBegun(
        at=since,
        folded=world.ordinal,
        log_id=identity.log_id,
        account=identity.account,
        source=identity.source,
        since=since,
        marks=marks,
        strategies=strategies,
        snapshot=snapshot,
        filters=filters,
        regimes=regimes,
        leverage=leverage,
    )


class InputTape(Protocol):
    """Keeps the inputs of one engine. A session begins with `SessionBegun`; its first unit makes that durable.

    Rule of durability: an input is durable before, or in the same transaction as, the first unit that follows from it.
    An input that leads to no unit is durable with the next unit, with the next full batch or at `close`, whichever
    comes first. A process that is killed before that loses it; it led to nothing, and the state that it left ended with
    the process.
    """

    def take(self, given: Taped) -> None:
        """Adds an input, before it is handled. Raises InvalidInput for a value that has no place on a tape.

        May write a full batch, and then raises what `keep` raises.
        """
        ...

    def keep(self) -> None:
        """Called before each append to the log: makes all inputs durable, or hands them to that append's transaction.

        Raises LogLost, OwnershipLost, LogUnavailable; then nothing may be appended to the log.
        """
        ...

    def close(self) -> None:
        """Makes all inputs durable and releases the tape; idempotent."""
        ...
