"""The results of the closed trades of strategies, from which weights are fitted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from domain.arithmetic import EXACT, ZERO, distance
from domain.log import Meta, Recorded
from domain.position import PositionClosed, PositionIncreased, PositionOpened
from domain.signal import DecisionMade, SignalDetected
from domain.weights.result import TradeResult
from domain.weights.settings import ANY


@dataclass(slots=True)
class _Held:
    """An open trade: its opening, the strategy and regime of its chain, and its risk so far."""

    opened: PositionOpened
    meta: Meta
    strategy: str
    regime: str
    risk: Decimal


@dataclass(slots=True)
class _Fold:
    found: list[TradeResult] = field(default_factory=list[TradeResult])
    held: dict[str, _Held] = field(default_factory=dict[str, _Held])
    strategies: dict[str, str] = field(default_factory=dict[str, str])
    regimes: dict[str, str] = field(default_factory=dict[str, str])


def trade_results(events: Iterable[Recorded]) -> Sequence[TradeResult]:
    """The trades that strategies and sources of signals opened and that are closed, in order of their closes.

    A person's trades are not among them. The risk is that of every entry of the position, to its first stop.
    """
    fold = _Fold()
    for recorded in events:
        event, meta = recorded.envelope.event, recorded.envelope.meta
        step = _STEPS.get(type(event))
        if step is not None:
            step(fold, event, meta)
    return fold.found


def _signal(fold: _Fold, event: SignalDetected, meta: Meta) -> None:
    fold.strategies[meta.correlation_id] = event.strategy


def _decision(fold: _Fold, event: DecisionMade, meta: Meta) -> None:
    for vote in event.votes:
        if vote.member == "confidence" and "regime" in vote.figures:
            fold.regimes[meta.correlation_id] = vote.figures["regime"]


def _opened(fold: _Fold, event: PositionOpened, meta: Meta) -> None:
    strategy = fold.strategies.get(meta.correlation_id)
    if strategy is not None:
        regime = fold.regimes.get(meta.correlation_id, ANY)
        risk = _risk(event.quantity, event.cost, event.stop)
        fold.held[meta.stream] = _Held(event, meta, strategy, regime, risk)


def _increased(fold: _Fold, event: PositionIncreased, meta: Meta) -> None:
    held = fold.held.get(meta.stream)
    if held is not None:
        held.risk = EXACT.add(held.risk, _risk(event.quantity, event.cost, held.opened.stop))


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
            risk=held.risk,
        )
    )


def _risk(quantity: Decimal, cost: Decimal, stop: Decimal | None) -> Decimal:
    return ZERO if stop is None else distance(cost, EXACT.multiply(quantity, stop))


_STEPS: Mapping[type, Callable[[_Fold, Any, Meta], None]] = {
    SignalDetected: _signal,
    DecisionMade: _decision,
    PositionOpened: _opened,
    PositionIncreased: _increased,
    PositionClosed: _closed,
}
