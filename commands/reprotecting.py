"""Places the stop of a position again where it has ended and the position lasts, or closes what the market has passed.

A stop ends without its position where a person or the exchange cancels it, or where it was triggered and found an empty
book. But its end may also be the beginning of a target's fill or of a liquidation. So the engine looks at each tick;
where an event leaves no doubt, `commands/processes/renewing.py` acts at once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from commands.covering import is_beyond, missing, not_ended
from commands.guarding import Prices
from commands.identity import ENGINE, Identity
from commands.in_flight import UNANSWERED
from commands.order import PlaceOrder
from commands.reconciliation import subject_of, unnumbered
from commands.routes import Command
from commands.stimulus import Ask, Stimulus, clock_fact
from commands.stray_orders import is_gone
from commands.unseen_orders import unseen
from commands.way_out import begin_close
from commands.world import World
from domain.arithmetic import total
from domain.closing import CloseReason, wait_after
from domain.direction import Purpose, exit_side
from domain.log import chain_id
from domain.order import RESTING, Closed, OrderStatus, leaves
from domain.order_id import is_of_an_engine
from domain.portfolio import OpenPosition, Portfolio
from domain.reconciliation.differences import StatusDiffers
from domain.streams import order_stream

MOST_IN_A_ROW = 5
"""So often a stop is placed again: a person who cancels it as often does not want it."""
LASTED = timedelta(minutes=10)
"""A stop that rests for so long is no attempt in a row any more."""
_WHILE_RECONCILING = timedelta(seconds=10)
"""The position may be gone at the exchange; its reports arrive with the comparison."""


class _Lost(Struct, frozen=True, gc=False):
    """A position that had no stop since `since`, or has one again since `covered_since` (UTC).

    `placed` are the ids of the stops that were placed again in a row, in order.
    """

    since: datetime
    placed: tuple[str, ...] = ()
    covered_since: datetime | None = None


class Reprotecting:
    """Of one engine. What it knows begins with the engine, so that a restart begins again.

    `given_up` are the streams of the positions whose stop is not placed again, because it ended `MOST_IN_A_ROW` times.
    """

    def __init__(self) -> None:
        self._lost: dict[str, _Lost] = {}
        self.given_up: frozenset[str] = frozenset()

    def at_tick(self, at: datetime, world: World, identity: Identity, prices: Prices) -> Stimulus | None:
        """What is due at this tick (UTC); None where nothing is.

        Nothing follows for a position that the exchange is known not to have (0076). A stop that the exchange does not
        state any more may work: none is placed beside it, and where the market passes its price the position is closed
        (0079).
        """
        held = {one.stream: one for one in world.portfolio.positions.values()}
        self._lost = {stream: lost for stream, lost in self._lost.items() if stream in held}
        self.given_up &= held.keys()
        looked = _Look(at, world, identity, prices)
        asks = [
            Ask(
                command=command,
                cause=clock_fact(at),
                occurred_at=at,
                actor=ENGINE,
                chain=world.chains[one.stream],
            )
            for one in held.values()
            if _is_decided(one, world.portfolio)
            for command in self._due(one, looked)
        ]
        return Stimulus(at, tuple(asks)) if asks else None

    def _due(self, held: OpenPosition, look: _Look) -> Sequence[Command]:
        lost = self._lost.get(held.stream)
        portfolio = look.world.portfolio
        if _is_covered(held, portfolio, without=unseen(portfolio.discrepancies)):
            self._note_cover(held.stream, lost, look.at)
            return ()
        if lost is None or lost.covered_since is not None:
            lost = _Lost(look.at, () if lost is None else lost.placed)
            self._lost[held.stream] = lost
        is_given_up = look.arrived(lost) >= MOST_IN_A_ROW
        if is_given_up:
            self.given_up |= {held.stream}
        if look.at - lost.since < look.wait(lost):
            return ()
        if look.is_passed(held):
            return [look.close(held)]
        if is_given_up or _is_covered(held, portfolio) or look.works_there(held):
            return ()
        orders = look.missing(held)
        placed = tuple(one.order_id for one in orders if one.terms.purpose is Purpose.STOP)
        self._lost[held.stream] = _Lost(look.at, (*lost.placed, *placed))
        return orders

    def _note_cover(self, stream: str, lost: _Lost | None, at: datetime) -> None:
        self.given_up -= {stream}
        if lost is None:
            return
        if lost.covered_since is None:
            self._lost[stream] = replace(lost, covered_since=at)
        elif at - lost.covered_since >= LASTED:
            del self._lost[stream]


class _Look(NamedTuple):
    """One tick."""

    at: datetime
    world: World
    identity: Identity
    prices: Prices

    def wait(self, lost: _Lost) -> timedelta:
        """How long the position has to be bare before the next attempt."""
        wait = wait_after(len(lost.placed) + 1)
        reconciling = self.world.portfolio.discrepancies.reconciling
        return max(wait, _WHILE_RECONCILING) if reconciling else wait

    def is_passed(self, held: OpenPosition) -> bool:
        """Whether the market has reached the stop's price since the position was opened."""
        last = self.prices.last(held.state.instrument)
        return last is not None and last.at >= held.opened_at and is_beyond(last.price, held.state)

    def works_there(self, held: OpenPosition) -> bool:
        """Whether an unresolved discrepancy states that a stop of the position, which has ended here, works there."""
        found = (_working_there(one) for one in self.world.portfolio.discrepancies.unresolved)
        orders = (self._state(order_stream(self.identity.account, one)) for one in found if one is not None)
        return any(
            isinstance(one, Closed)
            and one.terms.purpose is Purpose.STOP
            and one.terms.instrument == held.state.instrument
            and one.terms.side is exit_side(held.state.direction)
            for one in orders
        )

    def arrived(self, lost: _Lost) -> int:
        """How many of the stops reached the exchange."""
        states = (self._state(order_stream(self.identity.account, one)) for one in lost.placed)
        return sum(not _was_never_sent(state) for state in states)

    def close(self, held: OpenPosition) -> Command:
        """Closes the position at the market."""
        fact = f"{clock_fact(self.at)}/{held.stream}"
        orders = f"{chain_id(self.identity.log_id, self.identity.account, fact)}-x"
        return begin_close(held, CloseReason.UNPROTECTED, self.world.chains[held.stream], orders)

    def missing(self, held: OpenPosition) -> Sequence[PlaceOrder]:
        """The stop and target that do not work."""
        portfolio = self.world.portfolio
        fresh_until = self.at + timedelta(seconds=portfolio.settings.settings.order_freshness_seconds)
        chain = self.world.chains[held.stream]
        return missing(held, chain, portfolio, self.identity.account, self._state, fresh_until)

    def _state(self, stream: str) -> object:
        return self.world.state(stream)


def _working_there(discrepancy_id: str) -> str | None:
    """The id of the order that rests at the exchange, as this `StatusDiffers` states; None for another discrepancy."""
    order_id = subject_of(discrepancy_id, StatusDiffers)
    theirs = unnumbered(discrepancy_id).rpartition(":")[2]
    return order_id if theirs in RESTING else None


def bare(portfolio: Portfolio) -> Sequence[OpenPosition]:
    """The positions whose stop a tick places again, once they have been bare for long enough."""
    held = portfolio.positions.values()
    return [one for one in held if _is_decided(one, portfolio) and not _is_covered(one, portfolio)]


def _is_decided(held: OpenPosition, portfolio: Portfolio) -> bool:
    """Whether its stop is this log's, with no request under way, and the exchange is not known to lack the position."""
    return (
        _is_ours(held)
        and not _is_undecided(held, portfolio)
        and not is_gone(portfolio.discrepancies, held.state.instrument)
    )


def _is_ours(held: OpenPosition) -> bool:
    """Whether it has a stop that this log has decided, and is not being closed.

    The stop of an adopted position is a person's own order at the exchange.
    """
    return held.state.stop is not None and held.state.closing is None and is_of_an_engine(held.entry_order)


def _is_undecided(held: OpenPosition, portfolio: Portfolio) -> bool:
    return any(one.status in UNANSWERED for one in not_ended(held, portfolio))


def _is_covered(held: OpenPosition, portfolio: Portfolio, *, without: Collection[str] = ()) -> bool:
    stops = not_ended(held, portfolio)
    if without:
        doubtful = [one for order_id, one in portfolio.exits.items() if order_id in without]
        stops = [one for one in stops if one not in doubtful]
    return total(leaves(one) for one in stops) >= held.state.quantity


def _was_never_sent(state: object) -> bool:
    return isinstance(state, Closed) and state.status is OrderStatus.EXPIRED and not state.venue_order_id
