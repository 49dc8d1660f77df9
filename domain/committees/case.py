"""A case before the committees: an entry, the view it is judged in, and its plan."""

from __future__ import annotations

from domain.committees.plan import Plan, plan
from domain.committees.view import View
from domain.entry import Entry
from domain.signal import SignalDetected


class Case:
    """One entry in one view. Its plan is made once, by the first member that looks at it."""

    __slots__ = ("_plan", "entry", "view")

    def __init__(self, entry: Entry, view: View) -> None:
        self.entry, self.view = entry, view
        self._plan: Plan | None = None

    @property
    def plan(self) -> Plan:
        """Where the entry would stand; raises what `domain.committees.plan.plan` raises, to each who looks at it."""
        if self._plan is None:
            self._plan = plan(self.entry, self.view)
        return self._plan

    @property
    def signal(self) -> SignalDetected:
        """The signal that the entry was made from; raises ValueError for a person's order, which has none."""
        if self.entry.origin is None:
            raise ValueError("a person's order was made from no signal")
        return self.entry.origin
