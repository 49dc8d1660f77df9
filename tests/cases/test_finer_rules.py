"""A log keeps the rules it was opened with; finer prices of a longer tape change them by an event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.avro import AvroCodec
from adapters.log.library import open_memory
from adapters.tapes import Tape
from adapters.tapes.steps import first_unfit
from domain.candle import Candle
from domain.catalogue import BUILT_IN, FROM_THE_TAPE, Listing, rules_for
from domain.errors import TapeMismatch
from domain.instrument import Instrument, InstrumentListed, InstrumentRulesChanged, RulesOrigin
from domain.log import Envelope, EventLog
from domain.order import OrderFilled, OrderPlaced
from domain.settings import Settings, StrategySettings
from infra.run.paper import PaperRun
from infra.run.plan import Plan, plan_of
from tests.journeys.runs import EAGER, play
from tests.replacing import replace

D = Decimal
STEP = timedelta(minutes=5)
BEGUN = datetime(2025, 4, 3, tzinfo=UTC)
ABC = "ABCUSDT-LINEAR.BYBIT"


def candles(prices: Iterable[Decimal], instrument: str = ABC, volume: str = "900000.5") -> tuple[Candle, ...]:
    """Candles that open at the close of the one before."""
    made: list[Candle] = []
    for number, price in enumerate(prices):
        opened = made[-1].close if made else price
        made.append(
            Candle(
                instrument=instrument,
                interval=STEP,
                open_time=BEGUN + number * STEP,
                open=opened,
                high=max(opened, price),
                low=min(opened, price),
                close=price,
                volume=D(volume),
            )
        )
    return tuple(made)


def waves(count: int, step: Decimal, base: int = 10) -> list[Decimal]:
    """Prices that rise and fall in turn, as multiples of `step`."""
    up = [D(abs(20 - at % 40)) for at in range(count)]
    return [base + one * D("0.05") + (step * (at % 7)) for at, one in enumerate(up)]


_SAY = "; ".join(f"{at} * LONG ENTER -30% 30%; {at + 5} * SHORT EXIT 30% -30%" for at in range(3, 440, 13))
SCRIPTED = replace(EAGER, strategies=(StrategySettings("scripted", {"say": _SAY}),))
"""Enters at every 13th candle and leaves five candles later."""

COARSE = waves(200, D("0.01"))
FINE = [*COARSE, *waves(150, D("0.001"))]
FINEST = [*FINE, *waves(100, D("0.0001"))]


def plan(prices: Sequence[Decimal], instrument: str = ABC, settings: Settings = SCRIPTED) -> Plan:
    return plan_of([Tape(instrument, STEP, candles(prices, instrument))], "paper", D(10_000), D(1), settings)


def log_of(*plans: Plan, skips: bool = False) -> Sequence[Envelope]:
    """The log after these plans were played on it, one after the other."""
    with closing(open_memory(AvroCodec())) as log:
        for one in plans:
            play(one, log, skips=skips)
        return [one.envelope for one in log.read()]


def changes(log: Iterable[Envelope]) -> list[Envelope]:
    return [one for one in log if isinstance(one.event, InstrumentRulesChanged)]


def ticks(log: Iterable[Envelope]) -> list[Decimal]:
    """The ticks in force, in order."""
    events = (one.event for one in log)
    return [
        one.instrument.tick for one in events if isinstance(one, InstrumentListed | InstrumentRulesChanged)
    ]


def test_a_whole_tape_is_traded_by_its_finest_steps_without_a_change() -> None:
    log = log_of(plan(FINE))
    assert ticks(log) == [D("0.001")]
    assert sum(isinstance(one.event, OrderFilled) for one in log) > 4


def test_a_longer_tape_with_finer_prices_changes_the_rules_before_its_first_finer_candle_trades() -> None:
    log = log_of(plan(COARSE), plan(FINE))
    (change,) = changes(log)
    unfit = first_unfit(candles(FINE), D("0.01"))
    assert unfit is not None
    assert unfit >= len(COARSE)
    assert ticks(log) == [D("0.01"), D("0.001")]
    assert change.meta.recorded_at == BEGUN + (unfit + 1) * STEP
    assert change.event == InstrumentRulesChanged(plan(FINE).instruments[0], FROM_THE_TAPE)
    at = log.index(change)
    later = {one.event.price % D("0.01") != 0 for one in log[at:] if isinstance(one.event, OrderFilled)}
    assert later == {True, False}, "fills have prices of the finer step"
    before = [one.event.price for one in log[:at] if isinstance(one.event, OrderFilled)]
    assert all(price % D("0.01") == 0 for price in before)


ROUND = [D(10), D(10)]
"""A first candle of 10, 10, 10, 10, and one like it."""
CENTS = [*ROUND, *waves(200, D("0.01"))]


def test_a_first_candle_of_round_prices_fixes_no_tick() -> None:
    assert ticks(log_of(plan(CENTS))) == [D("0.01")]


@pytest.mark.parametrize("first", [1, 2])
def test_a_run_on_round_prices_alone_is_resumed_with_the_tick_of_the_longer_tape(first: int) -> None:
    log = log_of(plan(ROUND[:first]), plan(CENTS))
    (change,) = changes(log)
    assert ticks(log) == [D("0.1"), D("0.01")]
    unfit = first_unfit(candles(CENTS), D("0.1"))
    assert unfit is not None
    assert change.meta.recorded_at == BEGUN + (unfit + 1) * STEP
    fills = [one.event.price for one in log if isinstance(one.event, OrderFilled)]
    assert any(price % D("0.1") for price in fills), "fills have prices of the finer step"


def test_finer_prices_twice_change_the_rules_twice_and_every_resumed_run_equals_the_log() -> None:
    log = log_of(plan(COARSE), plan(FINE), plan(FINEST))
    assert ticks(log) == [D("0.01"), D("0.001"), D("0.0001")]
    assert log_of(plan(COARSE), plan(FINE), plan(FINEST), plan(FINEST)) == log


def test_runs_that_pass_over_candles_change_the_rules_at_the_same_candles() -> None:
    silent = replace(EAGER, strategies=(StrategySettings("scripted", {"say": _SAY.split(";")[0]}),))
    plans = [plan(prices, settings=silent) for prices in (COARSE, FINE, FINEST)]
    log = log_of(*plans, skips=True)
    assert len(changes(log)) == 2
    assert log == log_of(*plans)


def test_a_run_stopped_at_any_event_around_the_change_ends_with_the_same_log() -> None:
    whole = log_of(plan(COARSE), plan(FINE))
    at = whole.index(changes(whole)[0])
    instants = [end for end in range(at - 12, at + 12) if _ends_an_instant(whole, end) or end == at + 1]
    assert len(instants) > 2
    for end in instants:
        with closing(open_memory(AvroCodec())) as log:
            for one in whole[:end]:
                log.append([one])
            play(plan(FINE), log)
            assert [one.envelope for one in log.read()] == whole


def _ends_an_instant(log: Sequence[Envelope], end: int) -> bool:
    return log[end - 1].meta.recorded_at != log[end].meta.recorded_at


def test_a_longer_tape_whose_prices_fit_keeps_the_rules_although_it_would_be_guessed_otherwise() -> None:
    longer = [*COARSE, *waves(150, D("0.01"), base=1)]
    assert plan(longer).instruments != plan(COARSE).instruments
    log = log_of(plan(COARSE), plan(longer))
    assert ticks(log) == [D("0.01")]


def test_a_real_tick_changes_where_prices_are_finer_and_its_source_says_so() -> None:
    base = [price * 1_000 for price in COARSE]
    longer = [*base, D("10000.05"), D("10000.1")]
    log = log_of(plan(base, "BTCUSDT-LINEAR.BYBIT"), plan(longer, "BTCUSDT-LINEAR.BYBIT"))
    (change,) = changes(log)
    assert ticks(log) == [D("0.1"), D("0.01")]
    assert isinstance(change.event, InstrumentRulesChanged)
    source = f"{BUILT_IN.source}; the tick is the tape's"
    assert change.event.origin == RulesOrigin(source, BUILT_IN.as_of, guessed=False)


def earlier(prices: Sequence[Decimal]) -> Plan:
    """The plan of an earlier version: rules from the first candle only, without a record of their origin."""
    made = plan(prices)
    old = replace(rules_for(ABC, D("0.1")), base="ABCUSDT", quote="USDT")
    return replace(made, listings=[Listing(old, None)], opening=plan(COARSE).opening)


def play_unresumed(made: Plan, log: EventLog) -> None:
    for _instant in PaperRun(made, log, lambda _envelope: None).instants():
        pass


@pytest.mark.parametrize("cut", [1, 40, 120, 199])
def test_a_log_of_an_earlier_version_keeps_its_rules_for_ever(cut: int) -> None:
    """The rules do not fit the prices, and differ in base, lot and bounds from those that are guessed now."""
    with closing(open_memory(AvroCodec())) as one, closing(open_memory(AvroCodec())) as other:
        play_unresumed(earlier(COARSE), one)
        play_unresumed(earlier(COARSE[:cut]), other)
        play_unresumed(plan(COARSE), other)
        whole, resumed = ([row.envelope for row in log.read()] for log in (one, other))
    assert resumed == whole
    assert ticks(resumed) == [D("0.1")]
    assert any(isinstance(envelope.event, OrderPlaced) for envelope in whole)


def test_another_quote_currency_than_the_logs_is_refused() -> None:
    tape = Tape("ARBUSD-LINEAR.BYBIT", STEP, candles(COARSE, "ARBUSD-LINEAR.BYBIT"))
    one, other = (
        plan_of([tape], "paper", D(10_000), D(1), Settings(), quote=quote) for quote in ("USD", "BUSD")
    )
    with closing(open_memory(AvroCodec())) as log:
        play(one, log)
        with pytest.raises(TapeMismatch, match=r"base is ARB in the log and AR here; .*quote is USD in the"):
            PaperRun(other, log, lambda _envelope: None)


def test_without_a_stated_balance_the_stake_is_the_default_of_the_currency() -> None:
    name = "ETHBTC-LINEAR.BYBIT"
    tape = Tape(name, STEP, candles([price / 200 for price in COARSE], name))
    stake = plan_of([tape], "paper", None, D(1), Settings()).stake
    assert (stake.currency, stake.balance) == ("BTC", D("0.1"))


def test_an_earlier_log_with_the_earlier_default_balance_is_resumed_without_stating_it() -> None:
    name = "ETHBTC-LINEAR.BYBIT"
    tape = Tape(name, STEP, candles([price / 200 for price in COARSE], name))
    stated = plan_of([tape], "paper", D(10_000), D(1), Settings())
    with closing(open_memory(AvroCodec())) as log:
        play(stated, log)
        run = PaperRun(plan_of([tape], "paper", None, D(1), Settings()), log, lambda _envelope: None)
    assert run.plan.stake == stated.stake


def test_imported_rules_are_listed_with_their_origin_and_change_the_id_of_a_new_log() -> None:
    origin = RulesOrigin("Binance exchangeInfo (spot)", BEGUN, guessed=False)
    rules: Instrument = replace(
        rules_for("ABCUSDT-SPOT.BINANCE", D("0.01")), lot=D("0.1"), min_quantity=D("0.1")
    )
    tape = Tape(ABC, STEP, candles(COARSE))
    made = plan_of([tape], "paper", D(10_000), D(1), Settings(), imported={rules.id: Listing(rules, origin)})
    assert made.listings == [Listing(replace(rules, id=ABC), origin)]
    later = Listing(rules, replace(origin, as_of=BEGUN + STEP))
    assert (
        plan_of([tape], "paper", D(10_000), D(1), Settings(), imported={rules.id: later}).opening
        != made.opening
    )
