"""The table of rules, and the decision about one position: which of their actions are carried out."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from domain.managed import ManagedBy, PositionManaged, Rule
from domain.management.action import Action, Close, Finding, Judge, MoveStop, MoveTarget, Reduce
from domain.management.book_exit import book_exit
from domain.management.book_stop import book_stop
from domain.management.break_even import break_even
from domain.management.early_profit import early_profit
from domain.management.forced_exits import largest_loss, time_limit
from domain.management.partial_closes import partial_close
from domain.management.reading import Reading
from domain.management.reversal import reversal
from domain.management.stops import tightened
from domain.management.trailing_stop import trailing_stop
from domain.management.trailing_target import stop_behind_target, trailing_target

RULES_VERSION = 1
"""The version of the rules, which is in each of their events: a decision is only made again by the same version."""

RULES: Sequence[Judge] = (
    largest_loss,
    time_limit,
    early_profit,
    reversal,
    partial_close,
    break_even,
    trailing_stop,
    trailing_target,
    stop_behind_target,
    book_stop,
    book_exit,
)
"""The rules in order of precedence: those that close a position go first."""


def decide(reading: Reading) -> Sequence[PositionManaged]:
    """What is recorded about a position, and so done: nothing, one close, or a stop that is moved, a part that is
    closed and a target that is moved.

    The first rule that closes the position acts alone. Of several stops the tightest is taken, of several targets that
    of the first rule. The stop goes first, because its event may hold the evidence from which all of them are decided
    again (`infra/run/redeciding.py`).
    """
    found = [finding for judge in RULES if (finding := judge(reading)) is not None]
    # The first event has the evidence of all that is decided with it, and only one of them can have that of the book.
    found = [one for one in found if one.rule is not Rule.BOOK_EXIT] or found
    closes = [one for one in found if isinstance(one.action, Close)]
    chosen = closes[:1] or [*_tightest(found, reading), *_first(Reduce, found), *_first(MoveTarget, found)]
    return [_event(one, reading) for one in chosen]


def _tightest(found: Sequence[Finding], reading: Reading) -> Sequence[Finding]:
    stop = reading.state.stop
    best: Finding | None = None
    most = None
    for one in found:
        if stop is None or not isinstance(one.action, MoveStop):
            continue
        gain = tightened(reading, stop, one.action.stop)
        if most is None or gain > most:
            best, most = one, gain
    return () if best is None else (best,)


def _first(kind: type[Action], found: Sequence[Finding]) -> Sequence[Finding]:
    return [one for one in found if isinstance(one.action, kind)][:1]


_KINDS = {
    MoveStop: ManagedBy.MOVE_STOP,
    MoveTarget: ManagedBy.MOVE_TARGET,
    Reduce: ManagedBy.REDUCE,
    Close: ManagedBy.CLOSE,
}


def _event(finding: Finding, reading: Reading) -> PositionManaged:
    action, price = finding.action, reading.price
    return PositionManaged(
        rule=finding.rule,
        action=_KINDS[type(action)],
        rules_version=RULES_VERSION,
        stop_before=reading.state.stop,
        target_before=reading.state.target,
        stop=action.stop if isinstance(action, MoveStop) else None,
        target=action.target if isinstance(action, MoveTarget) else None,
        close_reason=action.reason if isinstance(action, Close) else None,
        price=None if price is None else price.price,
        price_source=None if price is None else price.source,
        price_at=None if price is None else price.at,
        profit=reading.profit,
        regime=reading.regime,
        figures=finding.figures,
        close_price=_side(reading),
        quantity=action.quantity if isinstance(action, Reduce) else None,
        levels=action.levels if isinstance(action, Reduce) else None,
    )


def _side(reading: Reading) -> Decimal | None:
    """The bid or the ask that a close gets; None where no recent ones are known."""
    price = reading.price
    if price is None:
        return None
    return price.bid if reading.is_long else price.ask
