"""Flip protection: the members that judge a strategy's entry against its own position, which would close or reverse it.

Each rule is a member that votes only where its setting is not 0 (`domain.settings.FlipSettings`), so a rule that is off
leaves no trace in a decision. A vote against keeps the position: its stop and target still protect it. An exit is no
flip, and neither is an entry against another owner's position (`reverse_others`) or against a waiting entry alone.
"""

from __future__ import annotations

from datetime import timedelta

from domain.arithmetic import EXACT, ZERO, distance
from domain.committees.case import Case
from domain.committees.member import Judgement, Member, Rule, judgement
from domain.portfolio import OpenPosition
from domain.position import net_at, notional
from domain.settings import FlipSettings
from domain.signal import Chamber
from domain.strategies import Intent


def flip_members(case: Case) -> tuple[Member, ...]:
    """The members of the rules in force for the flip; none where the signal is no flip."""
    if not is_flip(case):
        return ()
    settings = _settings(case)
    return tuple(rule.member for rule in RULES if rule.is_on(settings))


def is_flip(case: Case) -> bool:
    """Whether the signal is an entry against a position that its own strategy holds."""
    held = case.taken_out.held
    return case.signal.intent is Intent.ENTER and held is not None and held.owner == case.entry.owner


def confidence(case: Case) -> Judgement:
    """The entry's confidence reaches `minimum_confidence`."""
    found, minimum = case.signal.confidence, _settings(case).minimum_confidence
    return judgement(
        {"FLIP_CONFIDENCE_TOO_LOW": not minimum <= found <= 1}, confidence=found, minimum=minimum
    )


def repeats(case: Case) -> Judgement:
    """So many of the strategy's recorded entries in a row have this direction; `row` counts this one, too."""
    signal, minimum = case.signal, _settings(case).repeats
    found = case.view.portfolio.rows.get((signal.strategy, signal.instrument))
    row = found.count if found is not None and found.direction is signal.direction else 0
    return judgement({"FLIP_NOT_REPEATED": row < minimum}, row=row, repeats=minimum)


def hold(case: Case) -> Judgement:
    """The position was opened at least `hold_seconds` ago."""
    opened_at, now, least = _held(case).opened_at, case.view.now, _settings(case).hold_seconds
    held = now - opened_at
    return judgement(
        {"FLIP_HELD_TOO_SHORT": held < timedelta(seconds=least)},
        opened_at=opened_at,
        now=now,
        held=str(held),
        hold_seconds=least,
    )


def cooldown(case: Case) -> Judgement:
    """The strategy's last flip in the instrument was decided at least `cooldown_seconds` ago."""
    signal, now, pause = case.signal, case.view.now, _settings(case).cooldown_seconds
    flipped_at = case.view.portfolio.flipped_at.get((signal.strategy, signal.instrument))
    cooling = flipped_at is not None and now < flipped_at + timedelta(seconds=pause)
    return judgement({"FLIP_COOLDOWN": cooling}, flipped_at=flipped_at, now=now, cooldown_seconds=pause)


def loss(case: Case) -> Judgement:
    """A close at the signal's price would not lose, or the entry's confidence reaches `loss_confidence`.

    `net` is the position's profit after such a close, after fees and funding, in quote currency.
    """
    held, found, least = _held(case), case.signal.confidence, _settings(case).loss_confidence
    price, fee = case.signal.price, case.view.listed.taker_fee
    net = net_at(held.state, price, EXACT.multiply(fee, notional(held.state.quantity, price)))
    return judgement(
        {"FLIP_IN_A_LOSS": net < ZERO and not least <= found <= 1},
        net=net,
        confidence=found,
        loss_confidence=least,
    )


def costs(case: Case) -> Judgement:
    """The signal's price is further from the position's average price than a flip there and back costs.

    The costs of a unit are the taker fees of the close at the signal's price and of an entry at the average price, and
    `cost_buffer` of the average price for spread and slippage. A price that moved by less may return within the noise
    of the book, and each return would cost as much again. The move counts in both directions.
    """
    held, price, buffer = _held(case).state, case.signal.price, _settings(case).cost_buffer
    average, fee = held.average_price, case.view.listed.taker_fee
    cost = EXACT.add(EXACT.multiply(fee, EXACT.add(average, price)), EXACT.multiply(buffer, average))
    move = distance(price, average)
    return judgement(
        {"FLIP_WITHIN_COSTS": not move > cost},
        price=price,
        average_price=average,
        move=move,
        taker_fee=fee,
        cost_buffer=buffer,
        cost=cost,
    )


RULES: tuple[Rule[FlipSettings], ...] = (
    Rule(
        Member("flip_confidence", Chamber.ALPHA, confidence), lambda settings: settings.minimum_confidence > 0
    ),
    Rule(Member("flip_repeats", Chamber.ALPHA, repeats), lambda settings: settings.repeats > 0),
    Rule(Member("flip_hold", Chamber.ALPHA, hold), lambda settings: settings.hold_seconds > 0),
    Rule(Member("flip_cooldown", Chamber.ALPHA, cooldown), lambda settings: settings.cooldown_seconds > 0),
    Rule(Member("flip_loss", Chamber.ALPHA, loss), lambda settings: settings.loss_confidence > 0),
    Rule(Member("flip_costs", Chamber.ALPHA, costs), lambda settings: settings.cost_buffer > 0),
)
"""The members that vote on a flip, after those that vote on every exit."""


def _settings(case: Case) -> FlipSettings:
    return case.view.settings.settings.flips_of(case.entry.owner)


def _held(case: Case) -> OpenPosition:
    held = case.taken_out.held
    if held is None:
        raise ValueError("the signal opposes no position")
    return held
