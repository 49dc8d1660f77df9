"""The candles of a run on live prices, from the exchange to the chart: kept, queried, sent, rebuilt from the tape."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx2
import pytest

from domain.direction import Side
from tests.adapters.http.conversation import Conversation, conversation
from tests.adapters.simulated.server.serving import RunningVenue, running_venue
from tests.journeys.program import PATIENCE, running, whence
from tests.journeys.serving import Started, drained

MINUTE = 60_000
LOG = ("--log", "sqlite:///demo.db")
QUERY = """{ candles(instrument: "BTCUSDT-LINEAR.BYBIT", interval: "1m", first: 100) {
  candles { openTime open high low close volume isClosed } hasEarlier } }"""
FOLLOWED = (
    'subscription { candles(instrument: "BTCUSDT-LINEAR.BYBIT", interval: "1m") { openTime close isClosed } }'
)
SERIES = "{ candleSeries { instrument interval } }"
COARSER = (
    """{ candles(instrument: "BTCUSDT-LINEAR.BYBIT", interval: "5m", first: 1) { candles { close } } }"""
)


class Market:
    """A market whose minutes a test ends: each has a trade, at the bid or at the ask."""

    def __init__(self, venue: RunningVenue) -> None:
        self.venue, self._sides = venue, cycle((Side.BUY, Side.SELL))

    def trades(self) -> None:
        side = next(self._sides)
        self.venue.trade(side, "50100" if side is Side.BUY else "49900", "0.01")

    def passes(self, minutes: int) -> None:
        """The exchange sends a candle as closed once the next one has begun, with a trade."""
        for _ in range(minutes):
            self.venue.act("advance", ms=MINUTE)
            self.trades()

    def closed(self) -> list[tuple[str, ...]]:
        """Open time in ms, open, high, low, close and volume of the latest 100 closed candles of the exchange."""
        answer = httpx2.get(
            f"{self.venue.url}/v5/market/kline",
            params={"category": "linear", "symbol": "BTCUSDT", "interval": "1", "limit": "101"},
        )
        now: int = self.venue.do(lambda server: server.clock.market())
        rows: list[list[str]] = answer.json()["result"]["list"]
        return [tuple(row[:6]) for row in rows if int(row[0]) + MINUTE <= now]


@pytest.fixture
def market() -> Iterator[Market]:
    """A market with some past minutes, which ended some minutes ago."""
    now = time.time_ns() // 1_000_000
    with running_venue(start=(now // MINUTE - 15) * MINUTE) as venue:
        market = Market(venue)
        market.trades()
        market.passes(3)
        yield market


@contextmanager
def trading(folder: Path, market: Market) -> Generator[Started]:
    """A run on the market's prices whose engine has compared its log and trades; it is ended by SIGTERM."""
    words = ("--symbol", "BTCUSDT", "--interval", "1m", "--address", market.venue.url, "--port", "0", *LOG)
    with running(folder, "paper", "--live", *words) as program:
        assert program.process.stderr is not None
        logged, url = list[dict[str, Any]](), ""
        for line in program.process.stderr:
            logged.append(json.loads(line))
            found = re.search(r"API on (\S+)", logged[-1]["event"])
            url = found[1] if found else url
            if "ReconciliationEnded" in line:
                break
        assert url, logged
        with drained(program, folder / "run.log"):
            run = Started(program, url, logged, folder)
            _await_past_candles(run)
            yield run
        assert program.process.wait() == 0


def _await_past_candles(run: Started) -> None:
    """Returns when the store has candles: they are written within two seconds, of which no event tells."""
    deadline = time.monotonic() + PATIENCE
    while not run.query(SERIES)["data"]["candleSeries"]:
        assert time.monotonic() < deadline, "the run has kept no past candle"


def kept(run: Started) -> list[dict[str, Any]]:
    """The latest 100 candles of the chart, the latest first."""
    found = run.query(QUERY)
    assert "errors" not in found, found
    candles: list[dict[str, Any]] = found["data"]["candles"]["candles"]
    return candles


def as_the_exchange(candles: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    figures = ("open", "high", "low", "close", "volume")
    return [(_milliseconds(one["openTime"]), *(one[name] for name in figures)) for one in candles]


def _milliseconds(spelled: str) -> str:
    return str(int(datetime.fromisoformat(spelled).timestamp() * 1_000))


def received(socket: Conversation, opened: str) -> None:
    """Returns when the subscription has sent the candle with this open time, in ms; all that it sends are closed."""
    latest = ""
    while latest != opened:
        message = socket.hear()
        if message["type"] == "next":
            assert "errors" not in message["payload"], message
            candle = message["payload"]["data"]["candles"]
            assert candle["isClosed"]
            latest = _milliseconds(candle["openTime"])


def stored(folder: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "demo.read.db")) as store:
        return store.execute("SELECT * FROM candles ORDER BY opens_at").fetchall()


def test_candles_of_a_run_on_live_prices_reach_the_chart_over_a_restart_and_equal_those_rebuilt_from_the_tape(
    tmp_path: Path, market: Market
) -> None:
    with trading(tmp_path, market) as run, conversation(run.page().removesuffix("/")) as socket:
        socket.begin()
        socket.ask(FOLLOWED)
        for _ in range(2):
            market.passes(1)
            (latest, *_), *_ = market.closed()
            received(socket, latest)
        assert as_the_exchange(kept(run)) == market.closed()
    market.passes(2)  # while no run observes the market
    with trading(tmp_path, market) as run, conversation(run.page().removesuffix("/")) as socket:
        socket.begin()
        socket.ask(FOLLOWED)
        market.passes(1)
        (latest, *_), *_ = market.closed()
        received(socket, latest)
        assert as_the_exchange(kept(run)) == market.closed()
        (coarser,) = run.query(COARSER)["data"]["candles"]["candles"]
        assert coarser["close"] == market.closed()[0][4]
    observed = stored(tmp_path)
    rebuilt = whence(tmp_path, "candles", "rebuild", *LOG)
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert stored(tmp_path) == observed
