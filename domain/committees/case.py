"""A case, which the committees judge: an entry, the recorded state at that instant, and the plan of the entry."""

from __future__ import annotations

from decimal import Decimal

from domain.addition import addition_to
from domain.committees.plan import Plan, plan
from domain.committees.view import View
from domain.entry import Entry
from domain.opposed import Opposed, opposed, taken_out
from domain.portfolio import OpenPosition
from domain.settings import AlphaSettings
from domain.signal import SignalDetected, Tier
from domain.tiers import tier_of


class Case:
    """One entry and one view. What several members read is computed once, when the first of them reads it.

    `by_owner` is false for decisions made before positions had owners, when any signal could close any position.
    `by_remaining` is false for decisions made when any order that reduced the position prevented an exit.
    """

    __slots__ = (
        "_addition",
        "_alpha",
        "_by_owner",
        "_exposures",
        "_open_risk",
        "_opposed",
        "_plan",
        "_taken_out",
        "_tier",
        "by_remaining",
        "entry",
        "view",
    )

    def __init__(self, entry: Entry, view: View, *, by_owner: bool = True, by_remaining: bool = True) -> None:
        self.entry, self.view, self._by_owner, self.by_remaining = entry, view, by_owner, by_remaining
        # Not cached_property: its lock costs as much as most of these values.
        self._plan: Plan | None = None
        self._addition: tuple[OpenPosition | None] | None = None
        self._opposed: Opposed | None = None
        self._taken_out: Opposed | None = None
        self._tier: Tier | None = None
        self._alpha: AlphaSettings | None = None
        self._open_risk: Decimal | None = None
        self._exposures: tuple[str, ...] | None = None

    @property
    def plan(self) -> Plan:
        """The plan of the entry. Every read raises the error that `domain.committees.plan.plan` raised."""
        if self._plan is None:
            self._plan = plan(self.entry, self.view, self.addition)
        return self._plan

    @property
    def addition(self) -> OpenPosition | None:
        """The position that the entry adds to; None where it is no addition."""
        if self._addition is None:
            self._addition = (addition_to(self.entry, self.view.portfolio),)
        return self._addition[0]

    @property
    def held(self) -> OpenPosition | None:
        """The position of the instrument in the entry's direction, which the entry would increase; None without one."""
        found = self.view.portfolio.positions.get(self.entry.instrument)
        return None if found is None or found.state.direction is not self.entry.direction else found

    @property
    def signal(self) -> SignalDetected:
        """The signal that the entry was made from; raises ValueError for a person's order."""
        if self.entry.origin is None:
            raise ValueError("a person's order has no signal")
        return self.entry.origin

    @property
    def opposed(self) -> Opposed:
        """The position and the entries that the signal opposes, with any owner."""
        if self._opposed is None:
            self._opposed = opposed(self.signal, self.view.portfolio)
        return self._opposed

    @property
    def taken_out(self) -> Opposed:
        """The part of `opposed` that may be closed or cancelled for the signal."""
        if self._taken_out is None:
            signal, portfolio = self.signal, self.view.portfolio
            self._taken_out = (
                taken_out(signal, signal.strategy, portfolio) if self._by_owner else self.opposed
            )
        return self._taken_out

    @property
    def tier(self) -> Tier:
        """The tier in force."""
        if self._tier is None:
            self._tier = tier_of(self.view.portfolio.trades, self.view.settings.settings.tiers)
        return self._tier

    @property
    def alpha(self) -> AlphaSettings:
        """The Alpha committee's limits for the entry's owner."""
        if self._alpha is None:
            self._alpha = self.view.settings.settings.alpha_of(self.entry.owner)
        return self._alpha

    @property
    def open_risk(self) -> Decimal:
        """The loss if every stop of the account is hit; see `Portfolio.open_risk`."""
        if self._open_risk is None:
            self._open_risk = self.view.portfolio.open_risk
        return self._open_risk

    @property
    def exposures(self) -> tuple[str, ...]:
        """The instruments of positions and entries; see `Portfolio.exposures`."""
        if self._exposures is None:
            self._exposures = self.view.portfolio.exposures()
        return self._exposures
