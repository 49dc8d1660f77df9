"""The settings of the limits: how many positions may be one bet, and when losses in a row pause entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from domain.own_settings import OwnSettings


class OnMissing(StrEnum):
    """The vote where a correlation is unknown: REFUSE refuses the entry, NOTE names what is missing and approves."""

    REFUSE = "REFUSE"
    NOTE = "NOTE"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSettings:
    """Limits on positions that are one bet, and on losses in a row; 0 switches a limit off.

    `max_group_positions` is the greatest net number of positions in one of `Settings.groups`.
    `max_correlated_positions` is the greatest number of positions that move alike, the entry included: those whose
    hourly log returns have a correlation with it of `correlation` (0..1) or more over the last `correlation_hours`
    closed hours.
    `on_missing_correlation` applies where an unknown correlation could decide. After `account_losses` losing positions
    in a row of the account, and after `strategy_losses` of one strategy, entries pause for `account_pause_seconds` and
    `strategy_pause_seconds`; a pause of 0 lasts until a person ends it. See `domain/committees/limits.py` and
    `domain/pause.py`.
    """

    max_group_positions: int = 0
    max_correlated_positions: int = 0
    correlation: float = 0.7
    correlation_hours: int = 168
    on_missing_correlation: OnMissing = OnMissing.REFUSE
    account_losses: int = 0
    account_pause_seconds: int = 14_400
    strategy_losses: int = 0
    strategy_pause_seconds: int = 14_400

    @property
    def correlation_span(self) -> timedelta:
        """The time of candles that the correlations need; none where the limit is off.

        One hour more than there are returns gives their first close, and another one is closed at its end.
        """
        return timedelta(hours=self.correlation_hours + 2 if self.max_correlated_positions else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLimitSettings(OwnSettings):
    """The settings of `LimitSettings` that one instance has otherwise; None is that of all instances."""

    strategy_losses: int | None = None
    strategy_pause_seconds: int | None = None


NO_LIMITS = LimitSettings()
"""No limit is on."""

Groups = Mapping[str, tuple[str, ...]]
"""By name: the base currencies (`ETH`) and instruments (`ETHUSDT-LINEAR.BYBIT`) of a group."""

GROUPS: Groups = {
    "majors": ("BTC", "ETH", "BNB", "SOL", "XRP"),
    "defi": ("AAVE", "COMP", "CRV", "DYDX", "JUP", "LDO", "MKR", "PENDLE", "SNX", "SUSHI", "UNI"),
    "layer1": ("ADA", "APT", "ATOM", "AVAX", "BNB", "DOT", "ETH", "NEAR", "SOL", "SUI", "TON", "TRX"),
}
"""The built-in groups: large coins, decentralised exchanges and lending, and chains that run programs."""

MOST_HOURS = 1_000
MOST_LOSSES = 100
_YEAR = 31_536_000
BOUNDS: Mapping[str, tuple[float, float]] = {
    "max_group_positions": (0, 1_000),
    "max_correlated_positions": (0, 1_000),
    "correlation": (0, 1),
    "correlation_hours": (24, MOST_HOURS),
    "account_losses": (0, MOST_LOSSES),
    "account_pause_seconds": (0, _YEAR),
    "strategy_losses": (0, MOST_LOSSES),
    "strategy_pause_seconds": (0, _YEAR),
}
"""The least and the greatest value of each number."""
