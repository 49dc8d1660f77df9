"""The layout of a candle file with a header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.tapes.columns import OPTIONAL, PRICES, REQUIRED, TIME
from adapters.tapes.headers import (
    AMOUNT,
    CONFIRM,
    CONTRACT_COINS,
    CURRENCY_VOLUME,
    NAMELESS,
    currency_of,
    meaning_of,
    plain_name,
)
from adapters.tapes.layout import Layout
from adapters.tapes.samples import Candles, ends, sampled, turnover_share
from adapters.tapes.sheet import Sheet
from adapters.tapes.timestamps import is_clock

_CERTAIN = 0.95
"""The share of candles in which an amount must be a turnover, or in the opposite case must not be."""
_UNIQUE = (*PRICES, "volume", "turnover", "bid", "ask", "funding_rate", CONFIRM, CONTRACT_COINS, AMOUNT)
_BINANCE = frozenset(
    {"takerbuyvolume", "takerbuybasevolume", "takerbuybaseassetvolume", "takerbuybaseassetvol"}
)


@dataclass(frozen=True, slots=True)
class _Volumes:
    columns: Mapping[str, int]
    form: str | None = None
    currency: str | None = None


def named_layout(sheet: Sheet, header: Sequence[str]) -> Layout:
    """The layout by the header's names.

    Raises InvalidTape where a required column is missing, two columns have one meaning, or the figures do not show
    which of two columns is the volume.
    """
    found = _found(header)
    _check_unique(sheet, header, found)
    times, clock = _times(sheet, found)
    volumes = _volumes(sheet, header, found)
    columns = {name: places[0] for name, places in found.items() if name in (*PRICES, *OPTIONAL)}
    columns |= volumes.columns
    if times:
        columns[TIME] = times[0]
    _check_complete(sheet, header, columns)
    confirm = found.get(CONFIRM, [None])[0]
    return Layout(
        form=volumes.form or sheet.form,
        columns=columns,
        clocks=tuple(times[1:]),
        clock=clock,
        confirm=confirm,
        currency=volumes.currency,
        unread=_unread(header, {*columns.values(), *times, clock, confirm}),
    )


def _found(header: Sequence[str]) -> Mapping[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, name in enumerate(header):
        if meaning := meaning_of(name):
            found.setdefault(meaning, []).append(place)
    return found


def _check_unique(sheet: Sheet, header: Sequence[str], found: Mapping[str, Sequence[int]]) -> None:
    for meaning in _UNIQUE:
        places = found.get(meaning, ())
        if len(places) > 1:
            names = ", ".join(repr(header[place]) for place in places)
            raise sheet.fault(f"two columns contain the {meaning}: {names}; remove all but one")


def _times(sheet: Sheet, found: Mapping[str, Sequence[int]]) -> tuple[Sequence[int], int | None]:
    """The columns of times, of which the first counts, and a column of times of day that belongs to it.

    A first column without a name is one where no other is. A column of days comes after one that has
    more different values.
    """
    nameless = [place for place in found.get(NAMELESS, ()) if place in (0, len(sheet.columns) - 1)]
    times = found.get(TIME) or nameless[:1]
    clock = next((place for place in times[1:] if is_clock(sheet.columns[place])), None)
    others = [place for place in times if place != clock]
    finest = max((len(set(sampled(sheet.columns[place]))) for place in others), default=0)
    return sorted(others, key=lambda place: 2 * len(set(sampled(sheet.columns[place]))) < finest), clock


def _volumes(sheet: Sheet, header: Sequence[str], found: Mapping[str, Sequence[int]]) -> _Volumes:
    plain = {name: places[0] for name, places in found.items()}
    named = found.get(CURRENCY_VOLUME, ())
    if not set(PRICES) <= plain.keys():
        return _Volumes({})
    if CONTRACT_COINS in plain and "volume" in plain:
        return _of_okx(sheet, plain)
    if "volume" in plain and AMOUNT in plain and "turnover" not in plain:
        return _either(sheet, header, plain, ("volume", AMOUNT), None)
    if "volume" not in plain and len(named) == 2:
        pair = dict(zip(("first", "second"), named, strict=True))
        return _either(sheet, header, {**plain, **pair}, ("first", "second"), "CryptoDataDownload")
    if "volume" not in plain and len(named) == 1:
        return _Volumes({"volume": named[0]}, currency=currency_of(header[named[0]]))
    if _BINANCE & set(map(plain_name, header)) and {"volume", "turnover"} <= plain.keys():
        _check_coins(sheet, plain)
        return _Volumes({"volume": plain["volume"]}, "Binance klines")
    if {"volume", "turnover"} <= plain.keys():
        _check_turnover(sheet, plain)
    return _Volumes({"volume": plain["volume"]} if "volume" in plain else {})


def _of_okx(sheet: Sheet, plain: Mapping[str, int]) -> _Volumes:
    """OKX gives contracts, coins and quote currency; for spot markets coins, quote currency and this once more.

    Source: OKX's API guide, "Get candlesticks": vol, volCcy, volCcyQuote.
    """
    form = "OKX candles"
    share = _share(sheet, plain, plain["volume"], plain[CONTRACT_COINS])
    if share >= _CERTAIN:
        return _Volumes({"volume": plain["volume"], "turnover": plain[CONTRACT_COINS]}, form)
    quote = plain.get("turnover")
    if quote is None or _share(sheet, plain, plain[CONTRACT_COINS], quote) >= _CERTAIN:
        return _Volumes({"volume": plain[CONTRACT_COINS]}, form)
    raise sheet.fault(
        f"{form}: volCcyQuote is not volCcy times a price, so it is uncertain which column has the volume in coins; "
        "name that column volume and remove the others"
    )


def _either(
    sheet: Sheet, header: Sequence[str], plain: Mapping[str, int], pair: tuple[str, str], form: str | None
) -> _Volumes:
    """The volume and the turnover of two amounts, of which one is the other times the price."""
    one, other = (plain[name] for name in pair)
    forward, backward = _share(sheet, plain, one, other), _share(sheet, plain, other, one)
    if forward >= _CERTAIN:
        return _Volumes({"volume": one, "turnover": other}, form)
    if backward >= _CERTAIN:
        return _Volumes({"volume": other, "turnover": one}, form)
    raise sheet.fault(
        f"neither {header[one]!r} nor {header[other]!r} is the other times a price: name the one that is in coins "
        "volume and remove the other"
    )


def _check_coins(sheet: Sheet, plain: Mapping[str, int]) -> None:
    if _contradicts(sheet, plain):
        raise sheet.fault(CONTRACTS)


def _contradicts(sheet: Sheet, plain: Mapping[str, int]) -> bool:
    """Whether the turnover is the volume times a price in almost no candle."""
    return _share(sheet, plain, plain["volume"], plain["turnover"]) < 1 - _CERTAIN


def _check_turnover(sheet: Sheet, plain: Mapping[str, int]) -> None:
    """Raises InvalidTape where the turnover contradicts the volume in nearly every candle, unless it is always 0."""
    volume, turnover = plain["volume"], plain["turnover"]
    stated = any(text.strip("0. ") for text in sampled(sheet.columns[turnover]))
    if stated and _contradicts(sheet, plain):
        swapped = _share(sheet, plain, turnover, volume) >= _CERTAIN
        raise sheet.fault(
            "the turnover is not the volume times a price"
            + (", but the volume is the turnover times one: swap their names" if swapped else _REMOVE_ONE)
        )


_REMOVE_ONE = ": the volume is needed in the base currency; name that column volume, and remove the other"
CONTRACTS = (
    "Binance klines: the turnover is not the volume times a price, as in COIN-M files, whose volume counts contracts; "
    "only spot and USD-M files are read"
)


def _share(sheet: Sheet, plain: Mapping[str, int], volume: int, turnover: int) -> float:
    places = (plain["low"], plain["high"], volume, turnover)
    return turnover_share(Candles(*ends(sheet.columns[place] for place in places)))


def _check_complete(sheet: Sheet, header: Sequence[str], columns: Mapping[str, int]) -> None:
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        names = ", ".join(name.strip() or "(no name)" for name in header)[:300]
        raise sheet.fault(f"missing column: {', '.join(missing)} (the header has {names})")


def _unread(header: Sequence[str], read: set[int | None]) -> tuple[str, ...]:
    """Names of columns that hold something else; a symbol or an index is none of them worth a note."""
    return tuple(
        name.strip() or "a column without a name"
        for place, name in enumerate(header)
        if place not in read and not (meaning_of(name) == NAMELESS and place == 0)
    )
