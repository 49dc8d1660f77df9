"""Funding and forced closes that the stream did not report, as a query of the exchange states them.

What happened while its position was open belongs to the position. Funding whose position the log has closed meanwhile
changes the balance alone: `PositionClosed` states the position's result, and is never written again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from commands.account import SettleBalance
from commands.exchange import Funded, Liquidated
from commands.identity import EXCHANGE
from commands.stimulus import Ask
from commands.world import World
from domain.account import BalanceReason
from domain.arithmetic import EXACT, total
from domain.direction import Direction

Settlement = Funded | Liquidated


def of_open_positions(
    found: Sequence[Settlement],
    world: World,
    excess: Decimal,
    tolerance: Decimal,
    accepted: datetime | None,
) -> tuple[Settlement, ...]:
    """What is not recorded yet, and happened to a position that is open now.

    Funding until `accepted` (UTC; see `AcceptedBalance`) is a part of a transfer already. It is left out, unless all of
    it together explains `excess`, the exchange's balance less the log's in the account's currency. Later funding does
    not have to explain it: at a start the balance also differs by fills that are taken in after the funding.
    """
    missing = [one for one in _missing(found, world) if is_of_open_position(one, world)]
    contained = [
        one for one in missing if isinstance(one, Funded) and accepted is not None and one.at <= accepted
    ]
    if later := tuple(one for one in missing if one not in contained):
        return later
    return tuple(contained) if _explain(contained, excess, tolerance) else ()


def of_closed_positions(
    found: Sequence[Settlement], world: World, excess: Decimal, tolerance: Decimal
) -> tuple[Ask, ...]:
    """The commands that settle funding whose position is closed; none unless all of it together explains `excess`.

    `excess` is the exchange's balance less the log's, in the account's currency. Where it is another amount, a person
    has accepted the funding already, as a transfer, or the exchange's answers are of different times.
    """
    late = [one for one in _missing(found, world) if isinstance(one, Funded) and _is_late(one, world)]
    if not _explain(late, excess, tolerance):
        return ()
    return tuple(
        Ask(
            command=SettleBalance(BalanceReason.FUNDING, one.amount),
            cause=one.fact,
            occurred_at=one.at,
            actor=EXCHANGE,
        )
        for one in late
    )


def _explain(found: Sequence[Funded], excess: Decimal, tolerance: Decimal) -> bool:
    unexplained = EXACT.subtract(excess, total(one.amount for one in found))
    return bool(found) and EXACT.abs(unexplained) <= tolerance


def is_of_open_position(settlement: Settlement, world: World) -> bool:
    """Whether the position that is open in the instrument was open at the time of the settlement."""
    held = world.portfolio.positions.get(settlement.instrument)
    return held is not None and held.opened_at <= settlement.at


def was_traded(instrument: str, world: World) -> bool:
    """Whether the log had a position in the instrument."""
    return any((instrument, direction) in world.portfolio.opened for direction in Direction)


def is_recorded(fact: str, world: World) -> bool:
    """Whether the log has taken in the report with this fact, or has recorded it as a discrepancy."""
    return fact in world.taken_facts or fact in world.portfolio.discrepancies.known


def is_of_before(at: datetime, world: World) -> bool:
    """Whether this time (UTC) is before the log began."""
    began = world.portfolio.began_at
    return began is not None and at < began


def _missing(found: Sequence[Settlement], world: World) -> Iterator[Settlement]:
    for one in found:
        if not is_recorded(one.fact, world) and not is_of_before(one.at, world):
            yield one


def _is_late(settlement: Settlement, world: World) -> bool:
    return was_traded(settlement.instrument, world) and not is_of_open_position(settlement, world)
