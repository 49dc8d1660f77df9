"""A draft: the costs of an order, the votes on it, and warnings before it is placed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from commands.door import Declined, Drafted, MemberVote
from commands.request import ManualTerms
from commands.requests.limits import check_alone, judging
from commands.requests.orders import Meant, cases, check_protected, crosses, meant
from commands.requests.situation import Situation
from domain.arithmetic import EXACT
from domain.committees.case import Case
from domain.committees.member import vote
from domain.errors import InvalidInput, Refused
from domain.order import OrderType


def draft(command_id: str, terms: ManualTerms, situation: Situation) -> Drafted | Declined:
    """Costs, votes and warnings of an order that could be placed now, or why it is refused, with the votes.

    Raises InvalidInput as placing that order would.
    """
    try:
        return _accepted(command_id, terms, situation)
    except Refused as fault:
        return Declined(command_id, type(fault).__name__, str(fault), _votes_despite(terms, situation))


def _accepted(command_id: str, terms: ManualTerms, situation: Situation) -> Drafted:
    order = meant(terms, situation)
    if order.case is not None:
        check_alone(order.case.entry, situation)
        check_protected(terms, situation)
    notional = None if order.price is None else EXACT.multiply(terms.quantity, order.price)
    return Drafted(
        command_id=command_id,
        terms=terms,
        price=order.price,
        notional=notional,
        margin=None if order.case is None else order.case.plan.margin,
        fee=None if notional is None else EXACT.multiply(notional, order.rules.taker_fee),
        risk=None if order.case is None else order.case.plan.risk,
        warnings=tuple(_warnings(order, terms, situation)),
        votes=_votes(terms, situation),
    )


def _votes_despite(terms: ManualTerms, situation: Situation) -> Sequence[MemberVote]:
    """The votes on a refused order; none where its terms cannot be judged at all, as without a price."""
    try:
        return _votes(terms, situation)
    except (Refused, InvalidInput):
        return ()


def _votes(terms: ManualTerms, situation: Situation) -> Sequence[MemberVote]:
    """One vote of each member: a rejection where the member rejects the entry at one of its prices."""
    if terms.reduce_only:
        return ()
    judged = [
        _votes_on(case) for case in cases(terms, situation, situation.view(situation.rules(terms.instrument)))
    ]
    return [min(votes, key=lambda one: one.approves) for votes in zip(*judged, strict=True)]


def _votes_on(case: Case) -> Sequence[MemberVote]:
    voted = (vote(member, case) for member in judging(case))
    return [
        MemberVote(
            member=one.member,
            chamber=one.chamber,
            approves=one.approves,
            reasons=one.reasons,
            figures=one.figures,
        )
        for one in voted
    ]


def _warnings(order: Meant, terms: ManualTerms, situation: Situation) -> Iterator[str]:
    for warning in _WARNINGS:
        text = warning(order, terms, situation)
        if text:
            yield text


def _unprotected(order: Meant, terms: ManualTerms, situation: Situation) -> str | None:
    grows = terms.instrument in situation.portfolio.positions
    if order.case is None or terms.stop is not None or grows:
        return None
    return (
        "it has no stop: all of its margin is at risk, and while it is open or waits without one no strategy "
        "may add exposure"
    )


def _aimless(order: Meant, terms: ManualTerms, situation: Situation) -> str | None:
    grows = terms.instrument in situation.portfolio.positions
    if order.case is None or terms.target is not None or grows:
        return None
    return "it has no target: only its stop, an opposing signal or a person closes it"


def _slipping(_order: Meant, terms: ManualTerms, _situation: Situation) -> str | None:
    if terms.type is OrderType.LIMIT:
        return None
    return "it trades at the market's price on arrival, which may be worse than the last known price"


def _at_once(_order: Meant, terms: ManualTerms, situation: Situation) -> str | None:
    price = situation.prices.get(terms.instrument)
    if price is None or terms.limit_price is None or not crosses(terms.side, terms.limit_price, price):
        return None
    return f"its limit is at or beyond the last price of {price}: it trades at once, as a taker"


def _cooling(order: Meant, terms: ManualTerms, situation: Situation) -> str | None:
    lost_at = situation.portfolio.lost_at.get(terms.instrument)
    pause = timedelta(seconds=situation.settings.risk.cooldown_seconds)
    if order.case is None or lost_at is None or situation.at >= lost_at + pause:
        return None
    return f"a position in {terms.instrument} was lost at {lost_at.isoformat()}: no strategy would enter yet"


_WARNINGS: tuple[Callable[[Meant, ManualTerms, Situation], str | None], ...] = (
    _unprotected,
    _aimless,
    _slipping,
    _at_once,
    _cooling,
)
