"""The trials of the challengers of a log: each against the champion in force, or the base rate while there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.learning.auto_settings import AutoSettings
from domain.learning.promotion import ScoredOutcome, Trial, tried
from projections.scored_trades import ScoredTrades, TradeClosed

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def trial_of(sha256: str, scored: ScoredTrades, settings: AutoSettings) -> Trial:
    """The trial of a challenger in force, against the champion in force, since the last change of either.

    Only signals that were traded have an outcome, so the trial is about those. Raises KeyError for another model.
    """
    begun, champion = scored.trials[sha256], scored.in_force.champion
    return tried(
        list(_outcomes(sha256, None if champion is None else champion.sha256, scored.trades)),
        began_at=micros(begun.at),
        ordinal=begun.ordinal,
        budget=settings.budget,
        least_signals=settings.least_signals,
    )


def _outcomes(sha256: str, champion: str | None, trades: Sequence[TradeClosed]) -> Iterator[ScoredOutcome]:
    """The trades that the challenger scored and that this champion, or none, decided: none of arm B."""
    for trade in trades:
        challenger = trade.confidence_of(sha256)
        decided = trade.champion
        if trade.is_arm_b or challenger is None or champion != (None if decided is None else decided.model):
            continue
        rate = base_rate(trades, trade.signal_at) if decided is None else decided.confidence
        if rate is None:
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
