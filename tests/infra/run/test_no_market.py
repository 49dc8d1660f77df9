"""Prices come from a market feed or from nobody: no request makes a market or moves one."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.command_topic.wire import read_request, request_bytes
from adapters.played import SqlitePlayed
from commands.door import Answer, Completed, Declined
from commands.request import (
    AmendOrder,
    ClosePosition,
    DraftOrder,
    MoveProtection,
    PlaceOrder,
    RaiseSignal,
    Request,
    Requested,
    TripKillSwitch,
)
from domain.direction import Direction
from domain.log import EventLog
from domain.order import OrderType
from domain.portfolio import OpenPosition
from domain.signal import SignalDetected
from domain.strategies import Intent
from infra.run.attending import Attending
from infra.run.clock import utc_now
from infra.run.last_prices import played_prices
from infra.run.manual import ManualRun
from infra.run.paper import PaperRun
from tests.commands.list_log import ListLog
from tests.commands.outside import outside
from tests.domain.history import BTC, ETH, LOG_ID, D, a_signal
from tests.infra.run.test_by_hand import CANDLES, PLAN, resting
from tests.infra.run.test_manual import BEGINNING, LIMIT, MARKET, NOON, Hand
from tests.replacing import replace

Spelled = Callable[[Requested], Requested]


def directly(requested: Requested) -> Requested:
    return requested


def by_the_topic(requested: Requested) -> Requested:
    """The request as it is read from the command topic."""
    return read_request(request_bytes(requested))


def far_off(
    at: datetime, price: str, direction: Direction = Direction.LONG, confidence: float = 0.01
) -> RaiseSignal:
    """A signal far from the market; with this confidence the committees skip it."""
    centre, away = D(price), D(price) / 100 * (1 if direction is Direction.LONG else -1)
    signal = a_signal(
        candle_closed_at=at, price=centre, stop=centre - away, target=centre + 3 * away, direction=direction,
        intent=Intent.ENTER, strategy="scanner", confidence=confidence, trend=0.5,
    )  # fmt: skip
    return RaiseSignal(outside(signal))


@pytest.mark.parametrize(
    "request_",
    [
        PlaceOrder(MARKET),
        PlaceOrder(LIMIT),
        PlaceOrder(replace(MARKET, type=OrderType.STOP, trigger_price=D(51_000))),
        DraftOrder(MARKET),
        DraftOrder(LIMIT),
    ],
    ids=["market order", "limit order", "stop order", "draft of a market order", "draft of a limit order"],
)
def test_a_log_without_a_market_refuses_every_order_with_that_reason(request_: Request) -> None:
    hand = Hand(ListLog(), prices={})
    head = hand.log.head()
    answer = hand.ask(request_)
    assert isinstance(answer, Declined)
    assert answer.code == "RefusedForNow"
    assert answer.reason.startswith(f"no price of {BTC} is known yet: ")
    hand.pass_seconds(3)
    assert hand.log.head() <= head + 1, "only the day is opened"


def test_a_log_without_a_market_refuses_signals_from_outside() -> None:
    hand = Hand(ListLog(), prices={})
    answer = hand.ask(far_off(hand.at, "50000", confidence=0.9))
    assert isinstance(answer, Declined)
    assert "there is no market for it here" in answer.reason
    assert not any(isinstance(one.envelope.event, SignalDetected) for one in hand.log.read())


@pytest.mark.parametrize("price", ["1.0", "25000", "49500", "50600", "90000"])
@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("restarts", [False, True])
def test_no_signal_from_outside_touches_a_position(
    price: str, direction: Direction, *, restarts: bool
) -> None:
    hand = Hand(ListLog())
    hand.accepted(PlaceOrder(LIMIT))
    hand.pass_seconds(2)
    held = hand.world.portfolio.positions
    assert isinstance(hand.ask(far_off(hand.at, price, direction)), Completed)
    hand.pass_seconds(3)
    if restarts:
        hand = Hand(hand.log, hand.at)
        hand.pass_seconds(3)
    assert hand.world.portfolio.positions == held
    assert hand.run.driver.engine.market.prices[BTC] == 50_000


def test_no_price_of_an_order_moves_the_market() -> None:
    """Prices of entries, amendments, stops and targets, each followed by a restart."""
    hand = Hand(ListLog())
    hand.accepted(PlaceOrder(LIMIT))
    hand.pass_seconds(2)
    hand.accepted(MoveProtection(f"{BTC}-LONG-1", stop=D(49_900), target=D(50_100)))
    wanted = replace(
        LIMIT, instrument=ETH, limit_price=D(2_990), quantity=D("0.1"), stop=D(2_900), target=D(3_100)
    )
    hand.accepted(PlaceOrder(wanted), "eth")
    hand.pass_seconds(2)
    (entry,) = hand.world.portfolio.entries
    hand.accepted(AmendOrder(order_id=entry, limit_price=D(2_950)))
    hand.pass_seconds(2)
    again = Hand(hand.log, hand.at)
    again.pass_seconds(3)
    assert again.run.driver.engine.market.prices == {BTC: 50_000, ETH: 3_000}
    assert set(again.world.portfolio.positions) == {BTC}
    assert set(again.world.portfolio.entries) == {entry}


def test_own_trades_do_not_move_the_market_that_they_trade_in() -> None:
    """A fill is worse than the market by its slippage; as a price it would let a person move the market."""
    hand = Hand(ListLog())
    for _ in range(5):
        hand.accepted(PlaceOrder(replace(MARKET, quantity=D("0.05"), stop=D(49_000), target=None)))
        hand.pass_seconds(2)
        (held,) = hand.world.portfolio.positions.values()
        assert held.state.average_price > 50_000
        hand.accepted(ClosePosition(held.stream, "again"))
        hand.pass_seconds(2)
        assert hand.run.driver.engine.market.prices[BTC] == 50_000


@dataclass
class Taped:
    """A run on a tape with a position in BTC, which is held at the end if nothing disturbs it."""

    log: EventLog = field(default_factory=ListLog)

    def plays(self, disturbed: Callable[[PaperRun], None], upto: int = 40) -> dict[str, OpenPosition]:
        """The positions by instrument after instant `upto`; `disturbed` is called at instant 20."""
        run = PaperRun(PLAN, self.log, lambda _envelope: None)
        for number, _instant in enumerate(run.instants()):
            if number == 4:
                terms = replace(resting(BTC, 4), type=OrderType.MARKET, limit_price=None)
                assert isinstance(send(run, PlaceOrder(terms), "in", directly), Completed)
            if number == 20:
                disturbed(run)
            if number == upto:
                break
        return dict(run.world.portfolio.positions)


def send(run: Attending, request: Request, key: str, spelled: Spelled) -> Answer:
    requested = Requested(
        id=key, account="paper", actor="eve", valid_until=utc_now() + timedelta(minutes=1), request=request
    )
    return run.answer(spelled(requested))


@pytest.mark.parametrize("spelled", [directly, by_the_topic])
@pytest.mark.parametrize("price", ["1.0", "500000"])
def test_a_skipped_signal_during_a_tape_liquidates_no_position(spelled: Spelled, price: str) -> None:
    def disturbed(run: PaperRun) -> None:
        for direction in Direction:
            request = far_off(run.at, price, direction)
            assert isinstance(send(run, request, f"scan-{direction}", spelled), Completed)

    undisturbed = Taped().plays(lambda _run: None)
    assert Taped().plays(disturbed) == undisturbed
    assert BTC in undisturbed


def test_the_log_of_a_tape_goes_on_at_the_close_of_the_last_candle_that_was_played(tmp_path: Path) -> None:
    record, log = SqlitePlayed(tmp_path / "record.db"), ListLog()
    run = PaperRun(PLAN, log, lambda _envelope: None, played=record)
    instants = run.instants()
    for _number in range(51):
        next(instants)
    assert isinstance(instants, Generator)
    instants.close()
    hand = ManualRun(log, BEGINNING, lambda _envelope: None, feed=played_prices(record))
    hand.answer(replace(A_TRIP, valid_until=utc_now() + timedelta(minutes=1)))
    assert hand.driver.engine.market.prices == {name: candles[50].close for name, candles in CANDLES.items()}


@pytest.mark.parametrize(
    "latest", [{}, {"instrument": BTC, "open_time": "soon", "close": "1"}, {"instrument": BTC}]
)
def test_a_record_with_other_figures_than_candles_have_gives_no_prices(
    tmp_path: Path, latest: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    record = SqlitePlayed(tmp_path / "record.db")
    record.add(LOG_ID, 0, array("I", [1]), [latest])
    assert played_prices(record)(LOG_ID, 0) == ()
    assert "gives no prices" in caplog.text


A_TRIP = Requested(id="trip", account="paper", actor="eve", valid_until=NOON, request=TripKillSwitch("lunch"))


def test_a_run_states_whether_its_log_has_a_market() -> None:
    assert Hand(ListLog()).run.has_market
    assert not Hand(ListLog(), prices={}).run.has_market
