"""Reads the rules in a saved response, whichever exchange it is from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from adapters.instruments import binance, bybit, ccxt
from adapters.instruments.document import Table, read_document
from adapters.instruments.stated import LeftOut, Row
from domain.catalogue import Listing
from domain.errors import InvalidInput
from domain.instrument import RulesOrigin

_VENUE = re.compile(r"[A-Z0-9]{2,20}")
_EXCHANGES = (bybit, binance)
_FIRST, _LAST = datetime(2009, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Imported:
    """The listings of one file, the instruments that were left out, and notes for the user."""

    listings: Sequence[Listing]
    left_out: Sequence[LeftOut]
    notes: Sequence[str]


def read_response(path: Path, venue: str = "") -> Imported:
    """Reads Bybit's instruments-info (one response, or a list of pages), Binance's exchangeInfo, or ccxt's markets.

    `venue` names the exchange of a ccxt dump, as in OKX; the other two name themselves. The time of the rules is that
    in the response, else the file's. Raises InvalidInput where the file is none of these or holds no usable rules.
    """
    document = read_document(path)
    return imported(document, str(path), venue, datetime.fromtimestamp(path.stat().st_mtime, UTC))


def imported(document: object, name: str, venue: str, saved: datetime) -> Imported:
    """Reads a document; `name` says in errors where it is from, `saved` is the time of rules that state none.

    Raises InvalidInput where the document is none of those of `read_response` or holds no usable rules.
    """
    try:
        return _sorted_out(*_read(document, venue, saved))
    except InvalidInput as fault:
        raise InvalidInput(f"{name}: {fault}") from None


def _sorted_out(found: Sequence[Row], notes: Sequence[str]) -> Imported:
    """Raises InvalidInput where nothing can be used."""
    listings = [row for row in found if isinstance(row, Listing)]
    left_out = [row for row in found if isinstance(row, LeftOut)]
    if not listings:
        why = f": {left_out[0].symbol}: {left_out[0].reason}" if left_out else ""
        raise InvalidInput(f"no instrument in it can be used{why}")
    return Imported(_without_repeats(listings), left_out, notes)


def _read(document: object, venue: str, saved: datetime) -> tuple[Sequence[Row], Sequence[str]]:
    markets = ccxt.markets_of(document)
    if markets:
        return list(_of_ccxt(markets, venue, saved)), ()
    pages: Iterable[object] = cast("list[object]", document) if isinstance(document, list) else (document,)
    found: list[Row] = []
    notes: Sequence[str] = ()
    for page in pages:
        exchange = next((one for one in _EXCHANGES if one.recognises(page)), None)
        if exchange is None:
            raise InvalidInput(
                "this is neither Bybit's v5 instruments-info, nor Binance's exchangeInfo, nor the markets of ccxt"
            )
        response = cast("Table", page)
        origin = RulesOrigin(
            exchange.source(response), _time(exchange.time_of(response)) or saved, guessed=False
        )
        found.extend(exchange.listings(response, origin))
        notes = tuple(exchange.notes(response))  # only the last page states whether another one follows
    return found, notes


def _of_ccxt(markets: Sequence[Table], venue: str, saved: datetime) -> Iterator[Row]:
    if _VENUE.fullmatch(venue) is None:
        raise InvalidInput(
            "the markets of ccxt do not name their exchange: add --venue, as in --venue OKX (capitals and digits)"
        )
    return ccxt.listings(markets, venue, RulesOrigin(f"ccxt markets of {venue}", saved, guessed=False))


def _time(milliseconds: object) -> datetime | None:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int):
        return None
    try:
        time = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return time if _FIRST <= time < _LAST else None


def _without_repeats(listings: Sequence[Listing]) -> Sequence[Listing]:
    """Each instrument once, in order of id. Raises InvalidInput where one is listed with different rules."""
    found: dict[str, Listing] = {}
    for listing in listings:
        name = listing.instrument.id
        if found.setdefault(name, listing).instrument != listing.instrument:
            raise InvalidInput(
                f"{name} is in it twice, with different rules: remove the one that is not in force"
            )
    return [found[name] for name in sorted(found)]
