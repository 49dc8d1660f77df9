"""The process after a decision that leaves a signal to another engine (`docs/venues.md`).

An entry is routed where its committees refused nothing but that it is cheapest elsewhere. An exit, and an entry in the
opposite direction, are routed where the strategy's position is at the other engine: there they close it. An exit is
routed whatever the decision here was, as exits are never held back.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from commands.processes.moment import Moment
from commands.routes import Command
from commands.signal import RouteSignal
from domain.committees.venues import ROUTED
from domain.instrument import Instrument, round_down
from domain.portfolio import Portfolio
from domain.routed import SignalRouted
from domain.signal import Decided, SignalDetected
from domain.strategies import Intent
from domain.venues.carried import Prices, carried
from domain.venues.rules import rules_of


def route(moment: Moment) -> Sequence[Command]:
    """The command that routes the signal; none for a signal that is carried out here."""
    decided = moment.branch.state(moment.envelope.meta.stream)
    assert isinstance(decided, Decided)
    signal, portfolio = decided.signal, moment.portfolio
    if decided.decision.reasons == (ROUTED,):
        return [RouteSignal(moment.subject, _entry(signal, portfolio))]
    at = moment.envelope.meta.recorded_at
    held = portfolio.routed_against(signal.strategy, signal.instrument, signal.direction, at)
    if held is None:
        return ()
    routed = SignalRouted(
        instrument=held.routed.instrument,
        direction=signal.direction,
        intent=Intent.EXIT,
        price=signal.price,
        stop=signal.stop,
        target=signal.target,
    )
    return [RouteSignal(moment.subject, routed)]


def _entry(signal: SignalDetected, portfolio: Portfolio) -> SignalRouted:
    """The entry at the mean price of its quantity there, on the tick there; stop and target are as far from it as
    proposed.
    """
    choice = signal.venue
    chosen = None if choice is None else choice.cheapest
    if choice is None or chosen is None or chosen.vwap is None:
        raise ValueError(f"the signal on {signal.instrument} was routed without a choice among venues")
    rules = rules_of(chosen.instrument, portfolio)
    if rules is None:
        raise ValueError(
            f"the signal on {signal.instrument} was routed to {chosen.instrument}, which has no rules"
        )
    of = Prices(choice.price, choice.stop, choice.target)
    prices = carried(of, signal.direction, _on_tick(chosen.vwap, rules), rules.tick)
    return SignalRouted(
        instrument=chosen.instrument,
        direction=signal.direction,
        intent=Intent.ENTER,
        price=prices.price,
        stop=prices.stop,
        target=prices.target,
    )


def _on_tick(price: Decimal, rules: Instrument) -> Decimal:
    return max(round_down(price, rules.tick), rules.tick)
