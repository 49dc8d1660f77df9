"""Margin protection: the members that judge the margin of an entry, of a strategy or of a person.

Each rule is a member of the Risk committee that votes only where its setting is not 0
(`domain/margin/settings.py`), so a rule that is off leaves no trace in a decision. `risk.reserved_balance` cuts a size
to the free funds; these rules refuse the entry, because an entry that takes too much margin is not the planned one.
"""

from __future__ import annotations

from domain.arithmetic import EXACT, ONE, ZERO, distance, total
from domain.committees.case import Case
from domain.committees.member import Judgement, Member, Rule, judgement
from domain.committees.plan import margin_held, margin_of
from domain.committees.risk import furthest
from domain.margin.settings import MarginSettings
from domain.signal import Chamber


def margin_members(case: Case) -> tuple[Member, ...]:
    """The members of the limits that are on."""
    settings = _settings(case)
    return tuple(rule.member for rule in RULES if rule.is_on(settings))


def in_use(case: Case) -> Judgement:
    """The margin of positions, waiting entries and this entry is at most `max_in_use` of the balance.

    The margins of entries include the fees in and out. Unrealised profit and loss does not count.
    """
    planned, share = case.plan, _settings(case).max_in_use
    held, reserved = margin_held(case.view), total(case.view.account.reserved.values())
    used, most = total((held, reserved, planned.margin)), EXACT.multiply(planned.funds.balance, share)
    return judgement(
        {"MARGIN_IN_USE": used > most},
        margin_held=held,
        reserved=reserved,
        margin=planned.margin,
        in_use=used,
        balance=planned.funds.balance,
        max_in_use=share,
        most=most,
    )


def per_position(case: Case) -> Judgement:
    """The margin of the position is at most `max_per_position` of the balance; it includes what is held already."""
    planned, share = case.plan, _settings(case).max_per_position
    held = ZERO if case.held is None else margin_of(case.held, case.view)
    used, most = EXACT.add(held, planned.margin), EXACT.multiply(planned.funds.balance, share)
    return judgement(
        {"MARGIN_OF_POSITION": used > most},
        margin_held=held,
        margin=planned.margin,
        in_use=used,
        balance=planned.funds.balance,
        max_per_position=share,
        most=most,
    )


def to_liquidation(case: Case) -> Judgement:
    """Liquidation is at least `liquidation_distance` of the entry's price beyond the stop.

    1/leverage - maintenance margin - |entry - stop|/entry, as `protection` computes the price of liquidation. Of an
    entry that increases a position, the average price of that counts where it is further from the stop, and its stop
    where the entry has none, as a person's order in an open position. An entry
    without a stop is at risk to its liquidation, so the limit is on that distance alone.
    """
    planned, least = case.plan, _settings(case).liquidation_distance
    leverage, maintenance = planned.funds.leverage, case.view.listed.maintenance_margin
    apart, held, stop = ZERO, case.held, planned.stop
    if stop is None and held is not None:
        stop = held.state.stop
    if stop is not None:
        entry = furthest(stop, planned.entry, held)
        apart = EXACT.divide(distance(entry, stop), entry)
    left = EXACT.subtract(EXACT.subtract(EXACT.divide(ONE, leverage), maintenance), apart)
    return judgement(
        {"STOP_NEAR_LIQUIDATION": left < least},
        entry=planned.entry,
        stop=stop,
        leverage=leverage,
        maintenance_margin=maintenance,
        distance=left,
        liquidation_distance=least,
    )


RULES: tuple[Rule[MarginSettings], ...] = (
    Rule(Member("margin_in_use", Chamber.RISK, in_use), lambda settings: settings.max_in_use > 0),
    Rule(
        Member("margin_per_position", Chamber.RISK, per_position),
        lambda settings: settings.max_per_position > 0,
    ),
    Rule(
        Member("liquidation_distance", Chamber.RISK, to_liquidation),
        lambda settings: settings.liquidation_distance > 0,
    ),
)
"""The members that vote on an entry, after those that vote on every entry."""


def _settings(case: Case) -> MarginSettings:
    return case.view.settings.settings.margin
