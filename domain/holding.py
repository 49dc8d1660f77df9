"""Which held changes of settings can still be put in force after a change of the settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from domain.adjusting import adjusted, as_text, names
from domain.errors import InvalidSettings
from domain.held import HeldChange
from domain.settings import Settings


def remaining(settings: Settings, held: Sequence[HeldChange]) -> tuple[HeldChange, ...]:
    """Those of these changes that are held on with these settings, in their order.

    A change is held against a value: where another one is in force, nobody has compared the two. Where the settings
    would be invalid with all changes, the later ones go before the earlier, so that none keeps out a newer change.
    """
    compared = tuple(one for one in held if _has_its_value(one, settings))
    if _are_valid(settings, compared):
        return compared
    kept: tuple[HeldChange, ...] = ()
    for one in reversed(compared):
        if _are_valid(settings, (one, *kept)):
            kept = (one, *kept)
    return kept


def values_of(held: Iterable[HeldChange]) -> Mapping[str, str]:
    """The held values as text, by the dotted names of their settings."""
    return {one.name: one.after for one in held}


def _has_its_value(held: HeldChange, settings: Settings) -> bool:
    return held.name in names(settings) and as_text(settings, held.name) == held.before


def _are_valid(settings: Settings, held: Iterable[HeldChange]) -> bool:
    try:
        adjusted(settings, values_of(held))
    except InvalidSettings:
        return False
    return True
