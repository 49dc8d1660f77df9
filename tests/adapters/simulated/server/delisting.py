"""A venue that stops trading a symbol while clients are connected."""

from __future__ import annotations

import pytest

from adapters.simulated.server import VenueServer, order_queries
from adapters.simulated.server.call import Call
from adapters.simulated.server.public_feed import PublicFeed
from adapters.simulated.venue import Venue
from adapters.simulated.venue.categories import LINEAR
from adapters.simulated.venue.codes import PARAMETER, Declined
from adapters.simulated.venue.market import Market


def delisted(patch: pytest.MonkeyPatch, symbol: str, at: VenueServer) -> None:
    """From now on this venue does not list the symbol, and refuses every request that names it, as Bybit does: a
    subscription of several topics as a whole. The exchange of a demo run, which is a venue of its own, goes on.
    """
    listed, named, filters = Call.markets, Venue.market, order_queries._filters  # pyright: ignore[reportPrivateUsage]
    serves = PublicFeed.serves

    def refuse(given: str) -> None:
        if given == symbol:
            raise Declined(PARAMETER, f"symbol invalid {symbol}")

    def markets(call: Call) -> list[Market]:
        return [one for one in listed(call) if one.symbol != symbol]

    def market(venue: Venue, given: str, category: str = LINEAR) -> Market:
        if venue is at.venue:
            refuse(given)
        return named(venue, given, category)

    def filtered(call: Call) -> object:
        refuse(call.text("symbol"))
        return filters(call)

    def served(feed: PublicFeed, topic: str) -> bool:
        return not topic.endswith(f".{symbol}") and serves(feed, topic)

    patch.setattr(Call, "markets", markets)
    patch.setattr(Venue, "market", market)
    patch.setattr(order_queries, "_filters", filtered)
    patch.setattr(PublicFeed, "serves", served)
