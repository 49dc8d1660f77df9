"""The figures of a run in the read models, compared with counts of the events in its log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, create_engine, insert, update

from adapters.metrics.catalogue import HISTORY
from adapters.metrics.figures import History, Measure, PauseCause, Paused
from adapters.metrics.history import HistoryCollector
from adapters.metrics.read_models import ReadModelFigures
from adapters.metrics.registry import new_registry
from adapters.tapes import synthetic_tape
from commands.inputs import MarketMoved, RequestMade
from commands.request import Requested, SubmitSettings
from commands.world import World
from domain.errors import StoreUnavailable
from domain.leverage.change import LeverageChanged
from domain.leverage.settings import LeverageSettings
from domain.limits.settings import LimitSettings
from domain.managed import ManagedBy, PositionManaged
from domain.management.settings import ManagementSettings
from domain.market import BookReading
from domain.order import OrderFilled, OrderPlaced
from domain.position import PositionClosed, PositionOpened
from domain.settings import RiskSettings, TierSettings
from domain.signal import DecisionMade, SignalDetected, Verdict
from infra.run.paper import PaperRun
from infra.run.plan import plan_of
from projections.bookkeeping import CURSORS, METADATA, PARKED, BuildKind, BuildStatus, ParkedState
from projections.builds import begin, live
from projections.catalogue import PROJECTIONS
from projections.source import ReadModels
from projections.store import prepare, writing
from tests.commands.list_log import ListLog
from tests.commands.test_manipulating import FIRST
from tests.projections.folded import EAGER
from tests.projections.stores import WrittenLog, built
from tests.replacing import replace

SETTINGS = replace(
    EAGER,
    tiers=TierSettings(normal_confidence=0.5),
    risk=RiskSettings(),
    limits=LimitSettings(strategy_losses=3, strategy_pause_seconds=31_536_000),
    leverage=LeverageSettings(confirmations=1, steps=("0:6", "0.5:5")),
    management=ManagementSettings(break_even_at=Decimal("0.001"), time_limit_seconds=1_200),
)
"""Some signals are traded and some skipped, positions are managed and a leverage changed; a pause is in force at the
end. A suspicion of manipulation and two held changes of settings follow."""


@pytest.fixture(scope="module")
def log() -> WrittenLog:
    tapes, played = synthetic_tape(7, candles=2_000), ListLog()
    plan = plan_of(tapes, "paper", Decimal(10_000), Decimal(5), SETTINGS)
    run = PaperRun(plan, played, lambda _: None)
    for _instant in run.instants():
        pass
    at = played.envelopes[-1].meta.recorded_at
    seen = BookReading(instrument=FIRST.instrument, at=at, update_id=7, is_known=True, suspicions=(FIRST,))
    run.driver.handle(MarketMoved(at, (seen,)))
    loosened = SubmitSettings({"risk.max_positions": "9", "risk.freshness_seconds": "60"}, "more room")
    valid_until = at + timedelta(minutes=1)
    requested = Requested(id="k", account="paper", actor="eve", valid_until=valid_until, request=loosened)
    run.driver.handle(RequestMade(at, at, requested))
    return WrittenLog(played.envelopes)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, log: WrittenLog) -> Iterator[ReadModels]:
    """Read models that tests only read."""
    engine = prepare(create_engine(f"sqlite:///{tmp_path_factory.mktemp('figures') / 'read.db'}"))
    with writing(engine) as connection:
        METADATA.create_all(connection)
    yield built(engine, log)
    engine.dispose()


def figures(models: ReadModels, log: WrittenLog) -> History:
    return ReadModelFigures(models, log.head)()


def only(store: Engine, log: WrittenLog, *names: str) -> ReadModels:
    """Read models of which only those in `names` are built."""
    built(store, log, {name: PROJECTIONS[name] for name in names})
    return ReadModels(store, PROJECTIONS)


def counted(history: History, measure: Measure) -> int:
    return sum(one.count for one in history.counts if one.measure is measure)


def test_every_measure_equals_the_number_of_its_events(models: ReadModels, log: WrittenLog) -> None:
    history, events = figures(models, log), Counter(type(one.event) for one in log.envelopes)
    moves = sum(1 for one in managed(log) if one.action in (ManagedBy.MOVE_STOP, ManagedBy.MOVE_TARGET))
    found = {measure: counted(history, measure) for measure in Measure if measure is not Measure.SKIPPED}
    assert found == {
        Measure.SIGNALS: events[SignalDetected],
        Measure.DECISIONS: events[DecisionMade],
        Measure.ORDERS_PLACED: events[OrderPlaced],
        Measure.FILLS: events[OrderFilled],
        Measure.POSITIONS_OPENED: events[PositionOpened],
        Measure.POSITIONS_CLOSED: events[PositionClosed],
        Measure.MANAGED_MOVES: moves,
        Measure.MANAGED_EXITS: events[PositionManaged] - moves,
    }
    assert min(found.values()) > 0


def managed(log: WrittenLog) -> list[PositionManaged]:
    return [one.event for one in log.envelopes if isinstance(one.event, PositionManaged)]


def test_actions_of_the_manager_are_counted_by_rule(models: ReadModels, log: WrittenLog) -> None:
    measures = (Measure.MANAGED_MOVES, Measure.MANAGED_EXITS)
    found = Counter[str]()
    for one in figures(models, log).counts:
        if one.measure in measures:
            found[one.label] += one.count
    assert found == Counter(one.rule.value for one in managed(log))


def test_pauses_in_force_are_those_of_the_log(models: ReadModels, log: WrittenLog) -> None:
    in_force = {
        Paused("paper", one.owner, PauseCause.LOSSES, one.until)
        for one in World().fold_all(log.envelopes).portfolio.pauses.values()
    }
    assert in_force
    assert set(figures(models, log).pauses) == in_force


def test_a_skipped_signal_is_counted_once_for_each_reason(models: ReadModels, log: WrittenLog) -> None:
    expected = Counter(
        reason
        for one in log.envelopes
        if isinstance(one.event, DecisionMade) and one.event.verdict is Verdict.SKIP
        for reason in one.event.reasons
    )
    history = figures(models, log)
    found = {one.label: one.count for one in history.counts if one.measure is Measure.SKIPPED}
    assert found == expected
    assert found


def test_profits_add_up_to_those_of_the_closed_positions(models: ReadModels, log: WrittenLog) -> None:
    closed = [one.event for one in log.envelopes if isinstance(one.event, PositionClosed)]
    history = figures(models, log)
    assert sum(one.net for one in history.profits) == sum(one.net for one in closed)
    assert {one.currency for one in history.profits} == {"USDT"}
    (trades,) = history.trades
    assert (trades.trades, trades.wins) == (len(closed), sum(one.net > 0 for one in closed))
    assert trades.recent_wins == sum(one.net > 0 for one in closed[-50:])
    assert trades.profit + trades.loss == sum(one.net for one in closed)


def test_the_balance_is_close_to_that_of_the_last_closed_position(
    models: ReadModels, log: WrittenLog
) -> None:
    last = [one.event for one in log.envelopes if isinstance(one.event, PositionClosed)][-1]
    (money,) = figures(models, log).money
    assert money.account == "paper"
    assert abs(money.balance - last.balance) < Decimal(100)
    assert not money.tripped


def test_a_whole_run_gives_a_sample_of_every_metric(models: ReadModels, log: WrittenLog) -> None:
    registry = new_registry()
    HistoryCollector(ReadModelFigures(models, log.head), registry)
    sampled = {sample.name for family in registry.collect() for sample in family.samples}
    assert sampled == {metric.name for metric in HISTORY}


def test_the_leverage_of_an_instrument_is_the_last_one_that_was_changed(
    models: ReadModels, log: WrittenLog
) -> None:
    changed = {
        one.event.instrument: one.event.leverage
        for one in log.envelopes
        if isinstance(one.event, LeverageChanged)
    }
    assert changed
    assert {one.instrument: one.leverage for one in figures(models, log).leverages} == changed


def test_held_changes_of_settings_are_counted_with_the_time_of_the_oldest(
    models: ReadModels, log: WrittenLog
) -> None:
    (held,) = figures(models, log).held
    assert (held.account, held.count, held.since) == ("paper", 2, log.envelopes[-1].meta.occurred_at)


def test_suspicions_are_counted_by_instrument_and_kind(models: ReadModels, log: WrittenLog) -> None:
    (found,) = figures(models, log).manipulations
    assert (found.account, found.instrument, found.kind, found.count) == (
        "paper",
        FIRST.instrument,
        FIRST.kind.value,
        1,
    )


def test_each_database_gives_the_same_figures(models: ReadModels, log: WrittenLog, store: Engine) -> None:
    here, there = figures(models, log), figures(built(store, log), log)
    assert set(there.counts) == set(here.counts)
    assert (there.trades, there.money) == (here.trades, here.money)
    assert set(there.profits) == set(here.profits)


def test_a_builds_lag_and_parked_events_are_reported(store: Engine, log: WrittenLog) -> None:
    models = only(store, log, "orders", "fills")
    with writing(store) as connection:
        orders = live(connection)["orders"]
        behind = update(CURSORS).where(CURSORS.c.build_id == orders.id)
        connection.execute(behind.values(ordinal=log.head() - 12))
        rest = {"event_id": "", "type": "", "error": "", "reason": "", "sequence": "order-paper-1"}
        for ordinal, state in enumerate((ParkedState.PARKED, ParkedState.PARKED, ParkedState.DISCARDED), 1):
            of = {"build_id": orders.id, "partition": 0, "ordinal": ordinal, "state": state.value}
            connection.execute(insert(PARKED).values({**of, **rest}))
    progress = {one.projection: one for one in figures(models, log).progress}
    assert (progress["orders"].lag_events, progress["fills"].lag_events) == (12, 0)
    assert (progress["orders"].parked_events, progress["orders"].parked_sequences) == (2, 1)


def test_a_build_other_than_the_live_build_is_not_reported(store: Engine, log: WrittenLog) -> None:
    models = only(store, log, "orders")
    with writing(store) as connection:
        begin(connection, PROJECTIONS["orders"], BuildKind.TODAY, BuildStatus.BUILDING)
    assert [(one.projection, one.lag_events) for one in figures(models, log).progress] == [("orders", 0)]


def test_only_the_figures_of_a_read_model_that_is_not_built_are_missing(
    store: Engine, log: WrittenLog
) -> None:
    history = figures(only(store, log, "accounts"), log)
    assert (history.counts, history.trades, history.profits) == ([], [], [])
    assert history.money


def test_a_store_that_does_not_answer_is_reported_without_its_password() -> None:
    engine = prepare(create_engine("postgresql+psycopg://whence:hush@127.0.0.1:1/whence"))
    with pytest.raises(StoreUnavailable) as raised:
        ReadModelFigures(ReadModels(engine, PROJECTIONS), lambda: 0)()
    assert "hush" not in str(raised.value)
