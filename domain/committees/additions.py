"""Additions: a strategy's REINFORCE entry increases the position that the strategy holds, where `additions` allows it.

The added part has the position's own stop and target, so that one price ends the whole position. Its size is that of
the sizing rule, times `addition_size`, cut to what the loss of the whole position at its stop leaves of
`risk.max_risk_per_trade`. An addition is an entry like any other: every member votes on it, and those of `RULES` as
well. An entry that is no addition has no vote of theirs, so decisions without the setting keep their bytes.
"""

from __future__ import annotations

from domain.arithmetic import EXACT, ZERO
from domain.committees.case import Case
from domain.committees.member import Judgement, Member, Rule, judgement
from domain.direction import Direction
from domain.portfolio import OpenPosition, Portfolio
from domain.settings import IntentSettings, Settings
from domain.signal import Chamber


def addition_members(case: Case) -> tuple[Member, ...]:
    """The members of the rules in force for the addition; none where the entry adds to no position."""
    if case.addition is None:
        return ()
    settings = case.view.settings.settings
    return tuple(rule.member for rule in RULES if rule.is_on(settings))


def limit(case: Case) -> Judgement:
    """Fewer orders than `additions`, of whichever owner, have increased the position, and none is about to."""
    held, most = _held(case), _settings(case).additions
    made, working = len(held.added), _working(held, case.view.portfolio)
    return judgement(
        {"MAX_ADDITIONS": made >= most, "ADDITION_UNDER_WAY": bool(working)},
        position=held.id,
        additions=made,
        most=most,
        working=" ".join(working),
    )


def standing(case: Case) -> Judgement:
    """The position has a stop, and is neither being closed nor reduced by an order that leads out of it."""
    held, portfolio = _held(case), case.view.portfolio
    leaving = portfolio.leaving(held)
    return judgement(
        {
            "POSITION_WITHOUT_STOP": held.state.stop is None,
            "POSITION_LEAVING": held.state.closing is not None or bool(leaving),
        },
        position=held.id,
        stop=held.state.stop,
        leaving=" ".join(leaving) or ("" if held.state.closing is None else held.state.closing.reason.value),
    )


def spacing(case: Case) -> Judgement:
    """The price has moved in the position's favour by `addition_spacing` of the last entry's price, or by more.

    With `average_down` a move against the position counts as well. A price that has not moved is refused by either.
    """
    held, settings, price = _held(case), _settings(case), case.plan.entry
    last = held.entered_at_price
    up = EXACT.subtract(price, last)
    favour = up if held.state.direction is Direction.LONG else EXACT.minus(up)
    moved = EXACT.abs(favour) if settings.average_down else favour
    least = EXACT.multiply(last, settings.addition_spacing)
    return judgement(
        {"ADDITION_TOO_NEAR": moved < least or moved <= ZERO},
        price=price,
        last_entry=last,
        move=moved,
        least=least,
        addition_spacing=settings.addition_spacing,
        average_down=str(settings.average_down).lower(),
    )


def whole_notional(case: Case) -> Judgement:
    """The cost of the position and the notional of the addition are together at most `caps.max_notional`."""
    cost, most = _held(case).state.cost, case.view.settings.settings.caps.max_notional
    notional = EXACT.add(cost, case.plan.notional)
    return judgement(
        {"POSITION_NOTIONAL_TOO_HIGH": notional > most},
        cost=cost,
        quantity=case.plan.sized.quantity,
        price=case.plan.entry,
        notional=notional,
        most=most,
    )


RULES: tuple[Rule[Settings], ...] = (
    Rule(Member("addition_limit", Chamber.RISK, limit), lambda _settings: True),
    Rule(Member("addition_standing", Chamber.RISK, standing), lambda _settings: True),
    Rule(Member("addition_spacing", Chamber.ALPHA, spacing), lambda _settings: True),
    Rule(
        Member("addition_notional", Chamber.RISK, whole_notional),
        lambda settings: settings.caps.max_notional > 0,
    ),
)
"""The members that vote on an addition, after those that vote on every entry."""


def _settings(case: Case) -> IntentSettings:
    return case.view.settings.settings.intents_of(case.entry.owner)


def _held(case: Case) -> OpenPosition:
    if case.addition is None:
        raise ValueError("the entry adds to no position")
    return case.addition


def _working(held: OpenPosition, portfolio: Portfolio) -> tuple[str, ...]:
    """The ids of the orders that may still increase the position."""
    return tuple(
        order_id
        for order_id, entry in portfolio.entries.items()
        if entry.instrument == held.state.instrument and entry.direction is held.state.direction
    )
