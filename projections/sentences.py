"""One line of text for each event, for people who read a chain or a journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Protocol

from domain import (
    account,
    breaker,
    instrument,
    managed,
    manipulation,
    mark,
    model,
    moving,
    opening,
    order,
    pause,
    position,
    reconciliation,
    regime,
    routed,
    scored,
    settings,
    signal,
)
from domain.arms.split import Arm
from domain.events import Event
from domain.grid import Grid
from domain.held import HeldChange, SettingsHeld, described
from domain.leverage import change as leverage
from domain.plain_text import counted
from domain.strategies import Intent
from domain.venues.choice import VenueCandidate

_UNPRINTED = dict.fromkeys([*range(32), *range(127, 160), 0x2028, 0x2029], " ")


def sentence(event: Event) -> str:
    """The event's sentence, on one line. Prices and quantities are not rounded.

    Control characters in text from outside (an exchange's reasons) are replaced by spaces.
    """
    return printable(_SENTENCES[type(event)](event))


def printable(line: str) -> str:
    """The line with a space for each control character and line end."""
    return line if line.isprintable() else line.translate(_UNPRINTED)


def sentence_on(event: Event, strategy: str, instrument: str) -> str:
    """The same of an event that belongs to a signal and names neither its strategy nor its instrument: with both."""
    return f"{strategy} on {instrument}: {sentence(event)}"


def fill_of(event: order.OrderFilled, side: str, instrument: str) -> str:
    """The sentence of a fill with the side and the instrument of its order, which the event does not name."""
    return f"{side} {instrument} {sentence(event)}"


def closed_by(event: position.PositionClosed, exit_name: str) -> str:
    """The sentence of a closed position that names its exit by another word than the purpose of the last order."""
    return sentence(event).replace(f"by {event.reason} ", f"by {exit_name} ", 1)


def plain(value: Decimal) -> str:
    """A decimal without exponent and trailing zeros."""
    text = str(value)
    if "E" in text:  # formatting takes three times as long, and most values have no exponent
        text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def signed(value: Decimal) -> str:
    """The same with a plus sign for a value above zero."""
    return f"+{plain(value)}" if value > 0 else plain(value)


def _held(changes: Iterable[HeldChange]) -> str:
    held = ", ".join(map(described, changes))
    return f"held until a person reviews it: {held}" if held else "no change is held any more"


def _terms(event: order.OrderPlaced) -> str:
    at = event.limit_price or event.trigger_price
    price = "" if at is None else f" at {plain(at)}"
    only = ", reduce only" if event.reduce_only else ""
    return (
        f"{event.purpose} {event.side} {event.type} {plain(event.quantity)} {event.instrument}{price}{only}"
    )


def _signal(event: signal.SignalDetected) -> str:
    return (
        f"{event.strategy} says {event.intent} {event.direction} {event.instrument} at {plain(event.price)}, "
        f"stop {plain(event.stop)}, target {plain(event.target)}, "
        f"confidence {event.confidence:.3f}, trend {event.trend:+.2f}{_grid(event.grid)}{_venue(event)}"
    )


def _venue(event: signal.SignalDetected) -> str:
    choice = event.venue
    if choice is None:
        return ""
    if not choice.candidates:
        return f", proposed for {choice.proposed}, made where its position is"
    costs = ", ".join(f"{one.instrument} {_cost(one)}" for one in choice.candidates)
    moved = "" if choice.proposed == event.instrument else f", proposed for {choice.proposed}"
    return f"{moved}, costs {costs}"


def _cost(candidate: VenueCandidate) -> str:
    return candidate.why if candidate.cost_bps is None else f"{plain(candidate.cost_bps)} bp"


def _grid(grid: Grid | None) -> str:
    if grid is None:
        return ""
    levels = ", ".join(f"{plain(one.price)} to {plain(one.target)}" for one in grid.levels)
    return f", levels {levels}, each at most {counted(grid.rounds, 'time')} within {grid.lifetime_seconds / 3600:g} h"


def _grid_end(event: signal.GridEnded) -> str:
    return f"no level is entered any more: {event.reason}"


def _routed(event: routed.SignalRouted) -> str:
    levels = f"at {plain(event.price)}, stop {plain(event.stop)}, target {plain(event.target)}"
    what = f"enter {event.direction} {levels}" if event.intent is Intent.ENTER else "close the position there"
    return f"routed to the engine of {event.instrument}: {what}"


def _route_reported(event: routed.RouteReported) -> str:
    where = f" as signal {event.signal}" if event.signal else ""
    why = f": {', '.join(event.reasons)}" if event.reasons else ""
    return f"the other engine reports {event.outcome}{where}{why}"


def _route_ended(event: routed.RouteEnded) -> str:
    return f"the route was ended by a person, who states that the other engine holds nothing of it: {event.reason}"


def _decision(event: signal.DecisionMade) -> str:
    why = f": {', '.join(event.reasons)}" if event.reasons else ""
    size = (
        ""
        if event.quantity == 0
        else f" {plain(event.quantity)}, stop {plain(event.stop)}, target {plain(event.target)}"
    )
    arm = "" if event.arm is Arm.NONE else f", arm {event.arm}"
    return f"{event.verdict}{size} (tier {event.tier}, settings {event.settings_version}{arm}){why}"


def _reversal(event: signal.ReversalDecided) -> str:
    what = "the entry of the reversal is " + (
        "placed" if event.verdict is signal.Verdict.ENTER else "withdrawn"
    )
    price = "" if event.price is None else f", judged at {plain(event.price)}"
    until = "" if event.fresh_until is None else f", fresh until {event.fresh_until:%H:%M:%S} UTC"
    less = "" if event.quantity is None else f", with {plain(event.quantity)}"
    return f"{what}{less}{price}{until}: {', '.join(event.reasons)}"


def _series(event: signal.SeriesEnded) -> str:
    return (
        f"{event.intent}: {counted(event.count, 'proposal')} {event.direction} by {event.strategy} on "
        f"{event.instrument} changed nothing about {event.position}, within {event.duration} to "
        f"{event.last_at:%H:%M:%S} UTC"
    )


def _fill(event: order.OrderFilled) -> str:
    return (
        f"{plain(event.quantity)} at {plain(event.price)}, fee {plain(event.fee)} {event.fee_currency} "
        f"({event.liquidity}, execution {event.execution_id})"
    )


def _amounts(event: order.OrderAmended | order.OrderAmendRequested) -> str:
    terms = (("quantity", event.quantity), ("limit", event.limit_price), ("trigger", event.trigger_price))
    return ", ".join(f"{name} {plain(value)}" for name, value in terms if value is not None)


def _position_opened(event: position.PositionOpened) -> str:
    stop = "" if event.stop is None else f", stop {plain(event.stop)}"
    target = "" if event.target is None else f", target {plain(event.target)}"
    return (
        f"{event.direction} {plain(event.quantity)} {event.instrument} at {plain(event.price)}{stop}{target}"
    )


def _position_closed(event: position.PositionClosed) -> str:
    return (
        f"by {event.reason} at {plain(event.price)}: net {plain(event.net)} "
        f"(gross {plain(event.gross)}, fees {plain(event.fees)}, funding {plain(event.funding)})"
    )


def _protection(event: position.ProtectionMoved) -> str:
    levels = (("stop", event.stop), ("target", event.target))
    return ", ".join(f"{name} {_level(value)}" for name, value in levels)


def _managed(event: managed.PositionManaged) -> str:
    price = "" if event.price is None else f" at {plain(event.price)}"
    gain = "a loss" if event.profit is not None and event.profit < 0 else "a profit"
    profit = "" if event.profit is None else f", {gain} of {abs(event.profit):.2%}"
    figures = "".join(f", {name} {value}" for name, value in event.figures.items())
    return f"{event.rule}{price}{profit}: {_DONE[event.action](event)}{figures}"


_DONE: Mapping[managed.ManagedBy, Callable[[managed.PositionManaged], str]] = {
    managed.ManagedBy.MOVE_STOP: lambda e: f"stop {_level(e.stop_before)} to {_level(e.stop)}",
    managed.ManagedBy.MOVE_TARGET: lambda e: f"target {_level(e.target_before)} to {_level(e.target)}",
    managed.ManagedBy.REDUCE: lambda e: f"close {_level(e.quantity)} of it",
    managed.ManagedBy.CLOSE: lambda _: "close it",
}


def _level(price: Decimal | None) -> str:
    return "none" if price is None else plain(price)


def _rules(event: instrument.InstrumentListed | instrument.InstrumentRulesChanged) -> str:
    rules, origin = event.instrument, event.origin
    steps = f"{rules.id}: tick {plain(rules.tick)}, lot {plain(rules.lot)}, fees {rules.maker_fee}/{rules.taker_fee}"
    if origin is None:
        return steps
    return f"{steps}, {'guessed from' if origin.guessed else 'real, from'} {origin.source}"


class _OfModel(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def sha256(self) -> str: ...


def _model(event: _OfModel) -> str:
    return f"{event.name} {event.sha256[:12]}"


def _by(rule: str) -> str:
    return f", by the rule {rule}" if rule else ""


def _registered(event: model.ModelRegistered) -> str:
    return (
        f"{_model(event)} reads {event.feature_set}, trained on {counted(event.labels, 'label')} from "
        f"{event.data_from:%Y-%m-%d} to {event.data_until:%Y-%m-%d}, seed {event.seed}{_GATE[event.passed_gate]}"
    )


_GATE = {None: "", True: "; its gate let it pass", False: "; its gate did not let it pass"}


def _promoted(event: model.ModelPromoted) -> str:
    replaced = f" in place of {event.replaced[:12]}" if event.replaced else ""
    return f"{_model(event)} is {event.role}{replaced}{_by(event.rule)}: {event.reason}"


def _scored(event: scored.SignalScored) -> str:
    named = f"{event.role} {event.name} {event.model[:12]}"
    if event.confidence is None or event.risk is None or event.expected_return is None:
        return f"{named}: {event.outcome}{f', {event.detail}' if event.detail else ''}"
    reasons = ", ".join(f"{one.feature} {one.effect:+.2g}" for one in event.reasons)
    return (
        f"{named}: confidence {event.confidence:.3f}, risk {event.risk:.3f}, expected return "
        f"{event.expected_return:+.3%}; {reasons or 'no feature moves the confidence by 0.001 or more'}"
    )


def _regime(event: regime.RegimeChanged) -> str:
    before = "" if event.before is None else f" after {event.before}"
    return (
        f"{event.instrument}: {event.regime}{before}, shown by {counted(event.candles, 'candle')} in a row; ADX "
        f"{event.adx:.1f}, efficiency ratio {event.efficiency:.2f}, ATR {event.atr_share:.3%} of the price, above "
        f"{event.percentile:.0%} of the candles before"
    )


def _manipulation(event: manipulation.ManipulationSuspected) -> str:
    where = (
        f"at {plain(event.lowest)}"
        if event.lowest == event.highest
        else f"from {plain(event.lowest)} to {plain(event.highest)}"
    )
    return (
        f"{event.instrument}: {event.kind.lower()} on the {event.side.lower()} side suspected with score "
        f"{event.score:.2f}: {counted(len(event.walls), 'wall')} {where} withdrawn before a touch, "
        f"{event.first_at:%H:%M:%S} to {event.last_at:%H:%M:%S} UTC"
    )


def _leverage_requested(event: leverage.LeverageChangeRequested) -> str:
    limit = (
        "" if event.leverage == event.step_leverage else f", of {plain(event.step_leverage)} by the settings"
    )
    step = f", from {event.from_volatility:.3%} on" if event.from_volatility else ", the lowest step"
    return (
        f"{event.instrument}: leverage {plain(event.before)} -> {plain(event.leverage)} requested{limit}: ATR "
        f"{event.volatility:.3%} of the price{step}, shown by {counted(event.candles, 'candle')} in a row"
    )


def _leverage_refused(event: leverage.LeverageChangeRefused) -> str:
    return f"{event.instrument}: leverage stays {plain(event.before)}, {plain(event.leverage)} refused: {event.reason}"


def _leverage_unclear(event: leverage.LeverageChangeUnclear) -> str:
    return (
        f"{event.instrument}: no entry until it is known whether the leverage is {plain(event.before)} or "
        f"{plain(event.leverage)}: {event.reason}"
    )


def _mark(event: mark.AccountMarked) -> str:
    if event.low == event.high == event.worst == event.balance:
        return f"equity {plain(event.equity)} at the end of {event.hour:%Y-%m-%d %H}h, unchanged in the hour"
    return (
        f"equity {plain(event.equity)} at the end of {event.hour:%Y-%m-%d %H}h (balance {plain(event.balance)}, "
        f"unrealised {plain(event.unrealised)}), from {plain(event.low)} to {plain(event.high)}, "
        f"worst {plain(event.worst)}"
    )


def _why(event: Any) -> str:
    reason: str = event.reason
    return reason


def _paused(event: pause.EntriesPaused) -> str:
    end = "until a person ends it" if event.until is None else f"until {event.until:%Y-%m-%d %H:%M:%S} UTC"
    lost = f"{counted(event.losses, 'losing position')} in a row of {plain(event.net)} together"
    return f"{_paused_owner(event.owner)}: {lost}, {end}"


def _paused_owner(owner: str) -> str:
    return f"entries of {owner}" if owner else "entries of the account"


def _tripped(event: account.KillSwitchTripped) -> str:
    left = [
        f"{name}: {', '.join(found)}"
        for name, found in (("open at the trip", event.positions), ("being cancelled", event.entries))
        if found
    ]
    return "; ".join([event.reason, *left])


def _accepted(event: order.OrderAccepted) -> str:
    """Only a stop or target that is a part of its entry there, until the entry fills, has no id of its own."""
    if not event.venue_order_id:
        return "it waits with its entry, as a part of it"
    return f"the exchange has accepted it as {event.venue_order_id}"


_PRICES: Mapping[opening.Mode, str] = {
    opening.Mode.TAPE: "recorded prices",
    opening.Mode.LIVE: "live prices",
    opening.Mode.BACKTEST: "the recorded prices of another log",
}
"""A demo run has live prices and no live orders, so the mode alone would state too much."""


def _prices(event: opening.LogOpened) -> str:
    """Generated prices are a tape, too, and nobody has recorded them."""
    if not event.synthetic:
        return _PRICES[event.mode]
    is_tape = event.mode is opening.Mode.TAPE
    return "SYNTHETIC market: generated prices" if is_tape else f"{_PRICES[event.mode]}, SYNTHETIC market"


_SENTENCES: Mapping[type, Callable[[Any], str]] = {
    opening.LogOpened: lambda e: f"log {e.log_id}, {_prices(e)}",
    moving.LogMoved: lambda e: (
        f"continues at {e.address} ({e.storage}){'; the log that was copied is lost' if e.source_lost else ''}"
    ),
    signal.SignalDetected: _signal,
    signal.DecisionMade: _decision,
    signal.ReversalDecided: _reversal,
    signal.SeriesEnded: _series,
    scored.SignalScored: _scored,
    signal.GridEnded: _grid_end,
    routed.SignalRouted: _routed,
    routed.RouteReported: _route_reported,
    routed.RouteEnded: _route_ended,
    order.OrderPlaced: _terms,
    order.OrderSubmitted: lambda e: f"the exchange calls it {e.venue_order_id}",
    order.OrderAccepted: _accepted,
    order.OrderTriggered: lambda e: f"at {plain(e.price)}",
    order.OrderFilled: _fill,
    order.OrderOverfilled: lambda e: f"{plain(e.excess)} more than was ordered",
    order.OrderCancelRequested: _why,
    order.OrderCancelRefused: _why,
    order.OrderCancelled: _why,
    order.OrderAmendRequested: _amounts,
    order.OrderAmended: _amounts,
    order.OrderAmendRefused: _why,
    order.OrderRejected: _why,
    order.OrderExpired: _why,
    order.OrderDenied: _why,
    order.OrderOutcomeUnknown: _why,
    position.PositionOpened: _position_opened,
    position.PositionIncreased: lambda e: f"by {plain(e.quantity)} at {plain(e.price)}",
    position.PositionReduced: lambda e: (
        f"by {plain(e.quantity)} at {plain(e.price)}, realised {plain(e.realised)}"
    ),
    position.PositionFunded: lambda e: f"{plain(e.amount)}",
    position.ProtectionMoved: _protection,
    position.PositionOrphaned: lambda e: (
        f"{e.owner} is not configured any more; {f'handed over to {e.heir}' if e.heir else 'nobody has it'}"
    ),
    managed.PositionManaged: _managed,
    position.PositionClosing: lambda e: (
        f"for {e.reason}, with order {e.orders}1, and further ones for what it leaves"
    ),
    position.PositionCloseFailed: lambda e: (
        f"attempt {e.attempt} ended with {plain(e.remaining)} still held; the next follows from "
        f"{e.retry_at:%H:%M:%S} UTC on"
    ),
    position.PositionCloseRetried: lambda e: f"attempt {e.attempt}",
    position.PositionCloseWithdrawn: _why,
    position.PositionClosed: _position_closed,
    account.AccountOpened: lambda e: f"{plain(e.balance)} {e.currency}, leverage {plain(e.leverage)}",
    account.FundsReserved: lambda e: f"{plain(e.amount)} for {e.order_id}",
    account.FundsReleased: lambda e: f"{plain(e.amount)} of {e.order_id}",
    account.BalanceChanged: lambda e: f"{plain(e.amount)} ({e.reason}), now {plain(e.balance)}",
    account.DayOpened: lambda e: f"{e.day} with {plain(e.balance)}",
    account.DayClosed: lambda e: f"{e.day} with {plain(e.balance)}, realised {plain(e.realised)}",
    account.KillSwitchTripped: _tripped,
    account.KillSwitchReset: _why,
    account.PersonalKeyForgotten: lambda e: f"key {e.key_id}: {e.reason}",
    mark.AccountMarked: _mark,
    instrument.InstrumentListed: _rules,
    instrument.InstrumentRulesChanged: _rules,
    regime.RegimeChanged: _regime,
    manipulation.ManipulationSuspected: _manipulation,
    leverage.LeverageChangeRequested: _leverage_requested,
    leverage.LeverageChanged: lambda e: (
        f"{e.instrument}: leverage {plain(e.leverage)}, before {plain(e.before)}"
    ),
    leverage.LeverageChangeRefused: _leverage_refused,
    leverage.LeverageChangeUnclear: _leverage_unclear,
    model.ModelRegistered: _registered,
    model.ModelPromoted: _promoted,
    model.ModelRetired: lambda e: f"{_model(e)} scores nothing any more{_by(e.rule)}: {e.reason}",
    model.DriftFound: lambda e: (
        f"{_model(e)}: {e.test} of {e.subject} is {e.statistic:.3f} over {counted(e.count, 'score')}, "
        f"beyond {e.limit:g}"
    ),
    settings.SettingsChanged: lambda e: f"version {e.version}",
    SettingsHeld: lambda e: _held(e.changes),
    reconciliation.DiscrepancyFound: lambda e: f"{e.subject}: {e.found}",
    reconciliation.DiscrepancyResolved: lambda e: f"{e.discrepancy_id}: {e.resolution}",
    reconciliation.DiscrepancyEnded: lambda e: f"{e.discrepancy_id} is over",
    reconciliation.ReconciliationBegun: _why,
    reconciliation.ReconciliationEnded: lambda e: (
        f"{counted(e.taken_in, 'difference')} taken in, {e.left:,} left of those that this comparison found"
    ),
    breaker.CallFailed: lambda e: f"{e.service}: {e.reason}",
    breaker.BreakerOpened: lambda e: f"{e.service}: {e.failures} failed calls, the last one: {e.reason}",
    breaker.BreakerHalfOpened: lambda e: f"{e.service}: the next call is the trial",
    breaker.BreakerClosed: lambda e: f"{e.service}: the exchange answers again",
    pause.EntriesPaused: _paused,
    pause.EntriesResumed: lambda e: (
        f"{_paused_owner(e.owner)}{f': {e.reason}' if e.reason else ', the pause is over'}"
    ),
}
