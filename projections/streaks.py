"""The longest streaks of won and of lost trades."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple


class Streaks(NamedTuple):
    """The most trades that were won, and that were lost, one after the other."""

    won: int
    lost: int


def longest_streaks(nets: Iterable[Decimal]) -> Streaks:
    """The streaks of trades with these net results, in the order of their closes. A result of 0 ends both kinds."""
    longest = {1: 0, -1: 0, 0: 0}
    for sign, streak in groupby((net > 0) - (net < 0) for net in nets):
        longest[sign] = max(longest[sign], sum(1 for _ in streak))
    return Streaks(longest[1], longest[-1])
