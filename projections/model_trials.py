"""The trials of the challengers of a log: each against the champion of the time, or the base rate without one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.learning.auto_settings import AutoSettings
from domain.learning.promotion import ScoredOutcome, Trial, tried
from projections.scored_trades import ScoredTrades, TradeClosed

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def trial_of(sha256: str, scored: ScoredTrades, settings: AutoSettings) -> Trial:
    """The trial of a model that became a challenger; its ordinal is its place among all that ever did.

    Only signals that were traded have an outcome, so the trial is about those. Raises ValueError for another model.
    """
    return tried(
        list(_outcomes(sha256, scored.trades)),
        registered_at=micros(scored.registered_at[sha256]),
        ordinal=scored.challengers.index(sha256) + 1,
        budget=settings.budget,
        least_signals=settings.least_signals,
    )


def _outcomes(sha256: str, trades: Sequence[TradeClosed]) -> Iterator[ScoredOutcome]:
    for trade in trades:
        challenger = trade.confidence_of(sha256)
        if challenger is None:
            continue
        champion = trade.champion
        rate = base_rate(trades, trade.signal_at) if champion is None else champion.confidence
        if rate is None or (champion is not None and champion.model == sha256):
            continue
        yield ScoredOutcome(
            signal_at=micros(trade.signal_at),
            resolved_at=micros(trade.closed_at),
            champion=rate,
            challenger=challenger,
            gained=trade.gained,
        )


def base_rate(trades: Sequence[TradeClosed], until: datetime) -> float:
    """The share of the trades closed up to this time that gained, by Laplace's rule: (gained + 1) / (closed + 2)."""
    closed = [one.gained for one in trades if one.closed_at <= until]
    return (sum(closed) + 1) / (len(closed) + 2)


def micros(at: datetime) -> int:
    """Microseconds since 1970 (UTC)."""
    return (at - _EPOCH) // timedelta(microseconds=1)
