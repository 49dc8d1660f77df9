"""The weight of an entry: the row of the weights in force that scales its size, or the confidence that it is judged by.

Limits are judged on the scaled size. Exits and orders of people have no weight.
"""

from __future__ import annotations

from decimal import Decimal

from domain.arithmetic import EXACT, ONE
from domain.committees.regimes import regime_of
from domain.committees.view import View
from domain.entry import Entry
from domain.weights.scale import WeightScale
from domain.weights.settings import Weight


def weight_of(entry: Entry, view: View) -> Weight | None:
    """The row in force for the entry; None where none fits, and for a person's order."""
    return None if entry.origin is None else row_of(entry.owner, entry.instrument, view)


def row_of(owner: str, instrument: str, view: View) -> Weight | None:
    """The row in force for entries of a strategy or source in the instrument; None where none fits."""
    settings = view.settings.settings
    if not settings.weights.table:
        return None
    return settings.weights.of(owner, instrument, regime_of(instrument, settings, view.portfolio))


def share_of(entry: Entry, view: View) -> Decimal:
    """The share of the sizing rule's quantity that the entry has: its weight where weights scale sizes, else 1; times
    the signal's confidence where sizes are by confidence.

    A confidence outside 0..1 has no share, so that the entry is refused for it.
    """
    found, settings = weight_of(entry, view), view.settings.settings
    share = ONE if found is None or settings.weights.scales is not WeightScale.SIZE else found.weight
    if entry.origin is None or not settings.sizing_of(entry.owner).by_confidence:
        return share
    own = entry.origin.confidence
    return EXACT.multiply(share, Decimal(repr(own))) if 0 <= own <= 1 else share


def scaled_confidence(entry: Entry, view: View) -> float | None:
    """The signal's confidence times its weight, at most 1; None where no weight scales it.

    A confidence outside 0..1 is not scaled, so that it is refused.
    """
    found = weight_of(entry, view)
    if found is None or entry.origin is None:
        return None
    own = entry.origin.confidence
    if view.settings.settings.weights.scales is not WeightScale.CONFIDENCE or not 0 <= own <= 1:
        return None
    return min(own * float(found.weight), 1.0)
