"""Quote currencies: the currency in which a market's prices, balances and least orders are stated."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from domain.errors import InvalidInput, UnknownQuote

_NAME = re.compile(r"[A-Z0-9]{2,12}")


class Quote(Struct, frozen=True, gc=False):
    """`least` is the least notional of an order, `stake` the default starting balance; both in the quote currency."""

    least: Decimal
    stake: Decimal


def _quotes(least: str, stake: int | str, names: str) -> Mapping[str, Quote]:
    return dict.fromkeys(names.split(), Quote(Decimal(least), Decimal(stake)))


QUOTES: Mapping[str, Quote] = {
    **_quotes("5", 10_000, "USDT USDC USD BUSD FDUSD TUSD USDP USDE USD1 DAI EUR GBP AUD CAD CHF"),
    **_quotes("10", 400_000, "TRY"),
    **_quotes("10", 50_000, "BRL"),
    **_quotes("20", 40_000, "PLN"),
    **_quotes("100", 200_000, "MXN ZAR"),
    **_quotes("500", 1_000_000, "INR RUB"),
    **_quotes("500", 1_500_000, "JPY"),
    **_quotes("5000", 15_000_000, "KRW"),
    **_quotes("0.0001", "0.1", "BTC"),
    **_quotes("0.001", 3, "ETH"),
    **_quotes("0.01", 15, "BNB"),
}
"""The known quote currencies.

Sources of `least`: 5 for dollars is `minNotionalValue` of Bybit's linear contracts (v5 instruments-info) and
`minNotional` of Binance's USDT and USDC pairs; 0.0001 BTC and 10 TRY are `minNotional` of Binance's spot pairs in those
currencies (exchangeInfo); 5,000 KRW is Upbit's least order. The others are guesses of about five dollars. `stake` is
about ten thousand dollars, rounded.
"""

_LONGEST_FIRST = sorted(QUOTES, key=lambda name: (-len(name), name))

# Coins whose name and USD together end like a pair in BUSD or TUSD: DOTUSD is DOT in USD, not DO in TUSD. AR is a coin
# too, so that ARBUSD has two meanings.
_COIN_NAMES = (
    "ANT APT AR ARB BAT BIT BNB BNT BTT CAT DENT DGB DOT FET FTT GLMT GMT GNT GRT GST GT HFT HNT HOT IOST JST LIT LPT "
    "MINT MNT MOB MXT NFT NMT NOT OGT ONT PNT QNT RLB SHIB SNT TRB TUT UFT USDT UST VET WBT"
)
_COINS = frozenset(_COIN_NAMES.split())


def split_symbol(symbol: str) -> tuple[str, str]:
    """`BTCUSDT` -> (`BTC`, `USDT`).

    The longest known quote currency at the symbol's end is the quote, unless only a shorter one leaves a known coin.
    The quote is empty, and the base the whole symbol, where no known one ends it or two of them leave a known coin.
    """
    found = readings(symbol)
    return found[0] if len(found) == 1 else (symbol, "")


def readings(symbol: str) -> Sequence[tuple[str, str]]:
    """The meanings of a symbol as base and quote: none for an unknown quote, several where the symbol is ambiguous."""
    found = [(symbol.removesuffix(quote), quote) for quote in _LONGEST_FIRST if _ends_with(symbol, quote)]
    coins = [reading for reading in found if reading[0] in _COINS] if len(found) > 1 else []
    return coins or found[:1]


def quoted(symbol: str, named: str = "") -> tuple[str, str]:
    """Base and quote of a symbol; `named` is the quote that the user names for symbols whose quote is not certain.

    Raises UnknownQuote where the quote is unknown or ambiguous and none is named, InvalidInput where `named` is not a
    currency or contradicts the symbol.
    """
    found = readings(symbol)
    if not named:
        if len(found) == 1:
            return found[0]
        raise UnknownQuote(_question(symbol, found))
    if _NAME.fullmatch(named) is None:
        raise InvalidInput(f"--quote {named!r} is not a currency; write it like USDT")
    if _ends_with(symbol, named):
        return symbol.removesuffix(named), named
    if found:
        raise InvalidInput(f"{symbol} is quoted in {found[0][1]}, not in {named}: leave out --quote {named}")
    return symbol, named


def check_stake(quote: str, balance: Decimal | None) -> Decimal:
    """The starting balance in the quote currency: `balance` where given, else the default of the table.

    Raises InvalidInput where neither exists.
    """
    if balance is not None:
        return balance
    if quote not in QUOTES:
        raise InvalidInput(
            f"no starting balance is known for {quote}: give one in {quote} with --balance, or starting_balance in the "
            "settings"
        )
    return QUOTES[quote].stake


def _ends_with(symbol: str, quote: str) -> bool:
    return symbol.endswith(quote) and len(symbol) > len(quote)


def _question(symbol: str, found: Sequence[tuple[str, str]]) -> str:
    if not found:
        return (
            f"the quote currency of {symbol} is unknown: name it with --quote, as in --quote USDT, or import the "
            "exchange's rules with `whence instruments import FILE`"
        )
    meanings = " or ".join(f"{base} in {quote}" for base, quote in found)
    ways = " or ".join(f"--quote {quote}" for _, quote in found)
    return f"{symbol} can be {meanings}: add {ways}"
