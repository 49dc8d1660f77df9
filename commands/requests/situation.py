"""The situation: the state and the last known prices with which a request is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from commands.identity import Identity
from commands.world import World
from domain.account import with_reserved
from domain.book.book_read import BookRead, read_of
from domain.command_fact import chain_fact
from domain.committees import View
from domain.errors import InstrumentNotListed, Refused, RefusedForNow
from domain.instrument import Instrument, symbol_of
from domain.log import chain_id
from domain.portfolio import OpenPosition, Portfolio, WorkingEntry, altered, with_price
from domain.settings import Settings


def _unknown(_instrument: str) -> Mapping[str, float]:
    """No correlation is known."""
    return {}


def _unread(_instrument: str, now: datetime) -> BookRead:
    """No book was read."""
    return read_of(None, now)


class Situation(Struct, frozen=True, kw_only=True):
    """`at` is when the events that follow are recorded (UTC), `prices` are in quote currency, by instrument.

    `alike` returns the hourly correlations of an instrument with what is held (`domain/limits/hourly.py`), where the
    limit on them is in force, and `book` the order book of an instrument as a signal holds it. None of them is in the
    log. A request may be refused because of them; recorded events are never judged by them again. `actor` is who
    requests.
    """

    world: World
    identity: Identity
    at: datetime
    prices: Mapping[str, Decimal]
    actor: str = ""
    alike: Callable[[str], Mapping[str, float]] = _unknown
    book: Callable[[str, datetime], BookRead] = _unread

    @property
    def portfolio(self) -> Portfolio:
        """The portfolio of the account."""
        return self.world.portfolio

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.portfolio.settings.settings

    @property
    def fresh_until(self) -> datetime:
        """The time until which an order placed now may still be sent."""
        return self.at + timedelta(seconds=self.settings.order_freshness_seconds)

    def chain(self, cause: str) -> str:
        """The id of the chain that this outside fact begins."""
        return chain_id(self.identity.log_id, self.identity.account, chain_fact(cause))

    def rules(self, instrument: str) -> Instrument:
        """The instrument's rules; raises InstrumentNotListed, naming the listed instruments."""
        found = self.portfolio.instruments.get(instrument)
        if found is None:
            names = sorted(self.portfolio.instruments)
            same = [name for name in names if symbol_of(name) == instrument.upper()]
            meant = f"; write it as {' or '.join(same)}" if same else ""
            raise InstrumentNotListed(
                f"{instrument} is not listed here{meant}; listed are: {', '.join(names) or 'none'}"
            )
        return found

    def last_price(self, instrument: str) -> Decimal:
        """The last price of the instrument's market, in quote currency; raises RefusedForNow without a market."""
        price = self.prices.get(instrument)
        if price is None:
            raise RefusedForNow(
                f"no price of {instrument} is known yet: there is no market for it here, since no candle, trade or "
                "quote of it was received, so that an order could neither be judged nor filled"
            )
        return price

    def view(self, instrument: Instrument, without: str | None = None) -> View:
        """The view of the committees; if `without` is given, without this entry order and its reservation.

        The risk of a market order that has not filled yet is that at the last known price. Without it, the order would
        have unbounded risk although its stop is known, and would refuse every other entry.
        """
        portfolio = self.portfolio if without is None else _without(self.portfolio, without)
        priced = altered(portfolio, entries=_priced(portfolio.entries, self.prices))
        return View(now=self.at, settings=priced.settings, instrument=instrument, portfolio=priced)

    def position(self, name: str) -> OpenPosition:
        """The open position with this stream name, or this part of the name after the account; else raises Refused."""
        account = self.identity.account
        stream = name if name.startswith("position-") else f"position-{account}-{name}"
        held = self.portfolio.of_stream(stream)
        if held is not None:
            return held
        known = "has ended" if stream in self.world.versions else "was never opened"
        raise Refused(f"{name} {known}; open are: {self._open() or 'none'}")

    def _open(self) -> str:
        return ", ".join(sorted(held.id for held in self.portfolio.positions.values()))


def _priced(entries: Mapping[str, WorkingEntry], prices: Mapping[str, Decimal]) -> Mapping[str, WorkingEntry]:
    """The entries, each without a price of its own at the last price of its instrument, where that is known."""
    return {order_id: _at_last(entry, prices.get(entry.instrument)) for order_id, entry in entries.items()}


def _at_last(entry: WorkingEntry, last: Decimal | None) -> WorkingEntry:
    return entry if entry.price is not None or last is None else with_price(entry, price=last)


def _without(portfolio: Portfolio, order_id: str) -> Portfolio:
    entries = {one: entry for one, entry in portfolio.entries.items() if one != order_id}
    reserved = {one: amount for one, amount in portfolio.account.reserved.items() if one != order_id}
    return altered(
        portfolio, entries=entries, account_state=with_reserved(portfolio.account, reserved=reserved)
    )
