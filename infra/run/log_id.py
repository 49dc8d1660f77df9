"""The id of a new log that is made from a tape: a function of the tape, the account and the settings.

It is the hash of a canonical form (version `FORM`) and is computed for an empty log only. The id of any other log is
read from its first event (`infra/run/resuming.py`). A setting added after the first form is part of the form only where
its value is not neutral, so that a new setting does not change the ids of logs that do not use it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from adapters.simulated import RULES_VERSION
from adapters.tapes import Tape, tape_identity
from domain.catalogue import BUILT_IN, Listing
from domain.instrument import RulesOrigin
from domain.opening import LogOpened, Mode
from domain.regimes.settings import RegimeLimits
from domain.settings import (
    OnDailyLoss,
    OnKill,
    OnOpposite,
    Settings,
    StrategySettings,
)
from infra.run.stake import Stake

FORM = 1
"""The version of the canonical form.

Every later form begins with its version number, so that two forms never give the same id.
"""

_TAPES = UUID("5e6c1a52-6f0e-5b0c-8a35-0d4b7a8f3c11")

STAKE = ("currency", "balance", "leverage")
STRATEGY = ("name", "parameters")
INSTANCE = ("id", "strategy", "instruments", "interval")
LATER_GROUPS: Mapping[str, Sequence[str]] = {
    "orphans": ("rule", "to"),
    "caps": ("max_notional", "max_deviation", "max_orders_per_minute"),
    "reconciliation": ("external_orders", "external_positions"),
    "intents": ("hold_series", "reinforce_confidence", "noise_confidence"),
    "flips": (
        "minimum_confidence",
        "repeats",
        "hold_seconds",
        "cooldown_seconds",
        "loss_confidence",
        "cost_buffer",
    ),
    "filters": (
        "minimum_adx",
        "minimum_di_difference",
        "adx_period",
        "timeframe",
        "timeframe_ema",
        "value_area_candles",
        "minimum_place",
        "maximum_place",
        "minimum_pivot_distance",
        "maximum_correlation",
        "maximum_major_correlation",
        "correlation_candles",
        "majors",
    ),
    "regimes": (
        "confirmations",
        "interval",
        "period",
        "efficiency_period",
        "minimum_adx",
        "minimum_efficiency",
        "volatile_percentile",
        "volatile_window",
        "trend",
        "range",
        "volatile",
    ),
    "margin": ("max_in_use", "max_per_position", "liquidation_distance"),
    "limits": (
        "max_group_positions",
        "max_correlated_positions",
        "correlation",
        "correlation_hours",
        "on_missing_correlation",
        "account_losses",
        "account_pause_seconds",
        "strategy_losses",
        "strategy_pause_seconds",
    ),
    "management": (
        "trailing_levels",
        "break_even_at",
        "break_even_offset",
        "minimum_step",
        "largest_loss",
        "time_limit_seconds",
        "early_profit",
        "early_loss",
        "early_seconds",
        "target_activation",
        "target_step",
        "target_acceleration",
        "partial_closes",
        "reversal_signs",
        "reversal_window",
        "reversal_cooldown_seconds",
        "reversal_change",
        "reversal_closes",
        "reversal_distance",
    ),
    "weights": ("scales", "table"),
    "leverage": ("confirmations", "interval", "period", "steps", "least_seconds"),
    "models": ("minimum_confidence", "maximum_risk", "minimum_return"),
    "arms": ("share", "policy", "challenger"),
    "book": ("required", "levels", "readings_per_second", "stale_seconds", "max_slippage_bps"),
    "venues": ("equal",),
}
"""The tables of settings that were added after the first form; each is part of it where a setting is not neutral."""
LATER_NAMES: Mapping[str, Sequence[str]] = {
    "intents": (
        "additions",
        "addition_spacing",
        "addition_size",
        "average_down",
        "repeats",
        "repeat_seconds",
    ),
    "sizing": (
        "cut_to_max_risk",
        "kelly_window",
        "kelly_multiplier",
        "kelly_cap",
        "kelly_fallback",
        "by_confidence",
    ),
    "management": (
        "book_stop_at",
        "book_strong",
        "book_behind",
        "book_distance",
        "book_exit_share",
        "book_exit_distance",
    ),
    "venues": ("elsewhere",),
}
"""The settings that were added to a table of `GROUPS` or `LATER_GROUPS` after it; each is part if it is not neutral."""
GROUPS: Mapping[str, Sequence[str]] = {
    "tiers": (
        "normal_confidence",
        "strict_confidence",
        "relaxed_confidence",
        "window",
        "strict_win_rate",
        "strict_drawdown",
        "strict_losses",
        "relaxed_win_rate",
        "relaxed_drawdown",
    ),
    "alpha": ("minimum_trend", "minimum_reward_to_risk"),
    "risk": (
        "allowed",
        "max_positions",
        "max_positions_per_instrument",
        "max_risk_per_trade",
        "max_total_risk",
        "max_daily_loss",
        "reserved_balance",
        "cooldown_seconds",
        "freshness_seconds",
    ),
    "sizing": ("rule", "quantity", "percent", "risk"),
    "simulation": ("slippage", "slippage_jitter", "volume_share", "latency_ms", "seed"),
}
INSTRUMENT = (
    "id",
    "base",
    "quote",
    "tick",
    "lot",
    "min_quantity",
    "max_quantity",
    "min_notional",
    "maker_fee",
    "taker_fee",
    "max_leverage",
    "maintenance_margin",
)

ORIGIN = ("source", "as_of")


def opening_of(
    tapes: Sequence[Tape], account: str, stake: Stake, settings: Settings, listings: Sequence[Listing]
) -> LogOpened:
    """The first event of a log. Equal arguments give equal events, on any storage."""
    identity = tape_identity(tapes)
    form = [
        identity,
        account,
        _fields(stake, STAKE),
        settings_form(settings),
        [_fields(listing.instrument, INSTRUMENT) for listing in listings],
        *_imports(listings),
    ]
    return LogOpened(
        log_id=uuid5(_TAPES, json.dumps(form, default=str, sort_keys=True)),
        mode=Mode.TAPE,
        tape=identity,
        synthetic=any(tape.synthetic for tape in tapes),
        simulator=RULES_VERSION,
    )


def _imports(listings: Sequence[Listing]) -> Iterator[dict[str, Any]]:
    """Where imported rules come from, because the listing records it; the first form had no imported rules."""
    found = {one.instrument.id: one.origin for one in listings if one.origin and _is_imported(one.origin)}
    if found:
        yield {name: _fields(origin, ORIGIN) for name, origin in found.items()}


def _is_imported(origin: RulesOrigin) -> bool:
    return not origin.guessed and not origin.source.startswith(BUILT_IN.source)


def settings_form(settings: Settings) -> dict[str, Any]:
    """The settings in the canonical form."""
    form: dict[str, Any] = {
        "strategies": [_strategy(one) for one in settings.strategies],
        "order_freshness_seconds": settings.order_freshness_seconds,
        **{group: _fields(getattr(settings, group), names) for group, names in GROUPS.items()},
    }
    for path, value in later(settings):
        group, _, name = path.rpartition(".")
        (form[group] if group else form)[name] = value
    return form


def _strategy(settings: StrategySettings) -> dict[str, Any]:
    form = _fields(settings, STRATEGY)
    form.update({name: value for name, value in _fields(settings, INSTANCE).items() if value})
    form.update(settings.own_limits)
    return form


def later(settings: Settings) -> Iterator[tuple[str, Any]]:
    """Yields dotted name and value of each setting that was added after the first form and is not neutral."""
    if settings.paused:
        yield "paused", settings.paused
    if settings.risk.minimum_win_rate:
        yield "risk.minimum_win_rate", settings.risk.minimum_win_rate
        yield "risk.win_rate_window", settings.risk.win_rate_window
    if settings.reverse_others:
        yield "reverse_others", settings.reverse_others
    if settings.risk.on_kill is not OnKill.HOLD:
        yield "risk.on_kill", settings.risk.on_kill
    if settings.risk.on_daily_loss is not OnDailyLoss.REFUSE:
        yield "risk.on_daily_loss", settings.risk.on_daily_loss
    if settings.on_opposite is not OnOpposite.CLOSE:
        yield "on_opposite", settings.on_opposite
    yield from _added_to_groups(settings)
    if settings.groups != _NEUTRAL.groups:
        yield "groups", settings.groups
    for group, names in LATER_GROUPS.items():
        value = getattr(settings, group)
        neutral = getattr(_NEUTRAL, group)
        if value != neutral:
            added = [
                name for name in LATER_NAMES.get(group, ()) if getattr(value, name) != getattr(neutral, name)
            ]
            yield group, _fields(value, (*names, *added))


def _added_to_groups(settings: Settings) -> Iterator[tuple[str, Any]]:
    for group in GROUPS:
        value, neutral = getattr(settings, group), getattr(_NEUTRAL, group)
        for name in LATER_NAMES.get(group, ()):
            if getattr(value, name) != getattr(neutral, name):
                yield f"{group}.{name}", getattr(value, name)


_NEUTRAL = Settings()


def _fields(owner: object, names: Sequence[str]) -> dict[str, Any]:
    """The values by name; of the limits of a regime, those that it gives."""
    found = {name: getattr(owner, name) for name in names}
    return {name: value.given if isinstance(value, RegimeLimits) else value for name, value in found.items()}
