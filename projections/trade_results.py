"""The results of the closed trades of strategies, from which weights are fitted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from domain.arithmetic import EXACT, ZERO, distance
from domain.direction import Purpose
from domain.grid import chain_of, entry_number
from domain.log import Meta, Recorded
from domain.order import OrderPlaced
from domain.position import PositionClosed, PositionIncreased, PositionOpened, ProtectionMoved
from domain.settings import SettingsChanged
from domain.signal import DecisionMade, SignalDetected
from domain.sizing.results import risk_of_both, risk_of_fill
from domain.streams import own_id
from domain.weights.result import ClosedTrades, TradeResult
from domain.weights.settings import ANY


@dataclass(slots=True)
class _Held:
    """An open trade: its opening, the strategy and regime of its chain, its stop now and its risk so far.

    `risk` is None where it had no stop at a fill. `grid` is the chain of the grid whose whole risk is included.
    """

    opened: PositionOpened
    meta: Meta
    strategy: str
    regime: str
    stop: Decimal | None
    risk: Decimal | None
    grid: str = ""


@dataclass(slots=True)
class _Plan:
    """A grid: the number of its levels, their stop, and what the entries of the first round risk together."""

    levels: int
    stop: Decimal = ZERO
    risk: Decimal = ZERO


@dataclass(slots=True)
class _Fold:
    found: list[TradeResult] = field(default_factory=list[TradeResult])
    held: dict[str, _Held] = field(default_factory=dict[str, _Held])
    strategies: dict[str, str] = field(default_factory=dict[str, str])
    configured: set[str] = field(default_factory=set[str])
    regimes: dict[str, str] = field(default_factory=dict[str, str])
    plans: dict[str, _Plan] = field(default_factory=dict[str, _Plan])


def trade_results(events: Iterable[Recorded]) -> Sequence[TradeResult]:
    """The trades of `closed_trades`."""
    return closed_trades(events).trades


def closed_trades(events: Iterable[Recorded]) -> ClosedTrades:
    """The trades that strategies and sources of signals opened and that are closed, in order of their closes.

    A person's trades are not among them. The risk is the divisor of the R-multiple (`domain/sizing/results.py`); 0
    where the position had no stop at a fill.
    """
    fold = _Fold()
    for recorded in events:
        event, meta = recorded.envelope.event, recorded.envelope.meta
        step = _STEPS.get(type(event))
        if step is not None:
            step(fold, event, meta)
    return ClosedTrades(fold.found, sorted({*fold.configured, *fold.strategies.values()}))


def _settings(fold: _Fold, event: SettingsChanged, _meta: Meta) -> None:
    fold.configured.update(event.settings.instances)


def _signal(fold: _Fold, event: SignalDetected, meta: Meta) -> None:
    fold.strategies[meta.correlation_id] = event.strategy
    if event.grid is not None:
        fold.plans[meta.correlation_id] = _Plan(len(event.grid.levels))


def _decision(fold: _Fold, event: DecisionMade, meta: Meta) -> None:
    if (plan := fold.plans.get(meta.correlation_id)) is not None:
        plan.stop = event.stop
    for vote in event.votes:
        if vote.member == "confidence" and "regime" in vote.figures:
            fold.regimes[meta.correlation_id] = vote.figures["regime"]


def _placed(fold: _Fold, event: OrderPlaced, meta: Meta) -> None:
    plan, price = fold.plans.get(meta.correlation_id), event.limit_price
    if plan is None or price is None or event.purpose is not Purpose.ENTRY:
        return
    if entry_number(own_id(meta.stream)) <= plan.levels:
        plan.risk = EXACT.add(plan.risk, EXACT.multiply(event.quantity, distance(price, plan.stop)))


def _opened(fold: _Fold, event: PositionOpened, meta: Meta) -> None:
    strategy = fold.strategies.get(meta.correlation_id)
    if strategy is not None:
        regime = fold.regimes.get(meta.correlation_id, ANY)
        plan = fold.plans.get(chain_of(event.order_id))
        risk = risk_of_fill(event.quantity, event.price, event.stop) if plan is None else plan.risk
        grid = "" if plan is None else chain_of(event.order_id)
        fold.held[meta.stream] = _Held(event, meta, strategy, regime, event.stop, risk, grid)


def _increased(fold: _Fold, event: PositionIncreased, meta: Meta) -> None:
    held = fold.held.get(meta.stream)
    if held is not None and (not held.grid or chain_of(event.order_id) != held.grid):
        held.risk = risk_of_both(held.risk, risk_of_fill(event.quantity, event.price, held.stop))


def _moved(fold: _Fold, event: ProtectionMoved, meta: Meta) -> None:
    if (held := fold.held.get(meta.stream)) is not None:
        held.stop = event.stop


def _closed(fold: _Fold, event: PositionClosed, meta: Meta) -> None:
    held = fold.held.pop(meta.stream, None)
    if held is None:
        return
    fold.found.append(
        TradeResult(
            strategy=held.strategy,
            instrument=held.opened.instrument,
            regime=held.regime,
            opened_at=held.meta.occurred_at,
            closed_at=meta.occurred_at,
            net=event.net,
            risk=ZERO if held.risk is None else held.risk,
        )
    )


_STEPS: Mapping[type, Callable[[_Fold, Any, Meta], None]] = {
    SettingsChanged: _settings,
    SignalDetected: _signal,
    DecisionMade: _decision,
    OrderPlaced: _placed,
    PositionOpened: _opened,
    PositionIncreased: _increased,
    ProtectionMoved: _moved,
    PositionClosed: _closed,
}
