"""Files of public trades are read as the trades they contain, and what is wrong in them is named by its row."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.tapes.trade_candles import candles_of_trades
from adapters.tapes.trade_file import TradeTape, read_trade_tapes, read_trades, trades_identity
from domain.arithmetic import total
from domain.direction import Side
from domain.errors import InvalidInput, InvalidTape
from tests.adapters.tapes.sheets import write
from tests.replacing import replace

AT = datetime(2025, 4, 3, 17, 0, tzinfo=UTC)
MS = 1_743_699_600_000
"""`AT` in milliseconds since 1970."""
BYBIT = """timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional
1743699600.0647,BTCUSDT,Buy,0.25,83001.5,PlusTick,a-1,2.07e+12,0.25,20750.375
1743699601.5,BTCUSDT,Sell,1.5,83000.0,MinusTick,a-2,1.2e+13,1.5,124500
"""
BINANCE = f"""id,price,qty,quote_qty,time,is_buyer_maker
11,83001.5,0.25,20750.375,{MS + 65},false
12,83000.0,1.5,124500,{MS + 1500},true
"""
SPOT = f"""11,83001.5,0.25,20750.375,{MS + 65}000,False,True
12,83000.0,1.5,124500,{MS + 1500}000,True,True
"""
AGGREGATED = f"""11,83001.5,0.25,100,101,{MS + 65},false,true
12,83000.0,1.5,102,102,{MS + 1500},true,true
"""
TARDIS = f"""exchange,symbol,timestamp,local_timestamp,id,side,price,amount
bybit,BTCUSDT,{MS + 65}000,{MS + 70}000,11,buy,83001.5,0.25
bybit,BTCUSDT,{MS + 1500}000,{MS + 1505}000,12,sell,83000.0,1.5
"""
LINES = f"""{MS}000000 {{"stream":"btcusdt@bookTicker","data":{{"u":5,"s":"BTCUSDT","b":"1","B":"1","a":"2","A":"1"}}}}
{MS}000000 {{"stream":"btcusdt@trade","data":{{"e":"trade","E":1,"T":{MS + 65},"s":"BTCUSDT","t":11,"p":"83001.5","q":"0.25","X":"MARKET","m":false}}}}
{MS}000000 {{"stream":"btcusdt@trade","data":{{"e":"trade","E":1,"T":{MS + 66},"s":"BTCUSDT","t":13,"p":"83000","q":"9","X":"INSURANCE_FUND","m":false}}}}
{MS}000000 {{"stream":"btcusdt@aggTrade","data":{{"e":"aggTrade","E":1,"T":{MS + 1500},"s":"BTCUSDT","a":12,"p":"83000.0","q":"1.5","m":true}}}}
"""  # noqa: E501


def rows(tape: TradeTape) -> list[tuple[datetime, Side, str, str]]:
    """Times to the millisecond, because the files of the tests state them so."""
    return [
        (
            one.at.replace(microsecond=round(one.at.microsecond, -3)),
            one.side,
            str(one.price),
            str(one.quantity),
        )
        for one in tape.trades
    ]


EXPECTED = [
    (AT + timedelta(milliseconds=65), Side.BUY, "83001.5", "0.25"),
    (AT + timedelta(milliseconds=1500), Side.SELL, "83000.0", "1.5"),
]


@pytest.mark.parametrize(
    "text",
    [BYBIT, BINANCE, SPOT, AGGREGATED, TARDIS, LINES],
    ids=["bybit", "binance", "binance spot", "binance aggregated", "tardis", "websocket"],
)
def test_the_files_of_exchanges_and_vendors_are_read_as_the_trades_in_them(tmp_path: Path, text: str) -> None:
    packed = write(tmp_path, gzip.compress(text.encode()), "BTCUSDT-trades-2025-04-03.csv.gz")
    tape = read_trades(packed)
    assert rows(tape) == EXPECTED
    assert tape.instrument == "BTCUSDT-LINEAR.BYBIT"
    assert ("trades of the insurance fund left out: 1" in tape.notes) is (text is LINES)


def test_the_symbol_is_that_of_the_content_where_the_name_has_none(tmp_path: Path) -> None:
    assert read_trades(write(tmp_path, LINES, "recording.txt")).instrument == "BTCUSDT-LINEAR.BYBIT"
    assert (
        read_trades(write(tmp_path, BINANCE, "x.csv"), symbol="ETHUSDT").instrument == "ETHUSDT-LINEAR.BYBIT"
    )
    with pytest.raises(InvalidTape, match="contains no symbol: add --symbol"):
        read_trades(write(tmp_path, BINANCE, "x.csv"))


def test_newest_first_is_turned_round_repeats_are_read_once_and_a_row_that_may_be_cut_is_left_out(
    tmp_path: Path,
) -> None:
    header, first, second = BYBIT.splitlines()
    tape = read_trades(write(tmp_path, f"{header}\n{second}\n{first}\n{first}\n1,BTCUSDT,3,4,5,6,7,8,9,1"))
    assert rows(tape) == EXPECTED
    assert tape.notes == (
        "row 5 has no line end, so it may be cut off: omitted",
        "newest-first order was reversed",
        "1 row (3) repeated earlier rows to the digit: read once",
    )


HEAD = "timestamp,id,side,price,size\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"{HEAD}{MS},1,buy,5,1\n{MS},2,buy,-5,1\n", r"row 3: price -5 is not above 0"),
        (f"{HEAD}{MS},1,buy,5,0\n", r"row 2: quantity 0 is not above 0"),
        (f"{HEAD}{MS},1,buy,5,1\n{MS},2,buy,x,1\n", r"row 3: price 'x' is not a number"),
        (f"{HEAD}{MS},1,long,5,1\n", r"row 2: side 'long' is none of buy, b, sell, s"),
        (f"{HEAD}7,1,buy,5,1\n", r"row 2: '7' is not a time"),
        (f"{HEAD}{MS},1,buy,5,1\n{MS - 1},2,buy,5,1\n{MS},3,buy,5,1\n", r"row 3: the time goes back"),
        (f"{HEAD}{MS},1,buy,5,1\n{MS},1,sell,5,1\n", r"row 3: repeats the id 1 of row 2 with another trade"),
        (f"{HEAD}{MS},1,buy,5\n", r"row 2: 4 fields instead of 5"),
        ("time,price,size\n1,2,3\n", r"no column for taker's side"),
        ("time,price,size,amount,side\n1,2,3,4,5\n", r"'size' and 'amount' are both a quantity"),
        ("1,2,3,4,5\n", "has no header, and its columns are not those of Binance's trades"),
        (LINES[: LINES.index("INSURANCE")], r"row 3: is not a whole message of a trade"),
        (LINES.replace('"p":"83001.5",', ""), r"row 2: .*missing required field `p`"),
        (LINES.splitlines()[0] + "\n", "contains no message of a trade"),
        ("", "is empty"),
    ],
)
def test_what_is_wrong_is_named_with_its_row(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(InvalidTape, match=fault):
        read_trades(write(tmp_path, text))


def test_files_of_one_instrument_follow_each_other_and_may_not_overlap(tmp_path: Path) -> None:
    later = BYBIT.replace("17436996", "17437096").replace("a-", "b-")
    files = [write(tmp_path, later, "BTCUSDT-b.csv"), write(tmp_path, BYBIT, "BTCUSDT-a.csv")]
    (tape,) = read_trade_tapes(files, [])
    assert [one.trade_id for one in tape.trades] == ["a-1", "a-2", "b-1", "b-2"]
    assert tape.paths == (files[1], files[0])
    with pytest.raises(InvalidInput, match=r"BTCUSDT-a.csv begins at .* before the last trade of"):
        read_trade_tapes([files[1], files[1]], [])
    with pytest.raises(InvalidInput, match="2 files were given with 3 symbols"):
        read_trade_tapes(files, ["A", "B", "C"])
    found = {one.instrument for one in read_trade_tapes(files[:1], ["BTCUSDT-SPOT.BYBIT"])}
    assert found == {"BTCUSDT-SPOT.BYBIT"}
    with pytest.raises(InvalidTape, match="states BTCUSDT, which --symbol ETHUSDT contradicts"):
        read_trade_tapes(files[:1], ["ETHUSDT"])


def traded(folder: Path, *trades: tuple[float, str, str]) -> TradeTape:
    """Trades of minute, price and quantity."""
    lines = [
        f"{MS + int(minute * 60_000)},{n},buy,{price},{size}"
        for n, (minute, price, size) in enumerate(trades)
    ]
    return read_trades(write(folder, f"{HEAD}{chr(10).join(lines)}\n"))


def test_candles_hold_the_trades_of_their_interval_and_an_interval_without_one_is_a_gap(
    tmp_path: Path,
) -> None:
    tape = traded(tmp_path, (0.5, "9", "9"), (1, "10", "1"), (1.2, "12", "2"), (1.9, "8", "1"), (1.99, "11", "0.5"),
                  (3, "13", "1"), (4, "14", "1"))  # fmt: skip
    candles = candles_of_trades(tape, timedelta(minutes=1))
    first, last = candles.candles
    assert first.open_time == AT + timedelta(minutes=1)
    assert [str(one) for one in (first.open, first.high, first.low, first.close)] == ["10", "12", "8", "11"]
    assert (str(first.volume), str(first.turnover)) == ("4.5", "47.5")
    assert (last.open_time, str(last.close)) == (AT + timedelta(minutes=3), "13")
    assert [(one.start, one.missing) for one in candles.gaps] == [(AT + timedelta(minutes=2), 1)]
    assert "1 interval of 1m without a trade: not filled" in candles.notes
    with pytest.raises(
        InvalidInput, match="has no whole candle of 5m: its trades are of 2025-04-03T17:00:30"
    ):
        candles_of_trades(tape, timedelta(minutes=5))
    changed = replace(tape, trades=(*tape.trades[:-1], replace(tape.trades[-1], side=Side.SELL)))
    assert trades_identity([tape]) != trades_identity([changed])


def test_a_real_recording_is_read_whole_and_its_candles_have_the_volume_of_their_trades(
    market_data: Path,
) -> None:
    tape = read_trades(market_data / "ticks" / "spot_btcusdt_20240808.gz")
    assert len(tape.trades) == 9_757
    candles = candles_of_trades(tape, timedelta(minutes=1)).candles
    assert len(candles) == 5
    begun, ended = candles[0].open_time, candles[-1].close_time
    within = [one.quantity for one in tape.trades if begun <= one.at < ended]
    assert total(one.volume for one in candles) == total(within)
