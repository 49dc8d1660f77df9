"""Base and quote of a symbol, the least notional and the default stake of a quote currency."""

from __future__ import annotations

import pytest

from domain.errors import InvalidInput, UnknownQuote
from domain.quotes import QUOTES, check_stake, quoted, split_symbol
from tests.domain.history import D


@pytest.mark.parametrize(
    ("symbol", "base", "quote"),
    [
        ("BTCUSDT", "BTC", "USDT"),
        ("BTCUSDC", "BTC", "USDC"),
        ("ETHBTC", "ETH", "BTC"),
        ("BTCUSD", "BTC", "USD"),
        ("BTCFDUSD", "BTC", "FDUSD"),
        ("STRAXBUSD", "STRAX", "BUSD"),
        ("BNBBUSD", "BNB", "BUSD"),
        ("BTCTUSD", "BTC", "TUSD"),
        ("TUSDUSDT", "TUSD", "USDT"),
        ("DOTUSD", "DOT", "USD"),
        ("BNBUSD", "BNB", "USD"),
        ("SHIBUSD", "SHIB", "USD"),
        ("USDTUSD", "USDT", "USD"),
        ("DOTTUSD", "DOT", "TUSD"),
        ("BTCTRY", "BTC", "TRY"),
        ("BTCJPY", "BTC", "JPY"),
        ("BTCBRL", "BTC", "BRL"),
        ("USDTDAI", "USDT", "DAI"),
        ("SOLETH", "SOL", "ETH"),
        ("CAKEBNB", "CAKE", "BNB"),
        ("1000PEPEUSDT", "1000PEPE", "USDT"),
        ("USDT", "USDT", ""),
        ("GOLD", "GOLD", ""),
        ("ARBUSD", "ARBUSD", ""),
    ],
)
def test_a_symbol_is_split_into_base_and_quote(symbol: str, base: str, quote: str) -> None:
    assert split_symbol(symbol) == (base, quote)


@pytest.mark.parametrize(
    ("symbol", "named", "expected"),
    [
        ("BTCUSDT", "", ("BTC", "USDT")),
        ("BTCUSDT", "USDT", ("BTC", "USDT")),
        ("GOLD", "USDT", ("GOLD", "USDT")),
        ("BTCPLNX", "PLNX", ("BTC", "PLNX")),
        ("ARBUSD", "USD", ("ARB", "USD")),
        ("ARBUSD", "BUSD", ("AR", "BUSD")),
        ("DOTUSD", "TUSD", ("DO", "TUSD")),
    ],
)
def test_a_named_quote_decides_where_the_symbol_does_not(
    symbol: str, named: str, expected: tuple[str, str]
) -> None:
    assert quoted(symbol, named) == expected


@pytest.mark.parametrize(
    ("symbol", "named", "kind", "words"),
    [
        (
            "GOLD",
            "",
            UnknownQuote,
            "the quote currency of GOLD is unknown: name it with --quote, as in --quote USDT",
        ),
        (
            "ARBUSD",
            "",
            UnknownQuote,
            "ARBUSD can be AR in BUSD or ARB in USD: add --quote BUSD or --quote USD",
        ),
        ("BTCUSDT", "EUR", InvalidInput, "BTCUSDT is quoted in USDT, not in EUR: leave out --quote EUR"),
        ("GOLD", "usdt", InvalidInput, "--quote 'usdt' is not a currency; write it like USDT"),
    ],
)
def test_a_quote_that_is_not_certain_is_refused_with_the_way_out(
    symbol: str, named: str, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as refused:
        quoted(symbol, named)
    assert words in str(refused.value)


def test_a_stated_balance_comes_before_the_default_of_the_currency() -> None:
    assert check_stake("BTC", D(7)) == D(7)
    assert [check_stake(quote, None) for quote in ("USDT", "BTC", "JPY")] == [
        D(10_000),
        D("0.1"),
        D(1_500_000),
    ]


def test_a_currency_without_a_default_balance_asks_for_one() -> None:
    with pytest.raises(
        InvalidInput, match="no starting balance is known for XYZ: give one in XYZ with --balance"
    ):
        check_stake("XYZ", None)


def test_every_default_stake_is_worth_many_least_orders() -> None:
    assert all(1_000 <= quote.stake / quote.least <= 50_000 for quote in QUOTES.values())
