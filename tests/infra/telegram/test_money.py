"""Every figure of money on the screens and in the daily report, recomputed from the fills, the funding and the prices.

The market of the module has two instruments; its run has won and lost trades, flips, partial closes, funding of both
signs, and a position that is open at the end. The books here are slow and use no rule of the program.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from pathlib import Path
from time import monotonic, sleep
from typing import Any, cast

import pytest

from adapters.avro import AvroCodec
from adapters.log.sqlite import read_sqlite
from adapters.telegram.settings import Language
from commands.roles import Role
from domain.account import AccountOpened
from domain.direction import Direction, Purpose, Side
from domain.log import Envelope
from domain.mark import AccountMarked
from domain.order import OrderAmended, OrderFilled, OrderPlaced
from domain.position import PositionFunded, PositionOpened
from domain.signal import ReversalDecided, SignalDetected
from domain.streams import parse
from infra.telegram import daily
from infra.telegram.screens.catalogue import SCREENS
from infra.telegram.screens.screen import Scene
from infra.telegram.words import words_of
from tests.journeys.program import whence
from tests.journeys.serving import Started, drained, started

pytestmark = pytest.mark.timeout(1_200)
"""The first test waits for the run and for the read models, which a machine under load takes minutes for."""
D = Decimal
ZERO = D(0)
PATIENCE = 600.0
BEGUN, BARS, STEP = datetime(2026, 3, 1, tzinfo=UTC), 12 * 24 * 4, timedelta(minutes=5)
SIGNS = {Side.BUY: 1, Side.SELL: -1}
SETTINGS = """
[trading]
on_opposite = "REVERSE"
[trading.alpha]
minimum_trend = -1.0
minimum_reward_to_risk = 0.1
[trading.tiers]
normal_confidence = 0.0
strict_confidence = 0.0
relaxed_confidence = 0.0
[trading.risk]
cooldown_seconds = 0
max_daily_loss = 0.5
[trading.management]
partial_closes = ["0.004:0.4", "0.008:0.3"]
[[trading.strategies]]
name = "supertrend"
[[trading.strategies]]
name = "trend"
[[trading.strategies]]
name = "mean-reversion"
"""
"""Nearly every signal is traded, so that a few days have all kinds of trades."""


@cache
def market() -> Mapping[str, Sequence[tuple[datetime, Decimal]]]:
    """The files of the market's candles, as rows of opening time, open, high, low, close, volume and funding rate."""
    chance = random.Random(2)
    return {
        symbol: list(_candles(chance, base, phase, rate))
        for symbol, base, phase, rate in (
            ("BTCUSDT", 60000.0, 0, "0.0003"),
            ("ETHUSDT", 3000.0, 5, "-0.0002"),
        )
    }


def _candles(chance: random.Random, base: float, phase: int, rate: str) -> Iterator[Any]:
    price = base
    for n in range(BARS):
        wanted = base * (1 + 0.06 * math.sin(2 * math.pi * (n / 12 + phase) / 17))
        before, price = price, round(price + (wanted - price) * 0.25 + base * 0.003 * chance.gauss(0, 1), 1)
        high = round(max(before, price) + base * 0.0006 * abs(chance.gauss(0, 1)), 1)
        low = round(min(before, price) - base * 0.0006 * abs(chance.gauss(0, 1)), 1)
        at = BEGUN + n * STEP
        volume = round(50 + chance.random() * 40, 3)
        yield at, before, high, low, price, volume, rate if at.minute == 0 else ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("money")
    (folder / "whence.toml").write_text(SETTINGS, encoding="utf-8")
    files = list[str]()
    for symbol, rows in market().items():
        files += ["--candles", f"{symbol}_5m.csv"]
        with (folder / f"{symbol}_5m.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["open_time", "open", "high", "low", "close", "volume", "funding_rate"])
            writer.writerows([f"{row[0]:%Y-%m-%dT%H:%M:%SZ}", *row[1:]] for row in rows)
    done = whence(folder, "paper", *files, "--funding-hours", "1")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def events(folder: Path) -> Sequence[Envelope]:
    with closing(read_sqlite(folder / "whence.db", AvroCodec())) as log:
        return [one.envelope for one in log.read()]


@pytest.fixture(scope="module")
def api(folder: Path, events: Sequence[Envelope]) -> Iterator[Started]:
    """The API of the run's log once its read models are built; the events are those of the run alone."""
    with started(folder) as serving, drained(serving.program, folder / "api.log"):
        give_up = monotonic() + PATIENCE
        while "extensions" in serving.query("{ accounts { account } }") and monotonic() < give_up:
            sleep(0.2)
        yield serving


@dataclass
class Trade:
    """One instrument from flat to flat: a signed quantity at an average price, and what it has brought so far."""

    instrument: str
    strategy: str = ""
    held: Decimal = ZERO
    average: Decimal = ZERO
    gross: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    stop: Decimal | None = None
    closed_at: datetime | None = None
    reductions: int = 0

    @property
    def net(self) -> Decimal:
        return self.gross - self.fees + self.funding


@dataclass
class Books:
    """All trades in the order of their closing, those that are open, and the balance after each change."""

    balance: Decimal = ZERO
    closed: list[Trade] = field(default_factory=list[Trade])
    open: dict[str, Trade] = field(default_factory=dict[str, Trade])
    balances: list[tuple[datetime, Decimal]] = field(default_factory=list[tuple[datetime, Decimal]])

    def balance_at(self, moment: datetime) -> Decimal:
        return [balance for at, balance in self.balances if at <= moment][-1]


def books_of(events: Sequence[Envelope], until: datetime | None = None) -> Books:
    """The books of the log up to a moment; its end without one."""
    books, orders = Books(), dict[str, OrderPlaced]()
    named = (one for one in events if isinstance(one.event, SignalDetected))
    strategies = {one.meta.correlation_id: cast(SignalDetected, one.event).strategy for one in named}
    for one in events:
        at = one.meta.occurred_at
        if until is None or at <= until:
            _protected(books, orders, one)
            _traded(books, orders, one, strategies)
            books.balances.append((at, books.balance))
    return books


def _protected(books: Books, orders: dict[str, OrderPlaced], one: Envelope) -> None:
    """Notes the orders, and where the stop of an open position is."""
    if isinstance(one.event, OrderPlaced):
        orders[one.meta.stream] = one.event
    order = orders.get(one.meta.stream)
    if order is None or order.purpose is not Purpose.STOP or order.instrument not in books.open:
        return
    if isinstance(one.event, OrderPlaced | OrderAmended):
        books.open[order.instrument].stop = one.event.trigger_price


def _traded(
    books: Books, orders: Mapping[str, OrderPlaced], one: Envelope, strategies: Mapping[str, str]
) -> None:
    match one.event:
        case AccountOpened() as event:
            books.balance = event.balance
        case OrderFilled() as event:
            _filled(books, orders[one.meta.stream], event, one.meta.occurred_at)
        case PositionOpened() as event:
            trade = books.open[event.instrument]
            trade.strategy, trade.stop = strategies[one.meta.correlation_id], event.stop
        case PositionFunded() as event:
            trade = books.open[parse(one.meta.stream).id.partition(".BYBIT")[0] + ".BYBIT"]
            trade.funding += event.amount
            books.balance += event.amount
        case _:
            pass


def _filled(books: Books, order: OrderPlaced, fill: OrderFilled, at: datetime) -> None:
    trade = books.open.setdefault(order.instrument, Trade(order.instrument))
    change = SIGNS[order.side] * fill.quantity
    trade.fees += fill.fee
    books.balance -= fill.fee
    if trade.held * change >= 0:
        paid = abs(trade.held) * trade.average + fill.quantity * fill.price
        trade.held += change
        trade.average = paid / abs(trade.held)
        return
    assert fill.quantity <= abs(trade.held), "a flip closes first, by an order of its own"
    sign = 1 if trade.held > 0 else -1
    gain = sign * fill.quantity * (fill.price - trade.average)
    trade.gross += gain
    books.balance += gain
    trade.held += change
    trade.reductions += 1
    if trade.held == 0:
        trade.closed_at = at
        books.closed.append(books.open.pop(order.instrument))


def closes_until(moment: datetime) -> Mapping[str, Decimal]:
    """The last close of each instrument by then."""
    return {
        f"{symbol}-LINEAR.BYBIT": [D(str(row[4])) for row in rows if row[0] + STEP <= moment][-1]
        for symbol, rows in cast(Mapping[str, Sequence[Any]], market()).items()
    }


def unrealised(books: Books, prices: Mapping[str, Decimal]) -> Decimal:
    return sum((one.held * (prices[one.instrument] - one.average) for one in books.open.values()), D(0))


def equity_at(events: Sequence[Envelope], moment: datetime) -> Decimal:
    """The balance and the profit of what was held, at the last closes."""
    books = books_of(events, moment)
    return books.balance + unrealised(books, closes_until(moment))


END = BEGUN + BARS * STEP


def usdt(amount: Decimal, *, signed: bool = False) -> str:
    """As the screens write it: rounded to the cent, groups of three digits."""
    cents = amount.quantize(D("0.01"), ROUND_HALF_EVEN)
    sign = "-" if cents < 0 else "+" if signed and cents > 0 else ""
    return f"{sign}{abs(cents):,.2f} USDT".replace(",", " ")


def shown(api: Started, name: str) -> Sequence[str]:
    """The lines of a screen on the data that the API returns. The prices are those that the API of an engine has: the
    last closes."""
    screen = SCREENS[name]
    answer = api.query(screen.query, None, **screen.variables(""))
    assert "errors" not in answer, answer
    last = [
        {"instrument": one, "price": f"{price}", "at": END.isoformat()}
        for one, price in closes_until(END).items()
    ]
    data = answer["data"] | ({"prices": last} if "prices" in answer["data"] else {})
    scene = Scene(words_of(Language.EN), Role.TRADER, datetime.now(UTC))
    return cast(Sequence[str], screen.render(data, scene).text.plain.splitlines())


def value(lines: Sequence[str], name: str, after: str = "") -> str:
    """What a line has behind its name, below the line that begins with `after`."""
    begin = next(n for n, line in enumerate(lines) if line.startswith(after))
    return next(line for line in lines[begin:] if line.startswith(f"{name}: ")).removeprefix(f"{name}: ")


def test_the_run_has_every_kind_of_trade(events: Sequence[Envelope]) -> None:
    books = books_of(events)
    nets = [one.net for one in books.closed]
    fundings = {(one.event.amount > 0) for one in events if isinstance(one.event, PositionFunded)}
    directions = {one.event.direction for one in events if isinstance(one.event, PositionOpened)}
    assert len(nets) > 20
    assert min(nets) < 0 < max(nets)
    assert fundings == {True, False}
    assert directions == set(Direction)
    assert max(one.reductions for one in books.closed) > 2
    assert any(isinstance(one.event, ReversalDecided) for one in events)
    assert [bool(one.reductions) for one in books.open.values()] == [True]


def test_the_portfolio_and_the_risk_have_the_money_of_the_log(
    api: Started, events: Sequence[Envelope]
) -> None:
    books = books_of(events)
    prices = closes_until(END)
    lines, risk = shown(api, "portfolio"), shown(api, "risk")
    profit = unrealised(books, prices)
    midnight = books.balance_at(datetime.combine(END.date(), time(), UTC) - timedelta(microseconds=1))
    assert value(lines, "Balance") == usdt(books.balance)
    assert value(lines, "Equity").startswith(usdt(books.balance + profit))
    assert value(lines, "Unrealised") == usdt(profit, signed=True)
    exposure = sum((abs(one.held) * one.average for one in books.open.values()), D(0))
    risked = sum((one.held * (one.average - (one.stop or one.average)) for one in books.open.values()), D(0))
    day = usdt(books.balance - midnight, signed=True)
    for found in (lines, risk):
        assert value(found, "Realised today") == day
        assert value(found, "Exposure") == usdt(exposure)
        assert value(found, "Open risk") == usdt(max(risked, D(0)))


def test_the_drawdown_is_that_of_the_equity_at_the_last_prices(
    api: Started, events: Sequence[Envelope]
) -> None:
    """The highest equity is sought at the closes of the day on which the log has its highest mark, and at the end."""
    (account,) = api.query("{ accounts { peak } }")["data"]["accounts"]
    marks = [one.event for one in events if isinstance(one.event, AccountMarked)]
    highest = max(marks, key=lambda one: one.high).hour
    times = [highest + n * STEP for n in range(-12, 24) if highest + n * STEP <= END]
    peak = max(equity_at(events, at) for at in times)
    last = equity_at(events, END)
    assert D(account["peak"]) == peak
    assert value(shown(api, "portfolio"), "Drawdown") == f"{float(1 - last / max(peak, last)) * 100:.2f} %"


def test_the_open_position_has_its_size_its_profit_and_its_net_so_far(
    api: Started, events: Sequence[Envelope]
) -> None:
    (trade,) = books_of(events).open.values()
    profit = trade.held * (closes_until(END)[trade.instrument] - trade.average)
    for name in ("positions", "portfolio", "auto"):
        lines = shown(api, name)
        assert any(f" {abs(trade.held).normalize():f} @ " in line for line in lines), lines
        assert any(line.startswith(f"Unrealised: {usdt(profit, signed=True)[:-5]}") for line in lines), lines
    found = api.query("{ positions(where: {status: OPEN}) { edges { node { averagePrice net } } } }")
    (edge,) = found["data"]["positions"]["edges"]
    assert abs(D(edge["node"]["averagePrice"]) - trade.average) < D("1e-8")
    assert D(edge["node"]["net"]) == trade.net


def test_the_strategies_have_the_results_of_their_trades(api: Started, events: Sequence[Envelope]) -> None:
    closed = books_of(events).closed
    lines = shown(api, "strategies")
    for strategy in {one.strategy for one in closed}:
        nets = [one.net for one in closed if one.strategy == strategy]
        won = sum(net > 0 for net in nets) / len(nets)
        head = f"{strategy}  running"
        assert value(lines, "Trades", head) == f"{len(nets)}, won: {won * 100:.2f} %"
        assert value(lines, "Net", head) == usdt(sum(nets, D(0)), signed=True)
        assert value(lines, "Largest loss", head) == usdt(min([*nets, D(0)]), signed=True)
        assert value(lines, "Largest drop of the net", head) == usdt(largest_drop(nets))


def largest_drop(nets: Sequence[Decimal]) -> Decimal:
    """The largest fall of the running sum below its earlier peak."""
    total, peak, largest = D(0), D(0), D(0)
    for net in nets:
        total += net
        peak = max(peak, total)
        largest = max(largest, peak - total)
    return largest


def test_the_api_has_the_results_of_all_trades(api: Started, events: Sequence[Envelope]) -> None:
    """The screens show no profit factor; the dashboard does, from the same query."""
    closed = books_of(events).closed
    names = (
        "trades wins losses winRate profitFactor net gross fees funding largestWin largestLoss maxDrawdown"
    )
    (found,) = api.query(f"{{ performance(by: ALL) {{ {names} }} }}")["data"]["performance"]
    nets = [one.net for one in closed]
    won, lost = [net for net in nets if net > 0], [net for net in nets if net < 0]
    assert (found["trades"], found["wins"], found["losses"]) == (len(nets), len(won), len(lost))
    assert D(found["winRate"]) == round(D(len(won)) / len(nets), 6)
    assert D(found["profitFactor"]) == round(sum(won) / -sum(lost, D(0)), 6)
    for name, expected in (
        ("net", sum(nets, D(0))),
        ("gross", sum((one.gross for one in closed), D(0))),
        ("fees", sum((one.fees for one in closed), D(0))),
        ("funding", sum((one.funding for one in closed), D(0))),
        ("largestWin", max(nets)),
        ("largestLoss", min(nets)),
        ("maxDrawdown", largest_drop(nets)),
    ):
        assert abs(D(found[name]) - expected) < D("1e-12"), name


@pytest.mark.parametrize("number", [1, 2])
def test_the_daily_report_has_the_money_of_its_day(
    api: Started, events: Sequence[Envelope], number: int
) -> None:
    day = (BEGUN + timedelta(days=number)).date()
    begin = datetime.combine(day, time(), UTC)
    end = begin + timedelta(days=1)
    closed = [
        one for one in books_of(events).closed if one.closed_at is not None and one.closed_at.date() == day
    ]
    nets = [one.net for one in closed]
    begun, ended = equity_at(events, begin), equity_at(events, end)
    lines = reported(api, day)
    assert value(lines, "Equity at the start") == usdt(begun)
    assert value(lines, "Equity at the end") == usdt(ended)
    assert (
        value(lines, "Change")
        == f"{usdt(ended - begun, signed=True)}, {float((ended - begun) / begun) * 100:.2f} %"
    )
    assert value(lines, "Trades") == f"{len(nets)}, Net: {usdt(sum(nets, D(0)), signed=True)}"
    assert value(lines, "Fees of these trades") == usdt(sum((one.fees for one in closed), D(0)))
    assert value(lines, "Largest loss") == usdt(min([*nets, D(0)]), signed=True)


def reported(api: Started, day: date) -> Sequence[str]:
    """The lines of the report, on the data that the API returns."""
    (account,) = api.query(daily.ACCOUNTS)["data"]["accounts"]
    data = api.query(daily.DAY, None, account=account["account"], **daily.span_of(day))["data"]
    found = daily.day_of(account, data, day)
    alert = daily.report_of(day, [found], "", words_of(Language.EN), None)
    return cast(Sequence[str], alert.shown(False).text.plain.splitlines())
