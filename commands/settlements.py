"""Funding and forced closes that the stream did not report, as a query of the exchange states them.

What happened while its position was open belongs to the position. Funding whose position the log has closed meanwhile
changes the balance alone: `PositionClosed` states the position's result, and is never written again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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


def of_open_positions(found: Sequence[Settlement], world: World) -> tuple[Settlement, ...]:
    """What is not recorded yet, and happened to a position that is open now."""
    return tuple(one for one in _missing(found, world) if is_of_open_position(one, world))


def of_closed_positions(
    found: Sequence[Settlement], world: World, excess: Decimal, tolerance: Decimal
) -> tuple[Ask, ...]:
    """The commands that settle funding whose position is closed; none unless all of it together explains `excess`.

    `excess` is the exchange's balance less the log's, in the account's currency. Where it is another amount, a person
    has accepted the funding already, as a transfer, or the exchange's answers are of different times.
    """
    late = [one for one in _missing(found, world) if isinstance(one, Funded) and _is_late(one, world)]
    unexplained = EXACT.subtract(excess, total(one.amount for one in late))
    if not late or EXACT.abs(unexplained) > tolerance:
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


def is_of_open_position(settlement: Settlement, world: World) -> bool:
    """Whether the position that is open in the instrument was open at the time of the settlement."""
    held = world.portfolio.positions.get(settlement.instrument)
    return held is not None and held.opened_at <= settlement.at


def was_traded(instrument: str, world: World) -> bool:
    """Whether the log had a position in the instrument."""
    return any((instrument, direction) in world.portfolio.opened for direction in Direction)


def _missing(found: Sequence[Settlement], world: World) -> Iterator[Settlement]:
    began, known = world.portfolio.began_at, world.portfolio.discrepancies.known
    for one in found:
        is_known = one.fact in world.taken_facts or one.fact in known
        if not is_known and (began is None or one.at >= began):
            yield one


def _is_late(settlement: Settlement, world: World) -> bool:
    return was_traded(settlement.instrument, world) and not is_of_open_position(settlement, world)
