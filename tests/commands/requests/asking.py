"""A person who sends requests to the real engine and reads the answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from commands.door import Answer, Completed, Declined, Drafted
from commands.exchange import Accepted as Taken
from commands.exchange import Submitted
from commands.inputs import MarketMoved, RequestMade
from commands.request import ManualTerms, PlaceOrder, Request, Requested
from domain.direction import Side
from domain.log import chain_id
from domain.market import KnownPrice, MarketView
from domain.order import OrderType
from domain.settings import Settings
from tests.commands.desk import Desk, a_fill_of
from tests.domain.history import ACCOUNT, BTC, LOG_ID, D
from tests.replacing import replace

PRICE = D(100)
TERMS = ManualTerms(
    instrument=BTC, side=Side.BUY, type=OrderType.MARKET, quantity=D(10), stop=D(98), target=D(106)
)
"""Ten units at a price of 100: a notional of 1,000, a margin of 200 at leverage 5, and a risk of 20."""


def terms(**changed: Any) -> ManualTerms:
    return replace(TERMS, **changed)


class Asking:
    """One person, one engine; `prices` are the last known prices."""

    def __init__(self, settings: Settings | None = None, desk: Desk | None = None) -> None:
        self.desk = (desk or Desk()).opened(settings)
        self.prices: dict[str, Decimal] = {BTC: PRICE}
        self._ids = (f"k{n}" for n in count(1))

    def ask(self, request: Request, key: str | None = None, **changed: Any) -> Answer:
        self.desk.at += timedelta(seconds=1)
        requested = Requested(
            id=key or next(self._ids),
            account=ACCOUNT,
            actor="eve",
            valid_until=self.desk.at + timedelta(minutes=1),
            request=request,
        )
        return self.answer(replace(requested, **changed))

    def answer(self, requested: Requested) -> Answer:
        """The engine's answer at the desk's time, with `prices` as the only known prices."""
        at, driver = self.desk.at, self.desk.driver
        driver.engine.market = MarketView()
        known = (KnownPrice(instrument=name, at=at, price=price) for name, price in self.prices.items())
        driver.handle(MarketMoved(at, tuple(known)))
        answer = driver.handle(RequestMade(at, at, requested))
        assert answer is not None
        return answer

    def accepted(self, request: Request, key: str | None = None) -> list[str]:
        """Asserts that the request is completed; returns the names of its events."""
        answer = self.ask(request, key)
        assert isinstance(answer, Completed), answer
        return [event.type.rpartition(".")[2] for event in answer.events]

    def declined(self, request: Request, key: str | None = None) -> str:
        """Asserts that the request is declined and changes nothing; returns the code and the sentence."""
        before = self.desk.log.head()
        answer = self.ask(request, key)
        assert isinstance(answer, Declined), answer
        assert self.desk.log.head() == before
        return f"{answer.code}: {answer.reason}"

    def drafted(self, request: Request) -> Drafted:
        before = self.desk.log.head()
        answer = self.ask(request)
        assert isinstance(answer, Drafted), answer
        assert self.desk.log.head() == before
        return answer

    def entered(self, wanted: ManualTerms = TERMS, key: str = "in") -> str:
        """Places a manual entry, completely filled, with resting protection; returns its chain."""
        self.accepted(PlaceOrder(wanted), key)
        chain = chain_of(key)
        self.rests(*(one for one in self.exits() if one.startswith(chain)))
        self.desk.tell(a_fill_of(f"{chain}-e1", f"x-{chain}", wanted.quantity, wanted.limit_price or PRICE))
        return chain

    def rests(self, *order_ids: str) -> None:
        """Reports that the exchange has accepted these orders."""
        for order_id in order_ids:
            fact = f"exchange:test:{order_id}"
            self.desk.tell(
                Submitted(order_id=order_id, at=self.desk.at, fact=f"{fact}-s", venue_order_id=order_id),
                Taken(order_id=order_id, at=self.desk.at, fact=f"{fact}-a", venue_order_id=order_id),
            )

    def exits(self) -> Sequence[str]:
        return list(self.desk.world.portfolio.exits)


def chain_of(key: str) -> str:
    """The chain that a request with this key begins."""
    return chain_id(LOG_ID, ACCOUNT, f"command:{key}")
