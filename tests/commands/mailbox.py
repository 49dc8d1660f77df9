"""An exchange that only stores the calls to it, each with the head of the log at the time of the call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from commands.exchange import Ticket
from domain.errors import ExchangeError, OutcomeUnknown
from domain.log import LogReader


@dataclass(frozen=True, slots=True)
class Letter:
    """One call to the exchange: `kind` is submit, cancel or amend, `durable` the head of the log at that time."""

    kind: str
    about: tuple[object, ...]
    at: datetime
    durable: int


class Mailbox:
    """Every call raises `error` if `error` is set; a call that raises OutcomeUnknown is stored, too."""

    venue = "test"

    def __init__(self, log: LogReader) -> None:
        self._log = log
        self.letters: list[Letter] = []
        self.error: ExchangeError | None = None

    def submit(self, tickets: Sequence[Ticket]) -> None:
        self._put("submit", tuple(ticket.order_id for ticket in tickets), tickets[0].sent_at)

    def cancel(self, order_id: str, at: datetime) -> None:
        self._put("cancel", (order_id,), at)

    def amend(
        self,
        order_id: str,
        at: datetime,
        *,
        quantity: Decimal | None,
        limit_price: Decimal | None,
        trigger_price: Decimal | None,
    ) -> None:
        self._put("amend", (order_id, quantity, limit_price, trigger_price), at)

    @property
    def sent(self) -> list[tuple[str, tuple[object, ...]]]:
        return [(letter.kind, letter.about) for letter in self.letters]

    def _put(self, kind: str, about: tuple[object, ...], at: datetime) -> None:
        if self.error is None or isinstance(self.error, OutcomeUnknown):
            self.letters.append(Letter(kind, about, at, self._log.head()))
        if self.error is not None:
            raise self.error
