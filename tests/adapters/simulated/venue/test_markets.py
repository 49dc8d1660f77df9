"""The markets that a venue plays: recorded candles, trades and books, and a seeded flow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.simulated.server.recordings import recording
from adapters.simulated.venue.candle_path import path
from adapters.simulated.venue.played import Event, PlayedMarket, Printed, Quoted, Snapshot
from adapters.simulated.venue.synthetic import STEP, SyntheticMarket
from domain.candle import Candle
from domain.direction import Side
from domain.errors import InvalidInput
from tests.adapters.simulated.venue.scene import BTC, START, Scene

FIRST = START + 60_000 - START % 60_000
"""A whole minute, at which the candles begin."""

OPENS = datetime.fromtimestamp(FIRST / 1000, UTC)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def candle(prices: Sequence[str], number: int = 0, volume: str = "8") -> Candle:
    first, high, low, last = map(Decimal, prices)
    return Candle(
        instrument="BTCUSDT-LINEAR.BYBIT",
        interval=timedelta(minutes=1),
        open_time=OPENS + timedelta(minutes=number),
        open=first,
        high=high,
        low=low,
        close=last,
        volume=Decimal(volume),
    )


def played(scene: Scene, events: Sequence[Event]) -> PlayedMarket:
    return PlayedMarket(scene.venue, scene.market, events)


@pytest.mark.parametrize(
    ("prices", "traded"),
    [
        (("50000", "50100", "49900", "50050"), ["50000", "49900", "50100", "50050"]),
        (("50000", "50100", "49900", "49950"), ["50000", "50100", "49900", "49950"]),
    ],
)
def test_a_candle_trades_first_against_its_own_direction(prices: tuple[str, ...], traded: list[str]) -> None:
    scene = Scene()
    events = list(path([candle(prices)], scene.market.contract.instrument))
    assert [str(one.price) for one in events if isinstance(one, Printed)] == traded
    played(scene, events).move(FIRST + 60_000)
    [bar] = scene.market.candles.bars("1", FIRST, FIRST, 1)
    assert [str(one) for one in (bar.open, bar.high, bar.low, bar.close, bar.volume)] == [*prices, "8"]


def test_a_limit_order_fills_where_the_candle_passes_it_and_at_its_own_price() -> None:
    scene = Scene()
    market = played(
        scene,
        list(path([candle(("50000", "50100", "49900", "50050"))], scene.market.contract.instrument)),
    )
    market.move(FIRST)
    order = scene.places("Buy", "0.1", "49950")
    market.move(FIRST + 60_000)
    assert (order.filled, order.average_price) == (Decimal("0.1"), Decimal(49950))


def test_a_candle_does_not_fill_more_than_it_traded_on_its_way() -> None:
    scene = Scene(balance="1000000")
    market = played(
        scene,
        list(
            path([candle(("50000", "50100", "49900", "50050"), volume="4")], scene.market.contract.instrument)
        ),
    )
    market.move(FIRST)
    order = scene.places("Buy", "9", "49950")
    market.move(FIRST + 60_000)
    quoted = Decimal(25) * Decimal("0.2")
    assert Decimal(1) <= order.filled <= Decimal(1) + quoted


def test_a_recorded_trade_takes_away_the_quotes_that_it_disproves() -> None:
    scene = Scene()
    events: list[Event] = [
        Snapshot(START, [Quoted(START, Side.SELL, Decimal(50000 + one), Decimal(1)) for one in range(3)]),
        Printed(START + 1, Side.BUY, Decimal(50002), Decimal("0.5")),
    ]
    played(scene, events).move(START + 1)
    assert scene.market.book.depth(Side.SELL, 5) == [(Decimal(50002), Decimal("0.5"))]
    assert [trade.qty for trade in scene.market.trades] == [Decimal("0.5")]


def test_a_recorded_book_is_followed_level_by_level(market_data: Path) -> None:
    read = recording(market_data / "bybit_book" / "xrpusdt-ob500.data.zip", None, 0, NOW)
    scene = Scene(symbol="XRPUSDT")
    market = PlayedMarket(scene.venue, scene.venue.markets["XRPUSDT"], read.events)
    market.move(read.starts)
    assert [len(half) for half in scene.market.book.sides.values()] == [500, 500]
    market.move(read.starts + 60_000)
    assert market.is_over
    assert [len(half) for half in scene.market.book.sides.values()] == [500, 500]
    bid, ask = (scene.market.book.best(side) for side in (Side.BUY, Side.SELL))
    assert bid is not None
    assert ask is not None
    assert bid < ask


def test_a_recorded_book_that_moves_up_by_more_than_its_spread_shows_both_sides(tmp_path: Path) -> None:
    message = (
        '{"topic":"orderbook.50.BTCUSDT","type":"%s","ts":%d,"data":{"s":"BTCUSDT","b":[%s],"a":[%s]}}\n'
    )
    (tmp_path / "BTCUSDT.data").write_text(
        message % ("snapshot", START, '["50000","5"]', '["50001","5"]')
        + message % ("delta", START + 20, '["50000","0"],["50010","3"]', '["50001","0"],["50011","4"]')
    )
    scene = Scene()
    events = recording(tmp_path / "BTCUSDT.data", None, 0, NOW).events
    PlayedMarket(scene.venue, scene.market, events).move(START + 20)
    book = scene.market.book
    assert book.depth(Side.BUY, 5) == [(Decimal(50010), Decimal(3))]
    assert book.depth(Side.SELL, 5) == [(Decimal(50011), Decimal(4))]


def test_recorded_candles_have_a_past(market_data: Path) -> None:
    read = recording(market_data / "bybit_klines" / "BTCUSDT_1m.csv", None, 50, NOW)
    assert len(read.past) == 50
    assert read.starts == read.past[-1].start + 60_000


def test_recorded_trades_are_read_in_the_order_of_time(tmp_path: Path) -> None:
    file = tmp_path / "BTCUSDT2025-06-15.csv"
    file.write_text(
        "timestamp,symbol,side,size,price\n1750000001.5,BTCUSDT,Sell,0.2,50000\n1750000000,BTCUSDT,Buy,0.1,50001\n"
    )
    read = recording(file, None, 0, NOW)
    assert list(read.events) == [
        Printed(START, Side.BUY, Decimal(50001), Decimal("0.1")),
        Printed(START + 1_500, Side.SELL, Decimal(50000), Decimal("0.2")),
    ]


@pytest.mark.parametrize(
    ("bids", "more", "ended"),
    [
        (("50000", "49400", "49300"), {"stopLoss": "49500"}, "Trade"),
        (("50000", "49000", "44000"), {}, "BustTrade"),
    ],
    ids=["stop", "liquidation"],
)
def test_in_a_book_without_trades_prices_follow_the_quotes(
    bids: Sequence[str], more: dict[str, str], ended: str
) -> None:
    scene = Scene()
    books = [
        Snapshot(
            START + number,
            [
                Quoted(START + number, Side.BUY, Decimal(bid), Decimal(5)),
                Quoted(START + number, Side.SELL, Decimal(bid) + 1, Decimal(5)),
            ],
        )
        for number, bid in enumerate(bids)
    ]
    market = played(scene, books)
    market.move(START)
    assert scene.market.last == Decimal(bids[0])
    scene.places("Buy", "0.1", **more)
    market.move(START + len(bids))
    assert scene.market.mark_price <= Decimal(bids[-1]) + 1
    assert scene.position().size == 0
    assert str(scene.executions()[-1].type) == ended


def test_an_own_quote_does_not_move_the_price_of_a_book_without_trades() -> None:
    scene = Scene()
    quotes = [
        Quoted(START, Side.BUY, Decimal(50000), Decimal(5)),
        Quoted(START, Side.SELL, Decimal(50010), Decimal(5)),
    ]
    market = played(scene, [Snapshot(START, quotes), Quoted(START + 1, Side.BUY, Decimal(49990), Decimal(1))])
    market.move(START)
    scene.places("Buy", "0.1", "50005")
    market.move(START + 1)
    assert scene.market.last == Decimal(50000)


HEAD = "timestamp,symbol,side,size,price\n"
WRONG_TRADES = (
    "1750000000,BTCUSDT,Buy,1,NaN",
    "1750000000,BTCUSDT,Buy,Infinity,1",
    "1750000000,BTCUSDT,None,1,1",
    "1750000000,BTCUSDT,buy,1,1",
    "Infinity,BTCUSDT,Buy,1,1",
    "1750000000,BTCUSDT,Buy,1",
    "1750000000,BTCUSDT,Buy,-0.01,1",
    "1750000000,BTCUSDT,Buy,1,0",
    "1750000000,BTCUSDT,Buy,1,1\n1750000000,ETHUSDT,Buy,1,1",
)
BOOK = '{"topic":"orderbook.500.BTCUSDT","type":"snapshot","ts":1,"data":{"s":"BTCUSDT","b":[%s],"a":[]}}'
SECOND = '{"topic":"orderbook.500.BTCUSDT","type":"delta","ts":%s,"data":{"s":"%s","b":[],"a":[]}}'
WRONG_BOOKS = (
    SECOND % (1, "BTCUSDT"),
    BOOK % "" + "\n" + SECOND % (0, "BTCUSDT"),
    BOOK % "" + "\n" + SECOND % (2, "ETHUSDT"),
    BOOK % "" + "\n" + (BOOK % "").replace("BTCUSDT", "ETHUSDT"),
    BOOK.replace("snapshot", "foo") % "",
    BOOK.replace('"a":[]', '"a":[["1","1"]]') % '["2","1"]',
)
WRONG_LEVELS = ('["0","1"]', '["1","-1"]', '["NaN","1"]', '["1","Infinity"]', '["one","1"]', '["1"]')


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("BTCUSDT.csv", "timestamp,symbol,side,size,price\n"),
        ("BTCUSDT.csv", "timestamp,symbol,side,size,price\nnow,BTCUSDT,Buy,1,1\n"),
        ("BTCUSDT.csv", "timestamp,symbol,side,size,price\n1750000000,NOBODYUSDT,Buy,1,1\n"),
        ("BTCUSDT.data", '{"topic":"orderbook.500.BTCUSDT"}\n'),
        ("BTCUSDT.csv", "nothing"),
        *(("BTCUSDT.csv", f"{HEAD}{row}\n") for row in WRONG_TRADES),
        *(("BTCUSDT.data", f"{book}\n") for book in WRONG_BOOKS),
        *(("BTCUSDT.data", f"{BOOK % level}\n") for level in WRONG_LEVELS),
        ("BTCUSDT.csv", BOOK.replace("snapshot", "foo") % ""),
    ],
)
def test_a_file_that_is_no_recording_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidInput, match=name):
        recording(tmp_path / name, None, 0, NOW)


def flow(seed: int) -> Scene:
    scene = Scene()
    SyntheticMarket(scene.venue, BTC, Decimal(50_000), seed, START).move(START + 100 * STEP)
    return scene


def test_a_seeded_flow_is_repeated_by_its_seed() -> None:
    one, same, other = (
        [(trade.price, trade.qty) for trade in scene.market.trades] for scene in (flow(1), flow(1), flow(2))
    )
    assert one == same != other


def test_what_is_played_after_a_trade_between_two_steps_is_not_dated_before_it() -> None:
    flowing, recorded = Scene(), Scene()
    events = [Printed(START + 1 + number, Side.BUY, Decimal(50_000), Decimal(1)) for number in range(3)]
    for scene, market in (
        (flowing, SyntheticMarket(flowing.venue, BTC, Decimal(50_000), 1, START)),
        (recorded, played(recorded, events)),
    ):
        scene.now = START + 20 * STEP - 1
        scene.trades("Buy", "50000")
        market.move(scene.now)
        times = [one.at for one in scene.market.trades]
        assert len(times) > 3
        assert times == sorted(times)


def test_a_flow_quotes_both_sides_without_crossing_and_has_a_past() -> None:
    scene = flow(1)
    bid, ask = (scene.market.book.best(side) for side in (Side.BUY, Side.SELL))
    assert bid is not None
    assert ask is not None
    assert bid < ask
    assert [len(half) >= 150 for half in scene.market.book.sides.values()] == [True, True]
    assert len(scene.market.candles.bars("5", 0, START, 50)) == 50


def message(kind: str, at: int, bid: str, ask: str, symbol: str = "BTCUSDT", size: str = "5") -> str:
    levels = f'"b":[["{bid}","{size}"]],"a":[["{ask}","5"]]'
    return f'{{"topic":"orderbook.50.{symbol}","type":"{kind}","ts":{at},"data":{{"s":"{symbol}",{levels}}}}}'


def test_a_book_without_trades_moves_the_last_price_and_triggers_stops(tmp_path: Path) -> None:
    file = tmp_path / "books.json"
    prices = ("60000", "59500", "59000")
    rows = [message("snapshot", START + n, one, f"{one}.1") for n, one in enumerate(prices)]
    file.write_text("\n".join(rows))
    read = recording(file, None, 0, NOW)
    scene = Scene()
    market = PlayedMarket(scene.venue, scene.market, read.events)
    market.move(START)
    assert scene.market.last == 60_000
    scene.places("Buy", "0.01", stopLoss="59300")
    market.move(START + 1)
    assert (scene.market.last, scene.position().size) == (Decimal("59500.1"), Decimal("0.01"))
    market.move(START + 2)
    assert (scene.market.last, scene.position().size) == (Decimal(59_000), Decimal(0))
