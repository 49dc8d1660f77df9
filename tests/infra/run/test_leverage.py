"""The leverage by volatility in runs on a tape: durable before it is sent, changed only while flat, used by margins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from decimal import Decimal
from itertools import pairwise

import pytest

from adapters.tapes import synthetic_tape
from commands.leveraging import is_flat
from commands.world import World
from commands.world_snapshot import captured, pieces, restored
from domain.account import FundsReserved
from domain.adjusting import adjusted
from domain.errors import InvalidInput, Refused
from domain.leverage.change import LeverageChanged, LeverageChangeRequested
from domain.leverage.reader import changes_on
from domain.leverage.settings import LeverageSettings
from domain.log import Envelope
from domain.order import OrderPlaced
from domain.settings import Settings
from domain.signal import DecisionMade
from domain.sizing.size import margin_required
from domain.streams import own_id
from infra.run.backtesting import Backtesting
from infra.run.candle_recording import Stretch, candle_recording
from infra.run.redeciding import Redecision
from projections.chain import missing_causes
from projections.sentences import sentence
from tests.commands.list_log import ListLog
from tests.infra.run.test_reversing import FAST
from tests.infra.run.test_skipping import played
from tests.journeys.runs import EAGER, plan, play
from tests.replacing import replace

TAPES = synthetic_tape(4, ["BTCUSDT", "ETHUSDT"], candles=1_500)
BY_VOLATILITY = LeverageSettings(
    confirmations=2, period=5, steps=("0:20", "0.0008:10", "0.0011:5"), least_seconds=600
)


def settings_of(leverage: LeverageSettings) -> Settings:
    return replace(EAGER, strategies=(FAST,), leverage=leverage)


@pytest.fixture(scope="module")
def recorded() -> Sequence[Envelope]:
    return play(plan(TAPES, settings_of(BY_VOLATILITY)), ListLog())


def requests(envelopes: Sequence[Envelope]) -> Sequence[Envelope]:
    return [one for one in envelopes if isinstance(one.event, LeverageChangeRequested)]


def before_each(envelopes: Sequence[Envelope], kind: type[object]) -> Iterator[tuple[World, Envelope]]:
    """Each event of this class, with the world before it."""
    world = World()
    for envelope in envelopes:
        if isinstance(envelope.event, kind):
            yield world, envelope
        world.fold(envelope)


def test_each_request_is_confirmed_by_the_exchange_in_its_own_chain(recorded: Sequence[Envelope]) -> None:
    made = requests(recorded)
    assert {one.event.leverage for one in made if isinstance(one.event, LeverageChangeRequested)} == {
        5,
        10,
        20,
    }
    confirmed = [one for one in recorded if isinstance(one.event, LeverageChanged)]
    assert [one.meta.correlation_id for one in confirmed] == [one.meta.correlation_id for one in made]
    assert all(one.meta.causation_id.startswith("exchange:") for one in confirmed)
    assert len({one.meta.correlation_id for one in made}) == len(made)


def test_a_request_is_made_only_of_an_instrument_that_is_flat(recorded: Sequence[Envelope]) -> None:
    found = 0
    for world, envelope in before_each(recorded, LeverageChangeRequested):
        event = envelope.event
        assert isinstance(event, LeverageChangeRequested)
        assert is_flat(event.instrument, world.portfolio)
        assert event.before == world.portfolio.leverage_in_force(event.instrument)
        assert event.volatility >= event.from_volatility
        found += 1
    assert found > 4


def test_between_two_requests_of_an_instrument_is_at_least_the_time_of_the_settings(
    recorded: Sequence[Envelope],
) -> None:
    for tape in TAPES:
        times = [
            one.meta.recorded_at
            for one in requests(recorded)
            if isinstance(one.event, LeverageChangeRequested) and one.event.instrument == tape.instrument
        ]
        gaps = [(later - at).total_seconds() for at, later in pairwise(times)]
        assert gaps
        assert min(gaps) >= BY_VOLATILITY.least_seconds


def test_a_change_waits_for_a_position_that_is_open_when_its_step_is_confirmed(
    recorded: Sequence[Envelope],
) -> None:
    requested = {
        (one.event.instrument, one.meta.recorded_at)
        for one in requests(recorded)
        if isinstance(one.event, LeverageChangeRequested)
    }
    confirmed = sorted(
        (one.close_time, one.instrument) for tape in TAPES for one in changes_on(BY_VOLATILITY, tape.candles)
    )
    world, waited, left = World(), 0, list(recorded)
    for close, instrument in confirmed:
        while left and left[0].meta.recorded_at <= close:
            world.fold(left.pop(0))
        if instrument in world.portfolio.positions:
            assert (instrument, close) not in requested
            waited += 1
    assert waited


def test_the_margin_of_an_entry_is_that_of_the_leverage_in_force(recorded: Sequence[Envelope]) -> None:
    reserved = {
        one.event.order_id: one.event.amount for one in recorded if isinstance(one.event, FundsReserved)
    }
    used: set[Decimal] = set()
    for world, envelope in before_each(recorded, OrderPlaced):
        placed, order_id = envelope.event, own_id(envelope.meta.stream)
        assert isinstance(placed, OrderPlaced)
        if order_id in reserved and not placed.reduce_only:
            leverage = world.portfolio.leverage_in_force(placed.instrument)
            price = world.portfolio.proposed[envelope.meta.correlation_id].price
            rules = world.portfolio.instruments[placed.instrument]
            assert reserved[order_id] == margin_required(rules, placed.quantity, price, leverage)
            used.add(leverage)
    assert {5, 20} <= used


def test_sizes_by_risk_are_those_of_the_account_whatever_the_leverage() -> None:
    """With a balance that covers every margin the fills are the same, so only the margins differ."""
    strategies = (replace(FAST, instruments=(TAPES[0].instrument,)),)
    changing = replace(settings_of(BY_VOLATILITY), strategies=strategies)
    fixed = replace(settings_of(LeverageSettings()), strategies=strategies)

    def first_size(settings: Settings) -> Decimal:
        made = play(plan(TAPES, settings), ListLog())
        entered = [one.event for one in made if isinstance(one.event, DecisionMade) and one.event.quantity]
        return entered[0].quantity

    assert first_size(changing) == first_size(fixed)


def test_a_run_that_passes_over_candles_makes_the_same_log_to_the_byte() -> None:
    made = plan(TAPES, settings_of(BY_VOLATILITY))
    assert played(made, skips=True)[0] == played(made, skips=False)[0]


def test_a_backtest_has_the_leverage_of_its_warming_with_and_without_skipping() -> None:
    made = plan(TAPES, settings_of(BY_VOLATILITY))
    begin = TAPES[0].candles[900].open_time
    stretch = Stretch(begin=begin)
    part = replace(made, tapes=[stretch.of(one) for one in made.tapes])
    found: list[list[Envelope]] = []
    for skips in (False, True):
        with closing(Backtesting(candle_recording(part, stretch.before(made.tapes)), skips=skips)) as run:
            list(run.steps())
            found.append([one.envelope for one in run.events()])
    assert found[0] == found[1]
    first = requests(found[0])[0]
    assert first.meta.occurred_at == begin + TAPES[0].interval


def test_every_decision_is_made_again_from_the_log(recorded: Sequence[Envelope]) -> None:
    redecision, log = Redecision(), ListLog()
    log.append(recorded)
    list(redecision.steps(log.read()))
    assert redecision.is_equal
    assert redecision.made["DecisionMade"] > 0
    assert list(missing_causes(log.read())) == []


@pytest.mark.parametrize("further", [0, 1], ids=["before the request", "between request and outcome"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_run_whose_process_was_killed_goes_on_to_the_same_events(
    recorded: Sequence[Envelope], part: float, further: int
) -> None:
    at = [number for number, one in enumerate(recorded) if isinstance(one.event, LeverageChangeRequested)]
    log = ListLog()
    log.append(recorded[: at[round((len(at) - 1) * part)] + further])
    assert play(plan(TAPES, settings_of(BY_VOLATILITY)), log) == recorded


def test_a_snapshot_has_the_leverages(recorded: Sequence[Envelope]) -> None:
    folded = World().fold_all(recorded)
    found = restored([b"".join(pieces(captured(folded)))])
    assert found.portfolio.leverages == folded.portfolio.leverages
    assert set(found.portfolio.leverages) == {tape.instrument for tape in TAPES}


def test_the_leverage_is_not_changed_by_a_request_to_change_settings() -> None:
    with pytest.raises(Refused, match=r"configure it in whence.toml and start again"):
        adjusted(settings_of(BY_VOLATILITY), {"leverage.period": "20"})


def test_an_interval_that_cannot_be_built_from_the_tape_is_refused_before_the_run() -> None:
    with pytest.raises(InvalidInput, match=r"leverage\.interval: candles of 1m cannot be built"):
        plan(TAPES, settings_of(replace(BY_VOLATILITY, interval="1m")))


def test_the_sentence_of_a_request_names_both_leverages_and_the_volatility() -> None:
    change = LeverageChangeRequested(
        instrument="BTCUSDT-LINEAR.BYBIT",
        leverage=Decimal(10),
        before=Decimal(25),
        step_leverage=Decimal(20),
        from_volatility=Decimal("0.005"),
        volatility=0.00712,
        candles=2,
        interval_seconds=900,
        candle_closed_at=TAPES[0].candles[0].close_time,
    )
    assert sentence(change) == (
        "BTCUSDT-LINEAR.BYBIT: leverage 25 -> 10 requested, of 20 by the settings: ATR 0.712% of the price, from "
        "0.500% on, shown by 2 candles in a row"
    )
    assert sentence(replace(change, from_volatility=Decimal(0))).endswith(
        "ATR 0.712% of the price, the lowest step, shown by 2 candles in a row"
    )
