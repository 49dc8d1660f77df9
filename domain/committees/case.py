"""A case, which the committees judge: an entry, the recorded state at that instant, and the plan of the entry."""

from __future__ import annotations

from domain.committees.plan import Plan, plan
from domain.committees.view import View
from domain.entry import Entry
from domain.opposed import Opposed, opposed, taken_out
from domain.signal import SignalDetected


class Case:
    """One entry and one view. The plan is computed once, when the first member reads it.

    `by_owner` is false for decisions made before positions had owners, when any signal could close any position.
    `by_remaining` is false for decisions made when any order that reduced the position prevented an exit.
    """

    __slots__ = ("_by_owner", "_plan", "by_remaining", "entry", "view")

    def __init__(self, entry: Entry, view: View, *, by_owner: bool = True, by_remaining: bool = True) -> None:
        self.entry, self.view, self._by_owner, self.by_remaining = entry, view, by_owner, by_remaining
        self._plan: Plan | None = None

    @property
    def plan(self) -> Plan:
        """The plan of the entry. Every read raises the error that `domain.committees.plan.plan` raised."""
        if self._plan is None:
            self._plan = plan(self.entry, self.view)
        return self._plan

    @property
    def signal(self) -> SignalDetected:
        """The signal that the entry was made from; raises ValueError for a person's order."""
        if self.entry.origin is None:
            raise ValueError("a person's order has no signal")
        return self.entry.origin

    @property
    def opposed(self) -> Opposed:
        """The position and the entries that the signal opposes, with any owner."""
        return opposed(self.signal, self.view.portfolio)

    @property
    def taken_out(self) -> Opposed:
        """The part of `opposed` that may be closed or cancelled for the signal."""
        if not self._by_owner:
            return self.opposed
        return taken_out(self.signal, self.signal.strategy, self.view.portfolio)
