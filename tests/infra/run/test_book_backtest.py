"""A backtest of recorded order books: what the recording holds decides each fill, and what it lacks is stated."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest

from adapters.milliseconds import in_ms
from domain.account import BalanceChanged
from domain.candle import Candle
from domain.direction import Direction, Side
from domain.log import Meta
from domain.order import OrderFilled, OrderPlaced, OrderType
from domain.signal import SignalDetected
from domain.sizing.settings import SizingSettings
from domain.strategies import Intent
from domain.strategies.builtin import StrategyFactory
from infra.cli.holes import hole_notes
from infra.recording.market import RecordedMarket, of_folder
from infra.run.backtesting import Backtesting
from infra.run.book_recording import book_recording
from infra.run.plan import plan_of
from infra.run.recording import Recording
from tests.infra.recording.traffic import BTC, binance_traffic, received_from_binance, recorded
from tests.infra.run.proposing import Proposing, Way
from tests.journeys.runs import EAGER
from tests.replacing import replace

_Event = TypeVar("_Event")
D = Decimal
BEGUN = datetime(2024, 8, 8, 23, 55, tzinfo=UTC)
END = datetime(2024, 8, 8, 23, 58, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MONEY = D(10_000_000)
TAKER = D("0.00055")


class EntersAndExits(Proposing):
    """Proposes a long at the close of the first candle, and its end at the close of the second one."""

    def way(self, candle: Candle) -> Way | None:
        ways = {
            BEGUN: Way(Direction.LONG, D(61_000), D(64_000)),
            BEGUN + MINUTE: Way(Direction.SHORT, D(61_000), D(64_000), Intent.EXIT),
        }
        return ways.get(candle.open_time)


BUILT_IN: Mapping[str, StrategyFactory] = {"trend": lambda _given: EntersAndExits()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """One raw message at the time at which it is played: that of the exchange, in Unix ms."""

    at: int
    body: dict[str, Any]

    @property
    def is_trade(self) -> bool:
        return bool(self.body["e"] == "trade")


class RawBook:
    """An obvious book: absolute sizes, and what trades have taken since the last change."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        self._known, self._changed_at = snapshot["lastUpdateId"], 0
        self._sides: dict[str, dict[Decimal, Decimal]] = {"b": {}, "a": {}}
        self._set("b", snapshot["bids"])
        self._set("a", snapshot["asks"])

    def take(self, raw: Raw) -> None:
        body = raw.body
        if raw.is_trade:
            if raw.at > self._changed_at:
                self._trade(D(body["p"]), D(body["q"]), is_sale=body["m"])
        elif body["u"] > self._known:
            self._set("b", body["b"])
            self._set("a", body["a"])
            self._changed_at = raw.at

    def swept(self, side: Side, quantity: Decimal) -> dict[Decimal, Decimal]:
        """What a market order takes, by price."""
        taken, left = dict[Decimal, Decimal](), quantity
        levels = self._sides["a" if side is Side.BUY else "b"]
        for price in sorted(levels, reverse=side is Side.SELL):
            if left and levels[price]:
                taken[price] = min(left, levels[price])
                left -= taken[price]
        return taken

    def _trade(self, price: Decimal, size: Decimal, *, is_sale: bool) -> None:
        side = self._sides["b" if is_sale else "a"]
        for better in [one for one in side if (one > price if is_sale else one < price)]:
            del side[better]
        if price in side:
            side[price] = max(D(0), side[price] - size)

    def _set(self, name: str, rows: Sequence[tuple[str, str]]) -> None:
        for price, size in rows:
            self._sides[name][D(price)] = D(size)


def raw_messages(market_data: Path) -> tuple[dict[str, Any], list[Raw]]:
    """The snapshot, and all deltas and trades in the order of the exchange's times."""
    snapshot, found = dict[str, Any](), list[Raw]()
    for arrived_ns, text in binance_traffic(market_data, END):
        body = json.loads(text)
        if "lastUpdateId" in body:
            snapshot = body
        elif (data := body["data"])["e"] in ("depthUpdate", "trade") and data.get("X", "MARKET") == "MARKET":
            found.append(Raw(at=min(data["T"], arrived_ns // 1_000_000), body=data))
    return snapshot, sorted(found, key=lambda one: (one.at, not one.is_trade))


@pytest.fixture(scope="module")
def folder(market_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    received = received_from_binance(binance_traffic(market_data, END), reads=False)
    return recorded(received, tmp_path_factory.mktemp("recording"))


@pytest.fixture(scope="module")
def run(folder: Path) -> Iterator[Backtesting]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("infra.trading.BUILTIN", BUILT_IN)
        with closing(Backtesting(recording(folder))) as made:
            assert list(made.steps())[-1] == made.recording.total
            yield made


def recording(folder: Path) -> Recording:
    market = RecordedMarket(of_folder(folder))
    settings = replace(EAGER, sizing=SizingSettings(risk=D("0.005")))
    return book_recording(plan_of(market.tapes(), "paper", MONEY, D(5), settings), market)


def of(made: Backtesting, kind: type[_Event]) -> list[tuple[Meta, _Event]]:
    found = [one.envelope for one in made.events()]
    return [(one.meta, one.event) for one in found if isinstance(one.event, kind)]


def by_price(fills: Sequence[OrderFilled]) -> dict[Decimal, Decimal]:
    found = defaultdict[Decimal, Decimal](Decimal)
    for one in fills:
        found[one.price] += one.quantity
    return dict(found)


def test_each_market_order_takes_the_exchange_s_levels_at_its_arrival_and_the_balance_is_exact(
    run: Backtesting, market_data: Path
) -> None:
    placed = [(meta, one) for meta, one in of(run, OrderPlaced) if one.type is OrderType.MARKET]
    assert [one.side for _, one in placed] == [Side.BUY, Side.SELL]
    snapshot, messages = raw_messages(market_data)
    balance = MONEY
    for meta, order in placed:
        fills = [one for at, one in of(run, OrderFilled) if at.stream == meta.stream]
        arrives_at = in_ms(meta.recorded_at) + EAGER.simulation.latency_ms
        book = RawBook(snapshot)
        for one in messages:
            if one.at < arrives_at:
                book.take(one)
        expected = book.swept(order.side, order.quantity)
        assert len(expected) > 10  # levels behind the best price are taken, too
        assert by_price(fills) == expected
        value = sum((price * size for price, size in expected.items()), D(0))
        fees = sum((one.fee for one in fills), D(0))
        assert fees == value * TAKER
        balance += (value if order.side is Side.SELL else -value) - fees
    assert run.recording.instruments[0].taker_fee == TAKER
    assert of(run, BalanceChanged)[-1][1].balance == balance


def test_a_candle_is_read_at_the_moment_in_which_it_was_received(run: Backtesting) -> None:
    (meta, _) = of(run, SignalDetected)[0]
    assert meta.recorded_at == BEGUN + MINUTE + timedelta(milliseconds=100)


def test_the_report_states_from_when_on_the_book_is_not_known_and_why(run: Backtesting) -> None:
    (note,) = hole_notes(run.backtest)
    assert note == (
        f"{BTC} has no order book from 2024-08-08 23:57:53 to the end UTC: the market has left the levels of the last "
        "snapshot"
    )
