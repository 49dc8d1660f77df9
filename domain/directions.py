"""In which direction each setting is tighter, so that a change that loosens a limit is known from one that tightens it.

A change is tighter where it permits no more than before: fewer, smaller or later entries, or an earlier close. A
setting without such a direction waits for a person whatever the change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.adjusting import as_text, names
from domain.held import line_of
from domain.limits.settings import OnMissing
from domain.settings import OnDailyLoss, OnKill, Settings
from domain.sizing.settings import KellyFallback

IsTighter = Callable[[Any, Any], bool]
"""Whether a change from the first value to the second permits no more than before."""


def _lower(before: Any, after: Any) -> bool:
    return bool(after <= before)


def _higher(before: Any, after: Any) -> bool:
    return bool(after >= before)


def _lower_or_off(before: Any, after: Any) -> bool:
    """0 is no limit."""
    return bool(after != 0 and (before == 0 or after <= before))


def _longer_or_endless(before: Any, after: Any) -> bool:
    """0 is a pause that only a person ends."""
    return bool(after == 0 or (before != 0 and after >= before))


def _fewer_or_all(before: Any, after: Any) -> bool:
    """An empty list permits everything."""
    return bool(after) and (not before or set(after) <= set(before))


def _person(_before: Any, _after: Any) -> bool:
    return False


def _ranked(*loosest_first: str) -> IsTighter:
    return lambda before, after: loosest_first.index(after) >= loosest_first.index(before)


DIRECTIONS: Mapping[str, IsTighter] = {
    "tiers.normal_confidence": _higher,
    "tiers.strict_confidence": _higher,
    "tiers.relaxed_confidence": _higher,
    "tiers.window": _person,
    "tiers.strict_win_rate": _higher,
    "tiers.strict_drawdown": _lower,
    "tiers.strict_losses": _lower,
    "tiers.relaxed_win_rate": _higher,
    "tiers.relaxed_drawdown": _lower,
    "alpha.minimum_trend": _higher,
    "alpha.minimum_reward_to_risk": _higher,
    "risk.allowed": _fewer_or_all,
    "risk.max_positions": _lower,
    "risk.max_positions_per_instrument": _lower,
    "risk.max_risk_per_trade": _lower,
    "risk.max_total_risk": _lower,
    "risk.max_daily_loss": _lower,
    "risk.reserved_balance": _higher,
    "risk.cooldown_seconds": _higher,
    "risk.freshness_seconds": _lower,
    "risk.win_rate_window": _person,
    "risk.minimum_win_rate": _higher,
    "risk.on_kill": _person,
    "risk.on_daily_loss": _ranked(OnDailyLoss.REFUSE, OnDailyLoss.TRIP),
    "sizing.rule": _person,
    "sizing.quantity": _lower,
    "sizing.percent": _lower,
    "sizing.risk": _lower,
    "sizing.cut_to_max_risk": _lower,
    "sizing.kelly_window": _person,
    "sizing.kelly_multiplier": _lower,
    "sizing.kelly_cap": _lower,
    "sizing.kelly_fallback": _ranked(KellyFallback.RISK, KellyFallback.SKIP),
    "sizing.by_confidence": _higher,
    "order_freshness_seconds": _lower,
    "reverse_others": _person,
    "orphans.rule": _person,
    "orphans.to": _person,
    "caps.max_notional": _lower_or_off,
    "caps.max_deviation": _lower_or_off,
    "caps.max_orders_per_minute": _lower_or_off,
    "reconciliation.external_orders": _person,
    "reconciliation.external_positions": _person,
    "on_opposite": _person,
    "flips.minimum_confidence": _person,
    "flips.repeats": _person,
    "flips.hold_seconds": _person,
    "flips.cooldown_seconds": _person,
    "flips.loss_confidence": _person,
    "flips.cost_buffer": _person,
    "intents.hold_series": _person,
    "intents.reinforce_confidence": _higher,
    "intents.noise_confidence": _person,
    "intents.additions": _lower,
    "intents.addition_spacing": _higher,
    "intents.addition_size": _lower,
    "intents.average_down": _lower,
    "intents.repeats": _higher,
    "intents.repeat_seconds": _lower_or_off,
    "margin.max_in_use": _lower_or_off,
    "margin.max_per_position": _lower_or_off,
    "margin.liquidation_distance": _higher,
    "limits.max_group_positions": _lower_or_off,
    "limits.max_correlated_positions": _lower_or_off,
    "limits.correlation": _lower,
    "limits.correlation_hours": _person,
    "limits.on_missing_correlation": _ranked(OnMissing.NOTE, OnMissing.REFUSE),
    "limits.account_losses": _lower_or_off,
    "limits.account_pause_seconds": _longer_or_endless,
    "limits.strategy_losses": _lower_or_off,
    "limits.strategy_pause_seconds": _longer_or_endless,
    "management.trailing_levels": _person,
    "management.break_even_at": _person,
    "management.break_even_offset": _person,
    "management.minimum_step": _person,
    "management.largest_loss": _lower_or_off,
    "management.time_limit_seconds": _lower_or_off,
    "management.early_profit": _person,
    "management.early_loss": _person,
    "management.early_seconds": _person,
    "management.target_activation": _person,
    "management.target_step": _person,
    "management.target_acceleration": _person,
    "management.partial_closes": _person,
    "management.reversal_signs": _person,
    "management.reversal_window": _person,
    "management.reversal_cooldown_seconds": _person,
    "management.reversal_change": _person,
    "management.reversal_closes": _person,
    "management.reversal_distance": _person,
    "management.book_stop_at": _person,
    "management.book_strong": _person,
    "management.book_behind": _person,
    "management.book_distance": _person,
    "management.book_exit_share": _person,
    "management.book_exit_distance": _person,
    "weights.scales": _person,
    "weights.table": _person,
    "models.minimum_confidence": _higher,
    "models.maximum_risk": _lower,
    "models.minimum_return": _higher,
    "arms.share": _person,
    "arms.policy": _person,
    "arms.challenger": _person,
    "book.required": _higher,
    "book.levels": _person,
    "book.readings_per_second": _person,
    "book.stale_seconds": _lower,
    "book.max_slippage_bps": _lower_or_off,
    "venues.equal": _person,
    "venues.elsewhere": _person,
}
"""By the dotted name of every setting that can be changed while an engine runs. A flip closes a position, so that its
rules have no tighter direction."""


def _by_the_manager(_settings: Settings) -> bool:
    return True


def _by_a_trip(settings: Settings) -> bool:
    return settings.risk.on_kill is OnKill.CLOSE


def _by_a_trip_at_a_loss(settings: Settings) -> bool:
    return _by_a_trip(settings) and settings.risk.on_daily_loss is OnDailyLoss.TRIP


MAY_CLOSE: Mapping[str, Callable[[Settings], bool]] = {
    "management.time_limit_seconds": _by_the_manager,
    "management.largest_loss": _by_the_manager,
    "risk.on_daily_loss": _by_a_trip_at_a_loss,
    "risk.max_daily_loss": _by_a_trip_at_a_loss,
    "risk.minimum_win_rate": _by_a_trip,
}
"""The settings with a tighter direction whose tighter value can close open positions at once, or at the next loss, and
whether it can with these settings. `commands/requests/closing_changes.py` has the count by the rules of the engine."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting with its values as text, before and after a change. `waits` is whether a person has to apply it.

    `may_close` is whether it is tighter and can close open positions at once.
    """

    name: str
    before: str
    after: str
    waits: bool
    may_close: bool = False

    def __str__(self) -> str:
        """As a line for a person: `risk.max_positions = 3 (before: 5)`."""
        return line_of(self.name, self.before, self.after)


def differences_of(before: Settings, after: Settings) -> Sequence[Difference]:
    """The settings that a running engine can change and that differ, in the order of the settings."""
    old = names(before)
    return tuple(
        _difference(name, old[name], value, before, after)
        for name, value in names(after).items()
        if value != old[name]
    )


def _difference(name: str, old: object, new: object, before: Settings, after: Settings) -> Difference:
    is_tighter = DIRECTIONS[name](old, new)
    may_close = is_tighter and name in MAY_CLOSE and MAY_CLOSE[name](after)
    return Difference(name, as_text(before, name), as_text(after, name), not is_tighter, may_close)
