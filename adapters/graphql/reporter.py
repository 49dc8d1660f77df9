"""What the API needs of a program that makes audit reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from projections.reports import statement as sums
from projections.reports.period import Period


@dataclass(frozen=True, slots=True)
class MadeReport:
    """A report that was made. `name` is that of its file, without the ending. `root` is in base64, over the first
    `events` events of the log. `statement` is None for the trades of one strategy.

    `page` returns the page for people and `json` the figures for programs, with the bytes of `whence report`.
    """

    name: str
    kind: str
    currency: str
    begun: datetime
    ended: datetime
    first: int
    last: int
    events: int
    root: str
    statement: sums.Statement | None
    page: Callable[[], str]
    json: Callable[[], str]


class Reporter(Protocol):
    """Makes reports; safe to call from any thread."""

    def made(self, account: str, period: Period, strategy: str, /) -> MadeReport:
        """Reads the whole log. `strategy` is empty for all trades.

        Raises InvalidInput for what the log does not have, Refused while another report is made.
        """
        ...
