"""The Risk committee: may we?"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from domain.arithmetic import EXACT, ONE, distance, total
from domain.committees.member import Judgement, judgement
from domain.committees.plan import margin_held, plan, reserve
from domain.committees.view import View
from domain.direction import Direction
from domain.order import OrderStatus
from domain.signal import SignalDetected
from domain.sizing import leverage_of, margin_required

_NOTHING_TO_CANCEL = frozenset({OrderStatus.CANCEL_REQUESTED, OrderStatus.FILLED})


def allow_list(signal: SignalDetected, view: View) -> Judgement:
    """The instrument is listed, and on the allow-list where there is one."""
    allowed = view.risk.allowed
    return judgement(
        {
            "INSTRUMENT_NOT_LISTED": view.instrument is None or view.instrument.id != signal.instrument,
            "INSTRUMENT_NOT_ALLOWED": bool(allowed) and signal.instrument not in allowed,
        },
        instrument=signal.instrument,
        allowed=" ".join(allowed) or "*",
    )


def protection(signal: SignalDetected, view: View) -> Judgement:
    """Stop and target, on their ticks, are on their own sides of the entry, and the stop comes before liquidation.

    An isolated position is liquidated about 1/leverage - maintenance margin away from its entry, as a fraction of it:
    a stop beyond that would never be reached.
    """
    planned, direction = plan(signal, view), signal.direction
    leverage = leverage_of(view.listed, view.account.leverage)
    liquidated_at = EXACT.subtract(EXACT.divide(ONE, leverage), view.listed.maintenance_margin)
    away = EXACT.divide(distance(planned.entry, planned.stop), planned.entry)
    stop_stands = planned.stop > 0 and _worse(direction, planned.stop, planned.entry)
    target_stands = planned.target > 0 and _worse(direction, planned.entry, planned.target)
    return judgement(
        {
            "STOP_NOT_PROTECTIVE": not stop_stands,
            "TARGET_NOT_BEYOND_ENTRY": not target_stands,
            "STOP_BEYOND_LIQUIDATION": stop_stands and away >= liquidated_at,
        },
        direction=direction.value,
        leverage=leverage,
        maintenance_margin=view.listed.maintenance_margin,
        entry=planned.entry,
        stop=planned.stop,
        target=planned.target,
    )


def sizing(signal: SignalDetected, view: View) -> Judgement:
    """The sizing rule gives a quantity that the instrument lets us trade, margin apart."""
    planned, instrument = plan(signal, view), view.listed
    wanted, settings = planned.sized.wanted, view.settings.settings.sizing
    why = planned.sized.reasons if wanted <= 0 else ()
    return judgement(
        dict.fromkeys(why, True),
        rule=settings.rule.value,
        balance=planned.funds.balance,
        entry=planned.entry,
        stop=planned.stop,
        lot=instrument.lot,
        min_quantity=instrument.min_quantity,
        max_quantity=instrument.max_quantity,
        min_notional=instrument.min_notional,
        wanted=wanted,
    )


def max_positions(_signal: SignalDetected, view: View) -> Judgement:
    """One more position is not more than the account may hold, working entries included."""
    held, most = len(view.portfolio.exposures()), view.risk.max_positions
    return judgement({"MAX_POSITIONS": held >= most}, held=held, most=most)


def max_positions_per_instrument(signal: SignalDetected, view: View) -> Judgement:
    """One more position is not more than the account may hold of this instrument, working entries included."""
    held = view.portfolio.exposures().count(signal.instrument)
    most = view.risk.max_positions_per_instrument
    return judgement({"MAX_POSITIONS_PER_INSTRUMENT": held >= most}, held=held, most=most)


def risk_per_trade(signal: SignalDetected, view: View) -> Judgement:
    """With the size chosen, the stop costs no more than its share of the balance."""
    planned = plan(signal, view)
    limit = EXACT.multiply(planned.funds.balance, view.risk.max_risk_per_trade)
    return judgement(
        {"RISK_PER_TRADE": not planned.risk <= limit},
        quantity=planned.sized.quantity,
        entry=planned.entry,
        stop=planned.stop,
        risk=planned.risk,
        balance=planned.funds.balance,
        limit=limit,
    )


def total_risk(signal: SignalDetected, view: View) -> Judgement:
    """This trade's risk and that of all open positions and working entries are no more than their share."""
    planned, at_risk = plan(signal, view), view.portfolio.open_risk
    limit = EXACT.multiply(planned.funds.balance, view.risk.max_total_risk)
    return judgement(
        {"TOTAL_RISK": not EXACT.add(at_risk, planned.risk) <= limit},
        open_risk=at_risk,
        risk=planned.risk,
        balance=planned.funds.balance,
        limit=limit,
    )


def daily_loss(_signal: SignalDetected, view: View) -> Judgement:
    """What the trading day (UTC) has lost so far, fees and funding included, is below its limit.

    Measured on the balance, against the balance the day began with; a day that was not opened has no measure and
    is refused. What open positions may still lose is not counted here, for then the day's limit would take the
    place of the one on total risk: the worst day is the daily limit and the total risk together.
    """
    account, today = view.account, view.now.date().isoformat()
    loss = EXACT.subtract(account.day_balance, account.balance)
    limit = EXACT.multiply(account.day_balance, view.risk.max_daily_loss)
    return judgement(
        {"TRADING_DAY_NOT_OPENED": account.day != today, "DAILY_LOSS_LIMIT": loss > 0 and loss >= limit},
        day=account.day,
        today=today,
        day_balance=account.day_balance,
        balance=account.balance,
        limit=limit,
        open_risk=view.portfolio.open_risk,
    )


def reserved_balance(signal: SignalDetected, view: View) -> Judgement:
    """Margin and fees leave the reserve untouched; a size that had to be cut to nothing for it is a no."""
    planned, instrument = plan(signal, view), view.listed
    funds, sized = planned.funds, planned.sized
    margin = margin_required(instrument, sized.quantity, planned.entry, funds.leverage)
    return judgement(
        {"RESERVED_BALANCE": margin > funds.spendable or (sized.wanted > 0 and sized.quantity <= 0)},
        balance=funds.balance,
        reserved=total(view.account.reserved.values()),
        margin_held=margin_held(view),
        reserve=reserve(view),
        spendable=funds.spendable,
        leverage=funds.leverage,
        wanted=sized.wanted,
        quantity=sized.quantity,
        margin=margin,
        cuts=" ".join(sized.cuts),
    )


def cooldown(signal: SignalDetected, view: View) -> Judgement:
    """The last losing position in this instrument was closed long enough ago."""
    lost_at = view.portfolio.lost_at.get(signal.instrument)
    pause = view.risk.cooldown_seconds
    cooling = lost_at is not None and view.now < lost_at + timedelta(seconds=pause)
    return judgement({"COOLDOWN": cooling}, lost_at=lost_at or "", now=view.now, cooldown_seconds=pause)


def data_freshness(signal: SignalDetected, view: View) -> Judgement:
    """The candle the signal was said at is neither too old nor from the future."""
    age = (view.now - signal.candle_closed_at).total_seconds()
    greatest = view.risk.freshness_seconds
    return judgement(
        {"STALE_DATA": age > greatest, "DATA_FROM_THE_FUTURE": age < 0},
        candle_closed_at=signal.candle_closed_at,
        now=view.now,
        freshness_seconds=greatest,
    )


def kill_switch(_signal: SignalDetected, view: View) -> Judgement:
    """Nobody, and nothing, has tripped the kill switch."""
    tripped = view.account.tripped
    return judgement({"KILL_SWITCH": bool(tripped)}, tripped=tripped)


def order_outcomes(_signal: SignalDetected, view: View) -> Judgement:
    """Of every order it is known what became of it: no new exposure on a guess."""
    unknown = view.portfolio.unknown_orders
    return judgement({"ORDER_OUTCOME_UNKNOWN": bool(unknown)}, unknown=" ".join(unknown))


def reconciliation(_signal: SignalDetected, view: View) -> Judgement:
    """The exchange and the log agree, as far as is known."""
    unresolved = sorted(view.portfolio.discrepancies.unresolved)
    return judgement({"UNRESOLVED_DISCREPANCY": bool(unresolved)}, unresolved=" ".join(unresolved))


def exit_once(signal: SignalDetected, view: View) -> Judgement:
    """No order is taking us out already: a second one would close what is not there."""
    portfolio = view.portfolio
    held = portfolio.against(signal.instrument, signal.direction)
    leaving = () if held is None else portfolio.leaving(held)
    waiting = portfolio.waiting_against(signal.instrument, signal.direction)
    pending = [order_id for order_id, entry in waiting.items() if entry.order.status in _NOTHING_TO_CANCEL]
    underway = bool(leaving) if held is not None else len(pending) == len(waiting)
    return judgement({"EXIT_UNDER_WAY": underway}, leaving=" ".join((*leaving, *pending)))


def _worse(direction: Direction, one: Decimal, other: Decimal) -> bool:
    """Whether the first price loses against the second for a position in this direction."""
    return one < other if direction is Direction.LONG else one > other
