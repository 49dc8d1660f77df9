"""The Risk committee: is the trade permitted?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from decimal import Decimal

from msgspec import Struct

from domain.addition import loss_at, loss_of_unit
from domain.arithmetic import EXACT, ONE, distance, total
from domain.breaker import Mode
from domain.committees.case import Case
from domain.committees.member import Figure, Judgement, judgement
from domain.committees.plan import Plan, margin_held, most_risk, reserve
from domain.committees.view import View
from domain.daily_loss import loss_of_day
from domain.direction import Direction
from domain.known_intent import known_intent
from domain.order import OrderStatus
from domain.owner import PERSON
from domain.portfolio import OpenPosition
from domain.sizing.size import CUT_TO_MAX_RISK
from domain.strategies import Intent

_NOTHING_TO_CANCEL = frozenset({OrderStatus.CANCEL_REQUESTED, OrderStatus.FILLED})


def allow_list(case: Case) -> Judgement:
    """The instrument is listed, and on the allow-list if one is set."""
    listed, allowed = case.view.instrument, case.view.risk.allowed
    return judgement(
        {
            "INSTRUMENT_NOT_LISTED": listed is None or listed.id != case.entry.instrument,
            "INSTRUMENT_NOT_ALLOWED": bool(allowed) and case.entry.instrument not in allowed,
        },
        instrument=case.entry.instrument,
        allowed=" ".join(allowed) or "*",
    )


def protection(case: Case) -> Judgement:
    """Stop and target are on the correct sides of the entry, and the stop is reached before liquidation.

    A missing stop or target is approved here; `risk_per_trade` judges the risk of an entry without a stop. An isolated
    position is liquidated about 1/leverage - maintenance margin away from its entry, as a fraction of the entry; a stop
    beyond that would never be reached.
    """
    planned, direction = case.plan, case.entry.direction
    stop, target = planned.stop, planned.target
    stop_stands = stop is None or (stop > 0 and _worse(direction, stop, planned.entry))
    target_stands = target is None or (target > 0 and _worse(direction, planned.entry, target))
    return judgement(
        {
            "STOP_NOT_PROTECTIVE": not stop_stands,
            "TARGET_NOT_BEYOND_ENTRY": not target_stands,
            "STOP_BEYOND_LIQUIDATION": stop is not None
            and stop_stands
            and _is_beyond_liquidation(stop, case),
        },
        direction=direction.value,
        leverage=planned.funds.leverage,
        maintenance_margin=case.view.listed.maintenance_margin,
        entry=planned.entry,
        stop=planned.stop,
        target=planned.target,
    )


def _is_beyond_liquidation(stop: Decimal, case: Case) -> bool:
    entry, leverage = furthest(stop, case.plan.entry, case.addition), case.plan.funds.leverage
    liquidated_at = EXACT.subtract(EXACT.divide(ONE, leverage), case.view.listed.maintenance_margin)
    return EXACT.divide(distance(entry, stop), entry) >= liquidated_at


def furthest(stop: Decimal, entry: Decimal, held: OpenPosition | None) -> Decimal:
    """The entry's price or the average price of the position that it increases, whichever is further from the stop."""
    prices = (entry,) if held is None else (entry, held.state.average_price)
    return max(prices, key=lambda price: distance(price, stop))


def sizing(case: Case) -> Judgement:
    """The quantity, given or computed, is tradable by the instrument's rules; `reserved_balance` judges the margin.

    What the rule KELLY computed, and a cut to the risk of one trade, are figures only where the settings use them, so
    that other decisions keep theirs.
    """
    planned, instrument = case.plan, case.view.listed
    wanted = planned.sized.wanted
    why = planned.sized.reasons if wanted <= 0 else ()
    return judgement(
        dict.fromkeys(why, True),
        rule=planned.sizing.rule.value,
        balance=planned.funds.balance,
        entry=planned.entry,
        stop=planned.stop,
        lot=instrument.lot,
        min_quantity=instrument.min_quantity,
        max_quantity=instrument.max_quantity,
        min_notional=instrument.min_notional,
        wanted=wanted,
        **_figures_of(planned, case.view),
    )


def _figures_of(planned: Plan, view: View) -> Mapping[str, Figure]:
    found: dict[str, Figure] = {}
    if planned.kelly is not None:
        found |= {
            **planned.kelly.figures,
            "kelly_multiplier": planned.sizing.kelly_multiplier,
            "kelly_cap": planned.sizing.kelly_cap,
        }
    most = most_risk(planned.sizing, view)
    if most is not None:
        is_cut = CUT_TO_MAX_RISK in planned.sized.reasons
        found |= {"most_risk": most, "cut": CUT_TO_MAX_RISK if is_cut else ""}
    return found


def max_positions(case: Case) -> Judgement:
    """The positions and working entries, with one more, are within the account's limit.

    The position that an addition increases is the one more.
    """
    held, most = len(case.exposures) - _counted(case), case.view.risk.max_positions
    return judgement({"MAX_POSITIONS": held >= most}, held=held, most=most)


def holder(case: Case) -> Judgement:
    """No other owner has a position or a waiting entry in the instrument: positions are never shared."""
    portfolio, name, own = case.view.portfolio, case.entry.instrument, case.entry.owner
    held = portfolio.positions.get(name)
    waiting = (entry.owner for entry in portfolio.entries.values() if entry.instrument == name)
    owners = dict.fromkeys((*(() if held is None else (held.owner,)), *waiting))
    others = [owner for owner in owners if owner != own]
    return judgement(_held_by(others), strategy=own, owners=" ".join(owners), **_intent(case))


def exit_holder(case: Case) -> Judgement:
    """At least part of the opposed position and entries may be taken out for the signal (see `domain/opposed.py`)."""
    owners = case.opposed.owners
    others = owners if case.taken_out.is_empty else ()
    return judgement(
        _held_by(others),
        strategy=case.entry.owner,
        owners=" ".join(owners),
        reverse_others=str(case.view.portfolio.settings.settings.reverse_others).lower(),
        **_intent(case),
    )


def _intent(case: Case) -> Mapping[str, str]:
    """The intent of a strategy's entry: a figure only where intents are in use, so that other decisions keep theirs."""
    portfolio, entry = case.view.portfolio, case.entry.origin
    if entry is None or entry.intent is not Intent.ENTER:
        return {}
    settings = portfolio.settings.settings.intents_of(entry.strategy)
    if not settings.in_use and not settings.additions:
        return {}
    return {"intent": known_intent(entry, entry.strategy, portfolio).value}


def _held_by(others: Collection[str]) -> Mapping[str, bool]:
    return {
        "HELD_BY_PERSON": PERSON in others,
        "HELD_BY_OTHER_STRATEGY": any(owner != PERSON for owner in others),
    }


def max_positions_per_instrument(case: Case) -> Judgement:
    """The positions and working entries in this instrument, with one more, are within the limit.

    The position that an addition increases is the one more.
    """
    held = case.exposures.count(case.entry.instrument) - _counted(case)
    most = case.view.risk.max_positions_per_instrument
    return judgement({"MAX_POSITIONS_PER_INSTRUMENT": held >= most}, held=held, most=most)


def _counted(case: Case) -> int:
    """How many of the exposures are the entry's own position."""
    return 0 if case.addition is None else 1


def risk_per_trade(case: Case) -> Judgement:
    """At the planned size, the loss at the stop is at most the configured share of the balance.

    After an addition it is the loss of the whole position, with its fees; that of an entry is before fees.
    """
    if case.addition is not None:
        return _whole_risk(case, case.addition)
    planned, risk = case.plan, case.plan.risk
    bound = bound_of_one(risk, case.view)
    return judgement(
        {"RISK_PER_TRADE": bound.exceeded},
        quantity=planned.sized.quantity,
        entry=planned.entry,
        stop=planned.stop,
        risk=risk,
        balance=planned.funds.balance,
        limit=bound.limit,
    )


def _whole_risk(case: Case, held: OpenPosition) -> Judgement:
    planned, fee = case.plan, case.view.listed.taker_fee
    stop, quantity = planned.levels[0], planned.sized.quantity
    before = loss_at(held.state, stop, fee)
    risk = EXACT.add(before, EXACT.multiply(quantity, loss_of_unit(planned.entry, stop, fee)))
    bound = bound_of_one(risk, case.view)
    return judgement(
        {"RISK_PER_TRADE": bound.exceeded},
        position=held.id,
        held=held.state.quantity,
        held_risk=before,
        quantity=quantity,
        entry=planned.entry,
        stop=stop,
        taker_fee=fee,
        risk=risk,
        balance=planned.funds.balance,
        limit=bound.limit,
    )


def total_risk(case: Case) -> Judgement:
    """The risk of this trade, all positions and all working entries is at most the configured share of the balance."""
    at_risk, risk = case.open_risk, case.plan.risk
    bound = bound_of_all(EXACT.add(at_risk, risk), case.view)
    return judgement(
        {"TOTAL_RISK": bound.exceeded},
        open_risk=at_risk,
        risk=risk,
        balance=case.plan.funds.balance,
        limit=bound.limit,
    )


class Bound(Struct, frozen=True, gc=False):
    """The amount at risk and its limit, in quote currency."""

    risk: Decimal
    limit: Decimal

    @property
    def exceeded(self) -> bool:
        """Whether the risk is above the limit."""
        return not self.risk <= self.limit


def bound_of_one(risk: Decimal, view: View) -> Bound:
    """The risk of one position, and its limit as a share of the balance."""
    return Bound(risk, EXACT.multiply(view.account.balance, view.risk.max_risk_per_trade))


def bound_of_all(risk: Decimal, view: View) -> Bound:
    """The risk of all positions and entries, and its limit as a share of the balance."""
    return Bound(risk, EXACT.multiply(view.account.balance, view.risk.max_total_risk))


def daily_loss(case: Case) -> Judgement:
    """The loss of the trading day (UTC) so far, fees and funding included, is below its limit.

    The loss is the balance at the start of the day less the current balance; a day that was not opened is refused. The
    risk of open positions is not counted, because the limit on total risk bounds it. The largest possible loss of a
    day is therefore the sum of both limits.
    """
    account, today = case.view.account, case.view.now.date().isoformat()
    day = loss_of_day(account, case.view.risk.max_daily_loss)
    return judgement(
        {"TRADING_DAY_NOT_OPENED": account.day != today, "DAILY_LOSS_LIMIT": day.is_reached},
        day=account.day,
        today=today,
        day_balance=account.day_balance,
        balance=account.balance,
        limit=day.limit,
        open_risk=case.open_risk,
    )


def reserved_balance(case: Case) -> Judgement:
    """Margin and fees leave the reserve untouched; a size that the funds cut to zero is refused."""
    planned = case.plan
    funds, sized, margin = planned.funds, planned.sized, planned.margin
    return judgement(
        {"RESERVED_BALANCE": margin > funds.spendable or (sized.wanted > 0 and sized.quantity <= 0)},
        balance=funds.balance,
        reserved=total(case.view.account.reserved.values()),
        margin_held=margin_held(case.view),
        reserve=reserve(case.view),
        spendable=funds.spendable,
        leverage=funds.leverage,
        wanted=sized.wanted,
        quantity=sized.quantity,
        margin=margin,
        cuts=" ".join(sized.cuts),
    )


def cooldown(case: Case) -> Judgement:
    """The last losing position in this instrument was closed long enough ago."""
    lost_at = case.view.portfolio.lost_at.get(case.entry.instrument)
    pause = case.view.risk.cooldown_seconds
    cooling = lost_at is not None and case.view.now < lost_at + timedelta(seconds=pause)
    return judgement({"COOLDOWN": cooling}, lost_at=lost_at or "", now=case.view.now, cooldown_seconds=pause)


def data_freshness(case: Case) -> Judgement:
    """The signal's candle is neither too old nor from the future."""
    age = (case.view.now - case.signal.candle_closed_at).total_seconds()
    greatest = case.view.risk.freshness_seconds
    return judgement(
        {"STALE_DATA": age > greatest, "DATA_FROM_THE_FUTURE": age < 0},
        candle_closed_at=case.signal.candle_closed_at,
        now=case.view.now,
        freshness_seconds=greatest,
    )


def kill_switch(case: Case) -> Judgement:
    """The kill switch is not tripped."""
    tripped = case.view.account.tripped
    return judgement({"KILL_SWITCH": bool(tripped)}, tripped=tripped)


def order_outcomes(case: Case) -> Judgement:
    """The outcome of every order is known."""
    unknown = case.view.portfolio.unknown_orders
    return judgement({"ORDER_OUTCOME_UNKNOWN": bool(unknown)}, unknown=" ".join(unknown))


def reconciliation(case: Case) -> Judgement:
    """The log was compared with the exchange since anything may have been missed, and no discrepancy is unresolved.

    `reconciling` is a figure only where it has a value, so that earlier decisions keep their figures.
    """
    found = case.view.portfolio.discrepancies
    unresolved, reconciling = sorted(found.unresolved), found.reconciling
    return judgement(
        {"RECONCILING": bool(reconciling), "UNRESOLVED_DISCREPANCY": bool(unresolved)},
        unresolved=" ".join(unresolved),
        **({"reconciling": reconciling} if reconciling else {}),
    )


def breakers(case: Case) -> Judgement:
    """No circuit breaker is open. While one is half open, an entry may be the trial that closes it."""
    found = case.view.portfolio.breakers.items()
    broken = [f"{service} since {one.since}" for service, one in found if one.mode is Mode.OPEN]
    return judgement({"CIRCUIT_BREAKER_OPEN": bool(broken)}, open=", ".join(broken))


def exit_once(case: Case) -> Judgement:
    """No exit is already under way; a second exit would close more than the position."""
    out, portfolio = case.taken_out, case.view.portfolio
    held, waiting = out.held, out.waiting
    leaving = () if held is None else portfolio.leaving(held)
    pending = [order_id for order_id, entry in waiting.items() if entry.order.status in _NOTHING_TO_CANCEL]
    underway = _is_leaving(case, held) if held is not None else len(pending) == len(waiting) > 0
    return judgement({"EXIT_UNDER_WAY": underway}, leaving=" ".join((*leaving, *pending)))


def _is_leaving(case: Case, held: OpenPosition) -> bool:
    """Whether the position is being closed, or orders close all of it at once."""
    portfolio = case.view.portfolio
    if not case.by_remaining:
        return bool(portfolio.leaving(held))
    return held.state.closing is not None or portfolio.closing_quantity(held) >= held.state.quantity


def _worse(direction: Direction, one: Decimal, other: Decimal) -> bool:
    """Whether the first price is worse than the second for a position in this direction."""
    return one < other if direction is Direction.LONG else one > other
