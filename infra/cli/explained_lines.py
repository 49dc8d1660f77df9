"""The facts of an explanation for the terminal: what would have had to differ, orders, results, settings in force."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from rich.markup import escape

from infra.cli.wording import rounded
from projections.explained.decisions import (
    ExplainedDecision,
    parameters_of,
    regime_of,
    sizing_of,
    weight_of,
)
from projections.explained.elapsed import elapsed
from projections.explained.explained import Explained
from projections.explained.orders import ExplainedOrder
from projections.explained.positions import ExplainedPosition
from projections.explained.settings import SettingsInForce
from projections.sentences import plain, signed


def lines(facts: Explained, *, full: bool) -> Iterator[str]:
    """The lines printed below the tree, in rich's markup; long decimals are rounded unless `full`."""
    digits: Callable[[str], str] = str if full else rounded
    for decision in facts.decisions:
        yield from map(digits, _decision(decision))
    for order in facts.orders:
        yield digits(_order(order))
    if any(order.slippage is not None for order in facts.orders):
        yield "[dim]slippage: against the decision price, without fees; positive is worse than decided[/dim]"
    for position in facts.positions:
        yield digits(_position(position))
    yield from map(_settings, facts.settings)


def _decision(one: ExplainedDecision) -> Iterator[str]:
    if one.decision is None:
        yield f"[bold]signal {escape(one.signal_id)}[/bold]: it was not decided in this log"
        return
    regime = f", regime {escape(found)}" if (found := regime_of(one)) else ""
    sized = f", {escape(found)}" if (found := sizing_of(one)) else ""
    weight = f", weight {escape(scaled)}" if (scaled := weight_of(one)) else ""
    yield (
        f"[bold]signal {escape(one.signal_id)}: {escape(_became(one))}[/bold] by "
        f"{escape(one.signal.strategy)} ({escape(parameters_of(one))}), policy {one.decision.policy_version}, "
        f"settings {one.decision.settings_version}{regime}{weight}{sized}; inputs {escape(_named(one.signal.inputs))}"
    )
    for margin in one.to_pass:
        yield f"  to pass: {escape(margin.needed)} [red]{escape(margin.reason)}[/red]"


def _became(one: ExplainedDecision) -> str:
    """Whether the signal was traded here, or what became of it at another engine."""
    if one.routed is None:
        return "traded" if one.is_traded else "not traded"
    return f"routed to the engine of {one.routed.instrument}, {', '.join(one.outcomes) or 'not answered yet'}"


def _named(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items()) or "none"


def _order(one: ExplainedOrder) -> str:
    price = one.decided.price
    decided = one.decided.source if price is None else f"decided {plain(price)} ({one.decided.source})"
    parts = [decided]
    if one.average is not None:
        parts.append(f"filled {plain(one.filled)} at {plain(one.average)}")
    if one.slippage is not None:
        points = signed(round(one.slippage.basis_points, 2))
        parts.append(f"slippage {signed(one.slippage.money)} ({points} bp)")
    if one.expected is not None:
        parts.append(f"expected by the book {signed(round(one.expected, 2))} bp")
    parts += [f"fees {plain(fee)} {currency}" for currency, fee in one.fees.items()]
    return (
        f"[bold]order {escape(one.order_id)}[/bold] {one.terms.purpose} {one.terms.side}, {one.status}: "
        f"{escape(', '.join(parts))}"
    )


def _position(one: ExplainedPosition) -> str:
    sums = f"gross {plain(one.gross)}, fees {plain(one.fees)}, funding {plain(one.funding)}"
    opened = f"[bold]position {escape(one.position_id)}[/bold]: entry {plain(one.entry)}, "
    if one.closed_at is None or one.exit is None:
        return f"{opened}open; realised so far {signed(one.net)} ({sums})"
    held = elapsed(one.closed_at - one.opened_at)
    colour = "green" if one.net > 0 else "red"
    return (
        f"{opened}exit {plain(one.exit)} by {one.reason} after {held}, "
        f"result [{colour}]{signed(one.net)}[/{colour}] ({sums})"
    )


def _settings(one: SettingsInForce) -> str:
    at = one.recorded.envelope.meta.occurred_at
    return (
        f"[dim]settings of {one.account} in force: version {one.event.version}, "
        f"from {at:%Y-%m-%d %H:%M} UTC #{one.recorded.ordinal}[/dim]"
    )
