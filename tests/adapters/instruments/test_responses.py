"""Rules are read from saved responses of Bybit, Binance and ccxt; what cannot be used is left out with its reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.instruments import read_response
from domain.catalogue import Listing
from domain.errors import InvalidInput
from domain.instrument import RulesOrigin
from tests.adapters.instruments import documents
from tests.adapters.instruments.documents import AT, save

D = Decimal
TIME = datetime.fromtimestamp(AT / 1000, UTC)


def figures(listing: Listing) -> str:
    rules = listing.instrument
    steps = (rules.tick, rules.lot, rules.min_quantity, rules.max_quantity, rules.min_notional)
    return " ".join(format(figure.normalize(), "f") for figure in (*steps, rules.maker_fee, rules.taker_fee))


READ: Mapping[str, tuple[object, str, str, Mapping[str, str]]] = {
    "Bybit linear": (
        documents.bybit_linear(),
        "",
        "Bybit v5 instruments-info (linear)",
        {
            "BTCUSDT-LINEAR.BYBIT": "0.1 0.001 0.001 1190 5 0.0002 0.00055",
            "ETHPERP-LINEAR.BYBIT": "0.1 0.001 0.001 1190 5 0.0002 0.00055",
        },
    ),
    "Bybit spot": (
        documents.bybit_spot(),
        "",
        "Bybit v5 instruments-info (spot)",
        {"ETHBTC-SPOT.BYBIT": "0.000001 0.00001 0.0001 500 0.00005 0.001 0.001"},
    ),
    "pages": (
        [documents.bybit_spot(), documents.bybit_spot()],
        "",
        "Bybit v5 instruments-info (spot)",
        {"ETHBTC-SPOT.BYBIT": "0.000001 0.00001 0.0001 500 0.00005 0.001 0.001"},
    ),
    "Binance spot": (
        documents.binance_spot(),
        "",
        "Binance exchangeInfo (spot)",
        {
            "ETHBTC-SPOT.BINANCE": "0.00001 0.0001 0.0001 100000 0.0001 0.001 0.001",
            "STRAXBUSD-SPOT.BINANCE": "0.00001 0.0001 0.0001 100000 5 0.001 0.001",
        },
    ),
    "Binance USD-M": (
        documents.binance_futures(),
        "",
        "Binance exchangeInfo (USD-M)",
        {"SHIBUSDT-LINEAR.BINANCE": "0.000001 1 1 50000000 5 0.0002 0.0005"},
    ),
    "ccxt": (
        documents.ccxt_markets(),
        "OKX",
        "ccxt markets of OKX",
        {
            "BTCUSDT-LINEAR.OKX": "0.1 0.001 0.001 1000000000000000000 5 0.0002 0.0005",
            "PEPEUSDC-SPOT.OKX": "0.0000000001 1 100 1000000000000 1 0.0008 0.001",
        },
    ),
    "ccxt as a list": (
        list(documents.ccxt_markets().values()),
        "OKX",
        "ccxt markets of OKX",
        {
            "BTCUSDT-LINEAR.OKX": "0.1 0.001 0.001 1000000000000000000 5 0.0002 0.0005",
            "PEPEUSDC-SPOT.OKX": "0.0000000001 1 100 1000000000000 1 0.0008 0.001",
        },
    ),
}


@pytest.mark.parametrize("name", READ)
def test_the_rules_of_every_usable_instrument_are_read(name: str, tmp_path: Path) -> None:
    document, venue, source, expected = READ[name]
    imported = read_response(save(tmp_path, document), venue)
    assert {one.instrument.id: figures(one) for one in imported.listings} == expected
    assert {one.origin.source.partition(";")[0] for one in imported.listings if one.origin} == {source}


@pytest.mark.parametrize(
    ("document", "venue", "assumed"),
    [
        (documents.bybit_linear(), "", "fees"),
        (documents.bybit_linear(leverageFilter={}), "", "fees, leverage"),
        (documents.ccxt_markets(), "OKX", "least notional"),
    ],
    ids=["Bybit", "Bybit without leverage", "ccxt with fees"],
)
def test_the_source_names_the_figures_that_the_response_does_not_state(
    document: object, venue: str, assumed: str, tmp_path: Path
) -> None:
    listings = read_response(save(tmp_path, document), venue).listings
    assert f"; assumed: {assumed}" in {
        one.origin.source[-len(assumed) - 11 :] for one in listings if one.origin
    }


def test_rules_carry_the_time_of_the_response_or_else_of_the_file(tmp_path: Path) -> None:
    (dated, *_) = read_response(save(tmp_path, documents.bybit_linear())).listings
    assert dated.origin == RulesOrigin(
        "Bybit v5 instruments-info (linear); assumed: fees", TIME, guessed=False
    )
    path = save(tmp_path, documents.bybit_linear() | {"time": "soon"})
    (undated, *_) = read_response(path).listings
    assert undated.origin is not None
    assert undated.origin.as_of == datetime.fromtimestamp(path.stat().st_mtime, UTC)


def test_leverage_and_margin_follow_the_response_where_it_states_them(tmp_path: Path) -> None:
    expected = {
        "BTCUSDT-LINEAR.BYBIT": (100, "0.005"),
        "ETHBTC-SPOT.BYBIT": (1, "0"),
        "SHIBUSDT-LINEAR.BINANCE": (25, "0.02"),
        "BTCUSDT-LINEAR.OKX": (50, "0.01"),
    }
    read: dict[str, Listing] = {}
    for document in (documents.bybit_linear(), documents.bybit_spot(), documents.binance_futures()):
        read |= {one.instrument.id: one for one in read_response(save(tmp_path, document)).listings}
    ccxt = read_response(save(tmp_path, documents.ccxt_markets()), "OKX").listings
    read |= {one.instrument.id: one for one in ccxt}
    for name, (leverage, margin) in expected.items():
        rules = read[name].instrument
        assert (rules.max_leverage, rules.maintenance_margin) == (D(leverage), D(margin))


@pytest.mark.parametrize(
    ("document", "venue", "symbol", "reason"),
    [
        (documents.bybit_linear(), "", "BTC-26DEC25", "LinearFutures: only perpetuals are traded here"),
        (
            documents.binance_futures(),
            "",
            "BTCUSDT_251226",
            "CURRENT_QUARTER: only perpetuals are traded here",
        ),
        (
            documents.ccxt_markets(),
            "OKX",
            "BTC/USD:BTC",
            "neither spot nor a linear perpetual: not traded here",
        ),
    ],
)
def test_a_contract_that_is_not_traded_here_is_left_out(
    document: object, venue: str, symbol: str, reason: str, tmp_path: Path
) -> None:
    (left_out,) = read_response(save(tmp_path, document), venue).left_out
    assert (left_out.symbol, left_out.reason) == (symbol, reason)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"priceFilter": {"tickSize": "0"}}, "tick = 0 must be in"),
        ({"priceFilter": {"tickSize": "-0.1"}}, "tick = -0.1 must be in"),
        ({"priceFilter": {"tickSize": "NaN"}}, "tick 'NaN' is not a number"),
        ({"priceFilter": {"tickSize": "1e400"}}, "tick '1e400' is not a number"),
        ({"priceFilter": {"tickSize": True}}, "tick True is not a number"),
        ({"priceFilter": {"tickSize": "\u0660.\u0661"}}, "is not a number"),
        ({"priceFilter": {}}, "tick is missing"),
        ({"priceFilter": []}, "tick is missing"),
        (
            {"lotSizeFilter": {"qtyStep": "1", "minOrderQty": "5", "maxOrderQty": "4"}},
            "min_quantity 5 is above",
        ),
        ({"baseCoin": None}, "base currency 'None' is not a currency"),
        ({"quoteCoin": "US DT"}, "quote currency 'US DT' is not a currency"),
        ({"symbol": "BTC/USDT"}, "is not an instrument"),
        ({"leverageFilter": {"maxLeverage": "0"}}, "largest leverage 0 is below 1"),
    ],
)
def test_an_instrument_with_an_invalid_value_is_left_out_and_the_others_are_read(
    changes: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    imported = read_response(save(tmp_path, documents.bybit_linear(**changes)))
    assert [one.instrument.id for one in imported.listings] == ["ETHPERP-LINEAR.BYBIT"]
    assert reason in imported.left_out[0].reason


def test_a_response_with_a_next_page_says_so(tmp_path: Path) -> None:
    document = documents.bybit_linear()
    document["result"]["nextPageCursor"] = "first%3DX"
    assert "has a next page" in read_response(save(tmp_path, document)).notes[0]


@pytest.mark.parametrize(
    ("document", "venue", "words"),
    [
        ("", "", "is not JSON"),
        ("{", "", "is not JSON"),
        ("[" * 100_000, "", "is not JSON"),
        ('{"retCode": NaN}', "", "NaN is no JSON number"),
        ('{"symbols": [], "symbols": []}', "", "the name 'symbols' stands twice in one object"),
        ("null", "", "this is neither Bybit's"),
        ("[1, 2]", "", "this is neither Bybit's"),
        ("{}", "", "this is neither Bybit's"),
        ({"retCode": 10001, "retMsg": "params error", "result": {}}, "", "is an error: params error"),
        (
            {"retCode": 0, "result": {"category": "inverse", "list": []}},
            "",
            "category 'inverse' is not traded",
        ),
        ({"retCode": 0, "result": {"category": "linear", "list": []}}, "", "no instrument in it can be used"),
        (
            '{"retCode": 0, "result": {"category": "linear", "list": [1, {}]}}',
            "",
            "no instrument in it can be used",
        ),
        ({"symbols": []}, "", "the exchangeInfo has no symbols"),
        (documents.ccxt_markets(), "", "add --venue, as in --venue OKX"),
        (documents.ccxt_markets(), "o k x", "add --venue, as in --venue OKX"),
    ],
)
def test_a_file_that_is_no_such_response_is_refused(
    document: object, venue: str, words: str, tmp_path: Path
) -> None:
    path = save(tmp_path, document)
    with pytest.raises(InvalidInput) as refused:
        read_response(path, venue)
    assert str(path) in str(refused.value)
    assert words in str(refused.value)


def test_precisions_in_decimal_places_are_refused(tmp_path: Path) -> None:
    markets = json.loads(json.dumps(documents.ccxt_markets()))
    for market in markets.values():
        market["precision"] = {"price": 2, "amount": 3}
    with pytest.raises(InvalidInput, match="decimal places and not steps"):
        read_response(save(tmp_path, markets), "OKX")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        read_response(tmp_path / "absent.json")
    with pytest.raises(InvalidInput, match="is not a regular file"):
        read_response(tmp_path)


def test_an_instrument_that_is_listed_twice_with_different_rules_is_refused(tmp_path: Path) -> None:
    pages = [documents.bybit_linear(), documents.bybit_linear(priceFilter={"tickSize": "0.5"})]
    with pytest.raises(InvalidInput, match=r"BTCUSDT-LINEAR\.BYBIT is in it twice, with different rules"):
        read_response(save(tmp_path, pages))
