"""The settings that switch a feature on and off, and how each is switched while an engine trades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.adjusting import adjusted, as_text
from domain.directions import Difference, differences_of
from domain.settings import Settings


@dataclass(frozen=True, slots=True)
class Switch:
    """A feature that is off by default, its setting, and a value of that setting with which it is on."""

    feature: str
    setting: str
    on: str

    @property
    def off(self) -> str:
        """The value with which the feature is off, as text."""
        return as_text(Settings(), self.setting)

    @property
    def switching_on(self) -> Difference:
        """The change from off to on."""
        return self._change(Settings(), self._settings)

    @property
    def switching_off(self) -> Difference:
        """The change from on to off."""
        return self._change(self._settings, Settings())

    @property
    def _settings(self) -> Settings:
        return adjusted(Settings(), {self.setting: self.on})

    def _change(self, before: Settings, after: Settings) -> Difference:
        (difference,) = differences_of(before, after)
        return difference


SWITCHES: Sequence[Switch] = (
    Switch("a daily loss trips the kill switch", "risk.on_daily_loss", "TRIP"),
    Switch("a size above the limit is cut to it", "sizing.cut_to_max_risk", "true"),
    Switch("confidence scales the size", "sizing.by_confidence", "true"),
    Switch("a strategy reverses positions of others", "reverse_others", "true"),
    Switch("a cap of an order's notional", "caps.max_notional", "1000"),
    Switch("a cap of a price's deviation", "caps.max_deviation", "0.05"),
    Switch("a cap of orders in a minute", "caps.max_orders_per_minute", "60"),
    Switch("flips only after repeated entries", "flips.repeats", "2"),
    Switch("series of entries", "intents.hold_series", "true"),
    Switch("additions to a position", "intents.additions", "2"),
    Switch("additions at a loss", "intents.average_down", "true"),
    Switch("entries only after repeats", "intents.repeats", "2"),
    Switch("a limit of the margin in use", "margin.max_in_use", "0.5"),
    Switch("a limit of the margin of a position", "margin.max_per_position", "0.2"),
    Switch("a distance to the liquidation", "margin.liquidation_distance", "0.1"),
    Switch("a limit of positions in a group", "limits.max_group_positions", "2"),
    Switch("a limit of correlated positions", "limits.max_correlated_positions", "2"),
    Switch("a pause of the account after losses", "limits.account_losses", "5"),
    Switch("a pause of a strategy after losses", "limits.strategy_losses", "3"),
    Switch("manager: trailing stop", "management.trailing_levels", "0.02:0.01"),
    Switch("manager: stop at break-even", "management.break_even_at", "0.01"),
    Switch("manager: largest loss", "management.largest_loss", "0.05"),
    Switch("manager: time limit", "management.time_limit_seconds", "86400"),
    Switch("manager: early profit", "management.early_profit", "0.01"),
    Switch("manager: trailing target", "management.target_step", "0.01"),
    Switch("manager: partial closes", "management.partial_closes", "0.02:0.5"),
    Switch("manager: signs of a reversal", "management.reversal_signs", "2"),
    Switch("manager: stop by the order book", "management.book_stop_at", "0.01"),
    Switch("manager: exit by the order book", "management.book_exit_share", "0.5"),
    Switch("weights of strategies", "weights.table", "trend/*/*=0.5"),
    Switch("a second arm", "arms.share", "0.5"),
    Switch("entries need an order book", "book.required", "true"),
)
"""In the order of the settings. What is switched by a table of its own is in `FIXED` (`domain/adjusting.py`)."""
