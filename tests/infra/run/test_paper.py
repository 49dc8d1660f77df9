"""A run of a tape: its plan, its refusals before a log is opened, and its observers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter

import pytest

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from adapters.tapes import Tape, synthetic_tape
from domain.candle import Candle
from domain.errors import InvalidInput, InvalidSettings, TapeMismatch
from domain.log import Envelope
from domain.settings import Settings, StrategySettings
from infra.run.paper import PaperRun
from infra.run.plan import Plan, plan_of
from tests.journeys.runs import play, short_plan
from tests.replacing import replace

D = Decimal


def plan(*tapes: Tape, settings: Settings | None = None, leverage: int = 1, account: str = "paper") -> Plan:
    return plan_of(tapes, account, D(10_000), D(leverage), settings or Settings())


def tape(symbol: str = "BTCUSDT", candles: int = 50) -> Tape:
    return synthetic_tape(1, [symbol], candles=candles)[0]


def test_tapes_in_another_order_give_the_same_plan() -> None:
    one, two = plan(tape("BTCUSDT"), tape("ETHUSDT")), plan(tape("ETHUSDT"), tape("BTCUSDT"))
    assert one.opening == two.opening
    assert [rules.id for rules in one.instruments] == [rules.id for rules in two.instruments]


def test_the_log_id_depends_on_the_tapes_and_settings_but_not_on_the_length_of_a_tape() -> None:
    first = plan(tape()).opening.log_id
    others = [
        plan(tape("ETHUSDT")),
        plan(tape(), tape("ETHUSDT")),
        plan(tape(), leverage=2),
        plan(tape(), account="other"),
        plan(tape(), settings=replace(Settings(), order_freshness_seconds=59)),
        plan_of([tape()], "paper", D(10_001), D(1), Settings()),
        plan(*synthetic_tape(2, ["BTCUSDT"], candles=50)),
        plan(*synthetic_tape(1, ["BTCUSDT"], timedelta(minutes=1), candles=50)),
    ]
    assert len({first, *(other.opening.log_id for other in others)}) == 1 + len(others)
    assert plan(tape(candles=80)).opening.log_id == first


def test_a_plan_without_a_minimum_win_rate_has_the_log_id_of_the_previous_version() -> None:
    """The expected id is the one that the previous version of the program gave to this plan."""
    without = replace(Settings(), risk=replace(Settings().risk, minimum_win_rate=D(0)))
    assert str(plan(tape(), settings=without).opening.log_id) == "dec5223f-6c67-5de7-8567-4b26f7925160"
    paused = replace(without, paused=("trend",))
    assert len({plan(tape(), settings=one).opening.log_id for one in (Settings(), without, paused)}) == 3


def test_a_stake_in_another_spelling_gives_the_same_plan() -> None:
    plain, other = (
        plan_of([tape()], "paper", D(balance), D(leverage), Settings())
        for balance, leverage in (("10000", "5"), ("1.00000e4", "5.0"))
    )
    assert plain == other
    assert str(other.stake.balance) == "10000"


def test_a_starting_balance_above_the_maximum_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"a starting balance of 1000+ USDT is above 1E\+18"):
        plan_of([tape()], "paper", D("1e70"), D(1), Settings())


@pytest.mark.parametrize(
    ("tapes", "settings", "leverage", "fault"),
    [
        ((tape(), tape()), Settings(), 1, "more than one tape of BTCUSDT-LINEAR.BYBIT"),
        ((tape(), tape("BTCUSDC")), Settings(), 1, "one account has one currency, but "),
        ((tape(),), Settings(), 101, "leverage 101 is too much for BTCUSDT-LINEAR.BYBIT"),
        ((tape(),), Settings(strategies=(StrategySettings("luck"),)), 1, "no strategy is called 'luck'"),
        ((tape(),), Settings(strategies=(StrategySettings("trend", {"fast": "x"}),)), 1, "fast"),
    ],
)  # fmt: skip
def test_an_invalid_plan_is_refused_before_a_log_is_opened(
    tapes: Sequence[Tape], settings: Settings, leverage: int, fault: str
) -> None:
    with pytest.raises((InvalidInput, InvalidSettings), match=fault):
        plan(*tapes, settings=settings, leverage=leverage)


def test_a_first_run_and_a_resumed_one_report_every_event_once() -> None:
    the_plan = short_plan()
    with closing(open_memory(AvroCodec())) as log:
        first = play(the_plan, log)
        again = play(the_plan, log)
        held = [one.envelope for one in log.read()]
    assert first == again == held


def test_a_resumed_run_recalls_its_log_and_then_trades() -> None:
    whole, half = (
        synthetic_tape(4, ["BTCUSDT"], candles=400)[0],
        synthetic_tape(4, ["BTCUSDT"], candles=200)[0],
    )
    with closing(open_memory(AvroCodec())) as log:
        play(plan(half), log)
        before = log.head()
        run = PaperRun(plan(whole), log, _unseen)
        assert run.recalling
        recalling = [run.recalling for _instant in run.instants()]
        assert log.head() > before
    assert recalling == sorted(recalling, reverse=True)
    assert not recalling[-1]


def test_the_instants_of_a_run_are_the_close_times_of_its_tapes() -> None:
    tapes = synthetic_tape(4, ["BTCUSDT", "ETHUSDT"], candles=20)
    with closing(open_memory(AvroCodec())) as log:
        instants = list(PaperRun(plan(*tapes), log, _unseen).instants())
    assert instants == [(candle.close_time, 2) for candle in tapes[0].candles]


def test_a_log_of_another_plan_is_refused_and_unchanged() -> None:
    with closing(open_memory(AvroCodec())) as log:
        play(plan(tape()), log)
        before = log.head()
        with pytest.raises(TapeMismatch, match="the tape differs"):
            PaperRun(plan(tape("ETHUSDT")), log, _unseen)
        with pytest.raises(TapeMismatch, match="another run: leverage is 1 in the log and 2 here;"):
            PaperRun(plan(tape(), leverage=2), log, _unseen)
        assert log.head() == before


class Watching:
    """An observer that stores the candles and counts the recorded events."""

    def __init__(self) -> None:
        self.candles: list[tuple[str, Decimal, datetime]] = []
        self.recorded_events = 0

    def saw(self, instrument: str, close: Decimal, at: datetime) -> None:
        self.candles.append((instrument, close, at))

    def recorded(self, envelopes: Sequence[Envelope], worked: float, appended: float) -> None:
        assert worked > 0
        assert appended > 0
        self.recorded_events += len(envelopes)


def test_an_observer_sees_every_candle_and_recorded_event_but_no_recalled_event() -> None:
    tapes = synthetic_tape(4, ["BTCUSDT", "ETHUSDT"], candles=100)
    first, second = Watching(), Watching()
    with closing(open_memory(AvroCodec())) as log:
        for watching in (first, second):
            for _instant in PaperRun(plan(*tapes), log, _unseen, observer=watching).instants():
                pass
        assert (first.recorded_events, second.recorded_events) == (log.head(), 0)
    expected = sorted((one.instrument, one.close, one.close_time) for tape in tapes for one in tape.candles)
    assert sorted(first.candles) == sorted(second.candles) == expected


class Charting:
    """An observer that stores whole candles."""

    def __init__(self) -> None:
        self.candles: list[Candle] = []

    def closed(self, candles: Sequence[Candle]) -> None:
        self.candles.extend(candles)


@pytest.mark.parametrize(
    "skips", [False, True], ids=["each candle is decided on", "idle candles are passed over"]
)
def test_a_candle_observer_sees_every_candle_once_and_whole(skips: bool) -> None:
    tapes, charting = synthetic_tape(4, ["BTCUSDT", "ETHUSDT"], candles=100), Charting()
    with closing(open_memory(AvroCodec())) as log:
        run = PaperRun(plan(*tapes), log, _unseen, skips=skips)
        run.driver.show_candles_to(charting)
        for _instant in run.instants():
            pass
    order = attrgetter("instrument", "open_time")
    assert sorted(charting.candles, key=order) == sorted(
        (c for tape in tapes for c in tape.candles), key=order
    )


def _unseen(_envelope: Envelope) -> None:
    pass
