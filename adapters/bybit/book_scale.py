"""The scales of Bybit's books, from its rules of linear contracts.

Source: Bybit v5 documentation, "Get Instruments Info": prices are multiples of `tickSize`, sizes of `qtyStep`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.bybit.client import Client, http, readable
from adapters.bybit.placing import CATEGORY
from adapters.bybit.site import Site, Timing
from adapters.instruments.bybit import listings
from adapters.ladder_book.scale import Scale, places_of
from adapters.secrecy import NOBODY
from domain.catalogue import Listing
from domain.instrument import RulesOrigin

_LIMITS: Mapping[str, int] = {"get_instruments_info": 10}
_ORIGIN = RulesOrigin("Bybit v5 instruments-info", None, guessed=False)


def book_scales(site: Site, instruments: Sequence[str], timing: Timing | None = None) -> Mapping[str, Scale]:
    """The scale of each of the instruments that Bybit lists. Raises ExchangeUnreachable and ExchangeRefused."""
    session = http(NOBODY, site, timing or Timing())
    try:
        client = Client(session, NOBODY, _LIMITS, _nothing)
        rows = list(client.pages("get_instruments_info", {"category": CATEGORY, "limit": 1000}))
    finally:
        session.client.close()
    document = {"retCode": 0, "result": {"category": CATEGORY, "list": rows}}
    found = readable(
        lambda: [one.instrument for one in listings(document, _ORIGIN) if isinstance(one, Listing)]
    )
    return {
        one.id: Scale(tick=one.tick, size_places=places_of(one.lot)) for one in found if one.id in instruments
    }


def _nothing() -> None:
    """A query changes no rules."""
