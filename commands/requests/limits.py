"""The limits of a person's entry: the committee members that judge it, and a sentence for each of their reasons.

The rules are those that judge a strategy's entry (`domain/committees/risk.py`). A person who wants to exceed a limit
changes the setting first, which is recorded with the person's name. These members judge:

- kill_switch, order_outcomes, reconciliation, breakers: no new exposure on an unknown state;
- loss_pause, where the account's entries may pause after losses: a person ends the pause first, with a reason;
- group_positions, where it is on;
- allow_list, daily_loss, max_positions: the limits of the account (max_positions does not judge an order that increases
  a position, since it opens none);
- sizing: the given quantity is within the instrument's bounds;
- protection: a stop is on the right side of the entry and before liquidation;
- reserved_balance: margin and fees in and out leave the reserve untouched;
- risk_per_trade, total_risk: the loss at the order's stop; an order without a stop risks its margin, the most that an
  isolated position can lose. They also judge a stop that is moved away later;
- the limits on the margin that are on (`domain/committees/margin_limits.py`);
- leverage_known, where the leverage follows the volatility (`domain/committees/leverage.py`).

The Alpha committee, data_freshness and cooldown do not judge a person's entry, because they judge how a strategy reads
a candle. max_positions_per_instrument is replaced by the rule that an instrument has at most one working entry, and
none against an open position (`check_alone`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal

from commands.request import ManualTerms
from commands.requests.situation import Situation
from domain.arithmetic import EXACT
from domain.committees import MEMBERS as VOTING
from domain.committees import Case, Judge, Member, View, limits, risk
from domain.committees.leverage import leverage_members
from domain.committees.limits import limit_members
from domain.committees.margin_limits import margin_members
from domain.direction import Direction, entry_side, towards
from domain.entry import Entry
from domain.errors import Refused
from domain.portfolio import UNBOUNDED, OpenPosition, Portfolio, with_stop

MEMBERS: tuple[Judge, ...] = (
    risk.kill_switch,
    risk.order_outcomes,
    risk.reconciliation,
    risk.breakers,
    risk.allow_list,
    risk.daily_loss,
    risk.max_positions,
    risk.sizing,
    risk.protection,
    risk.reserved_balance,
    risk.risk_per_trade,
    risk.total_risk,
    limits.loss_pause,
    limits.group_positions,
)
"""The members that judge a person's entry; `max_positions` judges only an entry that opens a position.

Those of `domain/committees/limits.py` and `domain/committees/margin_limits.py` judge where their limit is on.
"""


def case_of(terms: ManualTerms, price: Decimal, view: View) -> Case:
    """The case of a person's order, with `price` (quote currency) as the price of its entry."""
    entry = Entry(
        instrument=terms.instrument,
        direction=towards(terms.side),
        price=price,
        stop=terms.stop,
        target=terms.target,
        quantity=terms.quantity,
        origin=None,
    )
    return Case(entry, view)


def check_entry(case: Case) -> None:
    """Raises Refused with every reason against the entry."""
    _check(case, tuple(member.judge for member in judging(case)))


def judging(case: Case) -> Sequence[Member]:
    """The members that judge this entry, in the order in which their reasons are given."""
    growing = case.entry.instrument in case.view.portfolio.exposures()
    on = {member.judge for member in limit_members(case)}
    always = (
        judge
        for judge in MEMBERS
        if not (growing and judge is risk.max_positions) and (judge not in _LIMITS or judge in on)
    )
    return (*(_NAMED[judge] for judge in always), *margin_members(case), *leverage_members(case))


_LIMITS = frozenset({limits.loss_pause, limits.group_positions})
_NAMED: Mapping[Judge, Member] = {
    member.judge: member for member in (*VOTING, *(rule.member for rule in limits.RULES))
}


def check_levels(case: Case) -> None:
    """Raises Refused for a stop or target on the wrong side of the entry; a missing level is accepted."""
    _check(case, (risk.protection,))


def check_alone(entry: Entry, situation: Situation) -> None:
    """Raises Refused if the entry opposes an open position, or if another entry works in its instrument."""
    name, portfolio = entry.instrument, situation.portfolio
    held = portfolio.positions.get(name)
    if held is not None and held.state.direction is not entry.direction:
        raise Refused(
            f"{held.id} is open {held.state.direction}: a {entry_side(entry.direction)} order would turn it; "
            "close it first, or make the order reduce-only"
        )
    waiting = [order_id for order_id, one in portfolio.entries.items() if one.instrument == name]
    if waiting:
        raise Refused(f"{', '.join(waiting)} waits in {name}: amend it or cancel it first")


def check_wider(held: OpenPosition, stop: Decimal, view: View) -> None:
    """Raises Refused for a stop that raises the risk of an open position above the limit of one trade or of all."""
    wider = with_stop(held, stop=stop).risk
    if wider <= held.risk:
        return
    beside = EXACT.subtract(view.portfolio.open_risk, held.risk)
    for name, bound in (
        ("risk.max_risk_per_trade", risk.bound_of_one(wider, view)),
        ("risk.max_total_risk", risk.bound_of_all(EXACT.add(beside, wider), view)),
    ):
        if bound.exceeded:
            raise Refused(f"a stop of {stop} puts {bound.risk} at risk where {bound.limit} may be ({name})")


def _check(case: Case, members: tuple[Judge, ...]) -> None:
    against = [reason for member in members for reason in _against(member, case)]
    if against:
        raise Refused("; ".join(dict.fromkeys(against)))


def _against(member: Judge, case: Case) -> Iterator[str]:
    judgement = member(case)
    for reason in judgement.reasons:
        yield SENTENCES[reason](case, judgement.figures)


Figures = Mapping[str, str]
Sentence = Callable[[Case, Figures], str]


def _with(template: str) -> Sentence:
    """A function that fills the template with the member's figures."""
    return lambda _case, figures: template.format_map(figures)


def _quantity(case: Case, figures: Figures) -> str:
    bounds = "{min_quantity} … {max_quantity}".format_map(figures)
    return f"a quantity of {case.entry.quantity} is not in {bounds} of {case.entry.instrument}"


def _notional(case: Case, figures: Figures) -> str:
    least = figures["min_notional"]
    return f"{case.entry.quantity} at {case.entry.price} is less than the minimum notional of {least}"


def _stop(case: Case, _figures: Figures) -> str:
    entry, side = case.entry, "below" if case.entry.direction is Direction.LONG else "above"
    place = f"a {entry.direction} position at {entry.price}: it belongs {side} that"
    return f"a stop of {entry.stop} does not protect {place}"


def _beyond_liquidation(case: Case, figures: Figures) -> str:
    entry, leverage = case.entry, figures["leverage"]
    where = f"a position at {entry.price} and leverage {leverage} is liquidated before"
    return f"a stop of {entry.stop} is never reached: {where}"


def _target(case: Case, _figures: Figures) -> str:
    entry, side = case.entry, "above" if case.entry.direction is Direction.LONG else "below"
    place = f"a {entry.direction} position at {entry.price}: it belongs {side} that"
    return f"a target of {entry.target} is no gain for {place}"


def _risk_per_trade(case: Case, figures: Figures) -> str:
    cure = "name a stop, or take less of it" if case.entry.stop is None else "a nearer stop or less of it"
    template = "it risks {risk} where one trade may risk {limit} (risk.max_risk_per_trade): {cure}"
    return template.format_map({**figures, "cure": cure})


def _total_risk(case: Case, figures: Figures) -> str:
    bare = _without_stop(case.view.portfolio)
    if bare:
        return f"{', '.join(bare)} has no stop: give it one first"
    template = "it risks {risk} beside {open_risk} at risk already, of at most {limit} (risk.max_total_risk)"
    return template.format_map(figures)


def _without_stop(portfolio: Portfolio) -> Sequence[str]:
    """The ids of the positions and of the waiting entries whose risk is unbounded."""
    held = (one.id for one in portfolio.positions.values() if one.risk == UNBOUNDED)
    waiting = (f"order {name}" for name, entry in portfolio.entries.items() if entry.risk == UNBOUNDED)
    return [*held, *waiting]


SENTENCES: Mapping[str, Sentence] = {
    "KILL_SWITCH": _with("the kill switch is tripped ({tripped}): reset it first"),
    "ORDER_OUTCOME_UNKNOWN": _with("the outcome of {unknown} is not known yet: no new exposure until it is"),
    "RECONCILING": _with(
        "the log is being compared with the exchange ({reconciling}): no new exposure until then"
    ),
    "UNRESOLVED_DISCREPANCY": _with("the exchange and the log disagree ({unresolved}): settle that first"),
    "LEVERAGE_UNCERTAIN": _with(
        "the outcome of a change of its leverage from {leverage} to {requested} is not known yet: no entry until it is"
    ),
    "CIRCUIT_BREAKER_OPEN": _with("the exchange does not answer ({open}): no new exposure until it does"),
    "INSTRUMENT_NOT_LISTED": _with("{instrument} is not listed here"),
    "INSTRUMENT_NOT_ALLOWED": _with("{instrument} is not allowed by risk.allowed ({allowed})"),
    "TRADING_DAY_NOT_OPENED": _with(
        "the trading day {today} is not opened yet: its losses cannot be measured"
    ),
    "DAILY_LOSS_LIMIT": _with(
        "the day has gone from {day_balance} to {balance}: its limit of {limit} is reached"
    ),
    "MAX_POSITIONS": _with("positions and entries: {held} held, {most} allowed (risk.max_positions)"),
    "BELOW_MIN_QUANTITY": _quantity,
    "ABOVE_MAX_QUANTITY": _quantity,
    "BELOW_MIN_NOTIONAL": _notional,
    "STOP_NOT_PROTECTIVE": _stop,
    "STOP_BEYOND_LIQUIDATION": _beyond_liquidation,
    "TARGET_NOT_BEYOND_ENTRY": _target,
    "RESERVED_BALANCE": _with(
        "it needs {margin} of margin and fees, where {spendable} can be spent: the rest is margin already, "
        "set aside for orders, or the reserve (risk.reserved_balance)"
    ),
    "MARGIN_IN_USE": _with(
        "with it {in_use} would be margin, where at most {most} of a balance of {balance} may be (margin.max_in_use)"
    ),
    "MARGIN_OF_POSITION": _with(
        "its margin of {in_use} is above the {most} that one position may have (margin.max_per_position)"
    ),
    "STOP_NEAR_LIQUIDATION": _with(
        "liquidation is {distance} of the price beyond its stop, less than {liquidation_distance} "
        "(margin.liquidation_distance); a nearer stop or less leverage"
    ),
    "ACCOUNT_PAUSED_AFTER_LOSSES": _with(
        "entries are paused after {account_pause}: resume them first, with a reason"
    ),
    "MAX_GROUP_POSITIONS": _with(
        "{net} positions of the group {group}, with {held}, where {most} are allowed (limits.max_group_positions)"
    ),
    "RISK_PER_TRADE": _risk_per_trade,
    "TOTAL_RISK": _total_risk,
}
"""The sentence for each reason of these members; a test checks that the table is complete."""
