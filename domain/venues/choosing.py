"""Chooses, among equal instruments, the one in which an entry is cheapest, and finds where a strategy's exposure is.

Only an entry at the market is moved, and only one that opens something: while anything is held or waits in the proposed
instrument it stays there, and a grid rests at prices of its own book. Exits go where the position is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from domain.account import Account
from domain.arithmetic import ZERO
from domain.book.book_read import BookRead
from domain.book.sweep import sweep
from domain.committees.plan import plan
from domain.committees.view import View
from domain.direction import Side, entry_side
from domain.entry import entry_of
from domain.instrument import Instrument
from domain.portfolio import Portfolio
from domain.signal import SignalDetected
from domain.strategies import Intent
from domain.venues.carried import Prices, carried
from domain.venues.choice import VenueCandidate, VenueChoice
from domain.venues.cost import cost_bps, middle_of
from domain.venues.rules import rules_of

Read = Callable[[str], BookRead]
"""The book of an instrument as it was last read; one that was never read is not known."""


class Place(Struct, frozen=True):
    """Where an entry is made: the instrument, its prices there, and the book of the choice."""

    instrument: str
    prices: Prices
    book: BookRead


class Choosing(Struct, frozen=True, kw_only=True):
    """What a choice is made from: the account at `now` (UTC), the last books, and the age at which one is stale."""

    portfolio: Portfolio
    now: datetime
    read: Read
    stale_after: timedelta


class Outcome(Struct, frozen=True):
    """The choice, and where the entry is made; the place is None where the proposed instrument is no candidate."""

    choice: VenueChoice
    place: Place | None


def exposed_in(owner: str, instrument: str, equal: Sequence[str], portfolio: Portfolio) -> str:
    """The instrument in which a proposal of this owner has its effect.

    It is the proposed one, but where the owner has nothing there and a position or a waiting entry in an equal one.
    """
    names = (instrument, *equal)
    return next((name for name in names if _is_exposed(owner, name, portfolio)), instrument)


def _is_exposed(owner: str, instrument: str, portfolio: Portfolio) -> bool:
    held = portfolio.positions.get(instrument)
    return (held is not None and held.owner == owner) or any(
        one.owner == owner and one.instrument == instrument for one in portfolio.entries.values()
    )


def choose(signal: SignalDetected, equal: Sequence[str], given: Choosing) -> Outcome | None:
    """The choice for an entry proposed in `signal.instrument`; None where there is none to make.

    There is none for exits and grids, while the proposed instrument is engaged, and while the account is not open, is
    not reconciled or has an order of unknown outcome.
    """
    portfolio = given.portfolio
    if not equal or not _is_movable(signal, portfolio):
        return None
    offers = [_offer(name, signal, given) for name in (signal.instrument, *equal)]
    choice = VenueChoice(
        proposed=signal.instrument,
        price=signal.price,
        stop=signal.stop,
        target=signal.target,
        candidates=tuple(candidate for candidate, _place in offers),
    )
    chosen = choice.cheapest
    return Outcome(choice, next((place for candidate, place in offers if candidate is chosen), None))


def _is_movable(signal: SignalDetected, portfolio: Portfolio) -> bool:
    found = portfolio.discrepancies
    return (
        signal.intent is Intent.ENTER
        and signal.grid is None
        and isinstance(portfolio.account_state, Account)
        and not (found.reconciling or found.unresolved or portfolio.unknown_orders)
        and not portfolio.is_engaged(signal.instrument)
    )


def _offer(name: str, signal: SignalDetected, given: Choosing) -> tuple[VenueCandidate, Place | None]:
    """The candidate, with its figures as far as they are known, and where the entry would be made."""
    book = given.read(name)
    rules, middle = rules_of(name, given.portfolio), middle_of(book)
    candidate = VenueCandidate(instrument=name, book_at=book.at, update_id=book.update_id, middle=middle)
    why = _why_not(name, rules, book, signal, given)
    if why or rules is None or middle is None:
        return replace(candidate, why=why or "BOOK_UNKNOWN"), None
    side = entry_side(signal.direction)
    place = _place(rules, book, side, signal)
    entry = replace(entry_of(signal), instrument=name, price=place.prices.price, stop=place.prices.stop)
    sized = plan(replace(entry, target=place.prices.target), _view(rules, given)).sized.quantity
    candidate = replace(candidate, quantity=sized, taker_fee=rules.taker_fee)
    if sized <= ZERO:
        return replace(candidate, why="NO_QUANTITY"), None
    taken = sweep(book.taken_by(side), sized)
    if not taken.is_whole:
        return replace(candidate, why="BOOK_TOO_THIN"), None
    return _priced(candidate, middle, taken.vwap, cost_bps(taken, middle, rules.taker_fee)), place


def _priced(
    candidate: VenueCandidate, middle: Decimal, vwap: Decimal | None, cost: Decimal
) -> VenueCandidate:
    return replace(candidate, middle=middle, vwap=vwap, cost_bps=cost)


def _place(rules: Instrument, book: BookRead, side: Side, signal: SignalDetected) -> Place:
    """The proposed instrument keeps the prices of the proposal; another one has those at its best price."""
    prices = Prices(signal.price, signal.stop, signal.target)
    if rules.id != signal.instrument:
        prices = carried(prices, signal.direction, book.taken_by(side)[0].price, rules.tick)
    return Place(rules.id, prices, book)


def _view(rules: Instrument, given: Choosing) -> View:
    return View(
        now=given.now,
        settings=given.portfolio.settings,
        instrument=rules,
        portfolio=given.portfolio,
    )


def _why_not(
    name: str, rules: Instrument | None, book: BookRead, signal: SignalDetected, given: Choosing
) -> str:
    """The first reason for which the instrument is no candidate; empty where it may be one."""
    portfolio = given.portfolio
    allowed, proposed = portfolio.settings.settings.risk.allowed, portfolio.instruments.get(signal.instrument)
    reasons = {
        "INSTRUMENT_NOT_LISTED": rules is None,
        "TERMS_DIFFER": not _are_of_equal_terms(rules, proposed),
        "INSTRUMENT_NOT_ALLOWED": bool(allowed) and name not in allowed,
        "ENGAGED": portfolio.is_engaged(name) or bool(portfolio.routed_to(name)),
        "BOOK_UNKNOWN": bool(book.why),
        "BOOK_STALE": given.now - book.at > given.stale_after,
    }
    return next((reason for reason, applies in reasons.items() if applies), "")


def _are_of_equal_terms(one: Instrument | None, other: Instrument | None) -> bool:
    """Whether a unit of both is the same coin, settled in the same currency: else the same stop is another loss."""
    return one is not None and other is not None and (one.base, one.quote) == (other.base, other.quote)
