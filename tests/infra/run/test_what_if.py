"""A what-if on a log of candles and on tapes of inputs: without a change it makes the log again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from adapters.avro import AvroCodec
from adapters.inputs.batch import TapedInput
from adapters.inputs.sqlite import SqliteTape, read_sqlite
from adapters.log.library import open_memory
from adapters.log.recorder_log import RecorderLog
from adapters.log.sqlite import open_sqlite
from adapters.log.sqlite import read_sqlite as read_log
from adapters.simulated.fill_source import FillSource
from adapters.tapes import Tape, synthetic_tape
from commands.input_tape import InputTape
from commands.inputs import MarketMoved
from commands.request import (
    CancelOrder,
    ClosePosition,
    ManualTerms,
    PlaceOrder,
    Request,
    Requested,
    TripKillSwitch,
)
from commands.watching import Instance
from domain.adjusting import adjusted_before_opening
from domain.book.settings import BookSettings
from domain.candle import Candle
from domain.direction import Side
from domain.errors import InvalidInput, InvalidSettings, LogUnavailable, TapeMismatch
from domain.log import Envelope
from domain.market import BookReading, Level
from domain.opening import LogOpened, Mode
from domain.order import OrderFilled, OrderPlaced, OrderType
from domain.settings import OnDailyLoss, OnKill, SettingsChanged, StrategySettings
from domain.signal import SignalDetected, Verdict
from domain.strategies import Proposal
from domain.streams import parse
from infra.cli.what_if_words import basis
from infra.run.backtest import Change
from infra.run.clock import utc_now
from infra.run.log_move import LogMove
from infra.run.paper import PaperRun
from infra.run.plan import Plan
from infra.run.recorded_candles import recorded_candles
from infra.run.recorded_inputs import recorded_inputs
from infra.run.recording import Recording
from infra.run.what_if import WhatIf
from projections.comparison import Comparison
from tests.commands.test_book_reads import Reader
from tests.infra.run.demo_desk import START, DemoDesk
from tests.infra.run.live_desk import BTC, FIVE, a_candle
from tests.infra.run.taped import trade
from tests.infra.run.test_live_books import HandBooks, a_plan, a_reading
from tests.journeys.runs import EAGER, SYMBOLS, plan, play, short_plan
from tests.replacing import replace

PLAN = short_plan()
"""Ten trades or so of both symbols."""
TAPES = PLAN.tapes


def played(planned: Plan) -> RecorderLog:
    log = open_memory(AvroCodec())
    play(planned, log)
    return log


@pytest.fixture(scope="module")
def log() -> RecorderLog:
    """The log of `PLAN`; no test writes to it."""
    return played(PLAN)


def of_candles(log: RecorderLog, tapes: tuple[Tape, ...] = tuple(TAPES)) -> Recording:
    return recorded_candles(log, tapes, {})


def made(recording: Recording, log: RecorderLog, **changed: object) -> WhatIf:
    what_if = WhatIf(recording, log, Change(**changed))  # type: ignore[arg-type]  # each test names fields of Change
    steps = list(what_if.steps())
    assert steps[-1] == what_if.total
    return what_if


def written(found: WhatIf) -> list[Envelope]:
    target = open_memory(AvroCodec())
    found.write(target)
    return [one.envelope for one in target.read()]


def differing(found: Comparison) -> Mapping[str, int]:
    return {"decisions": len(found.decisions), "orders": found.orders, "fills": found.fills}


NONE = {"decisions": 0, "orders": 0, "fills": 0}


def _renamed(candle: Candle, instrument: str, places: int) -> Candle:
    """The candle of another instrument, with prices of so many places."""
    prices = {name: round(getattr(candle, name), places) for name in ("open", "high", "low", "close")}
    return replace(candle, instrument=instrument, **prices)


def _terms(kind: OrderType, price: Decimal | None = None) -> ManualTerms:
    return ManualTerms(
        instrument=BTC,
        side=Side.BUY,
        type=kind,
        quantity=Decimal("0.1"),
        limit_price=price,
        stop=Decimal(85),
        target=Decimal(130),
    )


class Market:
    """A demo run on live prices, whose candles close five minutes apart."""

    def begin(self, tape: InputTape) -> None:
        self.desk = DemoDesk(tape=tape).started()
        self.desk.shows("99.9", "100")

    def asks(self, request: Request) -> None:
        self.desk.asks(request)
        assert not self.desk.reason, self.desk.reason

    def closes_at(self, price: str) -> None:
        ahead = FIVE - (self.desk.now - START) % FIVE
        self.desk.passes(ahead.total_seconds())
        self.desk.shows(str(Decimal(price) - Decimal("0.1")), price)
        self.desk.feed.waiting.append(a_candle(START + (self.desk.now - START) // FIVE * FIVE - FIVE, price))
        self.desk.passes(1)

    def last_order(self) -> str:
        placed = [one.meta.stream for one in self.desk.log.envelopes if isinstance(one.event, OrderPlaced)]
        return parse(next(one for one in placed if one.endswith("-e1"))).id


def test_without_a_change_a_log_of_candles_is_made_again_to_the_last_vote_order_and_fill(
    log: RecorderLog,
) -> None:
    found = made(of_candles(log), log)
    assert differing(found.reproduced) == differing(found.comparison) == NONE
    recorded, candidate = found.reproduced.control, found.comparison.candidate
    assert len(recorded.trades.trades) == 5
    assert candidate.decisions == recorded.decisions
    assert (candidate.orders, candidate.fills) == (recorded.orders, recorded.fills)
    assert candidate.marks == recorded.marks


def test_closes_of_a_trip_draw_the_slippage_that_they_had_in_the_log() -> None:
    risk = replace(
        EAGER.risk, on_kill=OnKill.CLOSE, max_daily_loss=Decimal("0.0005"), on_daily_loss=OnDailyLoss.TRIP
    )
    tapes = synthetic_tape(4, SYMBOLS, candles=300)
    log = played(plan(tapes, replace(EAGER, risk=risk)))
    found = made(of_candles(log, tuple(tapes)), log)
    closed = [one.reason for one in found.reproduced.control.trades.closed]
    assert "MANUAL" in closed  # a close without a signal
    assert differing(found.reproduced) == NONE


def test_a_log_that_a_longer_tape_has_listed_again_is_made_again() -> None:
    """The rules of a symbol are guessed from its tape: finer prices on a longer one change them."""
    coarse = replace(TAPES[0], instrument="ABCUSDT-LINEAR.BYBIT")
    rough = tuple(_renamed(one, coarse.instrument, 0) for one in coarse.candles[:50])
    fine = tuple(_renamed(one, coarse.instrument, 1) for one in coarse.candles[50:100])
    log = played(plan([replace(coarse, candles=rough)], EAGER))
    longer = replace(coarse, candles=(*rough, *fine))
    play(plan([longer], EAGER), log)
    assert any(type(one.envelope.event).__name__ == "InstrumentRulesChanged" for one in log.read())
    found = made(of_candles(log, (longer,)), log)
    assert differing(found.reproduced) == NONE


def test_a_lower_limit_loses_trades_and_the_report_names_the_member_that_refused_them(
    log: RecorderLog,
) -> None:
    found = made(of_candles(log), log, values={"risk.max_positions": "1"}).comparison
    refused = [one for one in found.decisions if one.candidate and one.candidate.verdict is Verdict.SKIP]
    assert refused
    lost = {one.fact for one in found.lost}
    assert lost
    assert lost <= {one.fact for one in refused}
    (vote,) = refused[0].votes
    assert (vote.member, vote.figures["most"]) == ("max_positions", ("5", "1"))
    assert vote.candidate is not None
    assert vote.candidate.reasons == ("MAX_POSITIONS",)


def test_the_sum_of_lost_gained_and_changed_trades_is_the_difference_of_the_net_profits(
    log: RecorderLog,
) -> None:
    found = made(of_candles(log), log, values={"risk.max_positions": "1", "sizing.risk": "0.0004"}).comparison
    assert found.changed
    assert found.lost
    net = {one.name: one for one in found.figures}["net of closed trades"]
    assert sum(one.difference for one in found.trades) == net.candidate - net.control  # type: ignore[operator]


def test_the_slippage_of_the_simulated_exchange_can_be_changed_and_moves_no_decision(
    log: RecorderLog,
) -> None:
    found = made(of_candles(log), log, values={"simulation.slippage": "0.001"}).comparison
    assert found.orders == 0
    assert not [one for one in found.decisions if one.has_other_verdict]
    assert found.changed
    assert all(one.difference < 0 for one in found.changed)


def test_another_strategy_in_place_of_the_logs_gives_signals_of_its_own(log: RecorderLog) -> None:
    quick = StrategySettings(id="quick", strategy="trend", parameters={"fast": "5", "slow": "13"})
    found = made(of_candles(log), log, strategies=(quick,)).comparison
    assert {one.strategy for one in found.candidate.decisions} == {"quick"}
    assert {one.fact.strategy for one in found.decisions} == {"trend", "quick"}
    assert all(one.control is None or one.candidate is None for one in found.decisions)


def test_an_earlier_policy_is_recorded_with_its_decisions_and_has_the_members_of_its_version(
    log: RecorderLog,
) -> None:
    found = made(of_candles(log), log, policy=1).comparison.candidate
    assert {one.policy_version for one in found.decisions.values()} == {1}
    members = {vote.member for one in found.decisions.values() for vote in one.votes}
    assert members.isdisjoint({"strategy_in_force", "holder", "breakers"})


def test_the_written_log_is_a_backtest_with_ids_of_its_own_and_the_same_what_if_writes_it_again(
    log: RecorderLog,
) -> None:
    found, again = (made(of_candles(log), log, values={"risk.max_positions": "1"}) for _run in range(2))
    logs = [written(found), written(again)]
    assert logs[0] == logs[1]
    opened = logs[0][0].event
    assert isinstance(opened, LogOpened)
    assert (opened.mode, opened.log_id) == (Mode.BACKTEST, found.log_id)
    assert opened.tape == f"log {PLAN.opening.log_id}"
    recorded = [one.envelope.meta for one in log.read()]
    ids = {one.meta.event_id for one in logs[0]}
    orders = {one.meta.stream for one in logs[0] if one.meta.stream.startswith("order-")}
    assert orders
    assert ids.isdisjoint(one.event_id for one in recorded)
    assert orders.isdisjoint(one.stream for one in recorded)
    other = made(of_candles(log), log, values={"risk.max_positions": "2"})
    assert other.log_id != found.log_id


def test_no_run_on_candles_goes_on_with_the_log_of_a_what_if(log: RecorderLog) -> None:
    target = open_memory(AvroCodec())
    made(of_candles(log), log).write(target)
    with pytest.raises(TapeMismatch, match="opened by `whence what-if`"):
        PaperRun(PLAN, target, lambda _envelope: None)


def test_an_append_that_fails_leaves_an_empty_target(
    log: RecorderLog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = made(of_candles(log), log)
    with closing(open_sqlite(tmp_path / "b.db", AvroCodec())) as target:
        appends: list[int] = []
        whole = target.append

        def failing(envelopes: list[Envelope]) -> int:
            appends.append(len(envelopes))
            raise LogUnavailable("the disk is full")

        monkeypatch.setattr(target, "append", failing)
        with pytest.raises(LogUnavailable):
            found.write(target)
        assert appends == [found.comparison.candidate.summary.events]
        assert target.head() == 0
        monkeypatch.setattr(target, "append", whole)
        assert found.write(target) == appends[0]


def _cut(tapes: tuple[Tape, ...]) -> tuple[Tape, ...]:
    return tuple(replace(one, candles=one.candles[:300]) for one in tapes)


def _altered(tapes: tuple[Tape, ...]) -> tuple[Tape, ...]:
    candles = list(tapes[0].candles)
    candles[200] = replace(candles[200], volume=candles[200].volume + 1)
    return replace(tapes[0], candles=tuple(candles)), *tapes[1:]


@pytest.mark.parametrize(("change", "hour"), [(_cut, "2025-01-02 01:00"), (_altered, "2025-01-01 16:00")])
def test_other_candles_than_those_of_the_log_are_refused_with_the_hour(
    log: RecorderLog, change: Callable[[tuple[Tape, ...]], tuple[Tape, ...]], hour: str
) -> None:
    found = WhatIf(of_candles(log, change(tuple(TAPES))), log, Change())
    with pytest.raises(TapeMismatch, match=f"differ in the hour of {hour} UTC"):
        list(found.steps())


def test_a_log_of_candles_that_was_moved_to_its_copy_is_made_again_because_a_move_is_no_trading(
    tmp_path: Path,
) -> None:
    with closing(open_sqlite(tmp_path / "log.db", AvroCodec(), copies=True)) as log:
        play(PLAN, log)
        LogMove(log, "sqlite:///log.db", "me", utc_now).without_source()
        assert differing(made(of_candles(log), log).reproduced) == NONE


def _adopted(*steps: tuple[int | None, Mapping[str, str]]) -> RecorderLog:
    """A log of `PLAN` whose runs end after so many candles; each but the first adopts changed settings."""
    log, values = open_memory(AvroCodec()), dict[str, str]()
    for number, (candles, changes) in enumerate(steps):
        values |= changes
        settings = adjusted_before_opening(PLAN.settings, values, "")
        planned = replace(PLAN, settings=settings, adopt=number > 0)
        run = PaperRun(planned, log, lambda _envelope: None, skips=number % 2 == 1)
        for _instant in islice(run.instants(), candles):
            pass
    return log


def test_a_log_of_candles_that_adopted_settings_is_made_again_with_them() -> None:
    log = _adopted((300, {}), (500, {"risk.max_positions": "1"}), (None, {"tiers.normal_confidence": "0.9"}))
    changes = [one for one in log.read() if isinstance(one.envelope.event, SettingsChanged)]
    assert [one.envelope.meta.actor for one in changes][1:] == ["settings", "settings"]
    assert differing(made(of_candles(log), log).reproduced) == NONE
    other = made(of_candles(log), log, values={"tiers.normal_confidence": "0"})
    assert differing(other.reproduced) == NONE
    settings = [one.event.settings for one in written(other) if isinstance(one.event, SettingsChanged)]
    assert [(one.risk.max_positions, one.tiers.normal_confidence) for one in settings] == [
        (PLAN.settings.risk.max_positions, 0.0),
        (1, 0.0),
    ]


def test_a_log_of_candles_on_which_a_person_has_traded_is_refused_with_the_event() -> None:
    log = open_memory(AvroCodec())
    run = PaperRun(PLAN, log, lambda _envelope: None)
    for number, _instant in enumerate(run.instants()):
        if number == 10:
            run.answer(
                Requested(
                    id="stop-1",
                    account="paper",
                    actor="eve",
                    valid_until=run.at + timedelta(days=10_000),
                    request=TripKillSwitch("enough"),
                )
            )
    with pytest.raises(InvalidInput, match="of this log follows from a request of eve"):
        of_candles(log)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"values": {"risk.max_positions": "-1"}}, "risk.max_positions = -1 must be in"),
        ({"values": {"risk.max_position": "1"}}, "did you mean trading.risk.max_positions"),
        ({"strategies": (StrategySettings("nope"),)}, "no strategy is called 'nope'"),
    ],
)
def test_a_change_that_no_log_may_have_is_refused_before_anything_is_fed(
    log: RecorderLog, changed: Mapping[str, object], fault: str
) -> None:
    with pytest.raises(InvalidSettings, match=fault):
        WhatIf(of_candles(log), log, Change(**changed))  # type: ignore[arg-type]  # each case names fields of Change


def test_without_a_change_two_sessions_with_requests_of_a_person_are_made_again(tmp_path: Path) -> None:
    """The exchange of the recorded run was restored at its second session, and the strategies warmed up."""
    path = tmp_path / "a.db"
    trade(path, 0, 150)
    trade(path, 150, 290)
    with closing(read_log(path, AvroCodec())) as log:
        found = WhatIf(recorded_inputs(log, lambda: read_sqlite(path)), log, Change())
        assert list(found.steps())[-1] == found.total
    assert differing(found.reproduced) == NONE
    assert found.candidate.left_out == {"Reported": 290}
    assert len(found.reproduced.control.fills) > 3


def test_a_tape_whose_first_session_was_removed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    trade(path, 0, 30)
    trade(path, 30, 60)
    with closing(read_log(path, AvroCodec())) as log:
        whole = list(read_sqlite(path))
        second = [n for n, one in enumerate(whole) if type(one.given).__name__ == "SessionBegun"][1]
        with pytest.raises(InvalidInput, match="the tape of inputs begins after event"):
            recorded_inputs(log, lambda: whole[second:])


def test_on_a_live_tape_requests_act_on_the_orders_and_positions_of_the_backtest(tmp_path: Path) -> None:
    path, market = tmp_path / "a.db", Market()
    path.touch(mode=0o600)
    with closing(SqliteTape(path, lambda: START)) as tape:
        market.begin(tape)
        market.asks(PlaceOrder(_terms(OrderType.LIMIT, Decimal(95))))
        market.closes_at("100")
        market.asks(CancelOrder(market.last_order(), "no longer wanted"))
        market.closes_at("100")
        market.asks(PlaceOrder(_terms(OrderType.MARKET)))
        market.closes_at("101.5")
        market.asks(ClosePosition(f"{BTC}-LONG-1", "enough"))
        market.closes_at("101")
        market.desk.run.close()
    log = market.desk.log
    found = WhatIf(recorded_inputs(log, lambda: read_sqlite(path)), log, Change())
    list(found.steps())
    assert found.candidate.declined == []
    assert {"Reported", "Stimulus"} <= found.candidate.left_out.keys()
    (trade_made,) = found.comparison.candidate.trades.trades
    assert trade_made.reason == "MANUAL"  # closed by a person
    assert differing(found.comparison) == NONE
    assert (
        found.reproduced.fills > 0
    )  # the recorded fills came from the order book, the simulated from candles


class KnowingReader(Reader):
    """Proposes at known books alone."""

    def on_book(self, reading: BookReading) -> Proposal | None:
        return super().on_book(reading) if reading.is_known else None


def plugged(_settings: StrategySettings) -> Reader:
    """Takes the place of what finds plugged strategies."""
    return KnowingReader()


def test_an_order_of_a_reading_is_filled_from_its_levels_and_where_the_book_is_lost_by_then_from_the_next_candle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.trading._plugged", plugged)
    found = _read_by(tmp_path / "known.db", lost_after=None)
    made = written(found)
    (signal,) = [one.meta.occurred_at for one in made if isinstance(one.event, SignalDetected)]
    assert START < signal < START + FIVE
    filled = [(one.meta.occurred_at, one.event) for one in made if isinstance(one.event, OrderFilled)][:2]
    assert [(one.price, one.quantity) for _, one in filled] == [
        (Decimal(100), Decimal(2)),
        (Decimal("100.1"), Decimal(48)),
    ]
    assert all(timedelta(0) < at - signal < timedelta(seconds=1) for at, _ in filled)
    assert found.candidate.fills[FillSource.READING] >= 2
    (sentence,) = [
        one for one in basis(found.compared) if "from the levels" in one and "candidate has" in one
    ]
    assert f"{found.candidate.fills[FillSource.READING]} fills" in sentence
    lost = _read_by(tmp_path / "lost.db", lost_after=0.1)
    fills = [one.meta.occurred_at for one in written(lost) if isinstance(one.event, OrderFilled)]
    assert fills[:1] == [START + FIVE], "the open of the first candle after the reading"
    assert FillSource.READING not in lost.candidate.fills


def _read_by(path: Path, lost_after: float | None) -> WhatIf:
    """The what-if of a run that reads one book, 37 s after a candle, and loses it so many seconds later."""
    books = HandBooks()
    path.touch(mode=0o600)
    planned = a_plan(instances=(Instance(id="reader", strategy=KnowingReader()),))
    lasting = replace(planned.settings, order_freshness_seconds=900, book=BookSettings(stale_seconds=900))
    with closing(SqliteTape(path, lambda: START)) as tape:
        desk = DemoDesk(tape=tape, plan=replace(planned, settings=lasting), books_of=books.made).started()
        desk.shows("99.9", "100")
        desk.passes(37)
        thin = (Level(Decimal(100), Decimal(2)), Level(Decimal("100.1"), Decimal(1_000)))
        books.waiting.append(replace(a_reading(desk, 1), asks=thin))
        desk.passes(0.05)
        if lost_after is not None:
            nothing = replace(a_reading(desk, 2), is_known=False, why="a gap", bids=(), asks=())
            books.waiting.append(nothing)
            desk.passes(lost_after)
        for price in ("103", "104"):
            desk.passes((FIVE - (desk.now - START) % FIVE).total_seconds())
            desk.closes_at(price)
        desk.run.close()
    found = WhatIf(recorded_inputs(desk.log, lambda: read_sqlite(path)), desk.log, Change())
    list(found.steps())
    return found


def test_readings_of_an_instrument_that_is_not_listed_are_left_out_and_the_logs_are_the_same(
    tmp_path: Path,
) -> None:
    path = tmp_path / "tape.db"
    path.touch(mode=0o600)
    with closing(SqliteTape(path, lambda: START)) as tape:
        desk = DemoDesk(tape=tape).started()
        for price in ("103", "104"):
            desk.passes(FIVE.total_seconds())
            desk.closes_at(price)
        elsewhere = replace(a_reading(desk, 1), instrument="BTCUSDT-LINEAR.BINANCE")
        routed = MarketMoved(desk.now, (elsewhere,))
        desk.run.close()

    def whole() -> list[TapedInput]:
        return list(read_sqlite(path))

    def with_reading() -> list[TapedInput]:
        taped = whole()
        return [*taped, taped[-1]._replace(given=routed)]

    found = [
        WhatIf(recorded_inputs(desk.log, inputs), desk.log, Change()) for inputs in (whole, with_reading)
    ]
    steps = [sum(1 for _ in one.steps()) for one in found]
    assert steps[1] == steps[0] + 2, "one input more for either log"
    assert written(found[1]) == written(found[0])
