"""Weights that change during a run: decisions name the row in force, are made again, and a stop changes nothing."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest

from adapters.tapes import synthetic_tape
from commands.door import Completed
from commands.request import ChangeSettings, Request
from commands.starting import with_strategies
from domain.adjusting import adjusted, differences
from domain.errors import InvalidSettings
from domain.log import Envelope
from domain.position import PositionClosed, PositionOpened
from domain.regimes.settings import RegimeSettings
from domain.settings import Settings, SettingsChanged
from domain.signal import DecisionMade, SignalDetected, Verdict
from domain.weights.fitting import FitSettings, fitted
from domain.weights.result import TradeResult
from domain.weights.scale import WeightScale
from domain.weights.settings import Weight, WeightSettings, weights_text
from infra.cli.weights_report import WeightsReport
from infra.config import WhenceSettings
from infra.run.backtest import NO_CHANGE, Change
from infra.run.log_id import settings_form
from infra.run.paper import PaperRun
from infra.run.redeciding import Redecision
from infra.search.settings_file import settings_text
from infra.trading import trading_settings
from projections.chain import missing_causes
from projections.explained.decisions import decisions_of, weight_of
from projections.trade_results import closed_trades, trade_results
from tests.commands.list_log import ListLog
from tests.infra.run.asking import Script, play_asking
from tests.infra.run.test_reversing import FAST
from tests.infra.run.test_skipping import played
from tests.journeys.runs import EAGER, plan, play
from tests.replacing import replace

D = Decimal
TAPES = synthetic_tape(4, ["BTCUSDT", "ETHUSDT"], candles=900)
BTC, ETH = (tape.instrument for tape in TAPES)
SETTINGS = replace(
    EAGER,
    strategies=(FAST,),
    regimes=RegimeSettings(confirmations=2, interval="15m", volatile_window=40, minimum_adx=20.0),
)
PLAN = plan(TAPES, SETTINGS)
HALF = (Weight(strategy=FAST.id, weight=D("0.5")),)
BY_PLACE = (
    Weight(strategy=FAST.id, instrument=ETH, weight=D(0)),
    Weight(strategy=FAST.id, regime="RANGE", weight=D("1.5")),
    Weight(strategy=FAST.id, regime="TREND", weight=D("1.2")),
)


def change(table: Sequence[Weight], scales: WeightScale = WeightScale.SIZE) -> Callable[[PaperRun], Request]:
    changes = {"weights.scales": scales.value, "weights.table": weights_text(table)}
    return lambda _run: ChangeSettings(changes, f"{len(table)} rows")


SCRIPT: Script = {
    150: [("half", change(HALF))],
    350: [("places", change(BY_PLACE))],
    600: [("confidence", change(HALF, WeightScale.CONFIDENCE))],
    800: [("none", change(()))],
}


@pytest.fixture(scope="module")
def changed() -> ListLog:
    log = ListLog()
    answers = play_asking(PLAN, log, SCRIPT)
    assert all(isinstance(answer, Completed) for answer in answers.values())
    return log


def test_each_change_of_the_weights_is_an_event_with_its_reason(changed: ListLog) -> None:
    events = [one.event for one in changed.envelopes if isinstance(one.event, SettingsChanged)]
    found = [(one.reason, one.settings.weights.table) for one in events[1:]]
    assert found == [("1 rows", HALF), ("3 rows", BY_PLACE), ("1 rows", HALF), ("0 rows", ())]
    assert [one.version for one in events] == [1, 2, 3, 4, 5]


def test_each_decision_has_the_weight_that_was_in_force_for_its_instrument_and_regime(
    changed: ListLog,
) -> None:
    weights, signals = WeightSettings(), dict[str, SignalDetected]()
    seen = set[tuple[str, str]]()
    for envelope in changed.envelopes:
        match envelope.event:
            case SettingsChanged(settings=settings):
                weights = settings.weights
            case SignalDetected() as signal:
                signals[envelope.meta.correlation_id] = signal
            case DecisionMade() as made if made.verdict is not Verdict.CLOSE:
                votes = {one.member: one for one in made.votes}
                signal = signals[envelope.meta.correlation_id]
                if "confidence" not in votes:
                    continue
                regime = votes["confidence"].figures.get("regime")
                fitting = {
                    one.row: one.weight
                    for one in weights.table
                    if one.instrument in (signal.instrument, "*") and one.regime in (regime, "*")
                }
                vote = votes.get("weight")
                assert (vote is None) == (not fitting)
                if vote is not None:
                    assert D(vote.figures["weight"]) == fitting[vote.figures["row"]]
                    assert vote.approves == (D(vote.figures["weight"]) > 0)
                    seen.add((vote.figures["row"], vote.figures["scales"]))
                    if not vote.approves:
                        assert made.verdict is Verdict.SKIP
            case _:
                pass
    assert seen >= {(HALF[0].row, "SIZE"), (BY_PLACE[0].row, "SIZE"), (HALF[0].row, "CONFIDENCE")}
    assert seen & {(one.row, "SIZE") for one in BY_PLACE[1:]}


def test_every_decision_is_made_again_from_the_log(changed: ListLog) -> None:
    redecision = Redecision()
    list(redecision.steps(changed.read()))
    assert redecision.is_equal
    assert redecision.made["DecisionMade"] > 0
    assert list(missing_causes(changed.read())) == []


def test_a_run_that_stopped_within_each_weights_goes_on_to_the_same_events(changed: ListLog) -> None:
    at = [number for number, one in enumerate(changed.envelopes) if isinstance(one.event, SettingsChanged)]
    ends = [max(unit for unit in changed.units if unit <= number + 20) for number in at[1:]]
    for end in ends:
        log = ListLog(changed.envelopes[:end])
        play_asking(PLAN, log, SCRIPT)
        assert log.envelopes == changed.envelopes, f"cut at {end}"


def weighted(*table: Weight, scales: WeightScale = WeightScale.SIZE) -> Settings:
    return replace(SETTINGS, weights=WeightSettings(scales=scales, table=table))


def test_a_run_with_weights_passes_over_candles_to_the_same_log() -> None:
    made = plan(TAPES, weighted(*BY_PLACE))
    assert played(made, skips=True)[0] == played(made, skips=False)[0]


def test_the_id_of_a_log_depends_on_the_weights_and_not_where_there_are_none() -> None:
    assert "weights" not in settings_form(SETTINGS)
    ids = {plan(TAPES, one).opening.log_id for one in (SETTINGS, weighted(*HALF), weighted(*BY_PLACE))}
    assert len(ids) == 3
    assert plan(TAPES, weighted()).opening.log_id == PLAN.opening.log_id


def test_a_table_is_written_into_a_settings_file_and_read_from_it() -> None:
    given: dict[str, object] = {
        "weights": {"scales": "CONFIDENCE", "table": [{"strategy": "trend", "weight": D("0.5")}]}
    }
    settings = trading_settings(given)
    assert settings.weights.table == (Weight(strategy="trend", weight=D("0.5")),)
    changed = adjusted(settings, {"weights.table": weights_text(BY_PLACE)})
    for change, wanted in ((NO_CHANGE, settings), (Change(values=differences(settings, changed)), changed)):
        text = settings_text(WhenceSettings(trading=given), change, wanted, "found")
        assert trading_settings(tomllib.loads(text)["trading"]) == wanted


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"strategy": "trend", "wait": 1}, "trading.weights.table.0.wait: no such setting"),
        ({"strategy": "trend", "weight": 3}, "weights.table.0.weight = 3 of trend/*/* must be in 0 … 2"),
        ({"weight": 1}, "trading.weights.table.0.strategy: missing"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_by_its_place(row: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        trading_settings({"weights": {"table": [row]}})
    assert message in str(refused.value)


def test_the_explanation_of_a_decision_names_its_weight(changed: ListLog) -> None:
    explained = decisions_of(changed.read(), ())
    found = {weight_of(one) for one in explained}
    assert {"", f"0.5 of {HALF[0].row} (SIZE)", f"0.5 of {HALF[0].row} (CONFIDENCE)"} <= found


def test_a_start_keeps_the_weights_that_are_in_force_in_the_log() -> None:
    assert with_strategies(weighted(*HALF), SETTINGS).weights == weighted(*HALF).weights


@pytest.fixture(scope="module")
def plain() -> list[Envelope]:
    return play(PLAN, ListLog())


def results_of(envelopes: Sequence[Envelope]) -> Sequence[TradeResult]:
    log = ListLog()
    log.append(envelopes)
    return trade_results(log.read())


def test_strategies_without_a_trade_are_those_of_the_log_that_closed_none(plain: list[Envelope]) -> None:
    log = ListLog()
    log.append(plain)
    closed = closed_trades(log.read())
    assert closed.trades == results_of(plain)
    assert closed.strategies == sorted(PLAN.settings.instances)
    part = closed_trades(log.read(upto=20))
    assert (part.trades, part.strategies) == ([], closed.strategies)
    report = WeightsReport(
        fitted(part.trades, FitSettings()), FitSettings(), WeightScale.SIZE, None, "", 0, part.strategies
    )
    assert report.untraded == part.strategies


def test_the_result_of_every_closed_trade_has_its_strategy_regime_and_risk(plain: list[Envelope]) -> None:
    results = results_of(plain)
    closed = [one.event for one in plain if isinstance(one.event, PositionClosed)]
    assert [one.net for one in results] == [one.net for one in closed]
    assert {one.strategy for one in results} == {FAST.id}
    assert {one.instrument for one in results} == {BTC, ETH}
    assert {"TREND", "RANGE"} <= {one.regime for one in results}
    opened = {one.meta.occurred_at: one.event for one in plain if isinstance(one.event, PositionOpened)}
    for one in results:
        first = opened[one.opened_at]
        assert first.stop is not None
        assert one.risk >= abs(first.cost - first.quantity * first.stop) > 0
        assert -3 < one.multiple < 20


def test_the_r_multiples_of_a_run_with_half_of_the_size_are_near_those_of_the_whole_size(
    plain: list[Envelope],
) -> None:
    """The lots are small here, so that a multiple differs by rounding and by the drawn slippage only."""
    whole, half = results_of(plain), results_of(play(plan(TAPES, weighted(*HALF)), ListLog()))
    assert len(whole) == len(half)
    shares = [small.risk / great.risk for small, great in zip(half, whole, strict=True)]
    assert all(D("0.35") < one < D("0.65") for one in shares)
