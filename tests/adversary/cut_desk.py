"""`whence live` in a process of its own, behind a proxy, and our venue, whose market a test moves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from decimal import Decimal
from itertools import count
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO, Any

import pytest

import domain.breaker
from adapters.avro import AvroCodec
from adapters.simulated.server import VenueServer, WallClock
from adapters.simulated.venue.account import Account
from adapters.simulated.venue.order import Order, StopKind
from commands.world import World
from domain.breaker import Mode
from domain.direction import Purpose
from domain.log import Envelope
from domain.order import Closed, OrderFilled, OrderPlaced, Working
from domain.streams import order_stream, parse
from infra.config import WhenceSettings
from infra.inputs import taped_inputs
from infra.logs import open_reader
from infra.run.replaying import Replay
from tests.adapters.simulated.server.serving import KEY, SECRET, RunningVenue, running_venue
from tests.adapters.simulated.still_market import show_and_trade
from tests.adversary.cut_live import PAUSE, QUICK
from tests.adversary.proxy import Proxy, proxied
from tests.journeys.program import PATIENCE, environment, wait_for

BTC, SYMBOL = "BTCUSDT-LINEAR.BYBIT", "BTCUSDT"
TERMS = {"limit_price": "49000", "stop": "48000", "target": "52000", "quantity": "0.01"}
BELOW, ABOVE, USUAL = "48900", "52100", "50000"
"""Prices of the market: below the entry, above the target, and between both."""
LONG = float(os.environ.get("WHENCE_CUT_SECONDS", "0"))
"""Seconds of the longest cut in the long form of these tests, in which the program waits as in production; else 0."""
D = Decimal
_PATIENCE = PATIENCE + 2 * LONG


class CutDesk:
    """`log` is the address by which this process reads the log; `cut` is the proxy before the exchange."""

    def __init__(
        self,
        venue: RunningVenue,
        cut: Proxy,
        log: str,
        process: subprocess.Popen[str],
        folder: Path,
    ) -> None:
        self.venue, self.cut, self.process, self.folder = venue, cut, process, folder
        self.settings = WhenceSettings(log=log)
        self.world, self.envelopes = World(), list[Envelope]()
        self._keys, self._answers = count(1), Queue[dict[str, Any]]()
        self._waiting = dict[str, dict[str, Any]]()
        assert process.stdout is not None
        Thread(target=self._listen, args=(process.stdout,), daemon=True).start()

    # -- the program

    def place(self) -> str:
        """Requests a limit order with stop and target; returns the key of the request."""
        return self._request(place={"instrument": BTC, **TERMS})

    def close_position(self) -> str:
        (position,) = self.world.portfolio.positions.values()
        return self._request(close=position.stream)

    def answer(self, key: str) -> Mapping[str, Any]:
        """The engine's answer to a request."""
        deadline = time.monotonic() + _PATIENCE
        while key not in self._waiting:
            try:
                found = self._answers.get(timeout=max(deadline - time.monotonic(), 0))
            except Empty:
                raise AssertionError(f"request {key} has no answer: {self._state()}") from None
            self._waiting[found["key"]] = found
        return self._waiting.pop(key)

    def placed(self, key: str) -> str:
        """The id of the entry that the request placed."""
        return self._entry(self.answer(key))

    def entered(self) -> str:
        """The id of an entry, which is requested until it is permitted.

        A machine that is busy may keep a response to a ping from the program for longer than the program waits; entries
        are refused until the comparison that follows has ended.
        """
        deadline = time.monotonic() + _PATIENCE
        answer = self.answer(self.place())
        while "no new exposure until then" in answer["reason"]:
            assert time.monotonic() < deadline, answer
            self.trades_again()
            answer = self.answer(self.place())
        return self._entry(answer)

    def _entry(self, answer: Mapping[str, Any]) -> str:
        assert answer["answer"] == "Completed", answer
        self.read()
        ids = [parse(one).id for one in answer["streams"] if one.startswith("order-")]
        (entry,) = {one for one in ids if self._order(one).terms.purpose is Purpose.ENTRY}
        return entry

    def _request(self, **what: Any) -> str:
        key = f"k{next(self._keys)}"
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"key": key, **what}) + "\n")
        self.process.stdin.flush()
        return key

    def _listen(self, stdout: IO[str]) -> None:
        for line in stdout:
            self._answers.put(json.loads(line))

    # -- its log

    def read(self) -> World:
        """The state of the log now."""
        with closing(open_reader(self.settings)) as reader:
            for one in reader.read(after=self.world.ordinal):
                self.world.fold(one.envelope)
                self.envelopes.append(one.envelope)
        return self.world

    def status(self, order_id: str) -> str:
        self.read()
        return self._order(order_id).status.value

    def reaches(self, order_id: str, status: str) -> None:
        """Returns when the log has this status of the order."""
        self.until(lambda: self.status(order_id) == status)

    def trades_again(self) -> None:
        """Returns when new exposure is permitted again, without anything that a person did."""
        self.until(self._is_trading)

    def until(self, reached: Callable[[], bool]) -> None:
        """Returns when log or venue have reached a state; fails where the program has ended, or not in time."""
        deadline = time.monotonic() + _PATIENCE
        while not reached():
            assert time.monotonic() < deadline, self._state()
            assert self.process.poll() is None, self._state()
            time.sleep(0.02)

    def interruptions(self) -> int:
        """How often trading was interrupted because the log did not answer."""
        return (self.folder / "stderr").read_text().count("trading is interrupted")

    def is_flat(self) -> bool:
        return not self.read().portfolio.positions

    def names(self) -> list[str]:
        self.read()
        return [type(one.event).__name__ for one in self.envelopes]

    def _is_trading(self) -> bool:
        portfolio = self.read().portfolio
        is_open = any(one.mode is Mode.OPEN for one in portfolio.breakers.values())
        return not (portfolio.discrepancies.reconciling or portfolio.unknown_orders or is_open)

    def _order(self, order_id: str) -> Working | Closed:
        state = self.world.states[order_stream("paper", order_id)]
        assert isinstance(state, Working | Closed)
        return state

    def _state(self) -> str:
        return f"{self.names()[-12:]}, exit code {self.process.poll()}, {self.folder / 'stderr'}"

    # -- the venue

    @property
    def account(self) -> Account:
        return self.venue.account

    def trades_at(self, price: str) -> None:
        """The market shows this price alone, and trades what rests at it or better."""

        def move(server: VenueServer) -> None:
            show_and_trade(server.venue, SYMBOL, D(price), D(1000), server.clock.market())

        self.venue.do(move)

    def entries(self, order_id: str) -> list[Order]:
        """Every order that the venue ever had with this client order id."""
        return self.venue.do(lambda _: [one for one in self._orders() if one.link == order_id])

    def stops(self) -> list[Order]:
        """The stop losses that wait at the venue."""
        kinds = {StopKind.STOP_LOSS, StopKind.PARTIAL_STOP_LOSS}
        return self.venue.do(
            lambda _: [one for one in self.account.orders.values() if one.stop_kind in kinds]
        )

    def _orders(self) -> list[Order]:
        return [*self.account.orders.values(), *self.account.ended.values()]

    def fills(self, order_id: str, quantity: str) -> None:
        """The venue fills this much of the entry."""

        def fill(server: VenueServer) -> None:
            (order,) = [one for one in self._orders() if one.link == order_id]
            server.venue.fill(order, D(quantity), server.clock.market())

        self.venue.do(fill)

    def is_quiet(self) -> bool:
        """Whether the venue has neither an open order nor a position."""
        return self.venue.do(lambda _: not self.account.orders and not list(self.account.held()))

    # -- both

    def opened(self) -> str:
        """A position that both know; returns the id of its entry."""
        entry = self.entered()
        self.reaches(entry, "ACCEPTED")
        self.trades_at(BELOW)
        self.until(lambda: not self.is_flat())
        return entry

    def ends(self) -> None:
        """The open position reaches its target; both are flat then, and the market is where it was."""
        self.until(lambda: not self.is_flat())
        self.trades_at(ABOVE)
        self.until(self.is_flat)
        self.agrees()
        assert self.is_quiet()
        self.trades_at(USUAL)

    def agrees(self) -> None:
        """Fails unless log and venue have the same orders, executions, position and balance.

        A replay of the inputs has to lead to the same log, too.
        """
        self.trades_again()
        self.read()
        self._same_orders()
        self._same_money()
        self._same_again()

    def _same_orders(self) -> None:
        placed = {
            parse(one.meta.stream).id: one.event
            for one in self.envelopes
            if isinstance(one.event, OrderPlaced) and one.event.parent is None
        }
        at_venue = Counter(
            self.venue.do(lambda _: [one.link for one in self._orders() if one.stop_kind is StopKind.NONE])
        )
        assert max(at_venue.values(), default=0) <= 1, at_venue
        assert at_venue.keys() <= placed.keys()
        for order_id in placed:
            state = self._order(order_id)
            is_open = any(one.link == order_id for one in self.account.orders.values())
            assert isinstance(state, Working) == is_open, (order_id, state)
            assert order_id in at_venue or not state.filled, (order_id, state)

    def _same_money(self) -> None:
        filled = [one.event.execution_id for one in self.envelopes if isinstance(one.event, OrderFilled)]
        executed = [one.id for one in self.account.executions]
        assert sorted(filled) == sorted(executed)
        held = {one.state.instrument: one.state.quantity for one in self.world.portfolio.positions.values()}
        assert list(held.values()) == [one.size for one in self.account.held()]
        assert self.world.portfolio.account.balance == self.account.wallet.balance

    def _same_again(self) -> None:
        with closing(open_reader(self.settings)) as reader, pytest.MonkeyPatch.context() as patch:
            if not LONG:
                patch.setattr(domain.breaker, "PAUSE", PAUSE)
            while True:
                head = reader.head()
                replay = Replay(reader, AvroCodec(), taped_inputs(self.settings))
                reached = max(replay.steps())
                if head == reader.head():  # else the program has recorded while its inputs were read
                    break
        assert replay.difference is None, replay.difference
        assert reached >= head


@contextmanager
def cut_desk(folder: Path, log: str, read: str = "") -> Generator[CutDesk]:
    """The program trades on `log`; this process reads it at `read` (default: the same)."""
    (folder / "whence.toml").write_text("[trading.risk]\ncooldown_seconds = 0\n")
    start, shortened = time.time_ns() // 1_000_000, {} if LONG else {QUICK: "1"}
    with (
        running_venue(start=start, band=D("0.3"), clock=WallClock()) as venue,
        proxied(venue.server.port) as cut,
        (folder / "stderr").open("w") as errors,
    ):
        options = (
            "--instruments",
            SYMBOL,
            "--interval",
            "1h",
            "--leverage",
            "5",
            "--poll",
            "5",
            "--port",
            "0",
        )
        keys = {"BYBIT_API_KEY": KEY, "BYBIT_API_SECRET": SECRET, "PYTHONPATH": str(Path.cwd()), **shortened}
        program = [sys.executable, "-m", "tests.adversary.cut_live", "live", "--address", cut.url]
        with subprocess.Popen(
            [*program, "--log", log, *options],
            cwd=folder,
            env=environment(**keys),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process:
            desk = CutDesk(venue, cut, read or log, process, folder)
            try:
                wait_for(desk.settings.log, 1)
                desk.until(lambda: "ReconciliationEnded" in desk.names())
                yield desk
            finally:
                process.kill()
