"""Moves a proposal to the equal instrument where its strategy's position is, or where its entry is cheapest.

Nothing here is state of the log. The signal holds the choice with all figures, so every decision can be made again from
the log.
"""

from __future__ import annotations

from datetime import datetime

from commands.book_reads import BookReads
from commands.watching import Sighting
from domain.book.book_read import BookRead
from domain.direction import entry_side
from domain.market import MarketView
from domain.portfolio import Portfolio
from domain.venues.carried import Prices, carried
from domain.venues.choice import VenueChoice
from domain.venues.choosing import Choosing, choose, exposed_in


def where_exposed(
    sighting: Sighting, portfolio: Portfolio, books: BookReads, market: MarketView, now: datetime
) -> Sighting:
    """The sighting in the equal instrument where its instance has a position or a waiting entry, if it has none in the
    proposed one. Its price there is the best price of a fresh book, else the last price, else that of the proposal.
    """
    proposal, owner = sighting.proposal, sighting.instance.id
    equal = portfolio.settings.settings.venues.equal_to(proposal.instrument)
    if not equal or proposal.grid is not None:
        return sighting
    name = exposed_in(owner, proposal.instrument, equal, portfolio)
    rules = portfolio.instruments.get(name)
    if name == proposal.instrument or rules is None:
        return sighting
    of = Prices(proposal.price, proposal.stop, proposal.target)
    levels = _fresh(books.read(name, now), owner, portfolio, now).taken_by(entry_side(proposal.direction))
    last = market.last(name)
    price = levels[0].price if levels else of.price if last is None else last.price
    choice = VenueChoice(proposed=proposal.instrument, price=of.price, stop=of.stop, target=of.target)
    return sighting.placed(name, carried(of, proposal.direction, price, rules.tick), choice)


def _fresh(book: BookRead, owner: str, portfolio: Portfolio, now: datetime) -> BookRead:
    """The book, without levels where it is stale."""
    is_stale = now - book.at > portfolio.settings.settings.book_of(owner).stale_after
    return BookRead(at=book.at, update_id=book.update_id, why="stale") if is_stale else book


def where_cheapest(sighting: Sighting, portfolio: Portfolio, books: BookReads, now: datetime) -> Sighting:
    """The sighting of an entry in the cheapest of the equal instruments, with the book of the choice; see
    `domain/venues/choosing.py`. One that follows a position is not moved again. One that is cheapest at another engine
    stays where it is proposed, with the choice.
    """
    settings, proposal = portfolio.settings.settings, sighting.proposal
    equal = settings.venues.equal_to(proposal.instrument)
    if not equal or sighting.venue is not None:
        return sighting
    given = Choosing(
        portfolio=portfolio,
        now=now,
        read=lambda name: books.read(name, now),
        stale_after=settings.book_of(sighting.instance.id).stale_after,
    )
    found = choose(sighting.signal(), equal, given)
    if found is None:
        return sighting
    if found.place is None:
        prices = Prices(proposal.price, proposal.stop, proposal.target)
        return sighting.placed(proposal.instrument, prices, found.choice)
    place = found.place
    if settings.venues.is_elsewhere(place.instrument):
        prices = Prices(proposal.price, proposal.stop, proposal.target)
        return sighting.placed(proposal.instrument, prices, found.choice)
    return sighting.placed(place.instrument, place.prices, found.choice).with_book(place.book)
