"""The rules of the manager that are in force for an owner, in the regime of an instrument."""

from __future__ import annotations

from domain.committees.regimes import limited
from domain.management.settings import ManagementSettings
from domain.regime import Regime
from domain.settings import Settings

A_SCANNER = ""
"""The owner of what has no settings of its own."""


def management_of(owner: str, regime: Regime | None, settings: Settings) -> ManagementSettings:
    """Each rule is the owner's own, else that of the regime, else that of all; people's positions have none."""
    if regime is not None:
        settings = limited(settings, settings.regimes.limits_in(regime))
    return settings.management_of(owner)


def intervals_of_signs(settings: Settings) -> frozenset[str]:
    """The intervals, as the settings spell them, of whose candles some owner's rules read the signs of a reversal.

    Empty text is the interval of the market's candles, which is that of what is no strategy instance.
    """
    owners = {one.instance: one.interval for one in settings.strategies} | {A_SCANNER: ""}
    return frozenset(
        interval
        for owner, interval in owners.items()
        if any(management_of(owner, regime, settings).reversal_signs for regime in _regimes(settings))
    )


def is_in_use(settings: Settings) -> bool:
    """Whether any rule is on for any strategy instance or scanner."""
    return any(may_manage(owner, settings) for owner in (A_SCANNER, *settings.instances))


def may_manage(owner: str, settings: Settings) -> bool:
    """Whether any rule is on for this owner, in any regime or outside regimes."""
    return any(management_of(owner, regime, settings).is_on for regime in _regimes(settings))


def manages_by_books(owner: str, settings: Settings) -> bool:
    """Whether a rule for positions of this owner reads order books, in any regime."""
    return any(management_of(owner, regime, settings).reads_books for regime in _regimes(settings))


def moving(settings: Settings) -> frozenset[str]:
    """The names of the settings by which a rule moves the stop or target of any owner's position, in any regime."""
    return frozenset(
        name
        for owner in (A_SCANNER, *settings.instances)
        for regime in _regimes(settings)
        for name in management_of(owner, regime, settings).moving
    )


def _regimes(settings: Settings) -> tuple[Regime | None, ...]:
    return (None, *Regime) if settings.regimes.is_on else (None,)
