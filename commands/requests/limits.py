"""The limits that hold for a person's entry, as for a strategy's.

Whoever wants to pass one changes the setting first, which is an event with a name to it: a limit is never passed
unseen. Of the Risk committee's members these hold:

- kill_switch, order_outcomes, reconciliation: new exposure on a guess is a guess, whoever makes it;
- allow_list, daily_loss, max_positions: what the account may do at all, not who asks (an order that grows what is
  held already is no further position);
- protection: a stop on the wrong side, or beyond liquidation, protects nothing;
- reserved_balance: margin and fees in and out leave the reserve untouched;
- risk_per_trade, total_risk: measured to the order's stop; an order without one risks its margin, all that an
  isolated position can lose. A stop that is moved away later is held to them too.

Three do not: data_freshness and cooldown speak of a strategy's view of a candle, and sizing finds a quantity where a
person names one (it is held to the instrument's bounds instead). max_positions_per_instrument is replaced by the
rule that one entry works in an instrument at a time, and never against what is held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from msgspec import Struct

from commands.request import ManualTerms
from commands.requests.situation import Situation
from domain.arithmetic import CEILING, EXACT, ONE, distance
from domain.committees import Judge, View, risk
from domain.committees.plan import funds_of
from domain.direction import Direction, towards
from domain.errors import Refused
from domain.portfolio import UNBOUNDED, OpenPosition, with_stop
from domain.signal import SignalDetected
from domain.sizing import leverage_of, margin_required
from domain.strategies import Intent


class Asked(Struct, frozen=True):
    """An entry to be judged: its terms, the price it is judged at (quote currency), and what the committees see."""

    terms: ManualTerms
    price: Decimal
    view: View

    @property
    def direction(self) -> Direction:
        """The side of the position it opens or grows."""
        return towards(self.terms.side)

    @property
    def notional(self) -> Decimal:
        """quantity·price, in quote currency."""
        return EXACT.multiply(self.terms.quantity, self.price)

    @property
    def leverage(self) -> Decimal:
        """How many times its margin the position may be."""
        return leverage_of(self.view.listed, self.view.account.leverage)

    @property
    def margin(self) -> Decimal:
        """Initial margin and the taker fees in and out, in quote currency."""
        return margin_required(self.view.listed, self.terms.quantity, self.price, self.leverage)

    @property
    def risk(self) -> Decimal:
        """What its stop costs, in quote currency and before fees; without one the margin, which is all it can lose."""
        if self.terms.stop is None:
            return CEILING.divide(self.notional, self.leverage)
        return EXACT.multiply(self.terms.quantity, distance(self.price, self.terms.stop))


def check_entry(asked: Asked) -> None:
    """Raises Refused with every reason against it."""
    reasons = [*_of_the_committee(asked), *(reason for check in _CHECKS if (reason := check(asked)))]
    if reasons:
        raise Refused("; ".join(reasons))


def check_alone(asked: Asked, situation: Situation) -> None:
    """Raises Refused where the entry would turn or hedge what is held, or another waits in its instrument."""
    name, portfolio = asked.terms.instrument, situation.portfolio
    held = portfolio.positions.get(name)
    if held is not None and held.state.direction is not asked.direction:
        raise Refused(
            f"{held.stream} is open {held.state.direction}: a {asked.terms.side} order would turn it; "
            "close it first, or make the order reduce-only"
        )
    waiting = [order_id for order_id, entry in portfolio.entries.items() if entry.instrument == name]
    if waiting:
        raise Refused(f"{', '.join(waiting)} waits in {name}: amend it or cancel it first")


def _of_the_committee(asked: Asked) -> Iterator[str]:
    growing = asked.terms.instrument in asked.view.portfolio.exposures()
    members = MEMBERS if growing else (*MEMBERS, risk.max_positions)
    said = _as_a_signal(asked)
    for member in members:
        judgement = member(said, asked.view)
        for reason in judgement.reasons:
            yield SENTENCES[reason].format_map(judgement.figures)


def _as_a_signal(asked: Asked) -> SignalDetected:
    """The entry as the members read it, who ask a signal for its instrument and nothing else."""
    return SignalDetected(
        strategy="by hand",
        instrument=asked.terms.instrument,
        interval_seconds=0,
        candle_closed_at=asked.view.now,
        direction=asked.direction,
        intent=Intent.ENTER,
        confidence=1.0,
        trend=0.0,
        price=asked.price,
        stop=asked.price,
        target=asked.price,
        inputs={},
    )


MEMBERS: tuple[Judge, ...] = (
    risk.kill_switch,
    risk.order_outcomes,
    risk.reconciliation,
    risk.allow_list,
    risk.daily_loss,
)
"""Who of the committee votes on a person's entry; `max_positions` beside them, where it opens a position."""

SENTENCES: Mapping[str, str] = {
    "KILL_SWITCH": "the kill switch is tripped ({tripped}): reset it first",
    "ORDER_OUTCOME_UNKNOWN": "nobody knows what became of {unknown}: no new exposure on a guess",
    "UNRESOLVED_DISCREPANCY": "the exchange and the log disagree ({unresolved}): settle that first",
    "INSTRUMENT_NOT_LISTED": "{instrument} is not listed here",
    "INSTRUMENT_NOT_ALLOWED": "{instrument} is not allowed by risk.allowed ({allowed})",
    "TRADING_DAY_NOT_OPENED": "the trading day {today} is not opened yet: its losses have no measure",
    "DAILY_LOSS_LIMIT": "the day has gone from {day_balance} to {balance}: its limit of {limit} is reached",
    "MAX_POSITIONS": "{held} positions and entries are held of at most {most} (risk.max_positions)",
}
"""What each reason of these members is to a person; a test holds the table to all of them."""


def _quantity(asked: Asked) -> str | None:
    rules, quantity = asked.view.listed, asked.terms.quantity
    if not rules.min_quantity <= quantity <= rules.max_quantity:
        return f"a quantity of {quantity} is not in {rules.min_quantity} … {rules.max_quantity} of {rules.id}"
    if asked.notional < rules.min_notional:
        return f"{quantity} at {asked.price} is less than the minimum notional of {rules.min_notional}"
    return None


def _stop(asked: Asked) -> str | None:
    stop = asked.terms.stop
    return None if stop is None else stop_fault(asked.view, asked.direction, asked.price, stop)


def _target(asked: Asked) -> str | None:
    target = asked.terms.target
    return None if target is None else target_fault(asked.direction, asked.price, target)


def _reserve(asked: Asked) -> str | None:
    spendable = funds_of(asked.view).spendable
    if asked.margin <= spendable:
        return None
    return (
        f"it needs {asked.margin} of margin and fees, where {spendable} can be spent: the rest is margin already, "
        "set aside for orders, or the reserve (risk.reserved_balance)"
    )


def _risk_per_trade(asked: Asked) -> str | None:
    limit = EXACT.multiply(asked.view.account.balance, asked.view.risk.max_risk_per_trade)
    if asked.risk <= limit:
        return None
    cure = (
        "a nearer stop or less of it" if asked.terms.stop is not None else "name a stop, or take less of it"
    )
    return f"it risks {asked.risk} where one trade may risk {limit} (risk.max_risk_per_trade): {cure}"


def _total_risk(asked: Asked) -> str | None:
    at_risk, balance = asked.view.portfolio.open_risk, asked.view.account.balance
    limit = EXACT.multiply(balance, asked.view.risk.max_total_risk)
    if EXACT.add(at_risk, asked.risk) <= limit:
        return None
    if at_risk == UNBOUNDED:
        return "what is open or waits has no stop to end its risk: give it one first"
    return f"it risks {asked.risk} beside {at_risk} at risk already, of at most {limit} (risk.max_total_risk)"


_CHECKS: tuple[Callable[[Asked], str | None], ...] = (
    _quantity,
    _stop,
    _target,
    _reserve,
    _risk_per_trade,
    _total_risk,
)


def check_wider(held: OpenPosition, stop: Decimal, view: View) -> None:
    """Raises Refused for a stop that lets an open position risk more than before and than one trade or all may."""
    risk = with_stop(held, stop=stop).risk
    if risk <= held.risk:
        return
    beside = EXACT.subtract(view.portfolio.open_risk, held.risk)
    limits = view.risk
    for asked, name, share in (
        (risk, "risk.max_risk_per_trade", limits.max_risk_per_trade),
        (EXACT.add(beside, risk), "risk.max_total_risk", limits.max_total_risk),
    ):
        limit = EXACT.multiply(view.account.balance, share)
        if asked > limit:
            raise Refused(f"a stop of {stop} puts {asked} at risk where {limit} may be ({name})")


def check_levels(
    view: View, direction: Direction, price: Decimal, stop: Decimal | None, target: Decimal | None
) -> None:
    """Raises Refused where a stop protects nothing or a target is no gain; None is let pass."""
    faults = (
        None if stop is None else stop_fault(view, direction, price, stop),
        None if target is None else target_fault(direction, price, target),
    )
    found = "; ".join(fault for fault in faults if fault is not None)
    if found:
        raise Refused(found)


def stop_fault(view: View, direction: Direction, price: Decimal, stop: Decimal) -> str | None:
    """Why a stop of a position in this direction protects nothing at this price; None: it does."""
    if not _worse(direction, stop, price):
        side = "below" if direction is Direction.LONG else "above"
        return f"a stop of {stop} does not protect a {direction} position at {price}: it belongs {side} that"
    leverage = leverage_of(view.listed, view.account.leverage)
    liquidated = EXACT.subtract(EXACT.divide(ONE, leverage), view.listed.maintenance_margin)
    if EXACT.divide(distance(price, stop), price) >= liquidated:
        return f"a stop of {stop} is never reached: a position at {price} and leverage {leverage} is liquidated before"
    return None


def target_fault(direction: Direction, price: Decimal, target: Decimal) -> str | None:
    """Why a target of a position in this direction is none at this price; None: it is."""
    if _worse(direction, price, target):
        return None
    side = "above" if direction is Direction.LONG else "below"
    return f"a target of {target} is no gain for a {direction} position at {price}: it belongs {side} that"


def _worse(direction: Direction, one: Decimal, other: Decimal) -> bool:
    return one < other if direction is Direction.LONG else one > other
