"""The limits of a regime: the settings by which an entry is judged while the regime of its instrument is in force."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from msgspec import structs

from domain.committees.view import View
from domain.portfolio import Portfolio
from domain.regime import Regime
from domain.regimes.settings import RegimeLimits
from domain.settings import InForce, Settings

_PLACES = {
    "normal_confidence": "tiers",
    "strict_confidence": "tiers",
    "relaxed_confidence": "tiers",
    "minimum_trend": "alpha",
    "minimum_reward_to_risk": "alpha",
    "cooldown_seconds": "risk",
    "hold_seconds": "flips",
    "trailing_levels": "management",
    "break_even_at": "management",
    "largest_loss": "management",
    "time_limit_seconds": "management",
    "early_profit": "management",
    "early_loss": "management",
    "early_seconds": "management",
    "target_step": "management",
    "reversal_signs": "management",
}
"""The table of settings that each limit of a regime replaces one of."""


def regime_of(instrument: str, settings: Settings, portfolio: Portfolio) -> Regime | None:
    """The regime in force for the instrument; None where regimes are off, and before the first one."""
    if not settings.regimes.is_on:
        return None
    found = portfolio.regimes.get(instrument)
    return None if found is None else found.regime


def in_regime(view: View, instrument: str) -> View:
    """The view with the limits of the instrument's regime in the settings; the view itself where none differs.

    The version of the settings stays: limits and regime are both in the log.
    """
    settings = view.settings.settings
    regime = regime_of(instrument, settings, view.portfolio)
    limits = None if regime is None else settings.regimes.limits_in(regime)
    if limits is None or not limits.given:
        return view
    return structs.replace(view, settings=InForce(view.settings.version, limited(settings, limits)))


def limited(settings: Settings, limits: RegimeLimits) -> Settings:
    """The settings with these limits."""
    for name, value in limits.given.items():
        place = _PLACES[name]
        changed: dict[str, Any] = {place: replace(getattr(settings, place), **{name: value})}
        settings = replace(settings, **changed)
    return settings
