"""Grids in runs on a tape: what they hold, what they lose at most, and that a resumed run goes on as before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.tapes import synthetic_tape
from commands.world import World
from domain.direction import Direction, Purpose
from domain.grid import GridEnd, on_ticks, worst_loss
from domain.instrument import Instrument, InstrumentListed
from domain.log import Envelope
from domain.order import OrderPlaced
from domain.position import PositionClosed
from domain.settings import Settings, SimulationSettings, StrategySettings
from domain.signal import DecisionMade, GridEnded, SignalDetected, Verdict
from domain.sizing.settings import SizingSettings
from domain.streams import own_id
from infra.run.plan import Plan
from infra.run.redeciding import Redecision
from tests.adversary.accountant import faults, market_of
from tests.commands.list_log import ListLog
from tests.infra.run.test_skipping import backtested, played
from tests.journeys.runs import EAGER, play
from tests.journeys.runs import plan as planned
from tests.replacing import replace

NEAR = {"spacing": "0.002", "efficiency": "6", "efficiency_maximum": "1", "lifetime_hours": "6"}


def with_grid(simulation: SimulationSettings | None = None, **parameters: str) -> Settings:
    grid = StrategySettings(
        "grid", parameters={**NEAR, **parameters}, minimum_trend=-1.0, minimum_reward_to_risk=Decimal(0)
    )
    given = replace(EAGER, strategies=(grid,), sizing=SizingSettings(risk=Decimal("0.005")))
    return given if simulation is None else replace(given, simulation=simulation)


def a_plan(seed: int, settings: Settings, candles: int = 500) -> Plan:
    return planned(synthetic_tape(seed, ["BTCUSDT"], candles=candles), settings)


def run(seed: int, settings: Settings, candles: int = 500) -> list[Envelope]:
    return play(a_plan(seed, settings, candles), ListLog())


def random_settings(geometric: int, short: int, levels: int, stop: str, share: Decimal) -> Settings:
    return with_grid(
        SimulationSettings(volume_share=share),
        geometric=str(geometric),
        short=str(short),
        levels=str(levels),
        stop_spacings=stop,
    )


SETTINGS = st.builds(
    random_settings,
    st.integers(0, 1),
    st.integers(0, 1),
    st.integers(1, 10),
    st.sampled_from(["0.5", "1", "4"]),
    st.sampled_from([Decimal("0.0001"), Decimal("0.1")]),
)
RARE = with_grid(efficiency_maximum="0.1")
"""Settings with which some candles lead to nothing."""


class Plans:
    """The grids of a log by chain, with what each of them did."""

    def __init__(self, events: Sequence[Envelope]) -> None:
        self.events = events
        self.signals = {
            one.meta.correlation_id: one.event for one in events if isinstance(one.event, SignalDetected)
        }
        self.decided = {
            one.meta.correlation_id: one.event
            for one in events
            if isinstance(one.event, DecisionMade) and one.event.verdict is Verdict.ENTER
        }
        self.rules: Instrument = next(
            one.event.instrument for one in events if isinstance(one.event, InstrumentListed)
        )

    def worst(self, chain: str) -> Decimal:
        """The loss that the committees voted on."""
        signal, decision = self.signals[chain], self.decided[chain]
        assert signal.grid is not None
        grid = on_ticks(signal.grid, signal.direction, self.rules.tick)
        part = decision.quantity / len(grid.levels)
        return part * worst_loss(grid, decision.stop, self.rules.taker_fee)

    def results(self) -> Mapping[str, Decimal]:
        """The sum of the results of the positions of each grid."""
        net: dict[str, Decimal] = defaultdict(Decimal)
        for one in self.events:
            if isinstance(one.event, PositionClosed):
                net[one.meta.correlation_id] += one.event.net
        return net


@given(seed=st.integers(0, 10_000), settings=SETTINGS)
@settings(max_examples=12)
def test_a_grid_never_holds_more_than_its_plan_and_its_orders_end_with_it(
    seed: int, settings: Settings
) -> None:
    events = run(seed, settings)
    plans, world = Plans(events), World()
    assert plans.decided
    for one in events:
        world.fold(one)
        for held in world.portfolio.positions.values():
            assert held.state.quantity <= plans.decided[world.chains[held.stream]].quantity
            assert held.owner == "grid"
        assert len(world.portfolio.exposures()) <= 1
    running = {grid.chain for grid in world.portfolio.grids.values()}
    still = {order_id.rpartition("-")[0] for order_id in world.portfolio.entries}
    ended = {one.meta.correlation_id for one in events[:-40] if isinstance(one.event, GridEnded)}
    assert not still & (ended - running)


@given(seed=st.integers(0, 10_000), settings=SETTINGS)
@settings(max_examples=12)
def test_a_grid_loses_at_most_what_was_voted_on_and_the_slippage_of_its_stops(
    seed: int, settings: Settings
) -> None:
    plans = Plans(run(seed, settings))
    for chain, net in plans.results().items():
        notional = plans.decided[chain].quantity * plans.signals[chain].price
        assert -net <= plans.worst(chain) + notional * Decimal("0.01")


@given(seed=st.integers(0, 10_000), settings=SETTINGS)
@settings(max_examples=6)
def test_an_independent_accountant_finds_no_fault_in_the_money_of_a_grid(
    seed: int, settings: Settings
) -> None:
    plan = a_plan(seed, settings)
    market = market_of(candle for tape in plan.tapes for candle in tape.candles)
    assert faults(play(plan, ListLog()), market, settings.simulation.volume_share) == []


def test_runs_end_grids_for_every_reason_of_the_market_and_enter_levels_again() -> None:
    events = run(7, with_grid(), 3_000)
    ended = {one.event.reason for one in events if isinstance(one.event, GridEnded)}
    assert {GridEnd.STOP, GridEnd.BOUND, GridEnd.LIFETIME} <= ended
    again = [
        own_id(one.meta.stream)
        for one in events
        if isinstance(one.event, OrderPlaced) and one.event.purpose is Purpose.ENTRY
    ]
    assert any(int(order_id.rpartition("-e")[2]) > 5 for order_id in again)


@pytest.mark.parametrize(("short", "direction"), [("0", Direction.LONG), ("1", Direction.SHORT)])
def test_the_next_grid_is_proposed_only_when_nothing_of_the_last_is_left(
    short: str, direction: Direction
) -> None:
    world = World()
    signals = 0
    for one in run(3, with_grid(short=short), 1_500):
        if isinstance(one.event, SignalDetected):
            signals += 1
            assert one.event.direction is direction
            assert not world.portfolio.positions
            assert not world.portfolio.entries
            assert not world.portfolio.grids
        world.fold(one)
    assert signals > 1


def test_every_decision_on_a_grid_is_made_again_from_the_log() -> None:
    log = ListLog()
    play(a_plan(5, with_grid(), 1_000), log)
    redecision = Redecision()
    list(redecision.steps(log.read()))
    assert redecision.is_equal
    assert redecision.made["DecisionMade"] > 0


def test_a_run_stopped_after_any_unit_of_a_grid_resumes_to_the_same_log() -> None:
    whole, plan = ListLog(), a_plan(5, with_grid(), 700)
    play(plan, whole)
    assert sum(isinstance(one.event, GridEnded) for one in whole.envelopes) > 1
    for end in whole.units[:: len(whole.units) // 25]:
        part = ListLog(whole.envelopes[:end])
        play(plan, part)
        assert part.envelopes == whole.envelopes


def test_a_backtest_makes_the_same_grids_with_and_without_skipping_candles() -> None:
    found = backtested(a_plan(5, RARE, 1_000), skips=False)
    assert backtested(a_plan(5, RARE, 1_000), skips=True) == found
    assert any(isinstance(one.event, GridEnded) for one in found)


def test_a_paper_run_makes_the_same_grids_to_the_byte_with_and_without_skipping_candles() -> None:
    frames, given = played(a_plan(5, RARE, 1_000), skips=True)
    assert played(a_plan(5, RARE, 1_000), skips=False) == (frames, 1_000)
    assert given < 1_000
