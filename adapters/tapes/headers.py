"""The names of columns in the headers of candle files, and what they mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from adapters.tapes.columns import TIME

NAMELESS = "nameless"
SYMBOL, CONFIRM, CURRENCY_VOLUME, AMOUNT, CONTRACT_COINS = (
    "symbol",
    "confirm",
    "volume of",
    "amount",
    "volccy",
)

_NAMES: Mapping[str, str] = {
    TIME: "timestamp time date datetime opentime opendate start starttime startat starttimestamp begin begintime unix "
    "unixtime unixtimestamp epoch ts t timestampms timestamputc timeutc dateutc datetimeutc utc opentimestamp "
    "opentimems candlebegintime timeopen timeperiodstart periodstart",
    "open": "open o openprice priceopen openingprice",
    "high": "high h highprice pricehigh highest highestprice",
    "low": "low l lowprice pricelow lowest lowestprice",
    "close": "close c closeprice priceclose closingprice",
    "volume": "volume vol v basevolume volumebase basevol baseassetvolume volumefrom volumebasecurrency volumecoin",
    "turnover": "turnover quotevolume volumequote quotevol quoteassetvolume volccyquote volumeto volumecurrency "
    "volumequotecurrency",
    "bid": "bid bidprice",
    "ask": "ask askprice",
    "funding_rate": "fundingrate funding",
    SYMBOL: "symbol pair ticker market instrument instid product productid",
    CONFIRM: "confirm confirmed isconfirmed isclosed closed",
    AMOUNT: "amount",
    CONTRACT_COINS: "volccy",
}
"""What a column means: its names in lower case, without any sign that is no letter or digit."""
_MEANINGS = {name: meaning for meaning, names in _NAMES.items() for name in names.split()}
_OTHER_SIGNS = re.compile(r"[^a-z0-9]+")
_CURRENCY = re.compile(r"vol(?:ume)?[ _]*\(?([a-z0-9]{2,10})\)?", re.IGNORECASE)
_NO_CURRENCIES = frozenset({"ma", "sma", "ema", "usd24h", "24h"})
_INDEXES = frozenset({"", "unnamed0", "indexlevel0"})


def meaning_of(name: str) -> str | None:
    """What the column of this name holds; None where the name is not known.

    A name such as `Volume BTC` gives CURRENCY_VOLUME; an empty name, or pandas' name of an index, NAMELESS.
    """
    plain = plain_name(name)
    if plain in _INDEXES:
        return NAMELESS
    known = _MEANINGS.get(plain)
    return known or (CURRENCY_VOLUME if currency_of(name) else None)


def currency_of(name: str) -> str | None:
    """`BTC` of `Volume BTC`, `Volume_(BTC)` or `volume btc`; None of any other name."""
    found = _CURRENCY.fullmatch(name.strip())
    if found is None or plain_name(name) in _MEANINGS or found[1].lower() in _NO_CURRENCIES:
        return None
    return found[1].upper()


def plain_name(name: str) -> str:
    """The name's letters and digits, in lower case."""
    return _OTHER_SIGNS.sub("", name.strip().lower())


def is_header(first: Sequence[str]) -> bool:
    """Whether a row is a header, which does not begin with a digit or contains a known name."""
    named = {meaning_of(name) for name in first} - {None, NAMELESS}
    return not first[0][:1].isdecimal() or bool(named)
