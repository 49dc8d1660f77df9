"""The Alpha committee: is the trade worthwhile?"""

from __future__ import annotations

from decimal import Decimal

from domain.arithmetic import EXACT, distance
from domain.committees.case import Case
from domain.committees.member import Figure, Judgement, judgement
from domain.committees.regimes import regime_of
from domain.committees.weights import scaled_confidence
from domain.direction import Direction
from domain.grid import fees, net_gain, worst_loss
from domain.tiers import threshold


def confidence(case: Case) -> Judgement:
    """The signal's confidence reaches the threshold of the tier in force.

    Where regimes are read, the figures name the one in force, whose limits all members judge by. Where a weight scales
    the confidence, `confidence` is the scaled one, and `signal_confidence` the signal's.
    """
    signal, view = case.signal, case.view
    tiers, trades = view.settings.settings.tiers, view.portfolio.trades
    tier, required = case.tier, threshold(case.tier, tiers)
    regime = regime_of(signal.instrument, view.settings.settings, view.portfolio)
    named: dict[str, Figure] = {} if regime is None else {"regime": regime.value}
    scaled = scaled_confidence(case.entry, view)
    judged = signal.confidence if scaled is None else scaled
    if scaled is not None:
        named["signal_confidence"] = signal.confidence
    return judgement(
        {"CONFIDENCE_BELOW_THRESHOLD": not required <= judged <= 1},
        confidence=judged,
        threshold=required,
        tier=tier.value,
        trades=trades.count,
        wins=trades.wins(tiers.window),
        window=tiers.window,
        losses_in_a_row=trades.losses_in_a_row,
        drawdown=trades.drawdown,
        **named,
    )


def strategy_in_force(case: Case) -> Judgement:
    """The signal's strategy is not paused."""
    signal, paused = case.signal, case.view.settings.settings.paused
    return judgement(
        {"STRATEGY_PAUSED": signal.strategy in paused}, strategy=signal.strategy, paused=" ".join(paused)
    )


def trend_agreement(case: Case) -> Judgement:
    """The longer trend (its sign reversed for a short) is at least the minimum."""
    signal, minimum = case.signal, case.alpha.minimum_trend
    along = signal.trend if signal.direction is Direction.LONG else -signal.trend
    return judgement(
        {"TREND_DISAGREES": not minimum <= along <= 1},
        direction=signal.direction.value,
        trend=signal.trend,
        minimum=minimum,
    )


def reward_to_risk(case: Case) -> Judgement:
    """The gain at the target is at least the minimum multiple of the loss at the stop, after taker fees in and out.

    A unit gains |target - entry| - fee·(entry + target) and loses |entry - stop| + fee·(entry + stop). A target on
    the wrong side of the entry counts as a loss. For a grid both are sums over its levels: each gains up to its own
    target once, and all are stopped.
    """
    planned, fee = case.plan, case.view.listed.taker_fee
    minimum, (stop, target) = case.alpha.minimum_reward_to_risk, planned.levels
    if planned.grid is not None:
        reward = net_gain(planned.grid, case.entry.direction, fee)
        risk = worst_loss(planned.grid, stop, fee)
    else:
        gained = _gain(case.entry.direction, planned.entry, target)
        reward = EXACT.subtract(gained, fees(fee, planned.entry, target))
        risk = EXACT.add(distance(planned.entry, stop), fees(fee, planned.entry, stop))
    return judgement(
        {"REWARD_TO_RISK_TOO_LOW": not (reward > 0 and reward >= EXACT.multiply(minimum, risk))},
        entry=planned.entry,
        stop=stop,
        target=target,
        taker_fee=fee,
        reward=reward,
        risk=risk,
        minimum=minimum,
    )


def _gain(direction: Direction, entry: Decimal, target: Decimal) -> Decimal:
    up = EXACT.subtract(target, entry)
    return up if direction is Direction.LONG else EXACT.minus(up)
