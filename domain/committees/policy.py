"""The policy: which members vote on an entry or an exit, and which verdict follows from the votes.

An entry needs the approval of every member of both chambers. Every member always votes, so that the record of a
refusal is complete.

With the setting `on_opposite = REVERSE` an entry against an open position is decided in two legs. First the exit
members judge the close, and the other members the entry, in the worst case of the close. If the entry is not approved,
the verdict is CLOSE. Once the position is flat, `decide_reversal` judges the entry again on what is recorded by then.

An exit is judged by `EXIT_MEMBERS` alone. They check that the data of the signal is fresh, that its strategy may close
what the signal opposes, and that no exit is already under way. Reasons against new exposure (a tripped kill switch, a
daily loss, low confidence) never prevent an exit. After a refused exit the stop at the exchange still protects the
position. An entry against a position of its own strategy is a flip; the rules for flips that are on vote on it, too
(`domain/committees/flips.py`). A strategy's entry along its own position may add to it, judged by further members
(`domain/committees/additions.py`), and one without a position may have to be repeated first
(`domain/committees/repeated.py`). Filters that are on vote on every entry of a strategy
(`domain/committees/filters.py`), and so do the limits that are on (`domain/committees/limits.py`) and those on the
margin (`domain/committees/margin_limits.py`). No entry is made while its leverage is not known
(`domain/committees/leverage.py`). All members judge by the limits of the regime that is in force for the
instrument (`domain/committees/regimes.py`).
Where an entry needs an order book, its cost is judged by that (`domain/committees/book.py`). Equal instruments among
which it was chosen have the limit of one (`domain/committees/venues.py`).
A weight scales an entry's size or confidence before they are judged (`domain/committees/weighted.py`). Where a champion
is in force, its score is voted on (`domain/committees/scores.py`); the second leg of a reversal has the score of its
signal.

A grid is judged once, at its worst case: every level is entered, then stopped, fees included. It reverses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from domain.addition import ADDITION
from domain.arithmetic import ZERO, distance
from domain.committees import alpha, risk
from domain.committees.additions import addition_members
from domain.committees.after_close import after_close, is_reversal, with_balance
from domain.committees.book import book_members
from domain.committees.case import Case
from domain.committees.filters import filter_members
from domain.committees.flips import flip_members
from domain.committees.levels import grid_members
from domain.committees.leverage import leverage_members
from domain.committees.limits import limit_members
from domain.committees.margin_limits import margin_members
from domain.committees.member import Member, vote
from domain.committees.plan import most_risk
from domain.committees.regimes import in_regime
from domain.committees.repeated import repeat_members
from domain.committees.routes import route_members
from domain.committees.scores import score_members
from domain.committees.venues import venue_members
from domain.committees.view import View
from domain.committees.weighted import weight_members
from domain.direction import Direction
from domain.entry import Entry, entry_of
from domain.instrument import round_down
from domain.portfolio import OpenPosition
from domain.signal import (
    Chamber,
    Decided,
    DecisionMade,
    ReversalDecided,
    SignalDetected,
    Verdict,
    Vote,
    with_policy,
)
from domain.sizing.size import CUT_TO_MAX_RISK, within_risk
from domain.strategies import Intent

POLICY_VERSION = 6
"""Increased with every change to the members, to their order or to the verdict; every decision records it.

2: strategies can be paused (`strategy_in_force`).
3: positions have owners (`holder`): no strategy closes or increases a position of another strategy or of a person.
4: an exit is under way while its position is being closed, or while orders close all of it at once. Before, any order
   that reduced the position prevented an exit.
5: an open circuit breaker prevents an entry (`breakers`).
6: an entry against an open position may reverse it (`on_opposite`).

A member that votes only where a setting of its own is on needs no new version: the settings of the decision are
recorded, and a program without that setting refuses to read them.
"""

_ALPHA, _RISK = Chamber.ALPHA, Chamber.RISK

MEMBERS: tuple[Member, ...] = (
    Member("confidence", _ALPHA, alpha.confidence),
    Member("trend_agreement", _ALPHA, alpha.trend_agreement),
    Member("reward_to_risk", _ALPHA, alpha.reward_to_risk),
    Member("strategy_in_force", _ALPHA, alpha.strategy_in_force),
    Member("kill_switch", _RISK, risk.kill_switch),
    Member("order_outcomes", _RISK, risk.order_outcomes),
    Member("reconciliation", _RISK, risk.reconciliation),
    Member("breakers", _RISK, risk.breakers),
    Member("data_freshness", _RISK, risk.data_freshness),
    Member("allow_list", _RISK, risk.allow_list),
    Member("daily_loss", _RISK, risk.daily_loss),
    Member("cooldown", _RISK, risk.cooldown),
    Member("max_positions", _RISK, risk.max_positions),
    Member("holder", _RISK, risk.holder),
    Member("max_positions_per_instrument", _RISK, risk.max_positions_per_instrument),
    Member("protection", _RISK, risk.protection),
    Member("sizing", _RISK, risk.sizing),
    Member("reserved_balance", _RISK, risk.reserved_balance),
    Member("risk_per_trade", _RISK, risk.risk_per_trade),
    Member("total_risk", _RISK, risk.total_risk),
)
"""The members that vote on an entry, in the order in which votes and reasons are recorded."""

EXIT_MEMBERS: tuple[Member, ...] = (
    Member("data_freshness", _RISK, risk.data_freshness),
    Member("holder", _RISK, risk.exit_holder),
    Member("exit_once", _RISK, risk.exit_once),
)
"""The members that vote on an exit."""

REVERSAL_MEMBERS: tuple[Member, ...] = tuple(
    Member("entry_holder", _RISK, member.judge) if member.name == "holder" else member
    for member in MEMBERS
    if member.name != "data_freshness"
)
"""The members that vote on the entry of a reversal.

The freshness of the data is judged with the exit, and the freshness of the second leg by `decide_reversal`.
"""

_ADDED_IN: Mapping[str, int] = {"strategy_in_force": 2, "holder": 3, "breakers": 5}
"""The policy version that added a member. When an old decision is repeated, only members of its version vote."""

_EXITS_BY_REMAINING = 4
_REVERSALS = 6

_WHY_CLOSE: Mapping[Intent, str] = {Intent.ENTER: "REVERSAL", Intent.EXIT: "EXIT_SIGNAL"}


def decide(signal: SignalDetected, view: View, policy: int = POLICY_VERSION) -> DecisionMade:
    """The decision on a signal: ENTER, CLOSE or SKIP, with all votes. Pure: equal arguments give an equal decision.

    `policy` is the current version, or the recorded version when an old decision is repeated. Raises KeyError for an
    unknown version.

    A signal that opposes an open position or a waiting entry in its instrument proposes to CLOSE the part that may be
    taken out for the signal (`domain/opposed.py`), with either intent, or to REVERSE the position. Any other signal
    proposes to ENTER, or is skipped if its intent is EXIT. One vote against is SKIP; against the entry of a reversal it
    is CLOSE.
    """
    if not 1 <= policy <= POLICY_VERSION:
        raise KeyError(policy)
    case = Case(
        entry_of(signal),
        in_regime(view, signal.instrument),
        by_owner=policy >= _ADDED_IN["holder"],
        by_remaining=policy >= _EXITS_BY_REMAINING,
    )
    if not case.opposed.is_empty:
        decided = _exit(case, _members_of(EXIT_MEMBERS, policy), reverses=policy >= _REVERSALS)
    elif signal.intent is Intent.EXIT:
        decided = _decision(case, Verdict.SKIP, ("NOTHING_TO_EXIT",), ())
    else:
        decided = _enter(case, members_of(policy))
    return decided if policy == POLICY_VERSION else with_policy(decided, policy_version=policy)


def members_of(policy: int) -> tuple[Member, ...]:
    """The members that vote on every entry by this version of the policy."""
    return _members_of(MEMBERS, policy)


def _members_of(members: tuple[Member, ...], policy: int) -> tuple[Member, ...]:
    if policy == POLICY_VERSION:
        return members
    return tuple(member for member in members if _ADDED_IN.get(member.name, 1) <= policy)


class Flat(Struct, frozen=True, gc=False):
    """The close of a reversal: its last `price` (quote currency), the `balance` after it, and the time of its last
    fill (UTC).
    """

    price: Decimal
    balance: Decimal
    at: datetime


def decide_reversal(decided: Decided, decided_at: datetime, flat: Flat, view: View) -> ReversalDecided:
    """The second leg of a decision to REVERSE that was made at `decided_at` (UTC), now that the position is flat. Pure.

    The entry has the decided quantity, stop and target. Where sizes are cut to the risk of one trade, the quantity is
    cut again to what price and balance have left of it. The entry is judged at the signal's price or that of the close,
    whichever is worse for it. It is stale if the close took longer than `order_freshness_seconds` on the
    exchange's clock, or if neither this time nor one candle of the signal is left on the engine's clock; a tape shows a
    fill only at the end of its candle.
    """
    signal, decision = decided.signal, decided.decision
    view = in_regime(view, signal.instrument)
    price = _PRICE[signal.direction](signal.price, flat.price)
    span = timedelta(seconds=view.settings.settings.order_freshness_seconds)
    until = decided_at + max(span, timedelta(seconds=signal.interval_seconds))
    left = span - max(flat.at - decided_at, timedelta(0))
    if left < timedelta(0) or view.now > until:
        return _leg(view, Verdict.SKIP, ("STALE_REVERSAL",), price, None)
    entry = Entry(
        instrument=signal.instrument,
        direction=signal.direction,
        price=price,
        stop=decision.stop,
        target=decision.target,
        quantity=_cut_again(decision, price, signal.strategy, with_balance(view, flat.balance)),
        origin=signal,
    )
    case = Case(entry, with_balance(view, flat.balance))
    members = (
        *REVERSAL_MEMBERS,
        *filter_members(case),
        *margin_members(case),
        *leverage_members(case),
        *limit_members(case),
        *weight_members(case),
        *score_members(case),
        *book_members(case),
        *route_members(case),
    )
    against = _reasons_against(_votes(members, case))
    if against:
        return _leg(view, Verdict.SKIP, against, price, None)
    if entry.quantity == decision.quantity:
        return _leg(view, Verdict.ENTER, ("ALL_APPROVE",), price, view.now + left)
    return _leg(view, Verdict.ENTER, (CUT_TO_MAX_RISK, "ALL_APPROVE"), price, view.now + left, entry.quantity)


def _cut_again(decision: DecisionMade, price: Decimal, owner: str, view: View) -> Decimal:
    most = most_risk(view.settings.settings.sizing_of(owner), view)
    within, reasons = within_risk(decision.quantity, distance(price, decision.stop), most)
    return round_down(within, view.listed.lot) if reasons else decision.quantity


def withdrawn_reversal(reason: str, view: View) -> ReversalDecided:
    """The second leg of a decision to REVERSE that is given up before the position is flat."""
    return _leg(view, Verdict.SKIP, (reason,), None, None)


_PRICE: Mapping[Direction, Callable[[Decimal, Decimal], Decimal]] = {
    Direction.LONG: max,
    Direction.SHORT: min,
}
"""The worse of two prices for an entry in this direction: further from its stop, and nearer to its target."""


def _leg(
    view: View,
    verdict: Verdict,
    reasons: tuple[str, ...],
    price: Decimal | None,
    fresh_until: datetime | None,
    quantity: Decimal | None = None,
) -> ReversalDecided:
    return ReversalDecided(
        verdict=verdict,
        reasons=reasons,
        price=price,
        fresh_until=fresh_until,
        policy_version=POLICY_VERSION,
        settings_version=view.settings.version,
        quantity=quantity,
    )


def _exit(case: Case, members: tuple[Member, ...], *, reverses: bool) -> DecisionMade:
    votes = _votes((*members, *flip_members(case)), case)
    against = _reasons_against(votes)
    if against:
        return _decision(case, Verdict.SKIP, against, votes)
    held = case.taken_out.held
    if reverses and held is not None and is_reversal(case):
        return _reverse(case, held, votes)
    return _decision(case, Verdict.CLOSE, (_WHY_CLOSE[case.signal.intent],), votes)


def _reverse(case: Case, held: OpenPosition, on_exit: tuple[Vote, ...]) -> DecisionMade:
    entering = Case(case.entry, after_close(case, held))
    members = (
        *REVERSAL_MEMBERS,
        *filter_members(entering),
        *margin_members(entering),
        *leverage_members(entering),
        *limit_members(entering),
        *weight_members(entering),
        *score_members(entering),
        *book_members(entering),
        *route_members(entering),
    )
    votes = _votes(members, entering)
    against, why = _reasons_against(votes), _WHY_CLOSE[Intent.ENTER]
    if against:
        return _decision(case, Verdict.CLOSE, (why, *against), (*on_exit, *votes))
    terms = (entering.plan.sized.quantity, *entering.plan.levels)
    reasons = (why, *_cut_of(entering), "ALL_APPROVE")
    return _decision(case, Verdict.REVERSE, reasons, (*on_exit, *votes), terms)


def _enter(case: Case, members: tuple[Member, ...]) -> DecisionMade:
    further = (
        *repeat_members(case),
        *addition_members(case),
        *grid_members(case),
        *filter_members(case),
        *margin_members(case),
        *leverage_members(case),
        *limit_members(case),
        *weight_members(case),
        *score_members(case),
        *book_members(case),
        *venue_members(case),
        *route_members(case),
    )
    votes = _votes((*members, *further), case)
    against = _reasons_against(votes)
    if against:
        return _decision(case, Verdict.SKIP, against, votes)
    terms = (case.plan.sized.quantity, *case.plan.levels)
    adds = () if case.addition is None else (ADDITION,)
    return _decision(case, Verdict.ENTER, (*adds, *_cut_of(case), "ALL_APPROVE"), votes, terms)


def _cut_of(case: Case) -> tuple[str, ...]:
    """The reason of a size that was cut to the risk of one trade."""
    return (CUT_TO_MAX_RISK,) if CUT_TO_MAX_RISK in case.plan.sized.reasons else ()


def _votes(members: tuple[Member, ...], case: Case) -> tuple[Vote, ...]:
    return tuple([vote(member, case) for member in members])


def _reasons_against(votes: tuple[Vote, ...]) -> tuple[str, ...]:
    """Each reason once, in the order of the members; a member without a reason contributes its name."""
    return tuple(
        dict.fromkeys(
            reason for vote in votes if not vote.approves for reason in vote.reasons or (vote.member,)
        )
    )


def _decision(
    case: Case,
    verdict: Verdict,
    reasons: tuple[str, ...],
    votes: tuple[Vote, ...],
    terms: tuple[Decimal, Decimal, Decimal] = (ZERO, ZERO, ZERO),
) -> DecisionMade:
    quantity, stop, target = terms
    return DecisionMade(
        verdict=verdict,
        reasons=reasons,
        votes=votes,
        tier=case.tier,
        quantity=quantity,
        stop=stop,
        target=target,
        policy_version=POLICY_VERSION,
        settings_version=case.view.settings.version,
    )
