"""The files of exchanges and data vendors are read as the candles they contain."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.tapes import Recording, read_recording
from adapters.tapes.columns import PRICES
from domain.errors import InvalidTape
from tests.adapters.tapes.market import BARS, CANDLES, START, STEP, TURNOVERS, bars, lines
from tests.adapters.tapes.sheets import NOW, write

MS = 1_000


def recording(folder: Path, text: str | bytes, name: str = "BTCUSDT_5m.csv") -> Recording:
    return read_recording(write(folder, text, name), now=NOW)


def figures(read: Recording) -> list[tuple[Decimal, ...]]:
    return [(one.open, one.high, one.low, one.close, one.volume) for one in read.tape.candles]


def binance(unit: int) -> list[list[object]]:
    step = int(STEP.total_seconds())
    return [
        [
            bar.seconds * unit,
            *bar.prices,
            bar.volume,
            (bar.seconds + step) * unit - 1,
            bar.turnover,
            42,
            "1.5",
            "9",
            0,
        ]
        for bar in BARS
    ]


def crypto_data_download(volumes: str) -> str:
    rows = [
        [
            bar.seconds * MS,
            f"{START + index * STEP:%Y-%m-%d %H:%M:%S}",
            "BTCUSDT",
            *bar.prices,
            bar.volume,
            bar.turnover,
        ]
        for index, bar in enumerate(BARS)
    ]
    return lines(
        rows[::-1], f"https://www.CryptoDataDownload.com\nUnix,Date,Symbol,Open,High,Low,Close,{volumes}"
    )


def okx(header: str, confirmed: Sequence[int] = (1,) * 8) -> str:
    rows = [
        [bar.seconds * MS, *bar.prices, int(Decimal(bar.volume) * 100), bar.volume, bar.turnover, confirm]
        for bar, confirm in zip(BARS, confirmed, strict=True)
    ]
    return lines(rows, header)


VENDOR = crypto_data_download("Volume BTC,Volume USDT")
OKX = "ts,o,h,l,c,vol,volCcy,volCcyQuote,confirm"
BINANCE = (
    "Open time,Open,High,Low,Close,Volume,Close time,Quote asset volume,Number of trades,"
    "Taker buy base asset volume,Taker buy quote asset volume,Ignore"
)
PLAIN = [[bar.seconds * MS, *bar.prices, bar.volume] for bar in BARS]
WITH_TURNOVER = [[*row, bar.turnover] for row, bar in zip(PLAIN, BARS, strict=True)]
MT4 = [[f"{START + index * STEP:%Y.%m.%d %H:%M}", *row[1:]] for index, row in enumerate(PLAIN)]


def bybit(category: str = "linear", symbol: str = "BTCUSDT") -> str:
    rows = [[str(cell) for cell in row] for row in WITH_TURNOVER[::-1]]
    result = {"category": category, "symbol": symbol, "list": rows}
    return json.dumps({"retCode": 0, "retMsg": "OK", "result": result})


def numbers(rows: Sequence[Sequence[object]]) -> str:
    """JSON in which every figure is a number with the digits of its text."""
    return "[" + ",".join("[" + ",".join(map(str, row)) + "]" for row in rows) + "]"


FORMATS = [
    pytest.param(lines(binance(MS)), "Binance klines", True, id="Binance, no header, milliseconds"),
    pytest.param(lines(binance(1_000_000)), "Binance klines", True, id="Binance, no header, microseconds"),
    pytest.param(lines(binance(MS), BINANCE), "Binance klines", True, id="Binance, header"),
    pytest.param(lines(PLAIN), "CSV without a header", False, id="six columns"),
    pytest.param(lines(WITH_TURNOVER[::-1]), "CSV without a header", True, id="Bybit's order with turnover"),
    pytest.param(lines(MT4), "Bybit MetaTrader 4", False, id="Bybit MetaTrader 4"),
    pytest.param(okx(OKX), "OKX candles", True, id="OKX swap"),
    pytest.param(okx(""), "OKX candles", True, id="OKX swap, no header"),
    pytest.param(
        lines([[*row[:6], bar.turnover, bar.turnover, 1] for row, bar in zip(PLAIN, BARS, strict=True)], OKX),
        "OKX candles",
        True,
        id="OKX spot, whose vol is in coins",
    ),
    pytest.param(
        VENDOR, "CryptoDataDownload", True, id="CryptoDataDownload"
    ),
    pytest.param(
        crypto_data_download("Volume XBT,Volume USD"), "CryptoDataDownload", True, id="with another name of the coin"
    ),
    pytest.param(
        lines([[bar.seconds, *bar.prices, bar.volume, 17 + i] for i, bar in enumerate(BARS)]),
        "Kraken OHLCVT",
        False,
        id="Kraken OHLCVT",
    ),
    pytest.param(
        lines([[r[0], r[3], r[2], r[1], r[4], r[5]] for r in PLAIN], "time,low,high,open,close,volume"),
        "CSV",
        False,
        id="Coinbase's order with a header",
    ),
    pytest.param(
        lines([[*str(row[0]).split(" "), *row[1:]] for row in MT4], "Date,Time,Open,High,Low,Close,Volume"),
        "CSV",
        False,
        id="date and time of day in two columns",
    ),
    pytest.param(numbers(PLAIN), "JSON", False, id="ccxt and freqtrade JSON"),
    pytest.param(numbers(binance(MS)), "Binance klines", True, id="Binance's response"),
    pytest.param(bybit(), "Bybit response (v5)", True, id="Bybit's response"),
    pytest.param(
        json.dumps({"code": "0", "msg": "", "data": [[str(c) for c in line.split(",")] for line in okx("").split()]}),
        "OKX candles",
        True,
        id="OKX's response",
    ),
    pytest.param(
        json.dumps([dict(zip(["timestamp", *PRICES, "volume"], row, strict=True)) for row in PLAIN]),
        "JSON",
        False,
        id="JSON objects",
    ),
    pytest.param(
        json.dumps({"columns": ["date", "o", "h", "l", "c", "v"], "index": list(range(8)), "data": PLAIN}),
        "JSON of pandas",
        False,
        id="JSON of pandas, split",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "form", "turnover"), FORMATS)
def test_a_known_format_is_recognised_and_read(tmp_path: Path, text: str, form: str, turnover: bool) -> None:
    read = recording(tmp_path, text)
    assert (read.form, read.tape.instrument, read.tape.interval) == (form, "BTCUSDT-LINEAR.BYBIT", STEP)
    assert figures(read) == CANDLES
    assert [one.turnover for one in read.tape.candles] == (TURNOVERS if turnover else [None] * 8)
    assert read.tape.candles[0].open_time == START


YAHOO = [
    ["Price", "Close", "High", "Low", "Open", "Volume"],
    ["Ticker", *["BTC-USD"] * 5],
    ["Date", *[""] * 5],
]


@pytest.mark.parametrize("heads", [(0, 1, 2), (1, 0, 2)], ids=["prices first", "tickers first"])
def test_the_three_header_rows_of_yahoo_finance_are_read(tmp_path: Path, heads: tuple[int, ...]) -> None:
    rows = [
        [f"{START + index * timedelta(days=1):%Y-%m-%d}", bar.close, bar.high, bar.low, bar.open, bar.volume]
        for index, bar in enumerate(bars(timedelta(days=1)))
    ]
    read = recording(tmp_path, lines([*(YAHOO[place] for place in heads), *rows]), "coin.csv")
    assert (read.form, read.tape.instrument) == ("Yahoo Finance", "BTCUSD-LINEAR.BYBIT")
    assert figures(read) == CANDLES
    assert read.tape.notes[0].startswith("Yahoo Finance gives a coin's volume in USD")


def test_several_tickers_of_yahoo_finance_are_refused(tmp_path: Path) -> None:
    heads = [YAHOO[0], ["Ticker", "BTC-USD", "ETH-USD", "BTC-USD", "ETH-USD", "BTC-USD"], YAHOO[2]]
    with pytest.raises(
        InvalidTape, match=r"Yahoo Finance: the columns of several tickers \(BTC-USD, ETH-USD\)"
    ):
        recording(tmp_path, lines([*heads, ["2024-03-01", 1, 1, 1, 1, 1]]))


def test_unconfirmed_rows_are_left_out_and_noted(tmp_path: Path) -> None:
    read = recording(tmp_path, okx(OKX, (1, 1, 1, 1, 1, 1, 1, 0)))
    assert figures(read) == CANDLES[:7]
    assert (read.unconfirmed, read.rows) == ([9], 8)
    assert read.tape.notes[-1] == "1 row (9) marked as unconfirmed: omitted"


def test_an_unknown_mark_of_confirmation_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidTape, match=r"row 9: '2' does not state whether the candle is complete"):
        recording(tmp_path, okx(OKX, (1, 1, 1, 1, 1, 1, 1, 2)))


def test_a_file_of_unconfirmed_rows_only_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidTape, match="no row is a complete candle"):
        recording(tmp_path, okx(OKX, (0,) * 8))


def test_lines_before_the_table_are_noted(tmp_path: Path) -> None:
    read = recording(tmp_path, VENDOR)
    assert read.tape.notes == (
        "lines before the table not read: 'https://www.CryptoDataDownload.com'",
        "newest-first order was reversed",
        "column Date is not read: its times agree with the candles' times",
        "columns not read: Symbol",
    )


def test_a_row_number_counts_the_lines_before_the_table(tmp_path: Path) -> None:
    text = VENDOR.replace(BARS[-1].high, "x", 1)
    with pytest.raises(InvalidTape, match="row 3: high 'x' is not a number"):
        recording(tmp_path, text)


@pytest.mark.parametrize(
    ("name", "text", "instrument"),
    [
        ("candles.csv", VENDOR, "BTCUSDT-LINEAR.BYBIT"),
        ("candles.json", bybit(symbol="ETHUSDT"), "ETHUSDT-LINEAR.BYBIT"),
        ("candles.csv", VENDOR.replace("BTCUSDT", "BTC/USDT"), "BTCUSDT-LINEAR.BYBIT"),
        ("ETHUSDT_5m.json", bybit(symbol="ETHUSDT"), "ETHUSDT-LINEAR.BYBIT"),
    ],
    ids=["a column", "a response", "with a slash", "as in the name"],
)  # fmt: skip
def test_the_symbol_inside_a_file_counts_where_its_name_has_none(
    tmp_path: Path, name: str, text: str, instrument: str
) -> None:
    assert recording(tmp_path, text, name).tape.instrument == instrument


@pytest.mark.parametrize(
    ("name", "text"), [("ETHUSDT_5m.json", bybit(symbol="BTCUSDT")), ("ETHUSDT_5m.csv", VENDOR)]
)
def test_a_file_whose_name_and_content_state_different_symbols_is_refused(
    tmp_path: Path, name: str, text: str
) -> None:
    with pytest.raises(
        InvalidTape, match="state different symbols, ETHUSDT and BTCUSDT: rename it, or add --symbol"
    ):
        recording(tmp_path, text, name)


def test_a_row_with_a_name_twice_is_refused(tmp_path: Path) -> None:
    text = '[{"time": 1743699900000, "open": 1, "open": 100, "high": 101, "low": 1, "close": 2, "volume": 3}]'
    with pytest.raises(InvalidTape, match="the name 'open' stands twice in one object"):
        recording(tmp_path, text, "BTCUSDT_5m.json")


@pytest.mark.parametrize(
    ("volume", "turnover", "fault"),
    [
        ("500", "5", "but the volume is the turnover times one: swap their names"),
        ("5", "1000000000000", "name that column volume, and remove the other"),
    ],
    ids=["swapped", "another unit"],
)
def test_a_turnover_that_contradicts_the_volume_is_refused(
    tmp_path: Path, volume: str, turnover: str, fault: str
) -> None:
    rows = [[bar.seconds, *bar.prices, volume, turnover] for bar in BARS]
    with pytest.raises(InvalidTape, match=fault):
        recording(tmp_path, lines(rows, "time,open,high,low,close,volume,turnover"))


def test_a_turnover_that_is_always_zero_is_read(tmp_path: Path) -> None:
    rows = [[bar.seconds, *bar.prices, bar.volume, 0] for bar in BARS]
    assert recording(tmp_path, lines(rows, "time,open,high,low,close,volume,turnover")).tape.candles


MIXED = VENDOR.replace("BTCUSDT", "ETHUSDT", 1)
CONTRACTS = [[*row[:7], bar.volume, *row[8:]] for row, bar in zip(binance(MS), BARS, strict=True)]
NARROW = [[r[0], *r[1:5]] for r in PLAIN]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param(MIXED, r"row 2: the rows of 2 symbols \(BTCUSDT, ETHUSDT\)", id="two symbols"),
        pytest.param(
            lines([[r[0], r[3], r[2], r[1], r[4], r[5]] for r in PLAIN]),
            r"row 1: the prices do not fit .* they fit Coinbase's order low, high, open, close: add a first line "
            "with the names of all columns, beginning with time,low,high,open,close,volume",
            id="Coinbase's order",
        ),
        pytest.param(
            lines([[r[0], r[1], r[4], r[2], r[3], r[5]] for r in PLAIN]), "they fit KuCoin's order", id="KuCoin's order"
        ),
        pytest.param(
            lines([[r[0], r[4], r[2], r[3], r[1], r[5]] for r in PLAIN]),
            "less well than close, high, low, open",
            id="open and close exchanged",
        ),
        pytest.param(
            lines([[r[0], r[4], r[2], r[3], r[1], r[5]] for r in PLAIN[::-1]]),
            "less well than close, high, low, open",
            id="open and close exchanged, newest first",
        ),
        pytest.param(
            numbers([[r[0], r[3], r[2], r[1], r[4], r[5]] for r in PLAIN]),
            "they fit Coinbase's order",
            id="Coinbase's response",
        ),
        pytest.param(lines(CONTRACTS), "row 1: Binance klines: .*COIN-M", id="COIN-M, no header"),
        pytest.param(lines(CONTRACTS, BINANCE), "row 1: Binance klines: .*COIN-M", id="COIN-M, header"),
        pytest.param(
            lines([[*r, "1262.55"] for r in PLAIN]), "column 7 is neither the turnover", id="an unknown 7th column"
        ),
        pytest.param(
            lines([["2024.03.01", f"00:{5 * i:02}", *r[1:]] for i, r in enumerate(PLAIN)]),
            "MetaTrader: the time of day is in a column of its own",
            id="MetaTrader's own export",
        ),
        pytest.param(
            lines([[*r[:5], r[5], 1, bar.turnover, 1] for r, bar in zip(PLAIN, BARS, strict=True)], OKX),
            "OKX candles: volCcyQuote is not volCcy times a price",
            id="OKX with doubtful volumes",
        ),
        pytest.param(
            lines([[*r[:5], 7, 9] for r in PLAIN], "ts,o,h,l,c,Volume BTC,Volume USDT"),
            "neither 'Volume BTC' nor 'Volume USDT' is the other times a price",
            id="two doubtful volumes",
        ),
        pytest.param(
            lines(PLAIN, "ts,o,h,l,c,Volume USDT"), "the only volume is in USDT; needed is", id="volume in USDT only"
        ),
        pytest.param(lines(NARROW, "ts,o,h,l,c"), "missing column: volume", id="no volume"),
        pytest.param(bybit("inverse"), "inverse contracts have their volume in USD", id="Bybit inverse"),
        pytest.param(
            '{"retCode":10001,"retMsg":"bad","result":{}}', "error 10001, not candles: 'bad'", id="an error"
        ),
        pytest.param("{}", "is JSON without a list of candles", id="an empty object"),
        pytest.param("[]", "is a list without candles", id="an empty list"),
        pytest.param("[[1,2],3]", "is JSON without a table", id="a list of lists and figures"),
        pytest.param("[" * 100_000, "is JSON nested too deeply", id="deep nesting"),
        pytest.param('[[1709251200000,1,1,1,1,[1]]]', "row 1: contains a list or an object", id="a list in a cell"),
        pytest.param("[[1,2,3,4,5,6],[1]]", "row 2: 1 fields instead of 6", id="a short list"),
        pytest.param('[{"a":1},{"b":2}]', "row 2: has other names than the first row: b", id="other names"),
        pytest.param('[[1,2,3,4,5,6]\n,,]', "row 2: is not JSON", id="not JSON"),
        pytest.param(numbers(PLAIN).replace(BARS[2].high, "NaN", 1), "high 'NaN' is not a number", id="NaN in JSON"),
        pytest.param(
            numbers(PLAIN).replace(BARS[2].high, "1e400", 1), "high 1E.400 is above the largest", id="1e400 in JSON"
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_read_for_certain_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(InvalidTape, match=fault):
        recording(tmp_path, text)


def test_a_trade_count_that_could_be_a_turnover_is_no_turnover_where_prices_contradict(
    tmp_path: Path,
) -> None:
    rows = [[bar.seconds, *bar.prices, bar.volume, 3] for bar in BARS]
    rows[0][6] = "75000"
    with pytest.raises(InvalidTape, match="column 7 is neither"):
        recording(tmp_path, lines(rows))


def test_volume_of_the_base_currency_is_read_from_a_single_named_volume(tmp_path: Path) -> None:
    assert figures(recording(tmp_path, lines(PLAIN, "ts,o,h,l,c,Volume BTC"))) == CANDLES
