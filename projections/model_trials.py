"""The trials of the challengers of a log: each against the champion in force, or the base rate while there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from domain.learning.auto_settings import AutoSettings
from domain.learning.promotion import ScoredOutcome, Trial, tried
from projections.scored_trades import ScoredTrades, TradeClosed, TradeOpen

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def trial_of(sha256: str, scored: ScoredTrades, settings: AutoSettings) -> Trial:
    """The trial of a challenger in force, against the champion in force, since the last change of either, and after the
    last signal that trained the challenger: a log of candles may be continued within the time of a data set.

    Only signals that were traded have an outcome, so the trial is about those. Raises KeyError for another model.
    """
    begun, champion = scored.trials[sha256], scored.in_force.champion
    trialled = _Trialled(sha256, None if champion is None else champion.sha256)
    return tried(
        list(_outcomes(trialled, scored.trades)),
        began_at=micros(max(begun.at, scored.data_until[sha256])),
        ordinal=begun.ordinal,
        budget=settings.budget,
        least_signals=settings.least_signals,
        open_at=[micros(one.signal_at) for one in scored.open_trades if trialled.has(one)],
    )


class _Trialled(NamedTuple):
    """The challenger and the champion in force by their SHA-256; None where no champion is."""

    challenger: str
    champion: str | None

    def has(self, trade: TradeOpen | TradeClosed) -> bool:
        """Whether the challenger scored the entry and this champion, or none, decided it: none of arm B."""
        decided = trade.champion
        return (
            not trade.is_arm_b
            and trade.confidence_of(self.challenger) is not None
            and self.champion == (None if decided is None else decided.model)
        )


def _outcomes(trialled: _Trialled, trades: Sequence[TradeClosed]) -> Iterator[ScoredOutcome]:
    for trade in trades:
        challenger, decided = trade.confidence_of(trialled.challenger), trade.champion
        if challenger is None or not trialled.has(trade):
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
