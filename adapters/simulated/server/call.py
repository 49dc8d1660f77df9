"""One request to the API, after it was parsed and its sender is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import Struct

from adapters.simulated.venue.account import Account
from adapters.simulated.venue.categories import LINEAR
from adapters.simulated.venue.codes import PARAMETER, WRONG_KEY, Declined
from adapters.simulated.venue.market import Market
from adapters.simulated.venue.venue import Venue

Row = dict[str, object]
UNSERVED = ("inverse", "option")
"""Categories without an instrument here: lists of them are empty, as clients query every category."""

_MOST_DIGITS = 20


class Answer(Struct, frozen=True, gc=False):
    """`result` and `retExtInfo` of the envelope."""

    result: Row
    ext: Row


@dataclass(frozen=True, slots=True)
class Call:
    """`params` are the parameters of the query string or of the JSON body. `now` is the market's time, `wall` the time
    by which requests are signed; both in ms. `granted` is the number of orders that the rate limit admits.
    """

    venue: Venue
    now: int
    wall: int
    params: Mapping[str, object]
    signer: Account | None = None
    granted: int = 1

    @property
    def account(self) -> Account:
        """The account that signed. Raises Declined (10003) for a request without a key."""
        if self.signer is None:
            raise Declined(WRONG_KEY)
        return self.signer

    def text(self, name: str, default: str = "") -> str:
        value = self.params.get(name)
        return default if value in (None, "") else str(value)

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from 1 to `most`. Raises Declined (10001) for another value."""
        given = self.text(name)
        if not given:
            return default
        value = whole(given)
        if value is None or not 1 <= value <= most:
            raise Declined(PARAMETER, f"{name} must be from 1 to {most}")
        return value

    def time(self, name: str, default: int) -> int:
        """A time in ms. Raises Declined (10001) for another value."""
        given = self.text(name)
        if not given:
            return default
        value = whole(given)
        if value is None:
            raise Declined(PARAMETER, f"{name} must be a time in ms")
        return value

    def category(self) -> str:
        """The category, which must be served. Raises Declined (10001) for another one."""
        category = self.text("category")
        self.venue.listed(category)
        return category

    def contracts(self) -> str:
        """The category, which must have positions. Raises Declined (10001) for another one."""
        category = self.category()
        if category != LINEAR:
            raise Declined(PARAMETER, f"category {category} has no positions, leverage or funding")
        return category

    def market(self) -> Market:
        """The market of the parameters `category` and `symbol`. Raises Declined where there is none."""
        category, symbol = self.category(), self.text("symbol")
        if not symbol:
            raise Declined(PARAMETER, "symbol is missing")
        return self.venue.market(symbol, category)

    def markets(self) -> list[Market]:
        """The market that `symbol` names, else those of the category with the base currency `baseCoin`, else all."""
        category, symbol, base = self.category(), self.text("symbol"), self.text("baseCoin")
        listed = self.venue.listed(category).values()
        markets = [self.venue.market(symbol, category)] if symbol else listed
        return [one for one in markets if base in ("", one.contract.instrument.base)]


def whole(text: str) -> int | None:
    """The whole number of at most 20 digits; None for another text. No time, window or cursor has more digits."""
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None
